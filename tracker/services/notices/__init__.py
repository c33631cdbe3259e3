"""Telling donors: what is due, the outbox, and each way it leaves the house."""
