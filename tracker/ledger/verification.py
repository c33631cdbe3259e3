"""Does every event fit? The stories, the log and its signatures, checked against each other.

Five walks, each in memory that does not grow with the ledger: every story from its first event
(hashes, exact text, columns against body, place in the log), the log from its first entry (roots
against every checkpoint, signed inside, kept outside or handed in), the ends of the stories,
entries whose event is gone, and the acts that phones have signed. Nothing is repaired.
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

from tracker import clock
from tracker.domain.bodies import Body, stamp
from tracker.domain.chain import GENESIS, Json, NotCanonical, event_hash, log_line, parse_body
from tracker.domain.merkle import HASH_LENGTH, MerkleTree, leaf_hash
from tracker.domain.note import NotANote, NotSigned
from tracker.domain.records import REMOVING, STATING
from tracker.domain.statements import disagreement, hidden
from tracker.errors import InvalidValue
from tracker.ledger import rebuilding, telling
from tracker.ledger.checkpoints import Notary, is_hash
from tracker.ledger.comparing import PART, Comparison
from tracker.ledger.events import NO_SCAN
from tracker.ledger.found import covered
from tracker.ledger.reports import Claim, Problem, Report
from tracker.ledger.signatures import act_is_signed, fits
from tracker.ledger.telling import Story, Told
from tracker.queries import log
from tracker.queries.stories import item_of

Progress = Callable[[int, int], None]
"""Called now and then with how much was walked, and how much there is about."""

COLUMNS = (
    *("id", "subject", "step", "by", "device_seq", "handling_unit", "declares"),
    *("effective_at", "recorded_at", "via", "scan_digest", "signature"),
)
"""The columns of an event that repeat its body."""

STEP = 2_000


def verify(
    notary: Notary, *, since: Sequence[Claim] = (), progress: Progress | None = None
) -> Report:
    """Check the whole ledger, as it stands when this begins; see the module for what is checked.

    `since` are checkpoints that the reader brings along (`read_claim`): the log must begin with
    just the events that they were signed over.
    """
    report = Report()
    claims = [*_claims(notary, report), *since]  # before the size: the log may grow meanwhile
    size = log.log_size()
    bound = log.last_position()
    told = progress or (lambda _done, _total: None)
    _walk_stories(report, size, bound, told)
    _walk_log(report, size, sorted(claims, key=lambda claim: claim.size))
    _walk_ends(report)
    _walk_acts(report)
    if report.fits:
        _fold(report)
    report.trim()
    return report


def read_claim(notary: Notary, given: str) -> Claim:
    """A checkpoint that the reader brings: a file with a signed note, or `SIZE:ROOT` from paper.

    The root in base64 or hexadecimal. Raises InvalidValue for anything else, and for a note that
    this log did not sign.
    """
    file = Path(given)
    if file.is_file():
        try:
            checkpoint = notary.open(file.read_text(encoding="utf-8"))
        except (NotANote, NotSigned, UnicodeDecodeError) as problem:
            raise InvalidValue(f"{given} is no checkpoint of this ledger: {problem}") from None
        return Claim(checkpoint.size, checkpoint.root, given)
    size, _, encoded = given.partition(":")
    root = _root(encoded)
    if not (size.isascii() and size.isdecimal()) or len(size) > 18 or len(root) != HASH_LENGTH:
        raise InvalidValue(f"{given} is neither a file nor SIZE:ROOT")
    return Claim(int(size), root, given)


def _claims(notary: Notary, report: Report) -> Iterator[Claim]:
    """What was signed before: in the database, each signature checked, and outside of it."""
    for row in log.checkpoints():
        report.checkpoints += 1
        try:
            checkpoint = notary.open(row.note)
        except (NotANote, NotSigned, TypeError) as problem:
            report.add(Problem(f"the checkpoint of {row.size} events is not ours: {problem}"))
            continue
        if (checkpoint.size, checkpoint.root) != (row.size, row.root):
            report.add(Problem(f"the checkpoint of {row.size} events says other than its note"))
        yield Claim(checkpoint.size, checkpoint.root, f"the checkpoint of {row.size} events")
    if latest := notary.latest():
        yield Claim(latest.size, latest.root, "the checkpoint kept outside the database")


def _walk_stories(report: Report, size: int, bound: int, progress: Progress) -> None:
    """Every story, each from its first event on."""
    expected, previous = 1, GENESIS
    keys, comparison = log.device_keys(), Comparison(report)
    story, units = Story(""), list[Told]()
    for row in log.stories(bound):
        if row.subject != story.subject:
            units = _end_story(report, story, units)
            story, expected, previous = Story(row.subject), 1, GENESIS
            report.subjects += 1
        try:
            misfit = _misfit(row, expected, previous) or _unsigned(row, keys) or _unproved(row)
            misfit = misfit or _listen(row, story, comparison)
        except (TypeError, ValueError, AttributeError, KeyError):  # SQLite keeps any kind
            misfit = "its row holds something that no event has"
        if misfit:
            story.broken = True
            report.add(_at(row, misfit))
        expected = (row.seq if isinstance(row.seq, int) else expected) + 1
        previous = row.hash if is_hash(row.hash) else GENESIS
        report.events += 1
        if row.log_index is not None and row.log_index < size:
            report.logged += 1
        if report.events % STEP == 0:
            progress(report.events, bound)
    _compare_units(report, _end_story(report, story, units))
    comparison.end()
    progress(bound, bound)


def _listen(row: Any, story: Story, comparison: Comparison) -> str | None:
    """Let a story and the comparison with official rows hear an event whose hashes fit."""
    body = parse_body(row.body)
    if row.step in (STATING, REMOVING):
        comparison.take(row, cast(Body, body))
    return story.misfit(row, body)


def _end_story(report: Report, story: Story, units: list[Told]) -> list[Told]:
    """What a whole story shows; the units whose rows are still to be compared. Of a story in which
    an event does not fit nothing more is said: the rest would only follow from that."""
    if story.broken:
        return units
    for row, what in story.rest():
        report.add(_at(row, what))
    if told := story.told():
        units.append(told)
    if len(units) >= PART:
        _compare_units(report, units)
        return []
    return units


def _compare_units(report: Report, units: list[Told]) -> None:
    for subject, what in telling.faults(units):
        report.add(Problem(what, None, subject))


def _at(row: Any, what: str) -> Problem:
    return Problem(what, _id(row.id), row.subject, row.seq, row.log_index)


def _misfit(row: Any, expected: int, previous: bytes) -> str | None:
    """Why an event does not fit after the hash `previous`, as number `expected` of its story."""
    if row.seq != expected:
        return f"number {expected} of its story is missing"
    if event_hash(previous, row.body) != row.hash:
        return "its body, or the hash before it, is not what was hashed"
    try:
        body = parse_body(row.body)
    except NotCanonical as problem:
        return f"its body is not a canonical text: {problem}"
    said, held = _said(body), _held(row)
    if said != held:
        column = next(
            name for name, one, other in zip(COLUMNS, said, held, strict=True) if one != other
        )
        return f"its column {column!r} says other than its body"
    if row.leaf is not None and row.leaf != leaf_hash(log_line(row.subject, row.seq, row.hash)):
        return "the log holds something else in its place"
    return None


def _unsigned(row: Any, keys: Mapping[str, str]) -> str | None:
    """Why an event is not what its device has signed; None for devices and people without a key,
    and for what the server states of a row in their name."""
    key = keys.get(row.by)
    if key is None or row.via is not None or row.step in (STATING, REMOVING):
        return None
    body = parse_body(row.body)
    text = body.get("statement")
    if not isinstance(text, str):
        return "its device signs, and has not signed this"
    if body.get("signature") != row.signature or not fits(text, str(row.signature), key):
        return "the signature of its device does not fit"
    other = disagreement(body, text)
    return f"its device signed another {other!r}" if other else None


def _unproved(row: Any) -> str | None:
    """Why the maker's numbers that were scanned do not prove the unit an event is about."""
    if '"numbers"' not in row.body:
        return None
    body = cast(Body, parse_body(row.body))  # where it is of other types, the caller says so
    told = body.get("numbers", {})
    if told and not isinstance(row.salt, str):
        return "what opens its maker's numbers is gone"
    for name, subject in (("code", row.subject), ("second", body.get("second"))):
        item = item_of(subject or "")
        number = told.get(name)
        if number is not None and item is not None:
            named = {hidden(row.salt, other) for other in log.numbers_of(item)}
            if number not in named:
                return f"its maker's number ({name}) is of another unit"
    return None


def _said(body: Mapping[str, Json]) -> tuple[Any, ...]:
    """What a body says of `COLUMNS`, which repeat it."""
    via = body.get("via")
    return (
        body.get("id"),
        body.get("subject"),
        body.get("step"),
        body.get("by"),
        body.get("device_seq"),
        body.get("handling_unit"),
        body.get("declares"),
        body.get("effective_at"),
        body.get("recorded_at"),
        via.get("event") if isinstance(via, dict) else via,
        body.get("scan", NO_SCAN),
        body.get("signed"),
    )


def _held(row: Any) -> tuple[Any, ...]:
    """What the columns themselves say, in a body's words."""
    return (
        _id(row.id),
        row.subject,
        row.step,
        row.by,
        row.device_seq,
        row.handling_unit,
        _id(row.declares),
        _moment(row.effective_at),
        _moment(row.recorded_at),
        _id(row.via),
        row.scan_digest.hex() if isinstance(row.scan_digest, bytes) else row.scan_digest,
        sha256(row.signature.encode()).hexdigest()
        if isinstance(row.signature, str)
        else row.signature,
    )


def _moment(value: Any) -> str:
    """A moment as bodies write it; SQLite's text is `2026-05-01 09:30:00.000000`."""
    return f"{value[:10]}T{value[11:23]}Z" if isinstance(value, str) else stamp(value)


def _id(value: Any) -> Any:
    """A UUID as bodies write it; SQLite's text has no dashes."""
    if isinstance(value, str) and len(value) == 32:
        return f"{value[:8]}-{value[8:12]}-{value[12:16]}-{value[16:20]}-{value[20:]}"
    return value


def _walk_log(report: Report, size: int, claims: list[Claim]) -> None:
    """The log from its first entry: no hole, and the root of every claim on the way."""
    tree, waiting = MerkleTree(), claims[::-1]
    waiting = _compare(report, tree, waiting)
    for index, leaf in log.leaves(size):
        if index != tree.size or not is_hash(leaf):
            break
        tree.append(leaf)
        waiting = _compare(report, tree, waiting)
    if tree.size < size:
        report.add(Problem("its entry in the log is gone or is none", log_index=tree.size))
    elif waiting:
        claim = waiting[-1]
        what = f"missing: the log ends here, but {claim.source} was signed over {claim.size}"
        report.add(Problem(what, log_index=tree.size))
    if report.logged != size:
        gone = next((row.log_index for row in log.entries(0, size) if row.id is None), None)
        if gone is not None:
            report.add(Problem("its event is gone", log_index=gone))


def _compare(report: Report, tree: MerkleTree, waiting: list[Claim]) -> list[Claim]:
    """Compare the tree with the claims of its size; what still waits, nothing after a misfit."""
    while waiting and waiting[-1].size == tree.size:
        claim = waiting.pop()
        if claim.root != tree.root():
            report.add(_rewritten(report.witnessed, claim))
            return []
        report.witnessed = tree.size
    return waiting


def _rewritten(fitting: int, claim: Claim) -> Problem:
    """The log has another root than was signed: all that can be said is where it begins."""
    what = (
        f"the first event that does not fit is this one or a later one below {claim.size}: "
        f"the log up to there has another root than in {claim.source}"
    )
    row = log.event_at(fitting)
    if row is None:
        return Problem(what, log_index=fitting)
    return Problem(what, row.id, row.subject, row.seq, fitting)


def _walk_ends(report: Report) -> None:
    """Items and handling units know the end of their story: nothing was cut off or hung on."""
    for row in log.ends():
        if row.later is not None:
            what = f"its row says that the story ends at number {row.seq}"
            report.add(Problem(what, None, row.subject, row.later))
        elif (row.seq, row.head) != (0, None) and row.hash != row.head:
            what = "the end of the story is missing, or is another one than its row says"
            report.add(Problem(what, None, row.subject, row.seq))
    for subject, label in log.orphans():
        what = "its row was deleted" + (f"; its label is {label}" if label else "")
        report.add(Problem(what, None, subject, 1))


def _fold(report: Report) -> None:
    """Whether rows hold what the stories add up to; asked where every story fits, and by the rules
    that the rows were folded by: between an update and `tracker init` nothing is said."""
    if rebuilding.rules_are_due():
        if covered() and not log.has_rules():
            report.add(Problem("by which rules its states were folded is told no longer"))
        return
    found = rebuilding.dry_run(now=clock.now(), all_names=True)
    stories = "its stored state is not what its story adds up to: it was changed past the ledger"
    for codes, what in (
        (found.items, stories),
        (found.boxes, stories),
        (found.cases, "its open or healed discrepancies are not those that its story shows"),
        (found.tallies, "this count of donors' pages is not what the stories add up to"),
    ):
        for code in codes:
            report.add(Problem(what, None, code))
    if found.shares:
        report.add(Problem(f"{found.shares} units' shares of a box's scan are missing"))


def _walk_acts(report: Report) -> None:
    """Acts that phones have signed: the text that is kept is what the phone's key has signed.

    Of acts that came before signatures were kept only the text is there.
    """
    keys, since = log.device_keys(), False
    for row in log.signed_acts():
        key = keys.get(row.made_by)
        if key is None:
            continue
        since = since or row.device_signature is not None
        if since and not act_is_signed(row.said, row.device_signature or "", key):
            what = f"the phone has not signed the text of act {row.number}"
            report.add(Problem(what, None, f"act:{row.id}"))


def _root(encoded: str) -> bytes:
    """A root in hexadecimal or base64; empty where it is neither."""
    try:
        if len(encoded) == 2 * HASH_LENGTH:
            return bytes.fromhex(encoded)
        return b64decode(encoded, validate=True)
    except (ValueError, binascii.Error):
        return b""
