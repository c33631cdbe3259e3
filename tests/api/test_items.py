"""Units over HTTP: found by any part of any number, told as far as the reader may know."""

from __future__ import annotations

from collections.abc import Callable

from tests.api.conftest import UNITS, Phone, Stock, scan


def codes(phone: Phone, query: str) -> list[str]:
    answer = phone.get(f"/items?{query}")
    assert answer.status_code == 200, answer.text
    return [item["code"] for item in answer.get_json()["items"]]


def test_a_unit_is_found_by_any_part_of_a_number(coordinator: Phone, stock: Stock) -> None:
    for typed in ("EXSER0002", "ser0002", "er 00-02", "0002Ї", "kitex0000002"):
        assert codes(coordinator, f"q={typed}") == [stock.codes[2]], typed


def test_a_unit_is_found_by_any_part_of_its_code(coordinator: Phone, stock: Stock) -> None:
    assert stock.codes[1] in codes(coordinator, f"q={stock.codes[1][3:9].lower()}")


def test_a_short_text_is_the_start_of_a_number(coordinator: Phone, stock: Stock) -> None:
    assert codes(coordinator, "q=KIT") == stock.codes
    assert codes(coordinator, "q=ITE") == []


def test_lists_go_by_keyset_and_meet_each_unit_once(coordinator: Phone, stock: Stock) -> None:
    seen: list[str] = []
    query = "/items?limit=4"
    while query:
        page = coordinator.get(query).get_json()
        seen += [item["code"] for item in page["items"]]
        query = f"/items?limit=4&after={page['after']}" if page["after"] else ""
    assert seen == stock.codes


def test_filters_narrow_the_list(coordinator: Phone, stock: Stock) -> None:
    coordinator.results(scan(stock.codes[4]))
    assert codes(coordinator, "status=in_stock") == [stock.codes[4]]
    assert codes(coordinator, "location=EX-WH-1&pledge=EX-1") == [stock.codes[4]]
    assert len(codes(coordinator, "status=announced")) == UNITS - 1
    assert codes(coordinator, "pledge=EY-1") == []


def test_one_unit_tells_where_it_stands_and_what_may_follow(
    coordinator: Phone, stock: Stock
) -> None:
    coordinator.results(scan(stock.codes[0]))
    item = coordinator.get(f"/items/{stock.codes[0].lower()}").get_json()
    assert (item["status"], item["location"], item["item_seq"]) == ("in_stock", "EX-WH-1", 2)
    assert item["next_step"] in item["allowed"]
    assert list(item["proof"]) == ["received"]
    assert item["identifiers"][0]["value"] == "KITEX0000000"
    by_number = coordinator.get("/items/kitex0000000").get_json()
    assert by_number == item


def test_a_unit_that_is_not_there_is_not_found(coordinator: Phone, stock: Stock) -> None:
    for unknown in (stock.blank, "EX-NOTHING"):
        answer = coordinator.get(f"/items/{unknown}")
        assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")


def test_an_auditor_sees_masked_numbers_and_cannot_guess_them_piece_by_piece(
    phone: Callable[[str], Phone], stock: Stock
) -> None:
    auditor = phone("auditor")
    [identifier] = auditor.get(f"/items/{stock.codes[2]}").get_json()["identifiers"]
    assert (identifier["masked"], "KITEX0000002" in identifier["value"]) == (True, False)
    assert codes(auditor, "q=EX000000") == []
    assert codes(auditor, "q=KITEX0000002") == [stock.codes[2]]


def test_a_warehouse_sees_numbers_of_its_own_stock_only(
    phone: Callable[[str], Phone], stock: Stock
) -> None:
    warehouse = phone("warehouse")
    path = f"/items/{stock.codes[0]}"
    assert warehouse.get(path).get_json()["identifiers"][0]["masked"] is True
    warehouse.results(scan(stock.codes[0]))
    assert warehouse.get(path).get_json()["identifiers"][0]["masked"] is False


def test_the_story_is_told_newest_last_with_errors_marked(coordinator: Phone, stock: Stock) -> None:
    first = scan(stock.codes[0])
    declaring = scan(
        stock.codes[0], "declaring_error", declares=first["id"], reason="incorrect_data"
    )
    coordinator.results(first, declaring)
    path = f"/items/{stock.codes[0]}/events"
    events = coordinator.get(path).get_json()["events"]
    assert [event["step"] for event in events] == ["announcing", "receiving", "declaring_error"]
    assert [event["declared"] for event in events] == [None, "incorrect_data", None]
    newest = coordinator.get(f"{path}?last=1").get_json()["events"]
    assert newest == events[-1:]


def test_events_that_waited_for_a_label_join_the_story(coordinator: Phone, stock: Stock) -> None:
    early = scan(stock.blank)
    coordinator.results(early)
    coordinator.results(scan(stock.blank, "commissioning", second_identifier="KITEX0000003"))
    item = coordinator.get(f"/items/{stock.blank}").get_json()
    assert item["identifiers"][0]["value"] == "KITEX0000003"
    events = coordinator.get(f"/items/{stock.blank}/events").get_json()["events"]
    assert early["id"] in [event["id"] for event in events]


def test_what_has_not_changed_is_not_sent_again(coordinator: Phone, stock: Stock) -> None:
    path = f"/items/{stock.codes[0]}"
    first = coordinator.get(path)
    known = {"If-None-Match": first.headers["ETag"]}
    again = coordinator.get(path, headers=known)
    assert (again.status_code, again.data) == (304, b"")
    assert "private" in first.headers["Cache-Control"]
    coordinator.results(scan(stock.codes[0]))
    assert coordinator.get(path, headers=known).status_code == 200
