"""The application as a command has it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask

from tracker import create_app


@contextmanager
def application() -> Iterator[Flask]:
    """The application, inside its context; the database's connections are closed at the end.

    The end of a process would close them as well, but not the end of a command that a program
    calls.
    """
    app = create_app()
    with app.app_context():
        try:
            yield app
        finally:
            database = app.extensions["sqlalchemy"]
            database.session.remove()
            database.engine.dispose()
