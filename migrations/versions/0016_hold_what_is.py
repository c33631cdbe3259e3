"""Keep what is beside which step fits: place, box, people, and what people said as their own rung.

The stored copies of the fold are filled in as far as a row tells; `tracker init` folds the stories
anew afterwards, and lists what that changes.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from tracker.db import Moment

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

OLD_KINDS = (
    "gap", "misfit", "short", "over", "damaged", "wrong_serial", "unknown_code", "clock",
    "label_only", "loss", "theft", "suspected_diversion", "conflict",
)  # fmt: skip
KINDS = (*OLD_KINDS, "left_box", "elsewhere", "second_person")
COLUMNS = (
    ("area", sa.String(32)),
    ("left_box", sa.String(11)),
    ("left_event", sa.String(36)),
    ("proposed_by", sa.String(40)),
    ("proposed_event", sa.String(36)),
    ("bound_for", sa.String(32)),
    ("bound_area", sa.String(32)),
    ("working_at", Moment()),
)


def upgrade() -> None:
    with op.batch_alter_table("location", schema=None) as batch_op:
        batch_op.add_column(sa.Column("premises", sa.String(32), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_location_premises"), "location", ["premises"], ["ref"]
        )
    for name, kind in COLUMNS:
        op.add_column("item", sa.Column(name, kind, nullable=True))
    for name in ("at_site", "apart"):
        column = sa.Column(name, sa.Boolean(), server_default=sa.false(), nullable=False)
        op.add_column("item", column)
    where = sa.text("left_box IS NOT NULL")
    op.create_index(
        "ix_item_left_box", "item", ["left_box"], sqlite_where=where, postgresql_where=where
    )
    op.execute("UPDATE item SET area = location WHERE location IS NOT NULL")
    op.execute(
        "UPDATE item SET at_site = true"
        " WHERE location IN (SELECT ref FROM location WHERE kind = 'site')"
    )
    op.create_table(
        "fold_rules",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("applied_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_fold_rules")),
    )
    _kinds(KINDS)
    op.add_column("discrepancy", sa.Column("review", sa.String(20), nullable=True))


def downgrade() -> None:
    op.execute("DELETE FROM discrepancy WHERE kind IN ('left_box', 'elsewhere', 'second_person')")
    op.drop_column("discrepancy", "review")
    _kinds(OLD_KINDS)
    op.drop_table("fold_rules")
    op.drop_index("ix_item_left_box", table_name="item")
    with op.batch_alter_table("item", schema=None) as batch_op:
        for name in ("apart", "at_site", *(name for name, _ in reversed(COLUMNS))):
            batch_op.drop_column(name)
    with op.batch_alter_table("location", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_location_premises"), type_="foreignkey")
        batch_op.drop_column("premises")


def _kinds(kinds: tuple[str, ...]) -> None:
    with op.batch_alter_table("discrepancy", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_discrepancy_kind"), type_="check")
        batch_op.create_check_constraint("kind", f"kind IN {kinds}")
