"""Let phones work alone: invitations, late scans, photos in pieces, acts signed offline."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from tracker.db import Moment

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ROLES = ("admin", "coordinator", "warehouse", "field", "donor", "auditor")
LATE_STATES = ("waiting", "kept", "refused")


def upgrade() -> None:
    op.create_table(
        "enrolment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("locations", sa.String(length=2000), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("made_by", sa.String(length=40), nullable=False),
        sa.Column("made_at", Moment(), nullable=False),
        sa.Column("expires_at", Moment(), nullable=False),
        sa.Column("device", sa.Integer(), nullable=True),
        sa.CheckConstraint(f"role IN {ROLES}", name=op.f("ck_enrolment_role")),
        sa.ForeignKeyConstraint(["device"], ["device.id"], name=op.f("fk_enrolment_device")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrolment")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_enrolment_code_hash")),
    )
    op.create_table(
        "late_scan",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("device", sa.Integer(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("sent_at", Moment(), nullable=False),
        sa.Column("came_at", Moment(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("decided_by", sa.String(length=40), nullable=True),
        sa.Column("decided_at", Moment(), nullable=True),
        sa.Column("decision", sa.String(length=1000), nullable=True),
        sa.CheckConstraint(f"state IN {LATE_STATES}", name=op.f("ck_late_scan_state")),
        sa.ForeignKeyConstraint(["device"], ["device.id"], name=op.f("fk_late_scan_device")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_late_scan")),
    )
    op.create_index(op.f("ix_late_scan_device"), "late_scan", ["device"])
    op.create_table(
        "upload",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("kept_as", sa.String(length=64), nullable=True),
        sa.Column("sent_by", sa.String(length=40), nullable=False),
        sa.Column("begun_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["kept_as"], ["evidence.sha256"], name=op.f("fk_upload_kept_as")),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_upload")),
    )
    with op.batch_alter_table("handover_act", schema=None) as batch_op:
        batch_op.add_column(sa.Column("uid", sa.Uuid(as_uuid=False), nullable=True))
        batch_op.add_column(sa.Column("said", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("photos", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("strays", sa.Text(), server_default="", nullable=False))
        batch_op.create_unique_constraint(batch_op.f("uq_handover_act_uid"), ["uid"])


def downgrade() -> None:
    with op.batch_alter_table("handover_act", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_handover_act_uid"), type_="unique")
        batch_op.drop_column("strays")
        batch_op.drop_column("photos")
        batch_op.drop_column("said")
        batch_op.drop_column("uid")
    op.drop_table("upload")
    op.drop_index(op.f("ix_late_scan_device"), table_name="late_scan")
    op.drop_table("late_scan")
    op.drop_table("enrolment")
