"""Nothing that a person typed is cut silently: what is cut all the same stands here, with why."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.parts import ROOT

FLOORS = ("api", "services", "web")

_ADDRESS = "of an address that a page of ours made, or nobody's"
_SEARCH = "a search keeps nothing, and the page shows what was looked for"
_SAID_AGAIN = "says again what somebody sent, to say what is wrong with it"
_SHOWN = "the first of many are shown, with how many there are"
_DIGEST = "of a digest"

CUT = {
    "api/bodies.py: name[:100]": _SAID_AGAIN,
    "services/act_texts.py: lookup_key(text)[:LONGEST]": "the signed text is kept whole beside it",
    "services/booked_acts.py: odd[:TOLD]": _SHOWN,
    "services/found_reports.py: _readable(code)[:64]": _ADDRESS,
    "services/imports/deliveries.py: file[:255]": "the name of a file, whose hash is kept too",
    "services/imports/pledges.py: f'Import of {work.rows.file}'[:500]": "the name of a file",
    "services/notices/outbox.py: str(problem)[:200]": "words of ours",
    "services/notices/subscriptions.py: mac[:16]": _DIGEST,
    "web/batches.py: request.args.get('after', '')[:11]": _ADDRESS,
    "web/consignments.py: one.unseen[:MOST_NAMED]": _SHOWN,
    "web/discrepancies.py: request.args.get('review', '')[:20]": _ADDRESS,
    "web/donors.py: content[:4096]": _DIGEST,
    "web/donors.py: hashlib.sha256(content[:4096]).hexdigest()[:32]": _DIGEST,
    "web/donors.py: hashlib.sha256(repr(shown).encode()).hexdigest()[:32]": _DIGEST,
    "web/feeds.py: hashlib.sha256(repr((told, str(get_locale()), request.host)).encode())"
    ".hexdigest()[:32]": _DIGEST,
    "web/feeds.py: said.password[:64]": "a longer one is no password of ours",
    "web/frame/guesses.py: hashlib.sha256(account.strip().lower().encode()).hexdigest()[:20]": (
        _DIGEST
    ),
    "web/frame/guesses.py: known[:MOST_KNOWN]": "accounts that a browser knows, not what was typed",
    "web/frame/problems.py: list(messages.items())[:MOST_ERRORS]": _SAID_AGAIN,
    "web/frame/problems.py: messages[:MOST_ERRORS]": _SAID_AGAIN,
    "web/frame/problems.py: str(error)[:500]": "for the log",
    "web/home.py: request.args.get('q', '').strip()[:200]": _SEARCH,
    "web/items.py: request.args.get(name, '').strip()[:200]": _SEARCH,
    "web/losses.py: request.args.get('consignment', '')[:32]": _ADDRESS,
    "web/losses.py: request.args['item'][:40]": _ADDRESS,
    "web/notices.py: token[:64]": "a longer one is no token of ours",
    "web/scanning.py: request.args.get(name, '').strip()[:64]": _ADDRESS,
}


def cuts(root: Path) -> Iterator[str]:
    """`file: expression` of each beginning of something that may be long."""
    for floor in FLOORS:
        for path in sorted((root / "tracker" / floor).rglob("*.py")):
            place = path.relative_to(root / "tracker").as_posix()
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Subscript) and _cuts(node.slice):
                    yield f"{place}: {ast.unparse(node)}"


def _cuts(part: ast.expr) -> bool:
    if not isinstance(part, ast.Slice) or part.lower is not None or part.upper is None:
        return False
    if isinstance(part.upper, ast.Constant):
        return isinstance(part.upper.value, int) and part.upper.value > 8
    return isinstance(part.upper, ast.Name) and part.upper.id.isupper()


def test_nothing_is_cut_but_what_stands_here_with_its_reason() -> None:
    assert set(cuts(ROOT)) == set(CUT)


@pytest.mark.parametrize("line", ["note = note.strip()[:500]", "note = note[:LONGEST]"])
def test_a_text_that_is_cut_is_named(tmp_path: Path, line: str) -> None:
    service = tmp_path / "tracker" / "services" / "notes.py"
    service.parent.mkdir(parents=True)
    service.write_text(f'"""Planted."""\n\n{line}\n', encoding="utf-8")
    assert list(cuts(tmp_path)) == [f"services/notes.py: {line.removeprefix('note = ')}"]
