"""Let donors take figures along: large exports made in the background, cards for other sites."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from tracker.db import Moment

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "prepared_export",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("pledge", sa.String(length=32), nullable=False),
        sa.Column("form", sa.String(length=10), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("known_until", sa.Date(), nullable=False),
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=6), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=True),
        sa.Column("asked_at", Moment(), nullable=False),
        sa.Column("begun_at", Moment(), nullable=True),
        sa.Column("ready_at", Moment(), nullable=True),
        sa.CheckConstraint(
            "state IN ('asked', 'begun', 'ready', 'failed')", name=op.f("ck_prepared_export_state")
        ),
        sa.CheckConstraint("done >= 0", name=op.f("ck_prepared_export_done")),
        sa.ForeignKeyConstraint(["pledge"], ["pledge.ref"], name=op.f("fk_prepared_export_pledge")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prepared_export")),
        sa.UniqueConstraint("name", name=op.f("uq_prepared_export_name")),
    )
    op.create_index("ix_prepared_export_pledge", "prepared_export", ["pledge", "known_until"])
    op.create_table(
        "published_card",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("pledge", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=22), nullable=False),
        sa.Column("published_by", sa.String(length=40), nullable=False),
        sa.Column("published_at", Moment(), nullable=False),
        sa.Column("withdrawn_by", sa.String(length=40), nullable=True),
        sa.Column("withdrawn_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["pledge"], ["pledge.ref"], name=op.f("fk_published_card_pledge")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_published_card")),
        sa.UniqueConstraint("name", name=op.f("uq_published_card_name")),
    )
    op.create_index(op.f("ix_published_card_pledge"), "published_card", ["pledge"])


def downgrade() -> None:
    op.drop_index(op.f("ix_published_card_pledge"), table_name="published_card")
    op.drop_table("published_card")
    op.drop_index("ix_prepared_export_pledge", table_name="prepared_export")
    op.drop_table("prepared_export")
