"""The action cards of the bench, to be printed."""

from __future__ import annotations

from tracker.domain.bench import CARD, CARDS, STEP_CARDS
from tracker.exports.words import in_ukrainian
from tracker.papers import cards

UKRAINIAN = {
    **{word: in_ukrainian(word) for word in STEP_CARDS},
    "CLOSE": "ЗАКРИТИ КОРОБКУ",
    "DAMAGED": "ПОШКОДЖЕНО",
    "DONE": "ГОТОВО",
    "UNDO LAST": "СКАСУВАТИ ОСТАННЄ",
    "YES": "ТАК",
    "NO": "НІ",
}


def action_cards() -> bytes:
    """A PDF of all cards."""
    return cards.write([(CARD + word, UKRAINIAN[word], word) for word in CARDS])
