"""Keep apart what a signing device did not sign, and the device's signature over an act."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("late_scan", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("is_signed", sa.Boolean(), nullable=False, server_default=sa.true())
        )
    with op.batch_alter_table("handover_act", schema=None) as batch_op:
        batch_op.add_column(sa.Column("device_signature", sa.Text(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("handover_act", schema=None) as batch_op:
        batch_op.drop_column("device_signature")
    with op.batch_alter_table("late_scan", schema=None) as batch_op:
        batch_op.drop_column("is_signed")
