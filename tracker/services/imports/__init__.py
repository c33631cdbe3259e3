"""Importing: sheets of parties, products, locations, pledges and items, all or nothing."""
