"""Notices are tested in the small world of the ledger's tests, with a mail server that is read."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.notices.postbox import Postbox
from tests.services.builders import lay_world


@pytest.fixture
def postbox(app: Flask) -> Iterator[Postbox]:
    """A mail server, named in the settings; the world is laid, and donors see yesterday."""
    lay_world()
    with Postbox() as box:
        app.config.update(MAIL_HOST="127.0.0.1", MAIL_PORT=box.port, MAIL_TLS="none",
                          MAIL_FROM="notices@example.org", DONOR_DELAY_DAYS=0)  # fmt: skip
        yield box
