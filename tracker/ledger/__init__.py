"""The ledger: the one writer of events and of items' states, and its machinery.

Whoever imports any of it has official rows stated.
"""

from tracker.ledger import stating  # noqa: F401 - listens to what sessions do
