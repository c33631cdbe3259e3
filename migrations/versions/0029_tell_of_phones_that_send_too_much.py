"""Keep which device sent more in an hour than any phone has to say, for a coordinator."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from tracker.db import Moment

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "quota_case",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("device", sa.Integer(), sa.ForeignKey("device.id"), nullable=False),
        sa.Column("what", sa.String(16), nullable=False),
        sa.Column("reached_at", Moment(), nullable=False),
        sa.Column("settled_by", sa.String(40), nullable=True),
        sa.Column("settled_at", Moment(), nullable=True),
        sa.CheckConstraint(
            "what IN ('unknown_code', 'note', 'photo', 'unfinished', 'late_scan')", name="what"
        ),
    )
    op.create_index("ix_quota_case_device", "quota_case", ["device"])


def downgrade() -> None:
    op.drop_index("ix_quota_case_device", table_name="quota_case")
    op.drop_table("quota_case")
