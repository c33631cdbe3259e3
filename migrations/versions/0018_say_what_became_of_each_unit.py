"""Say what became of each unit on each consignment; verdicts of what nobody looked at.

The rows of `arrival` are a copy of what the ledger says: `tracker init` makes those of the
journeys that were there before.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

OLD_VERDICTS = ("good", "damaged", "short", "over", "wrong_serial", "unreadable_label")
VERDICTS = (
    *("good", "with_box", "damaged", "short", "elsewhere", "not_sent"),
    *("over", "wrong_serial", "unreadable_label"),
)
OLD_KINDS = (
    "gap", "misfit", "short", "over", "damaged", "wrong_serial", "unknown_code", "clock",
    "label_only", "loss", "theft", "suspected_diversion", "conflict", "left_box", "elsewhere",
    "second_person",
)  # fmt: skip
KINDS = (*OLD_KINDS, "partly_seen")
HOWS = ("under_way", "singly", "with_box", "elsewhere", "not_sent")


def upgrade() -> None:
    op.create_table(
        "arrival",
        sa.Column("consignment", sa.String(32), nullable=False),
        sa.Column("item", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("how", sa.String(10), nullable=False),
        sa.Column("ended", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("place", sa.String(32), nullable=True),
        sa.Column("other", sa.String(32), nullable=True),
        sa.Column("event", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("scan", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("box", sa.String(11), nullable=True),
        sa.Column("condition", sa.String(14), server_default="good", nullable=False),
        sa.Column("wrong", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("reason", sa.String(20), nullable=True),
        sa.CheckConstraint(f"how IN {HOWS}", name=op.f("ck_arrival_how")),
        sa.ForeignKeyConstraint(
            ["consignment"], ["consignment.ref"], name=op.f("fk_arrival_consignment")
        ),
        sa.ForeignKeyConstraint(["item"], ["item.id"], name=op.f("fk_arrival_item")),
        sa.PrimaryKeyConstraint("consignment", "item", name=op.f("pk_arrival")),
    )
    op.create_index(op.f("ix_arrival_item"), "arrival", ["item"])
    with op.batch_alter_table("receiving_verdict", schema=None) as batch_op:
        batch_op.add_column(sa.Column("location", sa.String(32), nullable=True))
        batch_op.add_column(sa.Column("handling_unit", sa.String(11), nullable=True))
    _verdicts(VERDICTS)
    _kinds(KINDS)


def downgrade() -> None:
    op.execute("DELETE FROM discrepancy WHERE kind = 'partly_seen'")
    _kinds(OLD_KINDS)
    _guard(on=False)
    # What nobody looked at was called good, and what is not here is missing.
    op.execute("UPDATE receiving_verdict SET verdict = 'good' WHERE verdict = 'with_box'")
    op.execute(
        "UPDATE receiving_verdict SET verdict = 'short' WHERE verdict IN ('elsewhere', 'not_sent')"
    )
    _guard(on=True)
    _verdicts(OLD_VERDICTS)
    with op.batch_alter_table("receiving_verdict", schema=None) as batch_op:
        batch_op.drop_column("handling_unit")
        batch_op.drop_column("location")
    _guard(on=True)
    op.drop_table("arrival")


def _kinds(kinds: tuple[str, ...]) -> None:
    with op.batch_alter_table("discrepancy", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_discrepancy_kind"), type_="check")
        batch_op.create_check_constraint("kind", f"kind IN {kinds}")


def _verdicts(verdicts: tuple[str, ...]) -> None:
    """Change what a verdict may be; SQLite copies the table for it, and forgets its guard."""
    with op.batch_alter_table("receiving_verdict", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_receiving_verdict_verdict"), type_="check")
        batch_op.create_check_constraint("verdict", f"verdict IN {verdicts}")
    _guard(on=True)


def _guard(*, on: bool) -> None:
    """Refuse, or for a moment allow, that rows of verdicts are changed or deleted."""
    if op.get_bind().dialect.name != "sqlite":
        word = "ENABLE" if on else "DISABLE"
        op.execute(f"ALTER TABLE receiving_verdict {word} TRIGGER receiving_verdict_append_only")
        return
    for verb in ("UPDATE", "DELETE"):
        name = f"receiving_verdict_no_{verb.lower()}"
        op.execute(f"DROP TRIGGER IF EXISTS {name}")
        if on:
            op.execute(
                f"CREATE TRIGGER {name} BEFORE {verb} ON receiving_verdict BEGIN SELECT "
                "RAISE(ABORT, 'receiving_verdict: rows are never changed or deleted'); END"
            )
