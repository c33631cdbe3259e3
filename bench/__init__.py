"""Figures, each a ratio against a bare reference taken in the same run: `./run bench`."""
