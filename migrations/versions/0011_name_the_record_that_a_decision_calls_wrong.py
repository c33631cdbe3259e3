"""Name the record that a decision about a discrepancy calls wrong."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("discrepancy", schema=None) as batch_op:
        batch_op.add_column(sa.Column("wrong", sa.Uuid(as_uuid=False), nullable=True))
        batch_op.create_index("ix_discrepancy_settled_at", ["settled_at"])
        batch_op.create_check_constraint("judged", "wrong IS NULL OR state = 'settled'")


def downgrade() -> None:
    with op.batch_alter_table("discrepancy", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_discrepancy_judged"), type_="check")
        batch_op.drop_index("ix_discrepancy_settled_at")
        batch_op.drop_column("wrong")
