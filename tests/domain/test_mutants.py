"""The list of wrong rules (`tests.domain.mutants`) keeps up with the rules."""

from __future__ import annotations

import pytest

from tests.domain.mutants import MUTANTS, ROOT, Mutant


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.wrong)
def test_the_rule_that_is_made_wrong_stands_once(mutant: Mutant) -> None:
    text = (ROOT / "tracker" / "domain" / mutant.file).read_text(encoding="utf-8")
    assert text.count(mutant.right) == 1
    compile(text.replace(mutant.right, mutant.instead), mutant.file, "exec")
