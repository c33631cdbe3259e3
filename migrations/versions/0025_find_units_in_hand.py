"""Find the units that somebody has in hand: handed over, and last scanned by them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

HANDED_OVER = sa.text("status = 'handed_over'")


def upgrade() -> None:
    op.create_index(
        "ix_item_in_hand",
        "item",
        ["last_event"],
        sqlite_where=HANDED_OVER,
        postgresql_where=HANDED_OVER,
    )


def downgrade() -> None:
    op.drop_index("ix_item_in_hand", table_name="item")
