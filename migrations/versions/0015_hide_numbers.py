"""Keep what opens the maker's numbers of the ledger, which hides them from now on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "opening",
        sa.Column("event", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["event"], ["event.id"], name=op.f("fk_opening_event")),
        sa.PrimaryKeyConstraint("event", name=op.f("pk_opening")),
    )


def downgrade() -> None:
    op.drop_table("opening")
