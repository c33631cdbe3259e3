"""Keep which sessions were ended by signing out, for as long as their cookies would last."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from tracker.db import Moment

revision = "0028"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ended_session",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("ended_at", Moment(), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("ended_session")
