"""Random legal and illegal histories, walked against a small model that knows only the table.

The model is written from DESIGN's table by hand, not from `lifecycle.STEPS`, so that the two check
each other.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import hypothesis.strategies as st
import pytest
from flask import Flask
from hypothesis import settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.services.builders import (
    NOTHING_DIFFERS,
    NOW,
    broken_chains,
    item,
    kept_ids,
    lay_world,
    live,
    new_boxes,
    new_units,
    printed_act,
    scan,
)
from tracker.domain.scans import Result
from tracker.ledger.checkpoints import notary
from tracker.ledger.rebuilding import rebuild
from tracker.ledger.verification import verify

ALIVE = {
    "announced", "in_stock", "packed", "in_transit", "handed_over", "deployed", "returning",
    "in_repair", "lost", "stolen", "destroyed",
}  # fmt: skip
MODEL: dict[str, tuple[set[str], str, dict[str, Any]]] = {
    "receiving": ({"announced", "in_transit", "returning"}, "in_stock", {"location": "WH-1"}),
    "packing": ({"in_stock", "packed"}, "packed", {"handling_unit": "BOX"}),
    "unpacking": ({"in_stock", "packed"}, "in_stock", {"handling_unit": "BOX"}),
    "shipping": ({"in_stock", "packed"}, "in_transit", {"consignment": "EX-C-1"}),
    "void_shipping": ({"in_transit"}, "packed", {"consignment": "EX-C-1"}),
    "entering_exiting": ({"in_transit"}, "in_transit", {"location": "EX-B"}),
    "accepting": ({"in_stock", "packed", "in_transit"}, "handed_over",
                  {"receiver": "EX-USER", "act": "ACT"}),
    "deploying": ({"handed_over"}, "deployed", {"location": "EX-SITE-1"}),
    "inspecting": ({"deployed"}, "deployed", {"findings": {"present": True}}),
    "counting": (ALIVE, "STAYS", {"location": "WH-1"}),
    "collecting": ({"deployed"}, "handed_over", {}),
    "returning": ({"handed_over", "in_stock"}, "returning", {}),
    "repairing": ({"in_stock", "handed_over"}, "in_repair", {}),
    "repaired": ({"in_repair"}, "BEFORE", {}),
    "reporting_lost": (ALIVE, "lost", {"report": "R"}),
    "reporting_stolen": (ALIVE, "stolen", {"report": "R"}),
    "destroying": (ALIVE, "destroyed", {"report": "R"}),
    "finding": ({"lost", "stolen"}, "in_stock", {"location": "WH-1"}),
    "decommissioning": ({"lost", "stolen", "destroyed", "in_stock", "in_repair"},
                        "written_off", {}),
}  # fmt: skip


LEAVES_ITS_BOX = {
    "unpacking", "accepting", "deploying", "collecting", "repairing", "reporting_lost",
    "reporting_stolen", "destroying", "finding", "decommissioning",
}  # fmt: skip
LEAVES_IT_UNSAID = {"shipping", "void_shipping", "returning"}
STANDS = {"in_stock", "packed", "handed_over", "deployed"}


class Histories(RuleBasedStateMachine):
    """One unit, scanned live again and again; a question is answered with yes."""

    @initialize()
    def begin(self) -> None:
        lay_world()
        [self.code], [self.box] = new_units(1, kits=True), new_boxes(1)
        self.kit = f"KITEX{item(self.code).id:07d}"
        self.act = printed_act(self.code)
        self.status, self.before, self.minutes = "announced", "in_stock", 0
        self.place: str | None = None
        self.boxed = False
        self.kept: set[str] = set()

    def said(self, step: str) -> dict[str, Any]:
        named = {"BOX": self.box, "ACT": self.act}
        said = {k: named.get(v, v) if isinstance(v, str) else v for k, v in MODEL[step][2].items()}
        if step in ("accepting", "deploying"):
            said["second_identifier"] = self.kit
        return said

    def do(self, step: str, **more: Any) -> Result:
        self.minutes += 1
        one = scan(self.code, step, self.minutes, **{**self.said(step), **more})
        approval: dict[str, Any] = {"approved_by": "account:9"} if step == "decommissioning" else {}
        outcome = live(one, now=NOW + timedelta(minutes=self.minutes), **approval)
        if outcome.receipt:
            self.kept.add(one.id)
        self.flags = outcome.flags
        self.asked = outcome.question["kind"] if outcome.question else None
        return outcome.result

    def question(self, step: str) -> str | None:
        """What is asked of a step that fits. Only counting names a place that may be another."""
        if self.boxed and step in LEAVES_IT_UNSAID:
            return "left_box"
        elsewhere = self.place not in (None, "WH-1") and self.status in STANDS
        return "elsewhere" if step == "counting" and elsewhere else None

    def move(self, step: str) -> None:
        self.move_place(step)
        target = MODEL[step][1]
        if step == "repairing":
            self.before = self.status
        if target != "STAYS":
            self.status = self.before if target == "BEFORE" else target

    def move_place(self, step: str) -> None:
        named = MODEL[step][2].get("location")
        arrives = self.status == "in_transit" and MODEL[step][1] not in ("in_transit", "STAYS")
        if arrives or step in ("shipping", "returning"):
            self.place = None
        self.place = named or self.place
        if step in LEAVES_ITS_BOX | LEAVES_IT_UNSAID:
            self.boxed = False
        self.boxed = self.boxed or step == "packing"

    @rule(step=st.sampled_from(sorted(MODEL)))
    def scan_live(self, step: str) -> None:
        fits = self.status in MODEL[step][0]
        question = self.question(step) if fits else None
        result = self.do(step)
        if question:
            assert (result, self.asked) == (Result.REFUSED, question)
            result = self.do(step, confirm=True)
        if fits:
            assert result is Result.RECORDED
            self.move(step)
        elif result is Result.RECORDED:
            assert "repeat" in self.flags
            assert MODEL[step][1] == self.status
        else:
            assert result is Result.REFUSED

    @precondition(lambda self: self.status in ("announced", "in_stock", "packed"))
    @rule()
    def skip_ahead_and_confirm(self) -> None:
        assert self.do("deploying", confirm=True) is Result.RECORDED
        assert "confirmed" in self.flags
        self.move_place("deploying")
        self.status = "deployed"

    @precondition(lambda self: self.status == "written_off")
    @rule(step=st.sampled_from(["receiving", "finding", "reporting_lost"]))
    def keep_what_cannot_be(self, step: str) -> None:
        assert self.do(step, confirm=True) is Result.MISFIT

    @invariant()
    def the_ledger_agrees(self) -> None:
        if not hasattr(self, "code"):
            return
        found = item(self.code)
        assert found.status == self.status
        assert found.location == self.place
        assert (found.handling_unit is not None) is self.boxed
        assert self.kept <= kept_ids()

    def teardown(self) -> None:
        assert broken_chains() == []
        assert rebuild(now=NOW) == NOTHING_DIFFERS
        assert verify(notary()).problems == []


@pytest.mark.slow
@pytest.mark.parametrize("runs", [12])
def test_random_histories_end_as_the_table_says(app: Flask, runs: int) -> None:
    run_state_machine_as_test(
        Histories, settings=settings(max_examples=runs, stateful_step_count=25, deadline=None)
    )
