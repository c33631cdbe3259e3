"""What a live scan is asked, in the reader's words: one sentence, and what “yes” says."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext, ngettext

from tracker.domain.scans import Question
from tracker.services.codes import show
from tracker.web.words import terms
from tracker.web.words.formats import in_language


@dataclass(frozen=True, slots=True)
class Asked:
    """One question: its key, the sentence, and the two answers."""

    key: str
    sentence: str
    yes: str
    no: str


def asked(question: Question) -> Asked:
    """A question of `ledger.questions` in the reader's language."""
    sentence, yes = _SAY[question["kind"]](question)
    return Asked(question["key"], sentence, yes, gettext("No"))


def _left_box(question: Question) -> tuple[str, str]:
    if "place" in question:
        sentence = gettext(
            "It stood in %(box)s, which is in %(place)s. Taken out?",
            box=question["name"],
            place=question["place"],
        )
    else:
        sentence = gettext("It stood in %(box)s. Taken out?", box=question["name"])
    return sentence, gettext("Yes, taken out")


def _elsewhere(question: Question) -> tuple[str, str]:
    yes = gettext("Yes, it is here")
    if "place" not in question:
        return gettext("The ledger has it elsewhere. Is it here?"), yes
    return gettext("The ledger has it in %(place)s. Is it here?", place=question["place"]), yes


def _has_left(question: Question) -> tuple[str, str]:
    sentence = gettext(
        "%(consignment)s has left. Was it loaded before?", consignment=question["consignment"]
    )
    return sentence, gettext("Yes, it goes along")


def _not_on_act(question: Question) -> tuple[str, str]:
    sentence = gettext(
        "Act %(act)s does not name it, or names another receiver. Hand it over all the same?",
        act=question["act"],
    )
    return sentence, gettext("Yes, hand it over")


def _box_open(question: Question) -> tuple[str, str]:
    return gettext("%(box)s is not closed. Ship it open?", box=question["name"]), gettext("Yes")


def _box_closed(question: Question) -> tuple[str, str]:
    sentence = gettext("%(box)s is closed. Was it opened?", box=question["name"])
    return sentence, gettext("Yes, it is open")


def _box_elsewhere(question: Question) -> tuple[str, str]:
    yes, box = gettext("Yes, it is here"), question["name"]
    if "place" not in question:
        return gettext("The ledger has %(box)s elsewhere. Is it here?", box=box), yes
    said = {"box": box, "place": question["place"]}
    return gettext("The ledger has %(box)s in %(place)s. Is it here?", **said), yes


def _gap(question: Question) -> tuple[str, str]:
    steps = ", ".join(str(terms.STEP[step]) for step in question["steps"])
    return gettext("Steps nobody scanned: %(steps)s.", steps=steps), gettext("Keep it all the same")


def _partly_seen(question: Question) -> tuple[str, str]:
    units = [f"{in_language(one)} {show(one['code'])}" for one in question["units"]]
    more = question["unseen"] - len(units)
    if more > 0:
        units.append(gettext("and %(more)s more", more=more))
    sentence = ngettext(
        "One by one %(seen)s of its units was seen, %(unseen)s not: %(units)s. Inside, unopened?",
        "One by one %(seen)s of its units were seen, %(unseen)s not: %(units)s. Inside, unopened?",
        question["seen"],
        seen=question["seen"],
        unseen=question["unseen"],
        units=", ".join(units),
    )
    return sentence, gettext("Yes, inside, unopened")


_SAY = {
    "left_box": _left_box,
    "elsewhere": _elsewhere,
    "has_left": _has_left,
    "not_on_act": _not_on_act,
    "box_closed": _box_closed,
    "box_open": _box_open,
    "box_elsewhere": _box_elsewhere,
    "gap": _gap,
    "partly_seen": _partly_seen,
}
