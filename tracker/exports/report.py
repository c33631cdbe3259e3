"""The printable report of an export: what `papers.donor_report` draws, filled in."""

from __future__ import annotations

import re
from datetime import date

from tracker.domain.disclosure import Places
from tracker.exports import charts, maps, words
from tracker.exports.parcel import Export
from tracker.exports.tables import about
from tracker.exports.words import Pair, grouped, plural
from tracker.papers import donor_report
from tracker.papers.parts import Head, Title
from tracker.papers.sheet import day

CLOSING = (
    (
        "Кожне число складено з окремих одиниць, історію кожної з яких не можна змінити згодом. "
        "Місць, людей і серійних номерів тут немає: перелік місць може коштувати людям життя."
    ),
    (
        "Every number here is added up from single units, each with a story that cannot be "
        "changed afterwards. Sites, people and serial numbers are never shown: a list of places "
        "could get people killed."
    ),
)
ABOVE = frozenset({"of", "name", "donor", "known_until", "delay_days", "server"})
"""What head and foot of the report say already."""
GREYS = {
    "announced": 0.93,
    "in_stock": 0.86,
    "packed": 0.79,
    "on_the_way": 0.7,
    "handed_over": 0.58,
    "in_use": 0.42,
    "inspected": 0.26,
    "lost": 0.12,
    "written_off": 0.0,
    charts.REST: 1.0,
}
"""The further a unit came, the darker; what is still to come is white."""

_UNITS = ("одиниця", "одиниці", "одиниць")


def write(export: Export) -> bytes:
    """The PDF, in both languages; the same export gives the same bytes."""
    view, said = export.view, export.said
    counts = view.counts
    head = said.ledger
    ledger = Head(head.size, head.root, head.signed_on) if head else None
    title = Title(
        number=export.reference,
        version=1,
        issued_at=said.made_at,
        address=f"{said.server} · {said.made}",
        ledger=ledger,
    )
    return donor_report.write(
        donor_report.Report(
            title=title,
            of=export.names,
            facts=_facts(export),
            verdict=verdict(export),
            parts=[
                donor_report.Part(
                    _stage(part.stage), part.units, part.start, part.width, GREYS[part.stage]
                )
                for part in charts.bar(counts)
            ],
            sum=adds_up(export),
            ladder=[
                (
                    words.named(words.RUNG, step.rung.value),
                    step.units,
                    step.newest_on,
                    (counts.until - step.newest_on).days if step.newest_on else None,
                )
                for step in counts.ladder
            ],
            open=[(words.named(words.OPEN_MATTER, kind), n) for kind, n in counts.matters.items()],
            open_on=view.matters_on,
            statements=[
                (one.text_uk, one.text_en) for one in view.released if one.kind == "statement"
            ],
            closing=CLOSING,
            places=_places(view.places) if view.places else None,
            days=list(reversed(counts.timeline)),
            stages=[(stage, _stage(stage)) for stage in counts.ever],
            made=_made(export),
            about=_about(export),
        )
    )


def verdict(export: Export) -> Pair:
    """How far it is and how well proved, in one sentence."""
    counts = export.view.counts
    in_use = counts.stages["in_use"] + counts.stages["inspected"]
    reached = counts.stages["handed_over"] + in_use
    seen = counts.stages["inspected"]
    units = plural(counts.pledged, *("обіцяної одиниці", *["обіцяних одиниць"] * 2))
    uk = (
        f"З {grouped(counts.pledged)} {units}: отримувачам передано {grouped(reached)}, "
        f"використовується {grouped(in_use)}, перевірено на місці {grouped(seen)}."
    )
    en = (
        f"Of {grouped(counts.pledged)} {'unit' if counts.pledged == 1 else 'units'} pledged: "
        f"{grouped(reached)} reached their recipients, {grouped(in_use)} are in use, "
        f"{grouped(seen)} were inspected there."
    )
    return uk, en


def adds_up(export: Export) -> Pair:
    """That the parts add up to what was pledged, or by how many they do not."""
    counts = export.view.counts
    parts = " + ".join(grouped(part.units) for part in charts.bar(counts)) or "0"
    if counts.to_come >= 0:
        uk = f"Сходиться: {parts} = {grouped(counts.pledged)} обіцяно."
        en = f"It adds up: {parts} = {grouped(counts.pledged)} pledged."
    else:
        more = grouped(-counts.to_come)
        uk = f"Не сходиться: записано на {more} {plural(-counts.to_come, *_UNITS)} більше."
        en = f"It does not add up: {more} more recorded than pledged."
    if counts.damaged:
        uk += f" З них пошкоджено: {grouped(counts.damaged)}."
        en += f" Of these damaged: {grouped(counts.damaged)}."
    return uk, en


def _stage(stage: str) -> Pair:
    return words.named(words.STAGE, stage)


def _facts(export: Export) -> list[tuple[str, str, str]]:
    view = export.view
    told = [("донор", "donor", ", ".join(view.donor_names))]
    told += [(line.product_uk, line.product_en, grouped(line.quantity)) for line in view.lines]
    if len(view.pledges) == 1:
        told.append(("обіцяно", "pledged on", day(view.pledges[0].pledged_on)))
    else:
        told.append(("обіцянок", "pledges", grouped(view.pledge_count)))
    return told


def _about(export: Export) -> list[tuple[str, str, str]]:
    """What the report says of itself; the whole root, so that the paper can be a witness."""
    return [
        (name[0], name[1], day(value) if isinstance(value, date) else str(value))
        for code, name, value in about(export)
        if code not in ABOVE
    ]


def _made(export: Export) -> Pair:
    said = export.said
    until = day(said.known_until)
    days = said.delay_days
    uk = f"Відомо на кінець {until}"
    en = f"Known until the end of {until}"
    if days:
        uk += f" (із затримкою {days} {plural(days, 'день', 'дні', 'днів')})"
        en += f" (shown {days} {'day' if days == 1 else 'days'} later)"
    return uk, en


def _places(places: Places) -> donor_report.Places:
    drawn = maps.ukraine(places.cells)
    outline = donor_report.Outline(
        areas=[(_rings(area.path), area.band) for area in drawn.areas],
        markers=drawn.markers,
        labels=[(label.x, label.y, label.sites) for label in drawn.labels],
        credit=maps.CREDIT,
    )
    rows = sorted(places.cells.items(), key=lambda cell: (-cell[1], cell[0]))
    return donor_report.Places(
        month=f"{places.month:%m.%Y}",
        rows=[(words.cell(cell), sites) for cell, sites in rows],
        other=places.other,
        outline=outline,
    )


_RING = re.compile(r"M([^Mz]+)z")


def _rings(path: str) -> list[list[tuple[float, float]]]:
    """The rings of an outline whose path knows straight lines only: `M1,2 3,4 5,6z`."""
    return [
        [(float(x), float(y)) for x, y in (point.split(",") for point in ring.split())]
        for ring in _RING.findall(path)
    ]
