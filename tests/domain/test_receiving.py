"""What a unit's story says of a consignment at its destination, one event after another."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tracker.domain.custody import fold
from tracker.domain.lifecycle import DECLARING_ERROR
from tracker.domain.occurrences import Holder, Occurrence
from tracker.domain.receiving import NOTHING, Arrival, How, Judged, Trip, add_up, became, verdict_on

Said = dict[str, Any]
AT = datetime(2026, 5, 1, 9, tzinfo=UTC)
WAY = Trip("C", ("LVIV", "LVIV"), ("KYIV", "KYIV"))


def told(*events: Said) -> list[Occurrence]:
    """Events an hour apart; what is not said is as on the way from Lviv to Kyiv."""
    story = []
    for hour, event in enumerate(events):
        said = {"id": f"e{hour}", "effective_at": AT + timedelta(hours=hour), **event}
        story.append(Occurrence(**said))
    return story


def in_lviv(box: str | None = None) -> list[Said]:
    packed = [{"step": "packing", "location": "LVIV", "handling_unit": box}] if box else []
    return [{"step": "announcing"}, {"step": "receiving", "location": "LVIV"}, *packed]


SENT: Said = {"step": "shipping", "location": "LVIV", "consignment": "C"}
HERE: Said = {"step": "receiving", "location": "KYIV"}
BOX: Said = {"via": "BOX", "cause": "scan"}


def arrival(*events: Said, way: Trip = WAY) -> Arrival:
    """What became of the unit; the same one event after another, from what was kept before."""
    story = told(*events)
    by_id = {event.id: event for event in story}
    whole = fold(story, whose=Holder("item:1"))
    pairs = [(by_id[name], verdict) for name, verdict in whole.verdicts.items()]
    found = became(pairs, way)
    if not any(event.step == DECLARING_ERROR for event in story):
        step, condition = NOTHING, "good"
        for event, verdict in pairs:
            step = became([(event, verdict)], way, step, condition=condition)
            if verdict.kind in ("fits", "gap", "repeat"):
                condition = event.statement_of_condition or condition
        assert step == found
    return found


def word(*events: Said) -> str | None:
    return verdict_on(arrival(*events))


def test_what_is_scanned_by_itself_at_the_destination_was_seen() -> None:
    found = arrival(*in_lviv(), SENT, HERE)
    assert (found.how, found.place, verdict_on(found)) == (How.SINGLY, "KYIV", "good")


def test_what_nobody_has_seen_since_it_left_is_short() -> None:
    assert word(*in_lviv(), SENT) == "short"


def test_to_say_again_that_it_left_is_not_to_see_it_where_it_left() -> None:
    assert word(*in_lviv("BOX"), SENT | BOX, SENT) == "short"


def test_what_came_in_an_unopened_box_is_not_called_good() -> None:
    found = arrival(*in_lviv("BOX"), SENT | BOX, HERE | BOX)
    assert (found.how, found.box, verdict_on(found)) == (How.WITH_BOX, "BOX", "with_box")


@pytest.mark.parametrize("step", ["receiving", "counting", "unpacking"])
def test_whoever_looks_at_it_later_has_seen_it(step: str) -> None:
    looked: Said = {"step": step, "location": "KYIV", "handling_unit": "BOX"}
    assert word(*in_lviv("BOX"), SENT | BOX, HERE | BOX, looked) == "good"


def test_a_box_scanned_after_its_unit_makes_it_no_less_seen() -> None:
    assert word(*in_lviv("BOX"), SENT | BOX, HERE, HERE | BOX) == "good"


def test_what_is_scanned_where_it_should_have_left_was_not_sent() -> None:
    found = arrival(*in_lviv(), SENT, {"step": "receiving", "location": "LVIV"})
    assert (found.place, verdict_on(found)) == ("LVIV", "not_sent")


def test_a_box_that_arrives_does_not_bring_what_was_left_behind() -> None:
    still_here: Said = {"step": "receiving", "location": "LVIV"}
    assert word(*in_lviv("BOX"), SENT | BOX, still_here, HERE | BOX) == "not_sent"


def test_what_is_scanned_at_a_third_place_is_elsewhere_until_it_comes() -> None:
    there: Said = {"step": "receiving", "location": "ODESA"}
    assert word(*in_lviv(), SENT, there) == "elsewhere"
    assert arrival(*in_lviv(), SENT, there).place == "ODESA"
    assert word(*in_lviv(), SENT, there, HERE) == "good"


def test_what_is_received_as_of_another_consignment_is_not_counted_twice() -> None:
    found = arrival(*in_lviv(), SENT, HERE | {"consignment": "D"})
    assert (found.other, verdict_on(found)) == ("D", "elsewhere")
    assert word(*in_lviv(), SENT, HERE | {"consignment": "D"}, HERE) == "elsewhere"


def test_a_neighbouring_door_of_the_destination_is_the_destination() -> None:
    assert word(*in_lviv(), SENT, HERE | {"location": "KYIV-2", "area": "KYIV"}) == "good"


def test_without_a_named_destination_any_place_but_the_origin_is_right() -> None:
    way = Trip("C", ("LVIV", "LVIV"), None)
    assert verdict_on(arrival(*in_lviv(), SENT, HERE, way=way)) == "good"
    back = HERE | {"location": "LVIV"}
    assert verdict_on(arrival(*in_lviv(), SENT, back, way=way)) == "not_sent"


def test_an_undone_shipping_was_not_sent_and_can_be_sent_again() -> None:
    undone: Said = {"step": "void_shipping", "consignment": "C", "location": "LVIV"}
    assert word(*in_lviv(), SENT, undone) == "not_sent"
    assert word(*in_lviv(), SENT, undone, SENT) == "short"


def test_an_undone_shipping_that_names_no_place_is_missed_until_it_is_seen() -> None:
    undone: Said = {"step": "void_shipping", "consignment": "C"}
    assert word(*in_lviv(), SENT, undone) == "short"
    assert word(*in_lviv(), SENT, undone, {"step": "reporting_lost"}) == "short"
    for step in ("counting", "unpacking", "shipping"):
        there: Said = {"step": step, "location": "LVIV", "consignment": "D"}
        assert word(*in_lviv(), SENT, undone, there) == "not_sent"
        unsighted = there | {"sighted": False}
        assert step == "shipping" or word(*in_lviv(), SENT, undone, unsighted) == "short"
    assert word(*in_lviv(), SENT, undone, {"step": "counting", "location": "KYIV"}) == "good"
    assert word(*in_lviv(), SENT, undone, {"step": "counting", "location": "ODESA"}) == "elsewhere"


@pytest.mark.parametrize("step", ["entering_exiting", "counting"])
def test_what_was_seen_on_its_way_did_leave_whatever_is_undone(step: str) -> None:
    gone: Said = {"step": step, "location": "MEDYKA"}
    undone: Said = {"step": "void_shipping", "consignment": "C", "location": "LVIV"}
    whole = [*in_lviv(), SENT, gone, undone]
    assert last_word(*whole) == "elsewhere"
    back: Said = {"step": "counting", "location": "LVIV"}
    assert last_word(*whole, back) == "not_sent"
    assert last_word(*in_lviv(), SENT, gone, back, undone) == "not_sent", "it was seen back there"
    assert last_word(*in_lviv(), SENT, gone | {"sighted": False}, undone) == "not_sent"
    assert last_word(*whole, SENT) == "short", "it was sent again"


def last_word(*events: Said) -> str | None:
    """By the whole story, as where a shipping is undone."""
    story = told(*events)
    by_id = {event.id: event for event in story}
    verdicts = fold(story, whose=Holder("item:1")).verdicts
    return verdict_on(became([(by_id[name], verdict) for name, verdict in verdicts.items()], WAY))


def test_an_undone_shipping_is_believed_where_it_says_that_the_unit_is() -> None:
    undone: Said = {"step": "void_shipping", "consignment": "C"}
    assert word(*in_lviv(), SENT, undone | {"location": "KYIV"}) == "good"
    assert word(*in_lviv(), SENT, undone | {"location": "ODESA"}) == "elsewhere"
    tapped = undone | {"location": "KYIV", "sighted": False}
    assert word(*in_lviv(), SENT, tapped) == "short"
    nowhere = Trip("C", None, ("KYIV", "KYIV"))
    found = arrival(*in_lviv(), SENT, undone | {"location": "LVIV"}, way=nowhere)
    assert verdict_on(found) == "not_sent", "where it should have left is not known"


def test_a_shipping_declared_wrong_was_not_sent() -> None:
    wrong: Said = {"step": DECLARING_ERROR, "declares": "e2"}
    found = arrival(*in_lviv(), SENT, wrong)
    assert (found.known, verdict_on(found)) == (True, "not_sent")
    assert verdict_on(arrival(*in_lviv(), SENT, wrong, HERE)) == "good", "it came all the same"


def test_the_newest_statement_of_condition_counts_whatever_was_scanned_since() -> None:
    hurt = in_lviv("BOX")
    hurt[-1]["condition"] = "damaged"
    assert word(*hurt, SENT | BOX, HERE | BOX) == "damaged"
    assert word(*hurt, SENT | BOX, HERE | BOX | {"condition": "good"}) == "damaged"
    assert word(*hurt, SENT | BOX, HERE) == "damaged"
    assert word(*hurt, SENT | BOX, HERE | {"condition": "good"}) == "good"
    later: Said = {"step": "counting", "location": "KYIV", "condition": "damaged"}
    assert word(*in_lviv(), SENT, HERE, later) == "damaged"


def test_what_happens_after_it_has_gone_on_says_nothing_of_the_consignment() -> None:
    on = SENT | {"location": "KYIV", "consignment": "D"}
    hurt: Said = {"step": "receiving", "location": "DNIPRO", "condition": "damaged"}
    found = arrival(*in_lviv(), SENT, HERE, on, hurt)
    assert (found.ended, verdict_on(found)) == (True, "good")
    lost: Said = {"step": "reporting_lost"}
    assert word(*in_lviv(), SENT, HERE, lost) == "good", "what is lost after it came did come"


def test_what_was_lost_on_the_way_is_short_until_it_is_found() -> None:
    lost: Said = {"step": "reporting_lost"}
    found: Said = {"step": "finding", "location": "KYIV"}
    assert word(*in_lviv(), SENT, lost) == "short"
    assert word(*in_lviv(), SENT, lost, found) == "good"
    assert word(*in_lviv(), SENT, lost, found | {"location": "LVIV"}) == "not_sent"


def test_a_scan_that_the_ledger_could_not_follow_receives_nothing() -> None:
    assert word(*in_lviv(), SENT, {"step": "reporting_lost"}, HERE) == "short"


def test_a_count_finds_what_nobody_received_and_does_not_receive_it() -> None:
    assert word(*in_lviv(), SENT, {"step": "counting", "location": "KYIV"}) == "short"


def test_what_was_thought_elsewhere_and_is_counted_here_is_here() -> None:
    there: Said = {"step": "receiving", "location": "ODESA"}
    assert word(*in_lviv(), SENT, there, {"step": "counting", "location": "KYIV"}) == "good"


def test_what_was_only_tapped_in_a_list_was_not_seen() -> None:
    assert word(*in_lviv(), SENT, HERE | {"sighted": False}) == "short"
    assert word(*in_lviv(), SENT, HERE | {"sighted": False}, HERE) == "good"


def test_a_box_that_was_scanned_does_not_outweigh_the_unit_seen_elsewhere() -> None:
    there: Said = {"step": "counting", "location": "ODESA"}
    assert word(*in_lviv("BOX"), SENT | BOX, HERE | BOX, there) == "elsewhere"
    assert word(*in_lviv("BOX"), SENT | BOX, HERE, there) == "good", "it was looked at here"


def test_another_unit_s_barcode_counts_until_the_right_one_is_scanned() -> None:
    wrong = HERE | {"second": "item:2"}
    assert word(*in_lviv(), SENT, wrong) == "wrong_serial"
    assert word(*in_lviv(), SENT, wrong, HERE) == "wrong_serial", "the label alone says nothing"
    assert word(*in_lviv(), SENT, wrong, HERE | {"second": "item:1"}) == "good"


def test_what_is_handed_over_from_the_lorry_was_seen_where_that_was() -> None:
    accepted: Said = {"step": "accepting", "receiver": "UA", "second": "item:1"}
    assert word(*in_lviv(), SENT, accepted | {"location": "KYIV"}) == "good"
    found = arrival(*in_lviv(), SENT, accepted)
    assert (found.place, found.ended, verdict_on(found)) == (None, True, "elsewhere")


def test_what_stood_here_already_is_no_surplus_because_it_is_scanned_again() -> None:
    here: list[Said] = [{"step": "announcing"}, HERE]
    again = arrival(*here, HERE | {"consignment": "C"})
    assert verdict_on(again, listed=False) is None
    stray = arrival(*in_lviv(), HERE | {"consignment": "C"})
    assert verdict_on(stray, listed=False) == "over"


def test_a_manifest_puts_a_unit_on_its_consignment() -> None:
    announced: Said = {"step": "announcing", "consignment": "C"}
    assert word(announced) == "short"
    assert word(announced, HERE) == "good"
    assert word(announced, {"step": "receiving", "location": "LVIV"}) == "not_sent"


def test_four_numbers_hold_every_unit_once() -> None:
    units = [
        Judged("good", How.SINGLY), Judged("damaged", How.SINGLY), Judged("with_box", How.WITH_BOX),
        Judged("damaged", How.WITH_BOX), Judged("short", How.UNDER_WAY),
        Judged("elsewhere", How.ELSEWHERE), Judged("not_sent", How.NOT_SENT),
        Judged("damaged", None), Judged("over", How.SINGLY, listed=False),
    ]  # fmt: skip
    found = add_up(units)
    assert found.four == (2, 2, 1, 4)
    assert sum(found.four) == len(units) == found.expected + found.over
    assert (found.expected, found.counted, found.fits) == (8, 5, False)
    assert add_up([Judged("good", How.SINGLY), Judged("with_box", How.WITH_BOX)]).fits
