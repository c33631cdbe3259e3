"""The field app's sentences with a number: every plural of each, in the reader's language."""

from __future__ import annotations

from collections.abc import Callable

from flask_babel import ngettext

_NUMBERS = {"one": 1, "few": 2, "many": 5, "other": 5}


def _forms(say: Callable[[int], str]) -> dict[str, str]:
    return {word: say(number) for word, number in _NUMBERS.items()}


def sentences() -> dict[str, dict[str, str]]:
    """Sentences with a number, by the plural's category (CLDR): `{n}` stands for it."""
    return {
        "scans": _forms(lambda n: ngettext("%(many)s scan", "%(many)s scans", n, many="{n}")),
        "units": _forms(lambda n: ngettext("%(many)s unit", "%(many)s units", n, many="{n}")),
        "acts": _forms(lambda n: ngettext("%(many)s act", "%(many)s acts", n, many="{n}")),
        "photos": _forms(lambda n: ngettext("%(many)s photo", "%(many)s photos", n, many="{n}")),
        "made": _forms(_made),
        "brought": _forms(_brought),
        "brought_refused": _forms(_refused),
        "brought_broken": _forms(_broken),
        "letters": _forms(_letters),
        "decided": _forms(_decided),
        "unbooked": _forms(_unbooked),
        "partly_seen": _forms(_partly_seen),
    }


def _made(n: int) -> str:
    return str(ngettext("You made %(many)s scan", "You made %(many)s scans", n, many="{n}"))


def _brought(n: int) -> str:
    return str(ngettext("%(many)s scan brought", "%(many)s scans brought", n, many="{n}"))


def _refused(n: int) -> str:
    return str(ngettext("%(many)s scan refused", "%(many)s scans refused", n, many="{n}"))


def _broken(n: int) -> str:
    return str(ngettext("%(many)s photo is broken", "%(many)s photos are broken", n, many="{n}"))


def _decided(n: int) -> str:
    return str(
        ngettext(
            "It was decided about %(many)s scan of yours",
            "It was decided about %(many)s scans of yours",
            n,
            many="{n}",
        )
    )


def _unbooked(n: int) -> str:
    return str(ngettext("not booked: %(many)s line", "not booked: %(many)s lines", n, many="{n}"))


def _partly_seen(n: int) -> str:
    return str(
        ngettext(
            "One by one %(seen)s of its units was seen, %(unseen)s not: %(units)s. "
            "Inside, unopened?",
            "One by one %(seen)s of its units were seen, %(unseen)s not: %(units)s. "
            "Inside, unopened?",
            n,
            seen="{n}",
            unseen="{unseen}",
            units="{units}",
        )
    )


def _letters(n: int) -> str:
    return str(ngettext("%(many)s more letter", "%(many)s more letters", n, many="{n}"))
