"""What a person can make happen: one verb, one transaction."""
