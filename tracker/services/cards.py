"""The action cards of the bench, to be printed."""

from __future__ import annotations

from tracker.domain.bench import CARD, CARDS
from tracker.papers import cards

UKRAINIAN = {
    "RECEIVING": "ПРИЙМАННЯ",
    "PACKING": "ПАКУВАННЯ",
    "UNPACKING": "РОЗПАКУВАННЯ",
    "SHIPPING": "ВІДПРАВЛЕННЯ",
    "COUNT": "ІНВЕНТАРИЗАЦІЯ",
    "CLOSE": "ЗАКРИТИ КОРОБКУ",
    "DAMAGED": "ПОШКОДЖЕНО",
    "DONE": "ГОТОВО",
    "UNDO LAST": "СКАСУВАТИ ОСТАННЄ",
}


def action_cards() -> bytes:
    """A PDF of all cards."""
    return cards.write([(CARD + word, UKRAINIAN[word], word) for word in CARDS])
