"""THE table of official records: which columns of which tables the ledger states, and how.

`plain` columns are said as they are. `hidden` ones name a person, a place or a secret, and enter as
salted digests. Columns in neither list are a copy of something else, a counter, or a person's own
preference. `by` and `at` say who wrote a row and when, the newest act first; where they name nobody
it is who the service says (`stating.act_as`).

Units and boxes have stories of their own; docs/ledger.md says which table is held by what.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tracker import models
from tracker.db import Base


@dataclass(frozen=True, slots=True)
class Record:
    """How the rows of one table are stated; `only` those that have a value in this column."""

    kind: str
    model: type[Base]
    key: tuple[str, ...]
    plain: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    at: tuple[str, ...] = ()
    only: str | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """Everything that is stated, the key first."""
        return (*self.key, *self.plain, *self.hidden)

    @property
    def keys(self) -> tuple[Any, ...]:
        """The key's columns, for a query."""
        return tuple(getattr(self.model, name) for name in self.key)


def _record(
    kind: str,
    model: type[Base],
    key: str,
    plain: str = "",
    hidden: str = "",
    *,
    by: str = "",
    at: str = "",
    only: str | None = None,
) -> Record:
    first, open_, closed, people, moments = (
        tuple(names.split()) for names in (key, plain, hidden, by, at)
    )
    return Record(kind, model, first, open_, closed, people, moments, only)


TABLE = (
    # What was promised, and by whom.
    _record("party", models.Party, "ref", "kind country", "name code address"),
    _record("product", models.Product, "ref", "kind identifiers name_en name_uk"),
    _record("initiative", models.Initiative, "ref", "name_en name_uk"),
    _record(
        "pledge", models.Pledge, "ref",
        "donor initiative pledged_on legal_basis", "purpose note source",
    ),
    _record(
        "pledge_line", models.PledgeLine, "id", "pledge product quantity", "unit_value currency"
    ),
    _record(
        "pledge_revision", models.Revision, "id",
        "pledge_line quantity_before quantity_after revised_by revised_at", "reason",
        by="revised_by", at="revised_at",
    ),
    _record("delivery", models.Delivery, "ref", "pledge number made_at", at="made_at"),
    # Places, and who looked.
    _record(
        "location", models.Location, "ref",
        "kind premises commitment", "sector oblast name_en name_uk",
    ),
    _record("sealed_site", models.SealedSite, "location field", "", "sealed"),
    _record(
        "site_reading", models.SiteReading, "id", "read_by read_at", "location reason",
        by="read_by", at="read_at",
    ),
    _record(
        "label", models.Label, "code", "state location replaced_by revoked_at", only="location"
    ),
    # Papers and what they stand on.
    _record(
        "document", models.Document, "id", "kind number version about sha256 issued_by issued_at",
        by="issued_by", at="issued_at",
    ),
    _record(
        "evidence", models.Evidence, "sha256", "kind media_type size kept_by kept_at",
        by="kept_by", at="kept_at",
    ),
    _record(
        "act", models.HandoverAct, "id",
        "number uid state giver receiver site paper giver_signature receiver_signature photos "
        "made_by made_at signed_at",
        "said device_signature strays purpose commission giver_person giver_position "
        "receiver_person receiver_position",
        by="made_by", at="signed_at made_at",
    ),
    _record(
        "act_line", models.ActLine, "act item", "box confirmed added_by added_at",
        "code second_identifier", by="added_by", at="added_at",
    ),
    _record(
        "loss_report", models.LossReport, "number",
        "kind happened_on consignment reported_by reported_at", "circumstances authority",
        by="reported_by", at="reported_at",
    ),
    _record("loss_line", models.LossLine, "report item"),
    _record("loss_evidence", models.LossEvidence, "report sha256"),
    _record(
        "proposal", models.Proposal, "id",
        "item step proposed_by proposed_at decided_by decided_at approved act", "reason",
        by="decided_by proposed_by", at="decided_at proposed_at",
    ),
    _record(
        "count", models.StockCount, "number", "location opened_by opened_at closed_by closed_at",
        by="closed_by opened_by", at="closed_at opened_at",
    ),
    _record("count_door", models.CountDoor, "count location"),
    _record(
        "case", models.Discrepancy, "id", "kind subject event state settled_by settled_at wrong",
        "decision", by="settled_by", at="settled_at", only="settled_at",
    ),
    # Journeys.
    _record(
        "consignment", models.Consignment, "ref",
        "pledge consignor consignee carrier made_at state held origin destination eta_on "
        "aid_declared_on aid_coded_on aid_reported_on",
        "waybill aid_code",
    ),
    _record(
        "leg", models.Leg, "id", "consignment origin destination carrier departs_on arrives_on",
        "vehicle",
    ),
    _record(
        "seal", models.Seal, "id",
        "consignment closed_by closed_at whole looked_at_by looked_at", "number",
        by="looked_at_by closed_by", at="looked_at closed_at",
    ),
    _record(
        "passage", models.Passage, "id",
        "consignment kind location happened_at happened_on told_by declares", "note",
        by="told_by", at="happened_at",
    ),
    _record("packing_line", models.PackingLine, "consignment item", "handling_unit package"),
    _record(
        "verdict", models.ReceivingVerdict, "id",
        "consignment item verdict reason event location handling_unit said_by said_at",
        "code note", by="said_by", at="said_at",
    ),
    # Who may do what, where.
    _record(
        "account", models.Account, "id", "party active roles made_at",
        "email name oblasts password",
    ),
    _record(
        "passkey", models.Passkey, "id", "account made_at", "name credential_id public_key",
        at="made_at",
    ),
    _record("assignment", models.Assignment, "actor location", "until"),
    _record(
        "device", models.Device, "id",
        "role public_key enrolled_at enrolled_by expires_at revoked_at", "name token_hash",
        by="enrolled_by",
    ),
    _record(
        "enrolment", models.Enrolment, "id", "role days made_by made_at expires_at device",
        "locations code_hash", by="made_by",
    ),
    # What donors are shown.
    _record(
        "release", models.Release, "id",
        "pledge kind source sha256 proposed_by proposed_at decided_by decided_at approved "
        "withdrawn_by withdrawn_at",
        "name text_en text_uk",
        by="withdrawn_by decided_by proposed_by", at="withdrawn_at decided_at proposed_at",
    ),
    _record(
        "disclosure", models.Disclosure, "id", "pledge delay_days small_cell set_by set_at",
        by="set_by", at="set_at",
    ),
    _record(
        "share", models.Share, "id",
        "pledge photos totals_only made_by made_at expires_at revoked_at", "token_hash",
        by="made_by", at="revoked_at made_at",
    ),
    _record(
        "published_card", models.PublishedCard, "id",
        "pledge published_by published_at withdrawn_by withdrawn_at", "name",
        by="withdrawn_by published_by", at="withdrawn_at published_at",
    ),
    _record(
        "place_snapshot", models.PlaceSnapshot, "pledge month", "made_at", "body", at="made_at"
    ),
)  # fmt: skip

BY_MODEL: dict[type[Base], Record] = {record.model: record for record in TABLE}
BY_TABLE: dict[str, Record] = {record.model.__tablename__: record for record in TABLE}
BY_KIND: dict[str, Record] = {record.kind: record for record in TABLE}

MARK = "ledger:records"
"""The story that says from when on rows of which kinds may not stand without a statement."""
