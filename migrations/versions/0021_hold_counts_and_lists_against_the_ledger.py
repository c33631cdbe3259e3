"""Hold counts and lists against the ledger: who was seen how, what left, and on which pallet."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from tracker.db import Moment

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

SAID = {"sqlite": "json_extract(body, '$.{}')", "postgresql": "body::json #>> '{{{}}}'"}
"""What an event's body says under a name."""

# What was missing and opened no case had left by the closing.
GONE = """
    UPDATE count_expected SET gone = true
    WHERE EXISTS (SELECT 1 FROM stock_count
                  WHERE number = count_expected.count AND closed_at IS NOT NULL)
      AND NOT EXISTS (SELECT 1 FROM sighting
                      WHERE sighting.count = count_expected.count
                        AND sighting.item = count_expected.item)
      AND NOT EXISTS (SELECT 1 FROM discrepancy
                      WHERE discrepancy.item = count_expected.item AND kind = 'short'
                        AND detail LIKE '%"' || count_expected.count || '"%')
"""

# What devices and phones have counted at the place of a count that is still open.
JOINED = """
    INSERT INTO sighting
        (count, code, item, event, scan, handling_unit, condition, reason, seen_by, seen_at)
    SELECT number, COALESCE({code}, ''), CAST(SUBSTR(subject, 6) AS INTEGER), event.id,
           COALESCE(event.via, event.id), {handling_unit}, {condition}, {reason}, "by", effective_at
    FROM event JOIN stock_count ON closed_at IS NULL AND effective_at >= opened_at
                               AND {location} = stock_count.location
    WHERE step = 'counting' AND subject LIKE 'item:%'
      AND NOT EXISTS (SELECT 1 FROM sighting WHERE sighting.event = event.id)
      AND NOT EXISTS (SELECT 1 FROM event AS wrong WHERE wrong.declares = event.id)
"""

# The pallet that a box stands on now is the best that is known of old lists.
PACKAGE = """
    UPDATE packing_line SET package = (
        SELECT COALESCE(over.code, up.code, box.code)
        FROM handling_unit AS box
        LEFT JOIN handling_unit AS up ON up.code = box.parent
        LEFT JOIN handling_unit AS over ON over.code = up.parent
        WHERE box.code = packing_line.handling_unit)
    WHERE handling_unit IS NOT NULL
"""


def _said() -> dict[str, str]:
    """{column: how SQL reads it in an event's body}."""
    dialect = op.get_bind().dialect.name
    names = {name: name for name in ("code", "location", "condition", "reason")}
    names["handling_unit"] = "via.unit" if dialect == "sqlite" else "via,unit"
    return {column: SAID[dialect].format(name) for column, name in names.items()}


def upgrade() -> None:
    op.create_index(
        "ix_event_counting",
        "event",
        ["subject"],
        sqlite_where=sa.text("step = 'counting'"),
        postgresql_where=sa.text("step = 'counting'"),
    )
    op.add_column("stock_count", sa.Column("changed_at", Moment(), nullable=True))
    op.add_column(
        "count_expected",
        sa.Column("gone", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.execute(GONE)
    op.execute("DELETE FROM sighting WHERE id NOT IN (SELECT MIN(id) FROM sighting GROUP BY event)")
    with op.batch_alter_table("sighting", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("uq_sighting_count_code"), type_="unique")
        batch_op.alter_column("code", existing_type=sa.String(40), type_=sa.String(64))
        batch_op.add_column(sa.Column("scan", sa.Uuid(as_uuid=False), nullable=True))
        batch_op.add_column(sa.Column("handling_unit", sa.String(length=11), nullable=True))
        batch_op.add_column(sa.Column("inside", sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column("condition", sa.String(length=14), nullable=True))
        batch_op.add_column(sa.Column("reason", sa.String(length=20), nullable=True))
        batch_op.create_foreign_key(
            op.f("fk_sighting_handling_unit"), "handling_unit", ["handling_unit"], ["code"]
        )
        batch_op.create_unique_constraint(op.f("uq_sighting_event"), ["event"])
        batch_op.create_index("ix_sighting_count_item", ["count", "item"])
    said = _said()
    for name in ("handling_unit", "condition", "reason"):
        told = said[name]
        op.execute(
            f"UPDATE sighting SET {name} = "  # noqa: S608 - no word of a stranger's
            f"(SELECT {told} FROM event WHERE event.id = sighting.event)"
        )
    op.execute(
        "UPDATE sighting SET scan = COALESCE("
        "(SELECT via FROM event WHERE event.id = sighting.event), event)"
    )
    with op.batch_alter_table("sighting", schema=None) as batch_op:
        batch_op.alter_column("scan", existing_type=sa.Uuid(as_uuid=False), nullable=False)
        batch_op.create_index(batch_op.f("ix_sighting_scan"), ["scan"])
    op.execute(JOINED.format(**said))
    with op.batch_alter_table("packing_line", schema=None) as batch_op:
        batch_op.add_column(sa.Column("package", sa.String(length=11), nullable=True))
        batch_op.create_foreign_key(
            op.f("fk_packing_line_package"), "handling_unit", ["package"], ["code"]
        )
    op.execute(PACKAGE)


def downgrade() -> None:
    with op.batch_alter_table("packing_line", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("fk_packing_line_package"), type_="foreignkey")
        batch_op.drop_column("package")
    op.execute(
        "DELETE FROM sighting WHERE id NOT IN (SELECT MIN(id) FROM sighting GROUP BY count, code)"
    )
    with op.batch_alter_table("sighting", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sighting_scan"))
        batch_op.drop_index("ix_sighting_count_item")
        batch_op.drop_constraint(op.f("uq_sighting_event"), type_="unique")
        batch_op.drop_constraint(op.f("fk_sighting_handling_unit"), type_="foreignkey")
        for name in ("reason", "condition", "inside", "handling_unit", "scan"):
            batch_op.drop_column(name)
        batch_op.alter_column("code", existing_type=sa.String(64), type_=sa.String(40))
        batch_op.create_unique_constraint(op.f("uq_sighting_count_code"), ["count", "code"])
    op.drop_column("count_expected", "gone")
    op.drop_column("stock_count", "changed_at")
    op.drop_index("ix_event_counting", table_name="event")
