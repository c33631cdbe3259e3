"""The tests of days, at moments when a mistake about days shows: `./run clocks`.

`./run clocks --all` runs whatever asks what time it is.

What people call a day is Kyiv's, and the machine's clock is in UTC: just after midnight in Kyiv it
is yesterday there. A test that reads a clock must hold at any moment, so each is run at these. Only
this process sees the moved clock (`tests/conftest.py`): no browser, no server, no other program.
"""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# Moments in Kyiv, with Kyiv's distance from UTC then. All are to come: a story that is told in the
# past may name a fixed day, and that day has to be before.
MOMENTS = {
    "the last half hour of a year": "2026-12-31T23:30+02:00",
    "five past midnight of a new year": "2027-01-01T00:05+02:00",
    "noon of the last day of a month": "2027-02-28T12:00+02:00",
    "the night before clocks go forward": "2027-03-28T02:30+02:00",
    "the evening after they went forward": "2027-03-28T23:30+03:00",
    "half past two of a summer month’s first day": "2027-07-01T02:30+03:00",
    "five past midnight before clocks go back": "2027-10-31T00:05+03:00",
    "the half hour that comes twice, again": "2027-10-31T03:30+02:00",
    "half past two on 29 February": "2028-02-29T02:30+02:00",
    "the last half hour of 29 February": "2028-02-29T23:30+02:00",
}

# The tests that are about days: CI runs them at every moment, each in its own process.
DAYS = [
    "tests/test_demonstration.py",
    "tests/services/test_boards.py",
    "tests/donors/test_snapshots.py",
    "tests/notices/test_feeds.py",
    "tests/notices/test_envelopes.py",
    "tests/web/test_aid_clock.py",
]

# Rooms whose tests are given every moment that they look at.
TIMELESS = {"domain", "exports", "files", "house", "javascript", "labels", "migrations", "proof"}
ASKING = ["-m", "not browser and not postgres and not slow", "--quiet", "-p", "no:cacheprovider"]


def dated_tests() -> list[str]:
    """The rooms and files of tests in which somebody asks what time it is."""
    found = [
        path.relative_to(ROOT).as_posix()
        for path in sorted((ROOT / "tests").iterdir())
        if (path.is_dir() and any(path.glob("test_*.py"))) or path.match("test_*.py")
    ]
    return [name for name in found if Path(name).name not in TIMELESS]
