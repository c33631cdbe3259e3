"""Papers: filled in from the tables, numbered, issued and kept."""
