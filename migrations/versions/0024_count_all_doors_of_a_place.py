"""Know of which locations a count is: of all that were one place when it was opened.

Counts that are here were of one location, whatever counted as one place with it, and stay so.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "count_door",
        sa.Column("count", sa.String(32), sa.ForeignKey("stock_count.number"), primary_key=True),
        sa.Column("location", sa.String(32), sa.ForeignKey("location.ref"), primary_key=True),
    )
    op.create_index("ix_count_door_location", "count_door", ["location"])
    op.execute("INSERT INTO count_door (count, location) SELECT number, location FROM stock_count")


def downgrade() -> None:
    op.drop_index("ix_count_door_location", table_name="count_door")
    op.drop_table("count_door")
