"""Moved clocks: the moments are the ones at which mistakes show, and the tests are told them."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from tests.house import suite
from tests.house.clocks import DAYS, MOMENTS, ROOT, TIMELESS, dated_tests
from tracker.clock import KYIV, day_in_kyiv

READ = [datetime.fromisoformat(moment) for moment in MOMENTS.values()]


def offset(day: date, hour: int) -> timedelta | None:
    return datetime(day.year, day.month, day.day, hour, tzinfo=KYIV).utcoffset()


def test_the_moments_are_written_as_clocks_in_kyiv_show_them() -> None:
    for moment in READ:
        assert moment.astimezone(KYIV).replace(tzinfo=None) == moment.replace(tzinfo=None), moment


def test_every_hour_and_day_at_which_a_mistake_shows_is_among_them() -> None:
    days = [day_in_kyiv(moment) for moment in READ]
    assert {f"{moment:%H:%M}" for moment in READ} >= {"00:05", "02:30", "12:00", "23:30"}
    assert {(day.month, day.day) for day in days} >= {(12, 31), (1, 1), (2, 28), (2, 29)}
    changes = [offset(day, 12) != offset(day, 0) for day in days]
    assert sum(changes) >= 3, "before and after clocks are changed, in spring and in autumn"
    assert {day.month for day, is_change in zip(days, changes, strict=True) if is_change} == {3, 10}
    assert any(moment.utctimetuple().tm_mday != moment.day for moment in READ)
    assert all(earlier < later for earlier, later in pairwise(READ))


def test_the_tests_are_told_the_moment() -> None:
    asked = "import tests.conftest; from tracker import clock; print(clock.now().isoformat())"
    done = subprocess.run(
        [sys.executable, "-c", asked],
        env={**os.environ, "TRACKER_TEST_MOMENT": "2028-02-29T02:30+02:00"},
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout.startswith("2028-02-29T00:30:")


def test_every_room_of_tests_is_dated_or_known_to_be_timeless() -> None:
    rooms = {path.name for path in (ROOT / "tests").iterdir() if any(path.glob("test_*.py"))}
    assert rooms >= TIMELESS
    assert {Path(name).name for name in dated_tests()} >= rooms - TIMELESS
    assert "tests/test_demonstration.py" in dated_tests()
    assert all((ROOT / test).is_file() for test in DAYS)


def test_each_moment_is_tried_and_those_that_fail_are_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tried: list[str] = []

    def pretend(
        command: list[str], *, env: dict[str, str], **_: object
    ) -> subprocess.CompletedProcess[str]:
        assert command[-len(DAYS) :] == DAYS
        tried.append(env["TRACKER_TEST_MOMENT"])
        return subprocess.CompletedProcess(command, int(tried[-1].startswith("2028")), "")

    monkeypatch.setattr(suite, "run", pretend)
    assert suite.clocks([]) == 1
    assert tried == list(MOMENTS.values())
    assert "Failed: half past two on 29 February, the last half hour" in capsys.readouterr().out


def test_nothing_lands_without_them() -> None:
    assert "./run clocks" in (ROOT / ".ci" / "run").read_text()
