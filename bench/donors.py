"""How fast a donor's page is made and confirmed in a database of a million items.

One pledge of 20,000 units is told through the ledger itself, over 60 days. Then its items, events
and counts are copied under other numbers and other pledges, by the database, until there are
1,000,000 items and 10,000,000 events: no scan made the copies, but there are as many rows, as long,
under the same indexes. The reference is a bare Flask view of one small template in the same server.
"""

from __future__ import annotations

import http.client
import sys
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode
from uuid import uuid4

from flask.sessions import SecureCookieSessionInterface
from sqlalchemy import Connection, Table, func, select, text

from bench.clients import Errand, Measured, send
from bench.http import postgres, servers
from bench.processes import processor_seconds
from bench.world import World, world
from tracker import clock, config
from tracker.db import Base, db, transaction
from tracker.domain.permissions import SYSTEM
from tracker.domain.scans import Mode, Scan
from tracker.ledger.record import record
from tracker.models import Account, Consignment, Event, Item, Location, Pledge, PledgeLine, RoleRow
from tracker.services import shares, snapshots
from tracker.services.people import lay_roles

UNITS, PLEDGES, DAYS = 20_000, 50, 60
PLEDGE = "EX-1"
STEPS = (
    *("receiving", "shipping", "receiving", "shipping", "receiving"),
    *("accepting", "deploying", "inspecting", "inspecting"),
)
CONSIGNMENT = "EX-C-1"
READERS, WATCHED = 5000, 20  # people; seconds
OBLASTS = ("UA46", "UA63", "UA59", "UA74", "UA80", "UA12", "UA23")
SITES = 56
VISITS, ROUNDS = 60, 3


def run() -> list[dict[str, object]]:
    """Rows of the bench's table, for SQLite and, where a server answers, for PostgreSQL."""
    rows = _rows("SQLite", "")
    with postgres() as url:
        return rows + (_rows("PostgreSQL", url) if url else [])


def _rows(name: str, database_url: str) -> list[dict[str, object]]:
    with world(UNITS, database_url, kind="other") as here:
        tell(here)
        items, events = multiply(PLEDGES)
        cold, whole, bare = measure_cold(here)
        page, again, reference = measure_kept(here)
        share = measure_readers(here)
    size = f"{items:,} items, {events:,} events, {name}"
    return [
        _row(f"donor page of {UNITS:,} units among {size}, cold", cold, bare, "< 150 ms"),
        _row(f"the whole Mechanism, {PLEDGES} pledges, cold, {name}", whole, bare, "< 300 ms"),
        _row(f"donor page again within seconds, {name}", page, reference, ""),
        _row(f"donor page when nothing changed (304), {name}", again, reference, "< 20 ms"),
        {
            "name": f"{READERS:,} readers who ask again each minute, {name}",
            "figure": round(100 * share[0]),
            "unit": "% of a core",
            "baseline": f"bare Flask page as often, {100 * share[1]:.0f} %",
            "ratio": round(share[0] / max(share[1], 0.001), 1),
            "target": "< 25 %",
        },
    ]


def _row(name: str, ours: Measured, bare: Measured, target: str) -> dict[str, object]:
    return {
        "name": name,
        "figure": round(ours.p99, 1),
        "unit": f"ms in the slowest hundredth, half {ours.p50:.1f}",
        "baseline": f"bare Flask page {bare.p99:.1f} ms, half {bare.p50:.1f}",
        "ratio": round(ours.p50 / bare.p50, 1),
        "target": target,
    }


def tell(here: World) -> None:
    """Every unit goes all the way to one of the sites, some each day; places are published."""
    sites = [f"SITE-{number:03}" for number in range(SITES)]
    with transaction() as session:
        session.add_all(
            Location(ref=ref, kind="site", sector="health", oblast=OBLASTS[n % len(OBLASTS)])
            for n, ref in enumerate(sites)
        )
        session.add(Consignment(ref=CONSIGNMENT, made_at=datetime.now(UTC)))
    now = datetime.now(UTC) - timedelta(days=DAYS)
    size = -(-len(here.codes) // (DAYS - len(STEPS)))
    for day in range(DAYS):
        now += timedelta(days=1)
        _say(f"day {day + 1} of {DAYS}")
        for late, step in enumerate(STEPS):
            first = max(0, day - late) * size
            codes = here.codes[first : first + size] if day >= late else []
            for start_at in range(0, len(codes), 1000):
                _record(codes[start_at : start_at + 1000], step, sites, now)
    month = snapshots.month_before(now.date())
    snapshots.take_snapshots(month.replace(day=1), now=now)


def _record(codes: Sequence[str], step: str, sites: Sequence[str], now: datetime) -> None:
    scans = []
    for code in codes:
        site = sites[hash(code) % len(sites)]
        said = {
            "receiving": {"location": "LVIV-1"},
            "shipping": {"consignment": CONSIGNMENT},
            "accepting": {"receiver": "PL", "act": "ACT-1", "location": site},
            "deploying": {"location": site},
            "inspecting": {"findings": {"present": True, "working": True, "civilian_use": True}},
        }[step]
        scans.append(Scan(str(uuid4()), code, step, now, **said))  # type: ignore[arg-type]
    record(scans, sent_at=now, mode=Mode.QUEUED, by=SYSTEM, now=now)


def multiply(pledges: int) -> tuple[int, int]:
    """Copy the first pledge's items, events and counts; how many items and events there are then.

    The search is not told of the copies: what donors read is not searched.
    """
    with transaction() as session:
        line = session.query(PledgeLine).filter_by(pledge=PLEDGE).one()
        for number in range(2, pledges + 1):
            ref = f"EX-{number}"
            session.add(Pledge(ref=ref, donor="PL", pledged_on=clock.now().date()))
            session.flush()
            same = {"product": line.product, "quantity": line.quantity}
            session.add(PledgeLine(pledge=ref, **same))
        session.flush()
        connection = session.connection()
        for number in range(2, pledges + 1):
            _say(f"pledge {number} of {pledges}")
            for table in ("item", "event", "tally"):
                _copy(connection, Base.metadata.tables[table], number)
        counted = [
            connection.scalar(select(func.count()).where(column.startswith(start))) or 0
            for column, start in ((Item.code, ""), (Event.subject, "item:"))
        ]
    return counted[0], counted[1]


def _copy(connection: Connection, table: Table, number: int) -> None:
    """Insert the rows of the first pledge once more, under other keys."""
    items = (number - 1) * UNITS
    on_sqlite = connection.dialect.name == "sqlite"
    digits = "printf('{}', {})" if on_sqlite else "lpad({1}::text, {2}, '0')"
    hexed = "printf('%032x', {0})" if on_sqlite else "lpad(to_hex({0}), 32, '0')::uuid"
    code = digits.format("%08d", "id", 8)
    other = {
        "item": {
            "id": f"id + {items}",
            "code": f"'B{number:02}' || {code}",
            "pledge": f"'EX-{number}'",
            "pledge_line": str(number),
        },
        "event": {
            "id": hexed.format(f"position + {number} * 100000000"),
            "subject": f"'item:' || (cast(substr(subject, 6) as integer) + {items})",
        },
        "tally": {"pledge": f"'EX-{number}'"},
    }[table.name]
    which = {
        "item": f"pledge = '{PLEDGE}'",
        "event": f"subject LIKE 'item:%' AND cast(substr(subject, 6) as integer) <= {UNITS}",
        "tally": f"pledge = '{PLEDGE}'",
    }[table.name]
    quote = connection.dialect.identifier_preparer.quote
    columns = [column.name for column in table.columns if column.name != "position"]
    names = [quote(name) for name in columns]
    values = [other.get(name, quote(name)) for name in columns]
    connection.execute(
        text(
            f"INSERT INTO {table.name} ({', '.join(names)}) "
            f"SELECT {', '.join(values)} FROM {table.name} WHERE {which}"
        )
    )


def measure_cold(here: World) -> tuple[Measured, Measured, Measured]:
    """The pledge's page and the Mechanism's, worked out anew each time, and a bare page."""
    with servers(here, DONOR_VIEW_SECONDS=0, RATE_LIMITS=0) as (serving, bare):
        cookie = _open_link(serving, _token())
        _tag(serving, {"Cookie": cookie})
        return _turns(
            Errand(serving, "/d/", times=VISITS, headers={"Cookie": cookie}, clients=1),
            Errand(serving, "/d/mechanism", times=VISITS, headers=_signed_in(here), clients=1),
            Errand(bare, "/page", times=VISITS, clients=1),
        )


def measure_kept(here: World) -> tuple[Measured, Measured, Measured]:
    """The page while its figures are in memory, the page confirmed, and a bare page."""
    with servers(here) as (serving, bare):
        cookie = _open_link(serving, _token())
        tag = _tag(serving, {"Cookie": cookie})
        return _turns(
            Errand(serving, "/d/", times=VISITS, headers={"Cookie": cookie}, clients=1),
            Errand(
                serving,
                "/d/",
                times=VISITS,
                clients=1,
                expect=304,
                headers={"Cookie": cookie, "If-None-Match": tag},
            ),
            Errand(bare, "/page", times=VISITS, clients=1),
        )


def measure_readers(here: World) -> tuple[float, float]:
    """The part of one core that our server and a bare one use while READERS ask each minute."""
    rate = READERS / 60
    with servers(here) as (serving, bare):
        cookie = _open_link(serving, _token())
        known = {"Cookie": cookie, "If-None-Match": _tag(serving, {"Cookie": cookie})}
        shares = []
        for errand in (
            Errand(serving, "/d/", headers=known, expect=304, rate=rate, times=int(rate * WATCHED)),
            Errand(bare, "/page", rate=rate, times=int(rate * WATCHED)),
        ):
            before, began = processor_seconds(errand.port), time.monotonic()
            send(errand)
            used = processor_seconds(errand.port) - before
            shares.append(used / (time.monotonic() - began))
    return shares[0], shares[1]


def _turns(*errands: Errand) -> tuple[Measured, Measured, Measured]:
    """Each errand's middle round, of some in which they take turns."""
    rounds = [[send(errand) for errand in errands] for _ in range(ROUNDS)]
    page, again, reference = (
        sorted(them, key=lambda one: one.p50)[ROUNDS // 2] for them in zip(*rounds, strict=True)
    )
    return page, again, reference


def _token() -> str:
    token = shares.make_share(PLEDGE, days=9, by=SYSTEM, now=clock.now())
    db.session.remove()
    return token


def _signed_in(here: World) -> dict[str, str]:
    """The cookie of an auditor who has just signed in."""
    with here.app.app_context():
        if db.session.query(Account).filter_by(fs_uniquifier="auditor").first() is None:
            lay_roles()
            with transaction() as session:
                role = session.query(RoleRow).filter_by(name="auditor").one()
                session.add(
                    Account(
                        email="a@example.org",
                        fs_uniquifier="auditor",
                        active=True,
                        roles=[role],
                        password="never asked for here",
                        oblasts="",
                    )
                )
        # The server that is measured has the keys of the folder; this process began before them.
        here.app.secret_key = config.load({"HOME": here.app.config["HOME"]})["KEYS"]["secret"]
        signer = SecureCookieSessionInterface().get_signing_serializer(here.app)
        assert signer is not None
        said = {"_user_id": "auditor", "_fresh": True, "begun_at": time.time(), "number": "bench"}
        return {"Cookie": f"{here.app.config['SESSION_COOKIE_NAME']}={signer.dumps(said)}"}


def _open_link(port: int, token: str) -> str:
    """The cookie of a browser in which the pledge's link was opened."""
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        connection.request("POST", "/d/", urlencode({"token": token}), kind)
        answer = connection.getresponse()
        return str(answer.getheader("Set-Cookie")).partition(";")[0]


def _tag(port: int, headers: dict[str, str]) -> str:
    """The tag of the pledge's page, which must be the right one."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        connection.request("GET", "/d/", headers=headers)
        answer = connection.getresponse()
        if answer.status != 200 or f"{UNITS:,}".encode() not in _plain(answer.read()):
            raise SystemExit(f"the donor's page answers {answer.status}, or with something else")
        return answer.getheader("ETag") or ""


def _plain(page: bytes) -> bytes:
    """Numbers with a comma, whatever the page's language puts between thousands."""
    return page.replace("\N{NO-BREAK SPACE}".encode(), b",")


def _say(what: str) -> None:
    """Progress, where a person watches."""
    with suppress(OSError):
        if sys.stderr.isatty():
            print(f"\r{what}   ", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    began = time.monotonic()
    print(run(), f"{time.monotonic() - began:.0f} s")
