"""THE table of who may do what: role x action -> scope. Deny by default.

Routes and services name an action; only this file knows roles. A scope says over which objects
the permission reaches; `None` means no permission at all.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Role(StrEnum):
    """What a person or a device is to KitTrail."""

    ADMIN = "admin"
    COORDINATOR = "coordinator"
    WAREHOUSE = "warehouse"
    FIELD = "field"
    DONOR = "donor"
    AUDITOR = "auditor"


class Scope(StrEnum):
    """How far a permission reaches."""

    ALL = "all"
    OWN = "own"  # own pledges (donor), own location (warehouse), own events
    ASSIGNED = "assigned"  # the sites and consignments assigned to a field team
    MASKED = "masked"  # the thing, with its secrets replaced


class Action(StrEnum):
    """What a route or a service asks for."""

    MANAGE_PEOPLE = "manage_people"
    READ_PEOPLE = "read_people"
    ENROL_DEVICE = "enrol_device"
    EDIT_PLEDGES = "edit_pledges"
    READ_PLEDGES = "read_pledges"
    EDIT_CONSIGNMENTS = "edit_consignments"
    READ_CONSIGNMENTS = "read_consignments"
    READ_DOCUMENTS = "read_documents"
    READ_ITEMS = "read_items"
    READ_LABELS = "read_labels"
    PRINT_LABELS = "print_labels"  # also replace, and make blank ones
    SCAN_STOCK = "scan_stock"  # receiving, packing, shipping, counting
    SCAN_FIELD = "scan_field"  # accepting, deploying, inspecting
    REPORT_LOSS = "report_loss"
    WRITE_OFF = "write_off"
    DECLARE_ERROR = "declare_error"
    READ_DISCREPANCIES = "read_discrepancies"
    SETTLE_DISCREPANCY = "settle_discrepancy"
    READ_LOCATIONS = "read_locations"
    OPEN_SITE = "open_site"
    READ_IDENTIFIERS = "read_identifiers"
    READ_LEDGER = "read_ledger"
    SHARE_WITH_DONOR = "share_with_donor"
    PUBLISH_CARD = "publish_card"  # a pledge's totals, as a picture for anybody
    RELEASE = "release"  # photos, statements, how late and coarse a donor sees a pledge
    READ_RELEASES = "read_releases"
    EXPORT_RECORDS = "export_records"  # whole stories and pledges, for other systems
    RECEIVE_NOTICES = "receive_notices"  # by mail, webhook, feed and calendar
    MANAGE_DELIVERIES = "manage_deliveries"


_A, _C, _W, _F, _D, _U = (
    Role.ADMIN,
    Role.COORDINATOR,
    Role.WAREHOUSE,
    Role.FIELD,
    Role.DONOR,
    Role.AUDITOR,
)

TABLE: dict[Action, dict[Role, Scope]] = {
    Action.MANAGE_PEOPLE: {_A: Scope.ALL},
    Action.READ_PEOPLE: {_A: Scope.ALL, _U: Scope.ALL},
    Action.ENROL_DEVICE: {_A: Scope.ALL, _C: Scope.ALL},
    Action.EDIT_PLEDGES: {_C: Scope.ALL},
    Action.READ_PLEDGES: {
        _C: Scope.ALL,
        _W: Scope.ALL,
        _F: Scope.ASSIGNED,
        _D: Scope.OWN,
        _U: Scope.ALL,
    },
    Action.EDIT_CONSIGNMENTS: {_C: Scope.ALL},
    Action.READ_CONSIGNMENTS: {_C: Scope.ALL, _W: Scope.OWN, _U: Scope.ALL},
    Action.READ_DOCUMENTS: {_C: Scope.ALL, _W: Scope.OWN, _F: Scope.ASSIGNED, _U: Scope.MASKED},
    Action.READ_ITEMS: {
        _C: Scope.ALL,
        _W: Scope.OWN,
        _F: Scope.ASSIGNED,
        _U: Scope.MASKED,
    },
    Action.READ_LABELS: {_C: Scope.ALL, _W: Scope.OWN, _U: Scope.ALL},
    Action.PRINT_LABELS: {_C: Scope.ALL, _W: Scope.OWN},
    Action.SCAN_STOCK: {_C: Scope.ALL, _W: Scope.OWN},
    Action.SCAN_FIELD: {_C: Scope.ALL, _F: Scope.ASSIGNED},
    Action.REPORT_LOSS: {_C: Scope.ALL, _W: Scope.OWN, _F: Scope.ASSIGNED},
    Action.WRITE_OFF: {_C: Scope.ALL},
    Action.DECLARE_ERROR: {_C: Scope.ALL, _W: Scope.OWN, _F: Scope.OWN},
    Action.READ_DISCREPANCIES: {_C: Scope.ALL, _W: Scope.OWN, _U: Scope.ALL},
    Action.SETTLE_DISCREPANCY: {_C: Scope.ALL},
    Action.READ_LOCATIONS: {_C: Scope.ALL, _W: Scope.OWN, _F: Scope.ASSIGNED, _U: Scope.MASKED},
    Action.OPEN_SITE: {_C: Scope.ASSIGNED},
    Action.READ_IDENTIFIERS: {
        _C: Scope.ALL,
        _W: Scope.OWN,
        _F: Scope.ASSIGNED,
        _D: Scope.MASKED,
        _U: Scope.MASKED,
    },
    Action.READ_LEDGER: {_A: Scope.ALL, _C: Scope.ALL, _W: Scope.OWN, _F: Scope.OWN, _U: Scope.ALL},
    Action.SHARE_WITH_DONOR: {_C: Scope.ALL},
    Action.PUBLISH_CARD: {_C: Scope.ALL, _D: Scope.OWN},
    Action.RELEASE: {_C: Scope.ALL},
    Action.READ_RELEASES: {_C: Scope.ALL, _U: Scope.ALL},
    Action.EXPORT_RECORDS: {_C: Scope.ALL, _U: Scope.MASKED},
    Action.RECEIVE_NOTICES: {_C: Scope.ALL, _D: Scope.OWN},
    Action.MANAGE_DELIVERIES: {_C: Scope.ALL},
}

_STOCK = (
    "announcing commissioning receiving packing unpacking shipping void_shipping "
    "entering_exiting counting returning repairing repaired"
)
STEP_ACTIONS: dict[str, Action] = {
    **dict.fromkeys(_STOCK.split(), Action.SCAN_STOCK),
    **dict.fromkeys(("accepting", "deploying", "inspecting", "collecting"), Action.SCAN_FIELD),
    **dict.fromkeys(
        ("reporting_lost", "reporting_stolen", "destroying", "finding"), Action.REPORT_LOSS
    ),
    "decommissioning": Action.WRITE_OFF,
    "declaring_error": Action.DECLARE_ERROR,
}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something: a signed-in person or an enrolled device.

    `ref` is what the ledger keeps (`account:7`, `device:3`, `system:import`): a number, never a
    name. `locations` are those the actor works at (warehouse) or is assigned to (field);
    `oblasts` those a coordinator answers for (p-codes); `party` the donor's party; `key` the
    public key of a device that signs its scans.
    """

    ref: str
    role: Role | None
    locations: frozenset[str] = field(default_factory=frozenset)
    oblasts: frozenset[str] = field(default_factory=frozenset)
    party: str | None = None
    key: str | None = None

    def scope(self, action: Action) -> Scope | None:
        """How far this actor's permission for `action` reaches; None when there is none."""
        return scope(self.role, action)

    def may(self, action: Action) -> bool:
        """Whether the role has the action at all, whatever its scope."""
        return self.scope(action) is not None

    @property
    def is_bound_to_places(self) -> bool:
        """Whether this actor scans at its own places only."""
        reaches = [self.scope(action) for action in (Action.SCAN_STOCK, Action.SCAN_FIELD)]
        return any(reaches) and Scope.ALL not in reaches

    def may_scan(self, step: str, location: str | None) -> bool:
        """Whether this actor may record `step` at `location` (a reference, or None if not said).

        A warehouse scans at its own locations; a scan that names no place is the scanner's own word
        about what is in front of it and is allowed. Which units a warehouse or a field team may
        scan is judged by where these are or are bound for, and not by what the scan says
        (`domain.reaching`).
        """
        action = STEP_ACTIONS.get(step)
        reach = self.scope(action) if action else None
        if reach is Scope.OWN and action is Action.SCAN_STOCK:
            return location is None or location in self.locations
        return reach is not None


def is_person(ref: str | None) -> bool:
    """Whether the ledger means a person by `ref`, and no device and no command on the server.

    The demonstration's two stand for people.
    """
    return ref is not None and ref != SYSTEM.ref and not ref.startswith("device:")


SYSTEM = Actor("system:import", Role.COORDINATOR)
"""Who acts when a command on the server does: it is trusted as a coordinator is."""


def scope(role: Role | None, action: Action) -> Scope | None:
    """The table's cell; None for no permission, for nobody signed in, and for what it lacks."""
    return TABLE.get(action, {}).get(role) if role else None


def scannable(actor: Actor) -> frozenset[str]:
    """Ids of all steps this actor's role may record."""
    return frozenset(
        step for step, action in STEP_ACTIONS.items() if actor.scope(action) is not None
    )
