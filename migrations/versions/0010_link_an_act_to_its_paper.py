"""Link an act that was signed on a phone to the printed paper that was photographed with it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("handover_act", schema=None) as batch_op:
        batch_op.add_column(sa.Column("paper", sa.String(length=32), nullable=True))
        batch_op.create_index(batch_op.f("ix_handover_act_paper"), ["paper"])


def downgrade() -> None:
    with op.batch_alter_table("handover_act", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_handover_act_paper"))
        batch_op.drop_column("paper")
