"""Know by which rules of the fold each reader of notices was last told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

READERS = ("subscription", "webhook")


def upgrade() -> None:
    for table in READERS:
        column = sa.Column("told_rules", sa.Integer(), server_default="1", nullable=False)
        op.add_column(table, column)


def downgrade() -> None:
    for table in READERS:
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_column("told_rules")
