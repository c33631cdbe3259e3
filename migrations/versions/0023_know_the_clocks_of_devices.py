"""Know by how much each device's clock is off, and find the scans beside a scan of a device."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from tracker.db import Moment

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

MADE_BY_HAND = sa.text("device_seq IS NOT NULL AND via IS NULL")


def upgrade() -> None:
    op.create_table(
        "device_clock",
        sa.Column("device", sa.String(40), primary_key=True),
        sa.Column("offset_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("is_seen", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("is_sure", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("told_at", Moment()),
        sa.Column("last_seq", sa.BigInteger()),
        sa.Column("last_at", Moment()),
    )
    op.create_index(
        "ix_event_of_device",
        "event",
        ["by", "device_seq"],
        sqlite_where=MADE_BY_HAND,
        postgresql_where=MADE_BY_HAND,
    )
    with op.batch_alter_table("late_scan", schema=None) as batch_op:
        batch_op.alter_column("sent_at", existing_type=Moment(), nullable=True)


def downgrade() -> None:
    op.execute("UPDATE late_scan SET sent_at = came_at WHERE sent_at IS NULL")
    with op.batch_alter_table("late_scan", schema=None) as batch_op:
        batch_op.alter_column("sent_at", existing_type=Moment(), nullable=False)
    op.drop_index("ix_event_of_device", table_name="event")
    op.drop_table("device_clock")
