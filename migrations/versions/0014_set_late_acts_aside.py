"""Set acts aside that came after their phone's access had ended, as its scans are."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from tracker.db import Moment

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "late_act",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("device", sa.Integer(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("signature", sa.String(length=200), nullable=False),
        sa.Column("came_at", Moment(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("decided_by", sa.String(length=40), nullable=True),
        sa.Column("decided_at", Moment(), nullable=True),
        sa.Column("decision", sa.String(length=1000), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'kept', 'refused')", name=op.f("ck_late_act_state")
        ),
        sa.ForeignKeyConstraint(["device"], ["device.id"], name=op.f("fk_late_act_device")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_late_act")),
    )
    op.create_index(op.f("ix_late_act_device"), "late_act", ["device"])


def downgrade() -> None:
    op.drop_index(op.f("ix_late_act_device"), table_name="late_act")
    op.drop_table("late_act")
