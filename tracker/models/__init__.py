"""Tables: one file per noun, constraints but no behaviour.

References (`PL-2022-11`, `LVIV-1`, a label's code) are keys themselves, so that a row reads
without joins and says the same word as the ledger; items and events have numbers.
"""

from tracker.models.acts import ActLine, HandoverAct
from tracker.models.consignments import (
    Consignment,
    Leg,
    PackingLine,
    Passage,
    ReceivingVerdict,
    Seal,
)
from tracker.models.counts import CountExpected, Sighting, StockCount
from tracker.models.discrepancies import Discrepancy
from tracker.models.documents import Document, DocumentSeries, Evidence
from tracker.models.found_reports import FoundReport
from tracker.models.handling_units import HandlingUnit
from tracker.models.items import Identifier, Item
from tracker.models.labels import Label, LabelBatch
from tracker.models.ledger import Checkpoint, Event, LogEntry
from tracker.models.locations import Location, SealedSite, SiteReading
from tracker.models.loss_reports import LossEvidence, LossLine, LossReport
from tracker.models.parties import Party
from tracker.models.people import Account, Assignment, Device, RoleRow
from tracker.models.pledges import Initiative, Pledge, PledgeLine, Revision
from tracker.models.products import Product
from tracker.models.proposals import Proposal
from tracker.models.shares import Share
from tracker.models.snapshots import PlaceSnapshot, Tally

__all__ = [
    "Account",
    "ActLine",
    "Assignment",
    "Checkpoint",
    "Consignment",
    "CountExpected",
    "Device",
    "Discrepancy",
    "Document",
    "DocumentSeries",
    "Event",
    "Evidence",
    "FoundReport",
    "HandlingUnit",
    "HandoverAct",
    "Identifier",
    "Initiative",
    "Item",
    "Label",
    "LabelBatch",
    "Leg",
    "Location",
    "LogEntry",
    "LossEvidence",
    "LossLine",
    "LossReport",
    "PackingLine",
    "Party",
    "Passage",
    "PlaceSnapshot",
    "Pledge",
    "PledgeLine",
    "Product",
    "Proposal",
    "ReceivingVerdict",
    "Revision",
    "RoleRow",
    "Seal",
    "SealedSite",
    "Share",
    "Sighting",
    "SiteReading",
    "StockCount",
    "Tally",
]
