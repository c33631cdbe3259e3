"""Every word of ours in an EPCIS document has a meaning, where its address leads."""

from __future__ import annotations

import re

import pytest

from tests.exports.test_epcis import BOX, NAMES, body, document, told
from tests.web.conftest import World
from tracker.domain.lifecycle import DECLARING_ERROR, STEPS, Condition

FOUND = re.compile(r'https://kittrail\.example/vocabulary#(\w+)|"kittrail:(\w+)"')


def said() -> set[str]:
    """Our words in documents of every step, in every condition, wrong and right."""
    bodies = [body(step) for step in STEPS]
    bodies += [body("inspecting", condition=condition.value) for condition in Condition]
    bodies += [body("receiving", via={"event": bodies[0]["id"], "unit": BOX})]
    wrong = body("receiving")
    for declared in (wrong["id"], bodies[0]["id"]):
        bodies.append(body(DECLARING_ERROR, declares=declared, reason="incorrect_data"))
    text = str(document(told(wrong, *bodies), NAMES)).replace("'", '"')
    missing = str(document(told(body(DECLARING_ERROR, declares="x")), NAMES)).replace("'", '"')
    return {one or other for one, other in FOUND.findall(text + missing)}


@pytest.mark.parametrize("language", ["en", "uk"])
def test_every_word_leads_to_what_it_means(still_world: World, language: str) -> None:
    page = still_world.client().get("/vocabulary", headers={"Accept-Language": language})
    assert page.status_code == 200
    meanings = dict(re.findall(r'<div id="(\w+)"><dt>.*?</dt><dd>(.*?)</dd>', page.text))
    words = said()
    assert len(words) > 15
    assert words <= meanings.keys()
    assert all(meanings.values())
    assert bool(re.search("[а-яі]", "".join(meanings.values()))) == (language == "uk")
