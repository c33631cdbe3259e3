"""Publishing a pledge's totals as a picture for other web sites, and withdrawing it."""

from __future__ import annotations

import secrets
from datetime import datetime

from sqlalchemy import select, update

from tracker.db import transaction
from tracker.domain.permissions import Action, Actor, Scope
from tracker.errors import NotAllowed, NotFound
from tracker.models import Pledge, PublishedCard


def publish_card(pledge: str, *, by: Actor, now: datetime) -> str:
    """Publish the pledge's card under a random name, which is no secret; returns the name.

    One that is published stays as it is. A name that was withdrawn never comes back. Raises
    NotAllowed and NotFound.
    """
    with transaction() as session:
        donor = session.scalar(select(Pledge.donor).where(Pledge.ref == pledge).with_for_update())
        _may(by, donor)
        there = session.scalar(
            select(PublishedCard.name).where(
                PublishedCard.pledge == pledge, PublishedCard.withdrawn_at.is_(None)
            )
        )
        if there is not None:
            return there
        name = secrets.token_urlsafe(16)
        session.add(PublishedCard(pledge=pledge, name=name, published_by=by.ref, published_at=now))
    return name


def withdraw_card(pledge: str, *, by: Actor, now: datetime) -> None:
    """Show the card no longer, from now on. Raises NotAllowed and NotFound."""
    with transaction() as session:
        _may(by, session.scalar(select(Pledge.donor).where(Pledge.ref == pledge)))
        ended = session.execute(
            update(PublishedCard)
            .where(PublishedCard.pledge == pledge, PublishedCard.withdrawn_at.is_(None))
            .values(withdrawn_by=by.ref, withdrawn_at=now)
        )
        if not ended.rowcount:  # type: ignore[attr-defined]
            raise NotFound


def _may(by: Actor, donor: str | None) -> None:
    """A coordinator may for every pledge, a donor for its own; another's is as none."""
    reach = by.scope(Action.PUBLISH_CARD)
    if reach is None:
        raise NotAllowed
    if donor is None or (reach is Scope.OWN and donor != by.party):
        raise NotFound
