"""Tables: one file per noun, constraints but no behaviour.

References (`PL-2022-11`, `LVIV-1`, a label's code) are keys themselves, so that a row reads
without joins and says the same word as the ledger; items and events have numbers.
"""

from tracker.models.acts import ActLine, HandoverAct
from tracker.models.consignments import (
    Arrival,
    Consignment,
    Leg,
    PackingLine,
    Passage,
    ReceivingVerdict,
    Seal,
)
from tracker.models.counts import CountDoor, CountExpected, Sighting, StockCount
from tracker.models.deliveries import Delivery, DeliveryFile
from tracker.models.discrepancies import Discrepancy
from tracker.models.documents import Document, DocumentSeries, Evidence, Upload
from tracker.models.feeds import FeedKey
from tracker.models.found_reports import FoundReport
from tracker.models.handling_units import HandlingUnit
from tracker.models.items import Identifier, Item
from tracker.models.labels import Label, LabelBatch
from tracker.models.ledger import Checkpoint, Event, FoldRules, LogEntry, Opening
from tracker.models.locations import Location, SealedSite, SiteReading
from tracker.models.loss_reports import LossEvidence, LossLine, LossReport
from tracker.models.outbox import Outgoing
from tracker.models.parties import Party
from tracker.models.passkeys import Passkey
from tracker.models.people import (
    Account,
    Assignment,
    Device,
    DeviceClock,
    EndedSession,
    Enrolment,
    LateAct,
    LateScan,
    RoleRow,
)
from tracker.models.pledges import Initiative, Pledge, PledgeLine, Revision
from tracker.models.prepared_exports import PreparedExport
from tracker.models.products import Product
from tracker.models.proposals import Proposal
from tracker.models.published_cards import PublishedCard
from tracker.models.quotas import QuotaCase
from tracker.models.releases import Release
from tracker.models.shares import Disclosure, Share
from tracker.models.snapshots import DailyCount, PlaceSnapshot, Tally
from tracker.models.subscriptions import Subscription
from tracker.models.webhooks import Webhook

__all__ = [
    "Account",
    "ActLine",
    "Arrival",
    "Assignment",
    "Checkpoint",
    "Consignment",
    "CountDoor",
    "CountExpected",
    "DailyCount",
    "Delivery",
    "DeliveryFile",
    "Device",
    "DeviceClock",
    "Disclosure",
    "Discrepancy",
    "Document",
    "DocumentSeries",
    "EndedSession",
    "Enrolment",
    "Event",
    "Evidence",
    "FeedKey",
    "FoldRules",
    "FoundReport",
    "HandlingUnit",
    "HandoverAct",
    "Identifier",
    "Initiative",
    "Item",
    "Label",
    "LabelBatch",
    "LateAct",
    "LateScan",
    "Leg",
    "Location",
    "LogEntry",
    "LossEvidence",
    "LossLine",
    "LossReport",
    "Opening",
    "Outgoing",
    "PackingLine",
    "Party",
    "Passage",
    "Passkey",
    "PlaceSnapshot",
    "Pledge",
    "PledgeLine",
    "PreparedExport",
    "Product",
    "Proposal",
    "PublishedCard",
    "QuotaCase",
    "ReceivingVerdict",
    "Release",
    "Revision",
    "RoleRow",
    "Seal",
    "SealedSite",
    "Share",
    "Sighting",
    "SiteReading",
    "StockCount",
    "Subscription",
    "Tally",
    "Upload",
    "Webhook",
]
