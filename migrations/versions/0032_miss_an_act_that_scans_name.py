"""Let a case be of an act of handover that scans name and that has not come."""

from __future__ import annotations

from alembic import op

revision = "0032"
down_revision = "0029"
branch_labels = None
depends_on = None

KINDS = (
    *("gap", "misfit", "short", "over", "damaged", "wrong_serial", "unknown_code", "clock"),
    *("label_only", "loss", "theft", "suspected_diversion", "conflict", "left_box", "elsewhere"),
    *("second_person", "partly_seen", "not_booked"),
)


def upgrade() -> None:
    _allow((*KINDS, "act_missing"))


def downgrade() -> None:
    op.execute("DELETE FROM discrepancy WHERE kind = 'act_missing'")
    _allow(KINDS)


def _allow(kinds: tuple[str, ...]) -> None:
    with op.batch_alter_table("discrepancy", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_discrepancy_kind"), type_="check")
        batch_op.create_check_constraint("kind", f"kind IN {kinds}")
