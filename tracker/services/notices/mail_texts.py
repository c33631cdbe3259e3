"""Mails as texts: what they say, in both languages, plain and as HTML.

The first line of a plain template is the subject. A link that needs a token is written as a
placeholder, so that no token waits in the outbox; `services.notices.mail` puts the link in its
place.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import timedelta

from flask import current_app
from flask_babel import force_locale

from tracker.domain.disclosure import Counts
from tracker.domain.notices import News
from tracker.queries.donors import DonorView

MANAGE = "urn:kittrail:manage"
"""Stands where the link to the page that confirms and ends a subscription will be."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail without its envelope; `what` is `confirmation` or `digest`."""

    what: str
    locale: str
    subject: str
    plain: str
    html: str

    def as_json(self) -> str:
        """As it waits in the outbox."""
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True)

    @classmethod
    def from_json(cls, kept: str) -> Letter:
        """As it was kept."""
        return cls(**json.loads(kept))


def confirmation(view: DonorView, *, cadence: str, locale: str) -> Letter:
    """The question that goes to an address before anything else does."""
    return _letter("confirmation", locale, view, cadence=cadence)


def digest(view: DonorView, news: News, counts: Counts, *, page: str, locale: str) -> Letter:
    """What is new about the pledge, and how it stands; `page` is where all of it is shown."""
    first = news.since + timedelta(days=1)
    return _letter("digest", locale, view, news=news, counts=counts, page=page, first=first)


def public_address(path: str) -> str:
    """The address of a page of this installation, for people elsewhere."""
    settings = current_app.config
    scheme = "https" if settings["SECURE_COOKIES"] else "http"
    return f"{scheme}://{settings['HOST']}{path}"


def _letter(what: str, locale: str, view: DonorView, **said: object) -> Letter:
    said |= {"pledge": view.portfolio.ref, "donors": view.donor_names}
    with force_locale(locale):
        texts = {}
        for kind in ("txt", "html"):
            template = current_app.jinja_env.get_template(f"mail/{what}.{kind}")
            texts[kind] = template.render(**said, manage=MANAGE, language=locale)
    subject, _, plain = texts["txt"].partition("\n")
    return Letter(what, locale, subject.strip(), plain.strip() + "\n", texts["html"])
