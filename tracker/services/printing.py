"""Printing: what is chosen becomes labels, and these sheets, pictures or a label printer's job.

How labels look is the `labels` library's; what stands on them is read by `queries.printing`.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from flask import current_app
from sqlalchemy import update

from labels import (
    STOCK,
    CrateLabel,
    KitLabel,
    Label,
    LocationLabel,
    PrintError,
    Profile,
    SmallLabel,
    Stock,
    by_box,
    find_stock,
    is_public,
    keep_profile,
    measured,
    png_of,
    read_profiles,
    send,
    sheet_svg,
    write_calibration,
    write_pdf,
    zpl_job,
)
from labels.layout import frame_on
from labels.order import natural
from tracker import models
from tracker.db import transaction
from tracker.domain.permissions import Action, Actor
from tracker.errors import HostNotPublic, InvalidValue, NotAllowed, NotFound, PrinterFailed
from tracker.queries import printing
from tracker.queries.printing import Chosen

__all__ = ["Chosen", "Job", "Stock"]

USUAL = {"boxes": "A6", "box": "A6", "units": "A6", "location": "Avery L7165"}
"""The stock that is offered first, where it is not that of kits."""
KITS = "Avery L7160"
MOST_COPIES = 20
DPI = 203  # of a label printer whose profile does not say


@dataclass(frozen=True, slots=True)
class Job:
    """How it is printed: on which `stock`, from which place (counted from 1), how often.

    `profile` names a printer of `TRACKER_HOME/printers.json`; `boxed` puts labels in the order of
    their boxes. `anyway` says that a person was asked about a host that only is known near by.
    """

    stock: str = KITS
    start: int = 1
    copies: int = 1
    boxed: bool = True
    profile: str = ""
    anyway: bool = False


def usual_stock(chosen: Chosen) -> str:
    """The stock that is offered first for what is chosen."""
    return USUAL.get(chosen.what, KITS)


def labels_of(chosen: Chosen, *, boxed: bool = True, by: Actor) -> list[Label]:
    """The labels of what is chosen, in the order in which they are printed.

    Raises NotAllowed, NotFound (there are none) and InvalidValue (too many at one go).
    """
    if not by.may(Action.PRINT_LABELS):
        raise NotAllowed
    host = current_app.config["HOST"]
    found: list[Label]
    if chosen.what == "batch":
        number = int(chosen.ref) if chosen.ref.isdecimal() and len(chosen.ref) < 10 else 0
        found = [KitLabel(code, host) for code in printing.blanks(number)]
    elif chosen.what == "location":
        place = printing.place(chosen.ref, by)
        found = [LocationLabel(place.code, host, place.name_uk, place.name_en)] if place else []
    elif chosen.what in printing.UNITS:
        found = _kits(chosen, host, by, boxed=boxed)
    else:
        found = _crates(chosen, host, by)
    if not found:
        raise NotFound("There are no labels to print.")
    if len(found) > printing.MOST:
        raise InvalidValue("At most 20,000 labels are printed at one go. Choose fewer.")
    return found


def _kits(chosen: Chosen, host: str, by: Actor, *, boxed: bool) -> list[Label]:
    kits = printing.kits(chosen, by)
    pairs = [(one.box, KitLabel(one.code, host, one.product_uk, one.product_en)) for one in kits]
    return by_box(pairs) if boxed else [label for _, label in pairs]


def _crates(chosen: Chosen, host: str, by: Actor) -> list[Label]:
    """Boxes are numbered within their pledge, as their names are: BOX-2 before BOX-10.

    Those that were just made are empty, and say what they are called.
    """
    if chosen.what == "units":
        made = sorted(printing.crates_named(chosen.codes, by), key=lambda one: natural(one.name))
        return [
            CrateLabel(one.code, host, one.contents_uk or one.name, one.contents_en or one.name)
            for one in made
        ]
    pledge = chosen.ref if chosen.what == "boxes" else printing.pledge_of_box(chosen.ref, by)
    every = sorted(printing.crates(pledge or ""), key=lambda one: natural(one.name))
    theirs = printing.crates_in_reach(pledge or "", by)
    return [
        CrateLabel(one.code, host, one.contents_uk, one.contents_en, number=number, of=len(every))
        for number, one in enumerate(every, 1)
        if one.code in theirs and (chosen.what == "boxes" or one.code == chosen.ref)
    ]


def stocks_for(label: Label) -> list[Stock]:
    """Those on which labels of this kind can be read, in the order of the library."""
    return [stock for stock in STOCK.values() if fitted([label], stock)]


def fitted(labels: list[Label], stock: Stock) -> list[Label]:
    """`labels` as this stock can bear them: where a kit's label has no room, symbol and code.

    Empty where nothing would be readable. All labels of one list are of one kind, and whether
    that fits depends on the size alone: names shrink and end in an ellipsis.
    """
    if _fits(labels[0], stock):
        return labels
    if isinstance(labels[0], KitLabel):
        small: list[Label] = [SmallLabel(one.code, one.host) for one in labels]
        return small if _fits(small[0], stock) else []
    return []


def outline(stock: Stock) -> str:
    """The labels of one page as an SVG path, in mm: for a picture that a person chooses by."""
    box = f"h{stock.width:g}v{stock.height:g}h{-stock.width:g}z"
    return "".join(f"M{x:.4g} {y:.4g}{box}" for x, y in stock.places())


def _fits(label: Label, stock: Stock) -> bool:
    try:
        frame_on(label, stock)
    except ValueError:
        return False
    return True


def named(job: Job) -> Stock:
    """The job's stock. Raises InvalidValue when there is none of this name, or no such place."""
    try:
        stock = find_stock(job.stock)
    except ValueError as problem:
        raise InvalidValue(str(problem), field="stock") from problem
    if not 1 <= job.start <= stock.per_page:
        raise InvalidValue("There is no such place on the sheet.", field="start")
    if not 1 <= job.copies <= MOST_COPIES:
        raise InvalidValue("From 1 to 20 copies of each label.", field="copies")
    return stock


def ready(labels: list[Label], job: Job) -> tuple[list[Label], Stock]:
    """The labels as the job's stock bears them, and the stock. Raises InvalidValue."""
    stock = named(job)
    found = fitted(labels, stock)
    if not found:
        raise InvalidValue("These labels would be unreadable on this paper. Choose a larger one.")
    return found, stock


def ask_first(*, anyway: bool) -> None:
    """Whether what is printed now leads somewhere: a label stays on its unit for years.

    Raises HostNotPublic where TRACKER_HOST is known on this machine or in this building only,
    until a person has said `anyway`.
    """
    host = current_app.config["HOST"]
    if not anyway and not is_public(host):
        raise HostNotPublic(
            f"The symbols would lead to {host}, which a phone in the field cannot reach: "
            "set TRACKER_HOST to this server’s public name first.",
            host=host,
        )


def profiles() -> dict[str, Profile]:
    """The printers that were measured for this installation, by name."""
    return read_profiles(printers_file())


def printers_file() -> Path:
    """Where the profiles of printers are kept."""
    return Path(current_app.config["HOME"]) / "printers.json"


def measure(
    name: str, off: tuple[float, float], rulers: tuple[float, float], dpi: int = 0
) -> Profile:
    """Keep what a calibration page showed of a printer. Raises InvalidValue."""
    try:
        found = replace(measured(name, *off, *rulers), dpi=dpi)
    except ValueError as problem:
        raise InvalidValue(str(problem)) from problem
    keep_profile(printers_file(), found)
    return found


def profile_of(job: Job) -> Profile:
    """The job's printer. Raises InvalidValue for a name that is not kept."""
    if not job.profile:
        return Profile("")
    found = profiles().get(job.profile)
    if found is None:
        raise InvalidValue("No printer of this name was measured.", field="profile")
    return found


def preview(labels: list[Label], job: Job) -> str:
    """The first sheet as it will be printed, as SVG. Raises InvalidValue."""
    stock = named(job)
    several = [label for label in labels[: stock.per_page] for _ in range(job.copies)]
    fitting, stock = ready(several, job)
    return sheet_svg(fitting, stock, job.start)


def print_pdf(
    labels: list[Label],
    job: Job,
    out: Path | BinaryIO,
    *,
    now: datetime,
    title: str = "",
    progress: Callable[[int], object] | None = None,
) -> int:
    """Write sheets (or a roll's pages) to `out`, and remember what was printed; the pages.

    Raises InvalidValue and HostNotPublic, as every function that prints.
    """
    fitting, stock = _agreed(labels, job)
    profile = profile_of(job)
    pages = write_pdf(
        fitting,
        stock,
        str(out) if isinstance(out, Path) else out,
        start=job.start,
        copies=job.copies,
        nudge=profile.nudge,
        scale=profile.scale,
        title=title or "Етикетки · Labels",
        progress=progress,
    )
    _remember(labels, now)
    return pages


def print_zpl(labels: list[Label], job: Job, *, now: datetime) -> bytes:
    """The job of a label printer that knows ZPL."""
    fitting, stock = _agreed(labels, job)
    dpi = profile_of(job).dpi or DPI
    made = b"".join(zpl_job(fitting, stock, dpi, job.copies))
    _remember(labels, now)
    return made


def print_pictures(labels: list[Label], job: Job, *, now: datetime) -> bytes:
    """A ZIP of PNG pictures in the printer's own dots, each named by its label's code."""
    fitting, stock = _agreed(labels, job)
    dpi = profile_of(job).dpi or DPI
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for label in fitting:
            archive.writestr(f"{label.code}.png", png_of(label, stock, dpi))
    _remember(labels, now)
    return out.getvalue()


def print_straight(
    labels: list[Label], job: Job, address: str, *, skip: int = 0, now: datetime
) -> int:
    """Send the labels after the first `skip` to a network printer; how many were sent.

    Nothing is sent twice by itself. Raises PrinterFailed, whose `sent` says where to go on, and
    InvalidValue.
    """
    fitting, stock = _agreed(labels, job)
    dpi = profile_of(job).dpi or DPI
    rest = list(islice(fitting, skip, None))
    try:
        sent = send(zpl_job(rest, stock, dpi, job.copies), address)
    except PrintError as problem:
        _remember(rest[: problem.sent], now)
        raise PrinterFailed(str(problem), sent=problem.sent) from problem
    except ValueError as problem:
        raise InvalidValue(str(problem), field="printer") from problem
    _remember(rest, now)
    return sent


def write_calibration_page(job: Job, out: Path) -> None:
    """A page of outlines and rulers, to measure a printer with."""
    profile = profile_of(job)
    write_calibration(named(job), str(out), nudge=profile.nudge, scale=profile.scale)


def _agreed(labels: list[Label], job: Job) -> tuple[list[Label], Stock]:
    """What `ready` gives, for ink and not for a preview."""
    ask_first(anyway=job.anyway)
    return ready(labels, job)


def _remember(labels: Iterable[Label], now: datetime) -> None:
    """Keep when labels were printed first."""
    codes = [label.code for label in labels]
    with transaction() as session:
        for first in range(0, len(codes), 5000):
            session.execute(
                update(models.Label)
                .where(
                    models.Label.code.in_(codes[first : first + 5000]),
                    models.Label.printed_at.is_(None),
                )
                .values(printed_at=now)
            )
