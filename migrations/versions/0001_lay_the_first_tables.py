"""Lay the first tables: nouns, the ledger and what keeps it as it is, search."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from tracker.db import Moment

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "checkpoint",
        sa.Column(
            "size",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("root", sa.LargeBinary(length=32), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("signed_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("size", name=op.f("pk_checkpoint")),
    )
    op.create_table(
        "device",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("public_key", sa.String(length=200), nullable=True),
        sa.Column("enrolled_at", Moment(), nullable=False),
        sa.Column("enrolled_by", sa.String(length=40), nullable=False),
        sa.Column("expires_at", Moment(), nullable=True),
        sa.Column("revoked_at", Moment(), nullable=True),
        sa.CheckConstraint(
            "role IN ('admin', 'coordinator', 'warehouse', 'field', 'donor', 'auditor')",
            name=op.f("ck_device_role"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_device_token_hash")),
    )
    op.create_table(
        "event",
        sa.Column(
            "position",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(length=20), nullable=False),
        sa.Column("effective_at", Moment(), nullable=False),
        sa.Column(
            "device_seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("recorded_at", Moment(), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("via", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("handling_unit", sa.String(length=11), nullable=True),
        sa.Column("declares", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("scan_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("signature", sa.String(length=200), nullable=True),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_event")),
        sa.UniqueConstraint("id", name=op.f("uq_event_id")),
        sa.UniqueConstraint("subject", "seq", name=op.f("uq_event_subject_seq")),
    )
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.create_index(
            "ix_event_declares",
            ["declares"],
            unique=False,
            sqlite_where=sa.text("declares IS NOT NULL"),
            postgresql_where=sa.text("declares IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_event_handling_unit",
            ["handling_unit"],
            unique=False,
            sqlite_where=sa.text("handling_unit IS NOT NULL"),
            postgresql_where=sa.text("handling_unit IS NOT NULL"),
        )

    op.create_table(
        "initiative",
        sa.Column("ref", sa.String(length=32), nullable=False),
        sa.Column("name_en", sa.String(length=200), nullable=False),
        sa.Column("name_uk", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("ref", name=op.f("pk_initiative")),
    )
    op.create_table(
        "location",
        sa.Column("ref", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("sector", sa.String(length=12), nullable=True),
        sa.Column("oblast", sa.String(length=4), nullable=True),
        sa.Column("name_en", sa.String(length=200), nullable=True),
        sa.Column("name_uk", sa.String(length=200), nullable=True),
        sa.Column("commitment", sa.String(length=64), nullable=True),
        sa.CheckConstraint(
            "kind != 'site' OR (name_en IS NULL AND name_uk IS NULL)",
            name=op.f("ck_location_sealed"),
        ),
        sa.CheckConstraint(
            "kind IN ('warehouse', 'hub', 'border', 'site')", name=op.f("ck_location_kind")
        ),
        sa.CheckConstraint(
            (
                "sector IS NULL OR sector IN ('health', 'education', 'energy', 'water', "
                "'government', 'emergency', 'telecom')"
            ),
            name=op.f("ck_location_sector"),
        ),
        sa.PrimaryKeyConstraint("ref", name=op.f("pk_location")),
    )
    with op.batch_alter_table("location", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_location_oblast"), ["oblast"], unique=False)

    op.create_table(
        "party",
        sa.Column("ref", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=True),
        sa.CheckConstraint(
            (
                "kind IN ('member_state', 'observer', 'private_sector', 'non_profit', "
                "'carrier', 'recipient', 'end_user')"
            ),
            name=op.f("ck_party_kind"),
        ),
        sa.PrimaryKeyConstraint("ref", name=op.f("pk_party")),
    )
    op.create_table(
        "product",
        sa.Column("ref", sa.String(length=32), nullable=False),
        sa.Column("name_en", sa.String(length=200), nullable=False),
        sa.Column("name_uk", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("identifiers", sa.String(length=100), nullable=False),
        sa.CheckConstraint(
            "kind IN ('satellite_terminal', 'network', 'server', 'computer', 'power', 'other')",
            name=op.f("ck_product_kind"),
        ),
        sa.PrimaryKeyConstraint("ref", name=op.f("pk_product")),
    )
    op.create_table(
        "role",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("description", sa.String(length=200), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role")),
        sa.UniqueConstraint("name", name=op.f("uq_role_name")),
    )
    op.create_table(
        "account",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=255), nullable=False),
        sa.Column("password", sa.String(length=255), nullable=True),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("fs_uniquifier", sa.String(length=64), nullable=False),
        sa.Column("locale", sa.String(length=2), nullable=True),
        sa.Column("party", sa.String(length=32), nullable=True),
        sa.Column("oblasts", sa.String(length=200), nullable=False),
        sa.Column("made_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["party"], ["party.ref"], name=op.f("fk_account_party")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("email", name=op.f("uq_account_email")),
        sa.UniqueConstraint("fs_uniquifier", name=op.f("uq_account_fs_uniquifier")),
    )
    op.create_table(
        "assignment",
        sa.Column("actor", sa.String(length=40), nullable=False),
        sa.Column("location", sa.String(length=32), nullable=False),
        sa.Column("until", Moment(), nullable=True),
        sa.ForeignKeyConstraint(
            ["location"], ["location.ref"], name=op.f("fk_assignment_location"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("actor", "location", name=op.f("pk_assignment")),
    )
    op.create_table(
        "log_entry",
        sa.Column(
            "log_index",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("leaf", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["position"], ["event.position"], name=op.f("fk_log_entry_position")
        ),
        sa.PrimaryKeyConstraint("log_index", name=op.f("pk_log_entry")),
        sa.UniqueConstraint("position", name=op.f("uq_log_entry_position")),
    )
    op.create_table(
        "pledge",
        sa.Column("ref", sa.String(length=32), nullable=False),
        sa.Column("donor", sa.String(length=32), nullable=False),
        sa.Column("initiative", sa.String(length=32), nullable=True),
        sa.Column("pledged_on", sa.Date(), nullable=False),
        sa.Column("purpose", sa.String(length=500), nullable=True),
        sa.Column("legal_basis", sa.String(length=40), nullable=True),
        sa.Column("note", sa.String(length=2000), nullable=True),
        sa.Column("source", sa.String(length=500), nullable=True),
        sa.ForeignKeyConstraint(["donor"], ["party.ref"], name=op.f("fk_pledge_donor")),
        sa.ForeignKeyConstraint(
            ["initiative"], ["initiative.ref"], name=op.f("fk_pledge_initiative")
        ),
        sa.PrimaryKeyConstraint("ref", name=op.f("pk_pledge")),
    )
    with op.batch_alter_table("pledge", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_pledge_donor"), ["donor"], unique=False)

    op.create_table(
        "sealed_site",
        sa.Column("location", sa.String(length=32), nullable=False),
        sa.Column("field", sa.String(length=12), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["location"], ["location.ref"], name=op.f("fk_sealed_site_location"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("location", "field", name=op.f("pk_sealed_site")),
    )
    op.create_table(
        "site_reading",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("location", sa.String(length=32), nullable=False),
        sa.Column("read_by", sa.String(length=40), nullable=False),
        sa.Column("read_at", Moment(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(
            ["location"], ["location.ref"], name=op.f("fk_site_reading_location")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site_reading")),
    )
    with op.batch_alter_table("site_reading", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_site_reading_location"), ["location"], unique=False)
        batch_op.create_index(batch_op.f("ix_site_reading_read_by"), ["read_by"], unique=False)

    op.create_table(
        "account_role",
        sa.Column("account", sa.Integer(), nullable=False),
        sa.Column("role", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account"], ["account.id"], name=op.f("fk_account_role_account"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["role"], ["role.id"], name=op.f("fk_account_role_role")),
        sa.PrimaryKeyConstraint("account", "role", name=op.f("pk_account_role")),
    )
    op.create_table(
        "consignment",
        sa.Column("ref", sa.String(length=32), nullable=False),
        sa.Column("pledge", sa.String(length=32), nullable=True),
        sa.Column("consignor", sa.String(length=32), nullable=True),
        sa.Column("consignee", sa.String(length=32), nullable=True),
        sa.Column("carrier", sa.String(length=32), nullable=True),
        sa.Column("waybill", sa.String(length=64), nullable=True),
        sa.Column("made_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["carrier"], ["party.ref"], name=op.f("fk_consignment_carrier")),
        sa.ForeignKeyConstraint(
            ["consignee"], ["party.ref"], name=op.f("fk_consignment_consignee")
        ),
        sa.ForeignKeyConstraint(
            ["consignor"], ["party.ref"], name=op.f("fk_consignment_consignor")
        ),
        sa.ForeignKeyConstraint(["pledge"], ["pledge.ref"], name=op.f("fk_consignment_pledge")),
        sa.PrimaryKeyConstraint("ref", name=op.f("pk_consignment")),
    )
    with op.batch_alter_table("consignment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_consignment_pledge"), ["pledge"], unique=False)

    op.create_table(
        "handling_unit",
        sa.Column("code", sa.String(length=11), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=6), nullable=False),
        sa.Column("pledge", sa.String(length=32), nullable=True),
        sa.Column("parent", sa.String(length=11), nullable=True),
        sa.Column("last_effective_at", Moment(), nullable=True),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("head", sa.LargeBinary(length=32), nullable=True),
        sa.CheckConstraint("kind IN ('box', 'pallet')", name=op.f("ck_handling_unit_kind")),
        sa.ForeignKeyConstraint(
            ["parent"], ["handling_unit.code"], name=op.f("fk_handling_unit_parent")
        ),
        sa.ForeignKeyConstraint(["pledge"], ["pledge.ref"], name=op.f("fk_handling_unit_pledge")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_handling_unit")),
        sa.UniqueConstraint("pledge", "name", name=op.f("uq_handling_unit_pledge_name")),
    )
    with op.batch_alter_table("handling_unit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_handling_unit_parent"), ["parent"], unique=False)

    op.create_table(
        "place_snapshot",
        sa.Column("pledge", sa.String(length=32), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("made_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["pledge"], ["pledge.ref"], name=op.f("fk_place_snapshot_pledge")),
        sa.PrimaryKeyConstraint("pledge", "month", name=op.f("pk_place_snapshot")),
    )
    op.create_table(
        "pledge_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("pledge", sa.String(length=32), nullable=False),
        sa.Column("product", sa.String(length=32), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("unit_value", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.CheckConstraint("quantity >= 0", name=op.f("ck_pledge_line_quantity")),
        sa.ForeignKeyConstraint(["pledge"], ["pledge.ref"], name=op.f("fk_pledge_line_pledge")),
        sa.ForeignKeyConstraint(["product"], ["product.ref"], name=op.f("fk_pledge_line_product")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pledge_line")),
        sa.UniqueConstraint("pledge", "product", name=op.f("uq_pledge_line_pledge_product")),
    )
    with op.batch_alter_table("pledge_line", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_pledge_line_pledge"), ["pledge"], unique=False)

    op.create_table(
        "share",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("pledge", sa.String(length=32), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("made_by", sa.String(length=40), nullable=False),
        sa.Column("made_at", Moment(), nullable=False),
        sa.Column("expires_at", Moment(), nullable=False),
        sa.Column("revoked_at", Moment(), nullable=True),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.Column("used_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["pledge"], ["pledge.ref"], name=op.f("fk_share_pledge")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_share")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_share_token_hash")),
    )
    with op.batch_alter_table("share", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_share_pledge"), ["pledge"], unique=False)

    op.create_table(
        "tally",
        sa.Column("pledge", sa.String(length=32), nullable=False),
        sa.Column("known_on", sa.Date(), nullable=False),
        sa.Column("measure", sa.String(length=24), nullable=False),
        sa.Column("change", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["pledge"], ["pledge.ref"], name=op.f("fk_tally_pledge")),
        sa.PrimaryKeyConstraint("pledge", "known_on", "measure", name=op.f("pk_tally")),
    )
    op.create_table(
        "item",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=11), nullable=False),
        sa.Column("pledge", sa.String(length=32), nullable=False),
        sa.Column("pledge_line", sa.Integer(), nullable=False),
        sa.Column("product", sa.String(length=32), nullable=False),
        sa.Column("owner", sa.String(length=32), nullable=True),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=True),
        sa.Column("condition", sa.String(length=14), nullable=False),
        sa.Column("location", sa.String(length=32), nullable=True),
        sa.Column("custodian", sa.String(length=32), nullable=True),
        sa.Column("handling_unit", sa.String(length=11), nullable=True),
        sa.Column("consignment", sa.String(length=32), nullable=True),
        sa.Column("status_before", sa.String(length=12), nullable=True),
        sa.Column("shipped_at", Moment(), nullable=True),
        sa.Column("received_at", Moment(), nullable=True),
        sa.Column("signed_for_at", Moment(), nullable=True),
        sa.Column("deployed_at", Moment(), nullable=True),
        sa.Column("online_at", Moment(), nullable=True),
        sa.Column("inspected_at", Moment(), nullable=True),
        sa.Column("last_effective_at", Moment(), nullable=True),
        sa.Column("last_device_seq", sa.Integer(), nullable=False),
        sa.Column("last_event", sa.String(length=36), nullable=True),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("head", sa.LargeBinary(length=32), nullable=True),
        sa.CheckConstraint(
            "condition IN ('good', 'damaged', 'unserviceable')", name=op.f("ck_item_condition")
        ),
        sa.CheckConstraint(
            (
                "status IS NULL OR status IN ('announced', 'in_stock', 'packed', 'in_transit', "
                "'handed_over', 'deployed', 'returning', 'in_repair', 'lost', 'stolen', "
                "'destroyed', 'written_off')"
            ),
            name=op.f("ck_item_status"),
        ),
        sa.ForeignKeyConstraint(
            ["consignment"], ["consignment.ref"], name=op.f("fk_item_consignment")
        ),
        sa.ForeignKeyConstraint(["custodian"], ["party.ref"], name=op.f("fk_item_custodian")),
        sa.ForeignKeyConstraint(
            ["handling_unit"], ["handling_unit.code"], name=op.f("fk_item_handling_unit")
        ),
        sa.ForeignKeyConstraint(["location"], ["location.ref"], name=op.f("fk_item_location")),
        sa.ForeignKeyConstraint(["owner"], ["party.ref"], name=op.f("fk_item_owner")),
        sa.ForeignKeyConstraint(["pledge"], ["pledge.ref"], name=op.f("fk_item_pledge")),
        sa.ForeignKeyConstraint(
            ["pledge_line"], ["pledge_line.id"], name=op.f("fk_item_pledge_line")
        ),
        sa.ForeignKeyConstraint(["product"], ["product.ref"], name=op.f("fk_item_product")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item")),
        sa.UniqueConstraint("code", name=op.f("uq_item_code")),
    )
    with op.batch_alter_table("item", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_item_consignment"), ["consignment"], unique=False)
        batch_op.create_index(batch_op.f("ix_item_handling_unit"), ["handling_unit"], unique=False)
        batch_op.create_index("ix_item_location_status", ["location", "status"], unique=False)
        batch_op.create_index(batch_op.f("ix_item_pledge_line"), ["pledge_line"], unique=False)
        batch_op.create_index("ix_item_pledge_status", ["pledge", "status"], unique=False)

    op.create_table(
        "pledge_revision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("pledge_line", sa.Integer(), nullable=False),
        sa.Column("quantity_before", sa.Integer(), nullable=False),
        sa.Column("quantity_after", sa.Integer(), nullable=False),
        sa.Column("revised_at", Moment(), nullable=False),
        sa.Column("revised_by", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.ForeignKeyConstraint(
            ["pledge_line"], ["pledge_line.id"], name=op.f("fk_pledge_revision_pledge_line")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pledge_revision")),
    )
    with op.batch_alter_table("pledge_revision", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_pledge_revision_pledge_line"), ["pledge_line"], unique=False
        )

    op.create_table(
        "discrepancy",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("item", sa.Integer(), nullable=True),
        sa.Column("event", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("opened_at", Moment(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("owner", sa.String(length=40), nullable=True),
        sa.Column("decision", sa.String(length=1000), nullable=True),
        sa.Column("settled_by", sa.String(length=40), nullable=True),
        sa.Column("settled_at", Moment(), nullable=True),
        sa.CheckConstraint(
            "(state = 'settled') = (decision IS NOT NULL)", name=op.f("ck_discrepancy_decided")
        ),
        sa.CheckConstraint(
            (
                "kind IN ('gap', 'misfit', 'short', 'over', 'damaged', 'wrong_serial', "
                "'unknown_code', 'clock', 'label_only', 'loss', 'theft', "
                "'suspected_diversion', 'conflict')"
            ),
            name=op.f("ck_discrepancy_kind"),
        ),
        sa.CheckConstraint(
            "state IN ('open', 'healed', 'settled')", name=op.f("ck_discrepancy_state")
        ),
        sa.ForeignKeyConstraint(["item"], ["item.id"], name=op.f("fk_discrepancy_item")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_discrepancy")),
        sa.UniqueConstraint(
            "subject", "kind", "event", name=op.f("uq_discrepancy_subject_kind_event")
        ),
    )
    with op.batch_alter_table("discrepancy", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_discrepancy_item"), ["item"], unique=False)
        batch_op.create_index("ix_discrepancy_state_due", ["state", "due_on"], unique=False)

    op.create_table(
        "identifier",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("item", sa.Integer(), nullable=False),
        sa.Column("scheme", sa.String(length=12), nullable=False),
        sa.Column("value", sa.String(length=64), nullable=False),
        sa.Column("read_at", Moment(), nullable=False),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["item"], ["item.id"], name=op.f("fk_identifier_item")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identifier")),
    )
    with op.batch_alter_table("identifier", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_identifier_item"), ["item"], unique=False)
        batch_op.create_index("ix_identifier_value", ["value"], unique=False)
        batch_op.create_index(
            "uq_identifier_live",
            ["scheme", "value"],
            unique=True,
            sqlite_where=sa.text("live"),
            postgresql_where=sa.text("live"),
        )

    op.create_table(
        "label",
        sa.Column("code", sa.String(length=11), nullable=False),
        sa.Column("state", sa.String(length=7), nullable=False),
        sa.Column("item", sa.Integer(), nullable=True),
        sa.Column("handling_unit", sa.String(length=11), nullable=True),
        sa.Column("replaced_by", sa.String(length=11), nullable=True),
        sa.Column("printed_at", Moment(), nullable=True),
        sa.Column("bound_at", Moment(), nullable=True),
        sa.CheckConstraint(
            "(state = 'blank') = (item IS NULL AND handling_unit IS NULL)",
            name=op.f("ck_label_bound"),
        ),
        sa.CheckConstraint("state IN ('blank', 'bound', 'revoked')", name=op.f("ck_label_state")),
        sa.ForeignKeyConstraint(
            ["handling_unit"], ["handling_unit.code"], name=op.f("fk_label_handling_unit")
        ),
        sa.ForeignKeyConstraint(["item"], ["item.id"], name=op.f("fk_label_item")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_label")),
    )
    with op.batch_alter_table("label", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_label_handling_unit"), ["handling_unit"], unique=False)
        batch_op.create_index(batch_op.f("ix_label_item"), ["item"], unique=False)

    op.create_table(
        "proposal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("item", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("proposed_by", sa.String(length=40), nullable=False),
        sa.Column("proposed_at", Moment(), nullable=False),
        sa.Column("decided_by", sa.String(length=40), nullable=True),
        sa.Column("decided_at", Moment(), nullable=True),
        sa.Column("approved", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(["item"], ["item.id"], name=op.f("fk_proposal_item")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal")),
    )
    with op.batch_alter_table("proposal", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_proposal_item"), ["item"], unique=False)

    on_sqlite = op.get_bind().dialect.name == "sqlite"
    for table in APPEND_ONLY:
        for statement in _guard_sqlite(table) if on_sqlite else _guard_postgres(table):
            op.execute(statement)
    if on_sqlite:
        for statement in SEARCH_SQLITE:
            op.execute(statement)
    else:
        _search_postgres()


APPEND_ONLY = ("event", "log_entry", "checkpoint", "site_reading")


def _guard_sqlite(table: str) -> list[str]:
    """Rows of `table` are never changed and never deleted."""
    return [
        f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table}: rows are never changed or deleted'); END"
        for verb in ("UPDATE", "DELETE")
    ]


def _guard_postgres(table: str) -> list[str]:
    """The same; TRUNCATE, which SQLite lacks, too."""
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


# A scan changes an item's state, not its search text: the trigger must not run for it.
SEARCH_SQLITE = (
    (
        "CREATE VIRTUAL TABLE item_search USING fts5("
        "search_text, content='item', content_rowid='id', tokenize='trigram')"
    ),
    (
        "CREATE TRIGGER item_search_insert AFTER INSERT ON item BEGIN "
        "INSERT INTO item_search (rowid, search_text) VALUES (new.id, new.search_text); END"
    ),
    (
        "CREATE TRIGGER item_search_delete AFTER DELETE ON item BEGIN "
        "INSERT INTO item_search (item_search, rowid, search_text) "
        "VALUES ('delete', old.id, old.search_text); END"
    ),
    (
        "CREATE TRIGGER item_search_update AFTER UPDATE OF search_text ON item BEGIN "
        "INSERT INTO item_search (item_search, rowid, search_text) "
        "VALUES ('delete', old.id, old.search_text); "
        "INSERT INTO item_search (rowid, search_text) VALUES (new.id, new.search_text); END"
    ),
)


def _search_postgres() -> None:
    """A trigram index where the extension can be had; searching works without, only slower."""
    bind = op.get_bind()
    try:
        with bind.begin_nested():
            bind.execute(sa.text("CREATE EXTENSION IF NOT EXISTS pg_trgm"))
    except sa.exc.DBAPIError:
        return
    op.execute("CREATE INDEX ix_item_search_text ON item USING gin (search_text gin_trgm_ops)")


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE item_search")
    with op.batch_alter_table("proposal", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_proposal_item"))

    op.drop_table("proposal")
    with op.batch_alter_table("label", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_label_item"))
        batch_op.drop_index(batch_op.f("ix_label_handling_unit"))

    op.drop_table("label")
    with op.batch_alter_table("identifier", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_identifier_live", sqlite_where=sa.text("live"), postgresql_where=sa.text("live")
        )
        batch_op.drop_index("ix_identifier_value")
        batch_op.drop_index(batch_op.f("ix_identifier_item"))

    op.drop_table("identifier")
    with op.batch_alter_table("discrepancy", schema=None) as batch_op:
        batch_op.drop_index("ix_discrepancy_state_due")
        batch_op.drop_index(batch_op.f("ix_discrepancy_item"))

    op.drop_table("discrepancy")
    with op.batch_alter_table("pledge_revision", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_pledge_revision_pledge_line"))

    op.drop_table("pledge_revision")
    with op.batch_alter_table("item", schema=None) as batch_op:
        batch_op.drop_index("ix_item_pledge_status")
        batch_op.drop_index(batch_op.f("ix_item_pledge_line"))
        batch_op.drop_index("ix_item_location_status")
        batch_op.drop_index(batch_op.f("ix_item_handling_unit"))
        batch_op.drop_index(batch_op.f("ix_item_consignment"))

    op.drop_table("item")
    op.drop_table("tally")
    with op.batch_alter_table("share", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_share_pledge"))

    op.drop_table("share")
    with op.batch_alter_table("pledge_line", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_pledge_line_pledge"))

    op.drop_table("pledge_line")
    op.drop_table("place_snapshot")
    with op.batch_alter_table("handling_unit", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_handling_unit_parent"))

    op.drop_table("handling_unit")
    with op.batch_alter_table("consignment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_consignment_pledge"))

    op.drop_table("consignment")
    op.drop_table("account_role")
    with op.batch_alter_table("site_reading", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_site_reading_read_by"))
        batch_op.drop_index(batch_op.f("ix_site_reading_location"))

    op.drop_table("site_reading")
    op.drop_table("sealed_site")
    with op.batch_alter_table("pledge", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_pledge_donor"))

    op.drop_table("pledge")
    op.drop_table("log_entry")
    op.drop_table("assignment")
    op.drop_table("account")
    op.drop_table("role")
    op.drop_table("product")
    op.drop_table("party")
    with op.batch_alter_table("location", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_location_oblast"))

    op.drop_table("location")
    op.drop_table("initiative")
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_event_handling_unit",
            sqlite_where=sa.text("handling_unit IS NOT NULL"),
            postgresql_where=sa.text("handling_unit IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_event_declares",
            sqlite_where=sa.text("declares IS NOT NULL"),
            postgresql_where=sa.text("declares IS NOT NULL"),
        )

    op.drop_table("event")
    op.drop_table("device")
    op.drop_table("checkpoint")
    if op.get_bind().dialect.name != "sqlite":
        for table in APPEND_ONLY:
            op.execute(f"DROP FUNCTION {table}_is_append_only()")
