"""Number the batches of blank labels, and let a label name a location."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from tracker.db import Moment

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

BEFORE = "(state = 'blank') = (item IS NULL AND handling_unit IS NULL)"
AFTER = "(state = 'blank') = (item IS NULL AND handling_unit IS NULL AND location IS NULL)"


def upgrade() -> None:
    op.create_table(
        "label_batch",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("many", sa.Integer(), nullable=False),
        sa.Column("made_by", sa.String(length=40), nullable=False),
        sa.Column("made_at", Moment(), nullable=False),
        sa.CheckConstraint("many > 0", name=op.f("ck_label_batch_many")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_label_batch")),
    )
    with op.batch_alter_table("label", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_label_bound"), type_="check")
        batch_op.add_column(sa.Column("batch", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("location", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("revoked_at", Moment(), nullable=True))
        batch_op.create_foreign_key(op.f("fk_label_batch"), "label_batch", ["batch"], ["id"])
        batch_op.create_foreign_key(op.f("fk_label_location"), "location", ["location"], ["ref"])
        batch_op.create_index(batch_op.f("ix_label_batch"), ["batch"], unique=False)
        batch_op.create_index(batch_op.f("ix_label_location"), ["location"], unique=False)
        batch_op.create_check_constraint(op.f("ck_label_bound"), AFTER)


def downgrade() -> None:
    op.execute(
        "DELETE FROM label WHERE item IS NULL AND handling_unit IS NULL AND location IS NOT NULL"
    )
    with op.batch_alter_table("label", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_label_bound"), type_="check")
        batch_op.drop_index(batch_op.f("ix_label_location"))
        batch_op.drop_index(batch_op.f("ix_label_batch"))
        batch_op.drop_constraint(op.f("fk_label_location"), type_="foreignkey")
        batch_op.drop_constraint(op.f("fk_label_batch"), type_="foreignkey")
        batch_op.drop_column("revoked_at")
        batch_op.drop_column("location")
        batch_op.drop_column("batch")
        batch_op.create_check_constraint(op.f("ck_label_bound"), BEFORE)
    op.drop_table("label_batch")
