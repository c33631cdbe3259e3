"""What nobody would type: every page answers, and never with an error of ours."""

from __future__ import annotations

import pytest

from tests.web.conftest import World, send

HUGE = "9" * 40
VALUES = [
    *("%00", "%0A%0D", "%ED%A0%80", "%F0%9F%93%A1", "%E2%80%AE", HUGE, "-1", "x" * 3000),
    *("%27%20OR%201%3D1--", "%3Cscript%3Ealert(1)%3C%2Fscript%3E", "%25s%25n", "..%2F..%2Fetc"),
]
PATHS = [
    *("/items?q=", "/items?status=", "/items?location=", "/items?pledge=", "/items?after="),
    *("/discrepancies?state=", "/discrepancies?kind=", "/discrepancies?after=", "/discrepancies/"),
    *("/locations?kind=", "/locations?oblast=", "/locations?after=", "/locations/", "/items/"),
    *("/pledges?after=", "/pledges/", "/problems/", "/find?q=", "/login?next="),
]


@pytest.mark.parametrize("value", VALUES)
def test_no_address_breaks_a_page(world: World, value: str) -> None:
    client = world.as_("alice")
    for path in PATHS:
        answer = client.get(path + value)
        assert answer.status_code in (200, 302, 303, 308, 404, 422), (path, answer.status_code)
        assert "<script>alert" not in answer.text


@pytest.mark.parametrize(
    "value", ["\0", "\u202e", "😀" * 100, HUGE, "x" * 100_000, "=cmd()", "\ud800"]
)
def test_no_form_breaks_a_page(world: World, value: str) -> None:
    client = world.as_("alice")
    line = {"line": "STARLINK-STD", "quantity": "7", "reason": "because"}
    event = {"event": "00000000-0000-4000-8000-000000000000", "reason": "did_not_occur"}
    declare = f"/items/{world.codes[0]}/declare"
    for path, form in (
        *(("/pledges/PL-2022-11/revise", {**line, name: value}) for name in line),
        *((declare, {**event, name: value}) for name in (*event, "note")),
        ("/discrepancies/1/settle", {"decision": value}),
        ("/locations/SITE-0001/open", {"reason": value}),
        ("/password", dict.fromkeys(("password", "new_password", "new_password_confirm"), value)),
        ("/language", {"locale": value}),
    ):
        answer = send(client, path, _quoted(form))
        assert answer.status_code < 500, (path, answer.text)
    answer = send(world.client(), "/login", _quoted({"email": value, "password": value}))
    assert answer.status_code in (200, 422)


def _quoted(form: dict[str, str]) -> dict[str, bytes]:
    return {name: value.encode("utf-8", "surrogatepass") for name, value in form.items()}
