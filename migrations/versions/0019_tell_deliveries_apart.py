"""Tell the deliveries of a pledge apart; what is here already is each pledge's first."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from tracker.db import Moment

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

REF = 43
LISTED = (
    "EXISTS (SELECT 1 FROM event WHERE subject = 'item:' || item.id AND seq = 1 "
    "AND \"by\" = 'system:import')"
)
"""Whether a list announced an item, and nobody took it in without one."""

FIRST = f"""
    INSERT INTO delivery (ref, pledge, number, made_at)
    SELECT ref || '.1', ref, 1, COALESCE(
        (SELECT recorded_at FROM event WHERE seq = 1 AND subject =
            'item:' || (SELECT MIN(id) FROM item WHERE item.pledge = pledge.ref)),
        (SELECT MIN(made_at) FROM handling_unit WHERE handling_unit.pledge = pledge.ref),
        CURRENT_TIMESTAMP)
    FROM pledge
    WHERE EXISTS (SELECT 1 FROM handling_unit WHERE handling_unit.pledge = pledge.ref)
       OR EXISTS (SELECT 1 FROM item WHERE item.pledge = pledge.ref AND {LISTED})
"""  # noqa: S608 - no word of a stranger's

# The table of items has a million rows, and triggers that a batch change would lose.
ADD_TO_ITEM = (
    "ALTER TABLE item ADD COLUMN delivery VARCHAR(43) "
    "CONSTRAINT fk_item_delivery REFERENCES delivery (ref)"
)

# Before, a name was unique within its pledge: of several boxes, all but one get their code with it.
APART = """
    UPDATE handling_unit SET name = SUBSTR(name, 1, 28) || ' ' || code
    WHERE EXISTS (
        SELECT 1 FROM handling_unit AS other
        WHERE other.pledge = handling_unit.pledge AND other.name = handling_unit.name
        AND other.code < handling_unit.code)
"""


def upgrade() -> None:
    op.create_table(
        "delivery",
        sa.Column("ref", sa.String(length=REF), nullable=False),
        sa.Column("pledge", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("made_at", Moment(), nullable=False),
        sa.CheckConstraint("number > 0", name=op.f("ck_delivery_number")),
        sa.ForeignKeyConstraint(["pledge"], ["pledge.ref"], name=op.f("fk_delivery_pledge")),
        sa.PrimaryKeyConstraint("ref", name=op.f("pk_delivery")),
        sa.UniqueConstraint("pledge", "number", name=op.f("uq_delivery_pledge_number")),
    )
    op.create_table(
        "delivery_file",
        sa.Column("delivery", sa.String(length=REF), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("imported_by", sa.String(length=40), nullable=False),
        sa.Column("imported_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery"], ["delivery.ref"], name=op.f("fk_delivery_file_delivery")
        ),
        sa.PrimaryKeyConstraint("delivery", "sha256", name=op.f("pk_delivery_file")),
    )
    op.create_index(op.f("ix_delivery_file_sha256"), "delivery_file", ["sha256"])
    op.execute(FIRST)
    op.execute(ADD_TO_ITEM)
    op.execute(f"UPDATE item SET delivery = pledge || '.1' WHERE {LISTED}")  # noqa: S608 - ours
    with op.batch_alter_table("handling_unit", schema=None) as batch_op:
        batch_op.add_column(sa.Column("delivery", sa.String(length=REF), nullable=True))
        batch_op.create_foreign_key(
            op.f("fk_handling_unit_delivery"), "delivery", ["delivery"], ["ref"]
        )
        batch_op.drop_constraint(op.f("uq_handling_unit_pledge_name"), type_="unique")
        batch_op.create_unique_constraint(
            op.f("uq_handling_unit_delivery_name"), ["delivery", "name"]
        )
    op.execute("UPDATE handling_unit SET delivery = pledge || '.1' WHERE pledge IS NOT NULL")
    op.create_index(
        "uq_handling_unit_own",
        "handling_unit",
        ["pledge", "name"],
        unique=True,
        sqlite_where=sa.text("delivery IS NULL"),
        postgresql_where=sa.text("delivery IS NULL"),
    )


def downgrade() -> None:
    op.execute(APART)
    op.drop_index("uq_handling_unit_own", table_name="handling_unit")
    with op.batch_alter_table("handling_unit", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("uq_handling_unit_delivery_name"), type_="unique")
        batch_op.drop_constraint(op.f("fk_handling_unit_delivery"), type_="foreignkey")
        batch_op.drop_column("delivery")
        batch_op.create_unique_constraint(op.f("uq_handling_unit_pledge_name"), ["pledge", "name"])
    op.execute("ALTER TABLE item DROP COLUMN delivery")
    op.drop_index(op.f("ix_delivery_file_sha256"), table_name="delivery_file")
    op.drop_table("delivery_file")
    op.drop_table("delivery")
