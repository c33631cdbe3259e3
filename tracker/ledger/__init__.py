"""The ledger: the one writer of events and of items' states, and its machinery."""
