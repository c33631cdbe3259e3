"""Bytes: spreadsheets and their letters, pictures, symbols in photos, sealed fields."""
