"""What verifies a ledger without us: the standard library alone, and nothing of this house."""
