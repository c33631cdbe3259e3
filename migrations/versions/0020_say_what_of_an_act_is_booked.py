"""Remember the box that an act's units came from; let a case be of what is not booked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

KINDS = (
    *("gap", "misfit", "short", "over", "damaged", "wrong_serial", "unknown_code", "clock"),
    *("label_only", "loss", "theft", "suspected_diversion", "conflict", "left_box", "elsewhere"),
    *("second_person", "partly_seen"),
)


def upgrade() -> None:
    with op.batch_alter_table("act_line", schema=None) as batch_op:
        batch_op.add_column(sa.Column("box", sa.String(length=11), nullable=True))
        batch_op.add_column(
            sa.Column("confirmed", sa.Boolean(), nullable=False, server_default=sa.false())
        )
    _allow((*KINDS, "not_booked"))


def downgrade() -> None:
    op.execute("DELETE FROM discrepancy WHERE kind = 'not_booked'")
    _allow(KINDS)
    with op.batch_alter_table("act_line", schema=None) as batch_op:
        batch_op.drop_column("confirmed")
        batch_op.drop_column("box")


def _allow(kinds: tuple[str, ...]) -> None:
    with op.batch_alter_table("discrepancy", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_discrepancy_kind"), type_="check")
        batch_op.create_check_constraint("kind", f"kind IN {kinds}")
