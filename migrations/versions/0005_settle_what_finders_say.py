"""Settle what finders say: who did, when, and what was decided; the finder's words may go."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from tracker.db import Moment

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("found_report", schema=None) as batch_op:
        batch_op.add_column(sa.Column("settled_by", sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column("settled_at", Moment(), nullable=True))
        batch_op.add_column(sa.Column("decision", sa.String(length=1000), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("found_report", schema=None) as batch_op:
        batch_op.drop_column("decision")
        batch_op.drop_column("settled_at")
        batch_op.drop_column("settled_by")
