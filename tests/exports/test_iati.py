"""IATI: an activity that its readers' software takes, and that says no more than a donor sees."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from tests.exports.journeys import travel
from tests.exports.publishing import faults, read
from tests.services.builders import COORDINATOR, NOW
from tracker.cli import main
from tracker.db import transaction
from tracker.domain import iati
from tracker.domain.disclosure import Change, counts
from tracker.domain.iati import Activity, Line, Publisher
from tracker.domain.permissions import Actor, Role
from tracker.errors import NotAllowed, NotFound, Refusal
from tracker.models import Initiative, Pledge, PledgeLine
from tracker.models.parties import PARTY_KINDS
from tracker.models.products import PRODUCT_KINDS
from tracker.services.exports import iati as publishing

MADE_AT = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
PUBLISHER = Publisher("UA-EDR-00000000", "Example Mechanism")
FIRST = date(2026, 3, 1)


def activity(*lines: Line, units: tuple[int, ...] = (), **said: Any) -> Activity:
    """A pledge of these lines, of which so many more units were signed for on each day."""
    lines = lines or (Line("Terminal", "Термінал", "satellite_terminal", 10, Decimal(500), "EUR"),)
    changes = [
        Change(FIRST + timedelta(days=day), measure, more)
        for day, more in enumerate(units)
        for measure in ("top:signed_for", "status:handed_over")
        if more
    ]
    pledged = sum(line.quantity for line in lines)
    known = {
        "ref": "EX-1", "donor": "Example <& Sons>", "donor_kind": "member_state",
        "pledged_on": date(2026, 1, 1), "humanitarian": True, "lines": lines,
        "counts": counts(changes, pledged, date(2026, 5, 1)), "changes": changes,
    }  # fmt: skip
    return Activity(**{**known, **said})


def published(*activities: Activity) -> str:
    return iati.document(activities or (activity(units=(4, 0, 2)),), PUBLISHER, MADE_AT)


def found(document: str, path: str) -> list[str]:
    return [str(one) for one in read(document).xpath(path)]


def test_a_pledge_is_an_activity() -> None:
    document = published()
    assert faults(document) == []
    assert found(document, "//iati-identifier/text()") == ["UA-EDR-00000000-EX-1"]
    assert found(document, "//iati-activity/@humanitarian") == ["1"]
    assert found(document, "//participating-org/narrative/text()") == [
        "Example <& Sons>",
        "Example Mechanism",
    ]
    assert found(document, "//title/narrative[@xml:lang='uk']/text()")[0] == (
        "Обладнання для цивільної кіберстійкості України: Термінал (EX-1)"
    )
    assert found(document, "//recipient-country/@code") == ["UA"]
    assert found(document, "//activity-status/@code") == ["2"]


def test_money_is_what_was_pledged_and_by_day_what_was_signed_for() -> None:
    document = published()
    rows = [
        (row.xpath("string(transaction-type/@code)"), row.xpath("string(value)"),
         row.xpath("string(transaction-date/@iso-date)"), row.xpath("string(value/@currency)"))
        for row in read(document).xpath("//transaction")
    ]  # fmt: skip
    assert rows == [
        ("2", "5000.00", "2026-01-01", "EUR"),
        ("3", "2000.00", "2026-03-01", "EUR"),
        ("3", "1000.00", "2026-03-03", "EUR"),
    ]
    assert found(document, "//budget/value/text()") == ["5000.00"]


def test_results_are_pledged_against_signed_for_and_in_use() -> None:
    document = published(activity(units=(4, 0, 2)))
    assert found(document, "//target/@value") == ["10", "10", "10"]
    assert found(document, "//actual/@value") == ["6", "6", "0"]
    assert set(found(document, "//period-end/@iso-date")) >= {"2026-05-01"}


def test_a_pledge_without_values_tells_units_alone() -> None:
    document = published(activity(Line("Key", "Ключ", "other", 5)))
    assert faults(document) == []
    assert found(document, "//transaction | //budget") == []
    assert found(document, "//target/@value") == ["5", "5", "5"]
    assert found(document, "//activity-status/@code") == ["1"]


def test_what_was_taken_back_is_taken_off() -> None:
    document = published(activity(units=(10, -4)))
    assert faults(document) == []
    assert found(document, "//transaction[2]/value/text()") == ["5000.00"]
    assert found(document, "//transaction[3]/value/text()") == ["-2000.00"]


amounts = st.none() | st.decimals("0.01", "9999", places=2)
lines = st.lists(
    st.builds(
        Line,
        name_en=st.text(max_size=9),
        name_uk=st.text(max_size=9),
        kind=st.sampled_from(PRODUCT_KINDS),
        quantity=st.integers(0, 5000),
        unit_value=amounts,
        currency=st.sampled_from(["EUR", "USD", "PLN"]),
    ),
    min_size=1,
    max_size=4,
)
days = st.lists(st.integers(-30, 90), max_size=8).map(tuple)


@given(lines, days, st.sampled_from(PARTY_KINDS), st.booleans(), st.text(max_size=20))
def test_whatever_was_pledged_the_document_is_iati(
    promised: list[Line], units: tuple[int, ...], kind: str, humanitarian: bool, donor: str
) -> None:
    said = {"donor_kind": kind, "humanitarian": humanitarian, "donor": donor}
    told = activity(*promised, units=units, **said)
    document = published(told)
    assert faults(document) == []
    shares = [Decimal(share) for share in found(document, "//sector/@percentage")]
    assert sum(shares) == 100
    for currency in ("EUR", "USD", "PLN"):
        paid = f"//transaction[transaction-type/@code='3']/value[@currency='{currency}']/text()"
        whole = sum(line.quantity * (line.unit_value or 0) for line in promised
                    if line.currency == currency)  # fmt: skip
        pledged = sum(line.quantity for line in promised)
        part = round(whole * sum(units) / pledged, 2) if pledged else 0
        assert sum(map(Decimal, found(document, paid))) == part


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("iati-identifier", "identifier"),
        ('iso-date="2026-03-01"', 'iso-date="1 March"'),
        (">2000.00<", ">two thousand<"),
        ('<activity-status code="2" />', ""),
        ('<activity-status code="2" />', '<activity-status code="9" />'),
        ('code="22020"', 'code="22021"'),
        ('currency="EUR"', 'currency="EURO"'),
    ],
)
def test_a_broken_document_is_refused(right: str, wrong: str) -> None:
    good = published()
    assert right in good
    assert faults(good) == []
    assert faults(good.replace(right, wrong)) != []


def test_control_characters_and_markup_in_names_do_no_harm() -> None:
    document = published(activity(donor="A\x00\x0b]]> <!DOCTYPE x> & \ud83d"))
    assert found(document, "//participating-org[1]/narrative/text()") == ["A]]> <!DOCTYPE x> & "]


# From the ledger


@pytest.fixture
def publisher(app: Flask) -> Flask:
    """An installation that says who publishes, with a pledge that has a value."""
    app.config.update(IATI_ORG="UA-EDR-00000000", IATI_NAME="Example", DONOR_DELAY_DAYS=3)
    travel(3)
    with transaction() as session:
        session.execute(update(PledgeLine).values(unit_value=Decimal("499.50"), currency="EUR"))
        session.execute(update(Pledge).values(purpose="the school of Example-Town", note="Charlie"))
        session.add(Initiative(ref="EX-I", name_en="Example", name_uk="Приклад"))
        session.flush()
        session.execute(update(Pledge).values(initiative="EX-I"))
    return app


def test_it_says_what_the_donor_sees_and_when(publisher: Flask) -> None:
    early = publishing.pledge_document("EX-1", by=COORDINATOR, now=NOW + timedelta(days=2))
    late = publishing.pledge_document("EX-1", by=COORDINATOR, now=NOW + timedelta(days=3))
    assert found(early, "//actual/@value") == ["0", "0", "0"]
    assert found(late, "//actual/@value") == ["3", "2", "2"]
    disbursed = "//transaction[transaction-type/@code='3']/value/text()"
    assert found(late, disbursed) == ["999.00"]
    for document in (early, late):
        assert faults(document) == []
        for secret in ("SITE", "Town", "Charlie", "KITEX", "EX-USER", "WH-1", "EX-C-1"):
            assert secret not in document


def test_who_may_not_export_publishes_nothing(publisher: Flask) -> None:
    for role in set(Role) - {Role.COORDINATOR, Role.AUDITOR}:
        with pytest.raises(NotAllowed):
            publishing.pledge_document("EX-1", by=Actor("account:9", role), now=NOW)
    for document in (publishing.pledge_document, publishing.initiative_document):
        with pytest.raises(NotFound):
            document("EX-NONE", by=COORDINATOR, now=NOW)


def test_nobody_publishes_before_it_is_said_who(publisher: Flask) -> None:
    publisher.config["IATI_ORG"] = ""
    with pytest.raises(Refusal, match="TRACKER_IATI_ORG"):
        publishing.pledge_document("EX-1", by=COORDINATOR, now=NOW)


def test_the_command_writes_a_pledge_or_an_initiative(
    publisher: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tracker.commands.exports.application", publisher.app_context)

    def run(*words: str) -> int:
        return CliRunner().invoke(main, ["export", "iati", *words]).exit_code

    pledge, initiative = tmp_path / "pledge.xml", tmp_path / "initiative.xml"
    assert run("--pledge", "EX-1", "-o", str(pledge)) == 0
    assert run("--initiative", "EX-I", "-o", str(initiative)) == 0
    for file in (pledge, initiative):
        assert faults(file.read_text()) == []
    assert run("--pledge", "EX-1", "-o", str(pledge)) == 2  # it is not overwritten
    assert run("-o", str(tmp_path / "x")) == 2
    assert run("--pledge", "EX-NONE", "-o", str(tmp_path / "x")) == 2
    assert not (tmp_path / "x").exists()


def test_an_initiative_of_one_pledge_is_that_pledge(publisher: Flask) -> None:
    one = publishing.pledge_document("EX-1", by=COORDINATOR, now=NOW)
    assert publishing.initiative_document("EX-I", by=COORDINATOR, now=NOW) == one
