"""Lay tables for the journey: consignments' way, documents, acts, counts, losses.

Boxes that are here already came closed by whoever sent them.
"""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from tracker.db import Moment

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

STATES = ("draft", "packed", "dispatched", "arrived", "received", "closed")
APPEND_ONLY = ("passage", "receiving_verdict", "document", "evidence")


def upgrade() -> None:
    op.create_table(
        "document_series",
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_document_series")),
    )
    op.create_table(
        "evidence",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("media_type", sa.String(length=60), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("kept_by", sa.String(length=40), nullable=False),
        sa.Column("kept_at", Moment(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('photo', 'signature', 'document', 'file')", name=op.f("ck_evidence_kind")
        ),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_evidence")),
    )
    op.create_table(
        "document",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("about", sa.String(length=40), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("issued_by", sa.String(length=40), nullable=False),
        sa.Column("issued_at", Moment(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('packing_list', 'waybill', 'received_note', 'handover_act', "
            "'count_sheet', 'loss_report', 'write_off_act')",
            name=op.f("ck_document_kind"),
        ),
        sa.CheckConstraint("version > 0", name=op.f("ck_document_version")),
        sa.ForeignKeyConstraint(["sha256"], ["evidence.sha256"], name=op.f("fk_document_sha256")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document")),
        sa.UniqueConstraint("number", "version", name=op.f("uq_document_number_version")),
    )
    with op.batch_alter_table("document", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_document_about"), ["about"], unique=False)

    op.create_table(
        "handover_act",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=True),
        sa.Column("state", sa.String(length=6), nullable=False),
        sa.Column("giver", sa.String(length=32), nullable=False),
        sa.Column("receiver", sa.String(length=32), nullable=False),
        sa.Column("site", sa.String(length=32), nullable=True),
        sa.Column("purpose", sa.String(length=500), nullable=False),
        sa.Column("commission", sa.Text(), nullable=False),
        sa.Column("giver_person", sa.String(length=120), nullable=True),
        sa.Column("giver_position", sa.String(length=120), nullable=True),
        sa.Column("giver_signature", sa.String(length=64), nullable=True),
        sa.Column("receiver_person", sa.String(length=120), nullable=True),
        sa.Column("receiver_position", sa.String(length=120), nullable=True),
        sa.Column("receiver_signature", sa.String(length=64), nullable=True),
        sa.Column("made_by", sa.String(length=40), nullable=False),
        sa.Column("made_at", Moment(), nullable=False),
        sa.Column("signed_at", Moment(), nullable=True),
        sa.CheckConstraint(
            "state != 'signed' OR signed_at IS NOT NULL", name=op.f("ck_handover_act_signed")
        ),
        sa.CheckConstraint(
            "state != 'signed' OR number IS NOT NULL", name=op.f("ck_handover_act_numbered")
        ),
        sa.CheckConstraint("state IN ('draft', 'signed')", name=op.f("ck_handover_act_state")),
        sa.ForeignKeyConstraint(["giver"], ["party.ref"], name=op.f("fk_handover_act_giver")),
        sa.ForeignKeyConstraint(
            ["giver_signature"], ["evidence.sha256"], name=op.f("fk_handover_act_giver_signature")
        ),
        sa.ForeignKeyConstraint(["receiver"], ["party.ref"], name=op.f("fk_handover_act_receiver")),
        sa.ForeignKeyConstraint(
            ["receiver_signature"],
            ["evidence.sha256"],
            name=op.f("fk_handover_act_receiver_signature"),
        ),
        sa.ForeignKeyConstraint(["site"], ["location.ref"], name=op.f("fk_handover_act_site")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handover_act")),
        sa.UniqueConstraint("number", name=op.f("uq_handover_act_number")),
    )
    op.create_table(
        "stock_count",
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("location", sa.String(length=32), nullable=False),
        sa.Column("opened_by", sa.String(length=40), nullable=False),
        sa.Column("opened_at", Moment(), nullable=False),
        sa.Column("closed_by", sa.String(length=40), nullable=True),
        sa.Column("closed_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(
            ["location"], ["location.ref"], name=op.f("fk_stock_count_location")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_stock_count")),
    )
    with op.batch_alter_table("stock_count", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_stock_count_location"), ["location"], unique=False)

    op.create_table(
        "leg",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("consignment", sa.String(length=32), nullable=False),
        sa.Column("origin", sa.String(length=32), nullable=False),
        sa.Column("destination", sa.String(length=32), nullable=False),
        sa.Column("carrier", sa.String(length=32), nullable=True),
        sa.Column("vehicle", sa.String(length=40), nullable=True),
        sa.Column("departs_on", sa.Date(), nullable=True),
        sa.Column("arrives_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["carrier"], ["party.ref"], name=op.f("fk_leg_carrier")),
        sa.ForeignKeyConstraint(
            ["consignment"], ["consignment.ref"], name=op.f("fk_leg_consignment")
        ),
        sa.ForeignKeyConstraint(["destination"], ["location.ref"], name=op.f("fk_leg_destination")),
        sa.ForeignKeyConstraint(["origin"], ["location.ref"], name=op.f("fk_leg_origin")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leg")),
    )
    with op.batch_alter_table("leg", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_leg_consignment"), ["consignment"], unique=False)

    op.create_table(
        "loss_report",
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=True),
        sa.Column("circumstances", sa.Text(), nullable=False),
        sa.Column("authority", sa.String(length=120), nullable=True),
        sa.Column("consignment", sa.String(length=32), nullable=True),
        sa.Column("reported_by", sa.String(length=40), nullable=False),
        sa.Column("reported_at", Moment(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('lost', 'stolen', 'destroyed')", name=op.f("ck_loss_report_kind")
        ),
        sa.ForeignKeyConstraint(
            ["consignment"], ["consignment.ref"], name=op.f("fk_loss_report_consignment")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_loss_report")),
    )
    op.create_table(
        "passage",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("consignment", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("location", sa.String(length=32), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=True),
        sa.Column("happened_at", Moment(), nullable=False),
        sa.Column("told_by", sa.String(length=40), nullable=False),
        sa.CheckConstraint(
            "kind IN ('packed', 'reopened', 'dispatched', 'border', 'customs_in', 'hold', "
            "'release', 'arrived', 'received', 'closed')",
            name=op.f("ck_passage_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["consignment"], ["consignment.ref"], name=op.f("fk_passage_consignment")
        ),
        sa.ForeignKeyConstraint(["location"], ["location.ref"], name=op.f("fk_passage_location")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passage")),
    )
    with op.batch_alter_table("passage", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_passage_consignment"), ["consignment"], unique=False)

    op.create_table(
        "seal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("consignment", sa.String(length=32), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("closed_by", sa.String(length=40), nullable=False),
        sa.Column("closed_at", Moment(), nullable=False),
        sa.Column("whole", sa.Boolean(), nullable=True),
        sa.Column("looked_at_by", sa.String(length=40), nullable=True),
        sa.Column("looked_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(
            ["consignment"], ["consignment.ref"], name=op.f("fk_seal_consignment")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seal")),
        sa.UniqueConstraint("consignment", "number", name=op.f("uq_seal_consignment_number")),
    )
    op.create_table(
        "act_line",
        sa.Column("act", sa.Integer(), nullable=False),
        sa.Column("item", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("second_identifier", sa.String(length=64), nullable=True),
        sa.Column("added_by", sa.String(length=40), nullable=False),
        sa.Column("added_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["act"], ["handover_act.id"], name=op.f("fk_act_line_act"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["item"], ["item.id"], name=op.f("fk_act_line_item")),
        sa.PrimaryKeyConstraint("act", "item", name=op.f("pk_act_line")),
    )
    with op.batch_alter_table("act_line", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_act_line_item"), ["item"], unique=False)

    op.create_table(
        "count_expected",
        sa.Column("count", sa.String(length=32), nullable=False),
        sa.Column("item", sa.Integer(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["count"], ["stock_count.number"], name=op.f("fk_count_expected_count")
        ),
        sa.ForeignKeyConstraint(["item"], ["item.id"], name=op.f("fk_count_expected_item")),
        sa.PrimaryKeyConstraint("count", "item", name=op.f("pk_count_expected")),
    )
    op.create_table(
        "loss_evidence",
        sa.Column("report", sa.String(length=32), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["report"], ["loss_report.number"], name=op.f("fk_loss_evidence_report")
        ),
        sa.ForeignKeyConstraint(
            ["sha256"], ["evidence.sha256"], name=op.f("fk_loss_evidence_sha256")
        ),
        sa.PrimaryKeyConstraint("report", "sha256", name=op.f("pk_loss_evidence")),
    )
    op.create_table(
        "loss_line",
        sa.Column("report", sa.String(length=32), nullable=False),
        sa.Column("item", sa.Integer(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["item"], ["item.id"], name=op.f("fk_loss_line_item")),
        sa.ForeignKeyConstraint(
            ["report"], ["loss_report.number"], name=op.f("fk_loss_line_report")
        ),
        sa.PrimaryKeyConstraint("report", "item", name=op.f("pk_loss_line")),
    )
    with op.batch_alter_table("loss_line", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_loss_line_item"), ["item"], unique=False)

    op.create_table(
        "packing_line",
        sa.Column("consignment", sa.String(length=32), nullable=False),
        sa.Column("item", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("handling_unit", sa.String(length=11), nullable=True),
        sa.ForeignKeyConstraint(
            ["consignment"], ["consignment.ref"], name=op.f("fk_packing_line_consignment")
        ),
        sa.ForeignKeyConstraint(
            ["handling_unit"], ["handling_unit.code"], name=op.f("fk_packing_line_handling_unit")
        ),
        sa.ForeignKeyConstraint(["item"], ["item.id"], name=op.f("fk_packing_line_item")),
        sa.PrimaryKeyConstraint("consignment", "item", name=op.f("pk_packing_line")),
    )
    with op.batch_alter_table("packing_line", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_packing_line_item"), ["item"], unique=False)

    op.create_table(
        "receiving_verdict",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("consignment", sa.String(length=32), nullable=False),
        sa.Column("item", sa.Integer(), nullable=True),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("verdict", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=True),
        sa.Column("event", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("said_by", sa.String(length=40), nullable=False),
        sa.Column("said_at", Moment(), nullable=False),
        sa.CheckConstraint(
            "verdict IN ('good', 'damaged', 'short', 'over', 'wrong_serial', 'unreadable_label')",
            name=op.f("ck_receiving_verdict_verdict"),
        ),
        sa.ForeignKeyConstraint(
            ["consignment"], ["consignment.ref"], name=op.f("fk_receiving_verdict_consignment")
        ),
        sa.ForeignKeyConstraint(["item"], ["item.id"], name=op.f("fk_receiving_verdict_item")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receiving_verdict")),
    )
    with op.batch_alter_table("receiving_verdict", schema=None) as batch_op:
        batch_op.create_index(
            "ix_receiving_verdict_consignment_item", ["consignment", "item"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_receiving_verdict_item"), ["item"], unique=False)

    op.create_table(
        "sighting",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("count", sa.String(length=32), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("item", sa.Integer(), nullable=True),
        sa.Column("event", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("seen_by", sa.String(length=40), nullable=False),
        sa.Column("seen_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["count"], ["stock_count.number"], name=op.f("fk_sighting_count")),
        sa.ForeignKeyConstraint(["item"], ["item.id"], name=op.f("fk_sighting_item")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sighting")),
        sa.UniqueConstraint("count", "code", name=op.f("uq_sighting_count_code")),
    )
    with op.batch_alter_table("sighting", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sighting_item"), ["item"], unique=False)

    with op.batch_alter_table("consignment", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("state", sa.String(length=12), server_default="draft", nullable=False)
        )
        batch_op.add_column(
            sa.Column("held", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        batch_op.add_column(sa.Column("origin", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("destination", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("eta_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("aid_code", sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column("aid_declared_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("aid_coded_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("aid_reported_on", sa.Date(), nullable=True))
        batch_op.create_check_constraint(op.f("ck_consignment_state"), f"state IN {STATES}")
        batch_op.create_index(
            batch_op.f("ix_consignment_destination"), ["destination"], unique=False
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_consignment_destination"), "location", ["destination"], ["ref"]
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_consignment_origin"), "location", ["origin"], ["ref"]
        )

    with op.batch_alter_table("discrepancy", schema=None) as batch_op:
        batch_op.add_column(sa.Column("raised_by", sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column("consignment", sa.String(length=32), nullable=True))
        batch_op.create_index(
            batch_op.f("ix_discrepancy_consignment"), ["consignment"], unique=False
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_discrepancy_consignment"), "consignment", ["consignment"], ["ref"]
        )

    with op.batch_alter_table("handling_unit", schema=None) as batch_op:
        batch_op.add_column(sa.Column("closed_at", Moment(), nullable=True))
        batch_op.add_column(sa.Column("sscc", sa.String(length=18), nullable=True))
        batch_op.add_column(sa.Column("made_at", Moment(), nullable=True))
        batch_op.create_unique_constraint(batch_op.f("uq_handling_unit_sscc"), ["sscc"])

    op.add_column("proposal", sa.Column("act", sa.String(length=32), nullable=True))
    op.add_column(
        "item", sa.Column("sought", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    with op.batch_alter_table("party", schema=None) as batch_op:
        batch_op.add_column(sa.Column("code", sa.String(length=20), nullable=True))
        batch_op.add_column(sa.Column("address", sa.String(length=200), nullable=True))

    boxes = sa.table("handling_unit", sa.column("closed_at", Moment()))
    op.execute(boxes.update().values(closed_at=datetime.now(UTC)))
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    for table in APPEND_ONLY:
        for statement in _guard_sqlite(table) if on_sqlite else _guard_postgres(table):
            op.execute(statement)


def _guard_sqlite(table: str) -> list[str]:
    return [
        f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table}: rows are never changed or deleted'); END"
        for verb in ("UPDATE", "DELETE")
    ]


def _guard_postgres(table: str) -> list[str]:
    return [
        (
            f"CREATE OR REPLACE FUNCTION {table}_is_append_only() RETURNS trigger LANGUAGE plpgsql "
            f"AS $$ BEGIN RAISE EXCEPTION '{table}: rows are never changed or deleted'; END $$"
        ),
        (
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_is_append_only()"
        ),
    ]


def downgrade() -> None:
    op.drop_column("item", "sought")
    op.drop_column("proposal", "act")
    with op.batch_alter_table("party", schema=None) as batch_op:
        batch_op.drop_column("address")
        batch_op.drop_column("code")

    with op.batch_alter_table("handling_unit", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_handling_unit_sscc"), type_="unique")
        batch_op.drop_column("made_at")
        batch_op.drop_column("sscc")
        batch_op.drop_column("closed_at")

    with op.batch_alter_table("discrepancy", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_discrepancy_consignment"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_discrepancy_consignment"))
        batch_op.drop_column("consignment")
        batch_op.drop_column("raised_by")

    with op.batch_alter_table("consignment", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_consignment_state"), type_="check")
        batch_op.drop_constraint(batch_op.f("fk_consignment_origin"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("fk_consignment_destination"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_consignment_destination"))
        batch_op.drop_column("aid_reported_on")
        batch_op.drop_column("aid_coded_on")
        batch_op.drop_column("aid_declared_on")
        batch_op.drop_column("aid_code")
        batch_op.drop_column("eta_on")
        batch_op.drop_column("destination")
        batch_op.drop_column("origin")
        batch_op.drop_column("held")
        batch_op.drop_column("state")

    with op.batch_alter_table("sighting", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sighting_item"))

    op.drop_table("sighting")
    with op.batch_alter_table("receiving_verdict", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_receiving_verdict_item"))
        batch_op.drop_index("ix_receiving_verdict_consignment_item")

    op.drop_table("receiving_verdict")
    with op.batch_alter_table("packing_line", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_packing_line_item"))

    op.drop_table("packing_line")
    with op.batch_alter_table("loss_line", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_loss_line_item"))

    op.drop_table("loss_line")
    op.drop_table("loss_evidence")
    op.drop_table("count_expected")
    with op.batch_alter_table("act_line", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_act_line_item"))

    op.drop_table("act_line")
    op.drop_table("seal")
    with op.batch_alter_table("passage", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_passage_consignment"))

    op.drop_table("passage")
    op.drop_table("loss_report")
    with op.batch_alter_table("leg", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_leg_consignment"))

    op.drop_table("leg")
    with op.batch_alter_table("stock_count", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_stock_count_location"))

    op.drop_table("stock_count")
    op.drop_table("handover_act")
    with op.batch_alter_table("document", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_document_about"))

    op.drop_table("document")
    op.drop_table("evidence")
    op.drop_table("document_series")
    if op.get_bind().dialect.name != "sqlite":
        for table in APPEND_ONLY:
            op.execute(f"DROP FUNCTION {table}_is_append_only()")
