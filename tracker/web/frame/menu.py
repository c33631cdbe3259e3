"""The menu: where every page can be reached from, by work, for whom."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

from flask import current_app, request
from flask_babel import lazy_gettext as _l

from tracker import clock
from tracker.domain.permissions import Action, Actor
from tracker.queries import discrepancies


class Entry(NamedTuple):
    """One entry: where it leads, what it says and shows, what it takes to see it.

    `also` names the blueprints whose pages belong to it, beside its own.
    """

    endpoint: str
    name: Any
    action: Action
    icon: str
    also: tuple[str, ...] = ()

    @property
    def is_here(self) -> bool:
        """Whether the reader is on one of its pages."""
        return request.blueprint in (self.endpoint.partition(".")[0], *self.also)


class Section(NamedTuple):
    """Entries of one kind of work, under a heading or, first of all, under none."""

    name: Any
    entries: tuple[Entry, ...]


SCAN = Entry("scanning.show_bench", _l("Scan"), Action.SCAN_STOCK, "scan")

SECTIONS = (
    Section(
        None,
        (
            Entry(
                "discrepancies.list_discrepancies",
                _l("Discrepancies"),
                Action.READ_DISCREPANCIES,
                "alert",
            ),
            Entry(
                "consignments.list_consignments",
                _l("Consignments"),
                Action.READ_CONSIGNMENTS,
                "truck",
                ("boxes",),
            ),
        ),
    ),
    Section(
        _l("Records"),
        (
            Entry("items.list_items", _l("Items"), Action.READ_ITEMS, "unit"),
            Entry(
                "pledges.list_pledges", _l("Pledges"), Action.READ_PLEDGES, "pledge", ("donors",)
            ),
            Entry("locations.list_locations", _l("Locations"), Action.READ_LOCATIONS, "place"),
            Entry("acts.list_acts", _l("Handover acts"), Action.SCAN_FIELD, "act"),
            Entry("counts.list_counts", _l("Stock counts"), Action.READ_DISCREPANCIES, "count"),
            Entry("losses.list_losses", _l("Losses"), Action.REPORT_LOSS, "loss"),
            Entry("proposals.list_proposals", _l("Write-offs"), Action.WRITE_OFF, "ended"),
        ),
    ),
    Section(
        _l("Warehouse"),
        (
            Entry("intake.show_intake", _l("Intake"), Action.SCAN_STOCK, "intake"),
            Entry(
                "batches.list_batches",
                _l("Labels"),
                Action.READ_LABELS,
                "label",
                ("labels", "printing"),
            ),
            Entry("devices.list_devices", _l("Phones"), Action.ENROL_DEVICE, "phone"),
            Entry("readings.show_readings", _l("Terminal ids"), Action.SCAN_STOCK, "dish"),
        ),
    ),
    Section(
        _l("For donors"),
        (
            Entry("initiatives.list_initiatives", _l("Initiatives"), Action.EDIT_PLEDGES, "group"),
            Entry("releases.list_releases", _l("Photos"), Action.READ_RELEASES, "photo"),
            Entry(
                "outbox.list_deliveries",
                _l("Deliveries to donors"),
                Action.MANAGE_DELIVERIES,
                "letter",
            ),
        ),
    ),
    Section(
        _l("Oversight"),
        (
            Entry("feeds.show_calendar", _l("Calendar"), Action.READ_DISCREPANCIES, "calendar"),
            Entry(
                "found_reports.list_reports",
                _l("Messages from finders"),
                Action.SETTLE_DISCREPANCY,
                "question",
            ),
            Entry("people.list_people", _l("People"), Action.READ_PEOPLE, "people"),
            Entry("ledger.show_ledger", _l("Ledger"), Action.READ_LEDGER, "ledger"),
        ),
    ),
)

ENTRIES = (SCAN, *(entry for section in SECTIONS for entry in section.entries))

# What a thumb reaches on a phone, beside the start and the menu; who may not scan gets the next.
AT_HAND = (
    "consignments.list_consignments",
    "scanning.show_bench",
    "discrepancies.list_discrepancies",
    "items.list_items",
    "pledges.list_pledges",
    "acts.list_acts",
)
MOST_AT_HAND = 3


def open_to(entry: Entry, reader: Actor) -> bool:
    """Whether `reader` may see the pages of `entry`, in this installation."""
    return entry.endpoint in current_app.view_functions and reader.may(entry.action)


def sections(reader: Actor) -> Iterator[Section]:
    """What `reader` may see, by kind of work; nothing empty."""
    for section in SECTIONS:
        seen = tuple(entry for entry in section.entries if open_to(entry, reader))
        if seen:
            yield Section(section.name, seen)


def scanning(reader: Actor) -> Entry | None:
    """The bench, for who scans there."""
    return SCAN if open_to(SCAN, reader) else None


def at_hand(reader: Actor) -> Sequence[Entry]:
    """What stands at the foot of a phone's window, scanning in the middle."""
    by_endpoint = {entry.endpoint: entry for entry in ENTRIES}
    seen = (by_endpoint[one] for one in AT_HAND if open_to(by_endpoint[one], reader))
    return tuple(islice(seen, MOST_AT_HAND))


def waiting(reader: Actor) -> dict[str, int]:
    """How many things wait behind an entry, by its endpoint; and of discrepancies: those `open`,
    `overdue`, taken by the reader (`mine`), and old ones that newer rules found (`in_review`)."""
    if not reader.may(Action.READ_DISCREPANCIES):
        return {}
    load = discrepancies.waiting(clock.day_in_kyiv(clock.now()), reader)
    return {
        "discrepancies.list_discrepancies": load.open,
        "open": load.open,
        "overdue": load.overdue,
        "mine": load.mine,
        "in_review": load.in_review,
    }
