"""Who is asking, and whether a route may answer: every route names its action here.

A route without `@needs(...)` or `@open_to_anyone(...)` is refused at start-up by a test and at
run time by `stand_guard` (deny by default).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import (
    Flask,
    Request,
    Response,
    current_app,
    flash,
    g,
    redirect,
    request,
    session,
    url_for,
)
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import AnonymousUserMixin
from flask_security import current_user  # type: ignore[attr-defined, unused-ignore]

from tracker import clock
from tracker.domain.permissions import Action, Actor, Scope
from tracker.errors import DeviceEnded, NotAllowed, SignInNeeded
from tracker.queries import devices, people

SOON = timedelta(minutes=30)
"""How long a sign-in is fresh."""
DEVICES = "/api/v1/"
"""Where the token of a device is good for something; the field app's own files ask for none."""

Route = TypeVar("Route", bound=Callable[..., Any])


def needs(action: Action) -> Callable[[Route], Route]:
    """Mark a route with the action it performs; `stand_guard` checks it before each request."""

    def mark(route: Route) -> Route:
        route.kittrail_action = action  # type: ignore[attr-defined]
        return route

    return mark


def freshly(route: Route) -> Route:
    """Mark a route for which a person must have signed in within the last half hour.

    What somebody at an unattended screen, or with a copied cookie, must not do.
    """
    route.kittrail_freshly = True  # type: ignore[attr-defined]
    return route


def open_to_anyone(why: str) -> Callable[[Route], Route]:
    """Mark a route that needs no sign-in, and say why."""

    def mark(route: Route) -> Route:
        route.kittrail_open = why  # type: ignore[attr-defined]
        return route

    return mark


def current_actor() -> Actor | None:
    """Who makes this request: a device by its bearer token, a person by session, or None.

    Kept for the request. Raises SignInNeeded for a token that is unknown, expired or revoked.
    """
    if not hasattr(g, "actor"):
        g.actor = _find_actor()
    return g.actor  # type: ignore[no-any-return]


def actor() -> Actor:
    """The signed-in actor; raises SignInNeeded when there is none."""
    found = current_actor()
    if found is None:
        raise SignInNeeded
    return found


def scope() -> Scope:
    """How far the actor's permission for the current route's action reaches."""
    found = actor().scope(g.action)
    assert found is not None, "stand_guard lets nobody pass without a scope"
    return found


def is_bearer() -> bool:
    """Whether the request carries a device's token (and so needs no CSRF token)."""
    return _carries_token(request)


def _carries_token(asked: Request) -> bool:
    return asked.headers.get("Authorization", "").startswith("Bearer ")


class _Sessions(SecureCookieSessionInterface):
    """Signed cookies for people. A device is nobody by session: none is read for it."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """The session of the cookie; an empty one for a device, whatever cookies it sends."""
        if _carries_token(request):
            return self.session_class()
        return super().open_session(app, request)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Keep a person's session; a device gets no cookie, and its answer depends on none."""
        if not is_bearer():
            super().save_session(app, session, response)

    def should_set_cookie(self, app: Flask, session: SessionMixin) -> bool:
        """A page makes the session last longer; a static file does not.

        Files come late, beside a page: with the session as it was before, they would undo what the
        page has just kept.
        """
        if (request.endpoint or "").rpartition(".")[2] == "static":
            return session.modified
        return bool(super().should_set_cookie(app, session))


def is_for_devices() -> bool:
    """Whether a device's token opens what is asked for: the interface does, no page does."""
    return request.path.startswith(DEVICES)


def bearer_token() -> str | None:
    """The token that the request carries, whatever it is worth."""
    if not is_bearer():
        return None
    return request.headers["Authorization"][len("Bearer ") :].strip()


def _find_actor() -> Actor | None:
    token = bearer_token()
    if token is not None and not is_for_devices():
        return None
    if token is not None:
        device = people.device_by_token(token, clock.now())
        if device is None:
            if devices.ended_device(token, clock.now()) is not None:
                raise DeviceEnded
            raise SignInNeeded("This device is not enrolled, or its access has ended.")
        return device
    if not current_user.is_authenticated or not current_user.active:
        return None
    return people.actor_of_account(current_user, clock.now())


def stand_guard(app: Flask) -> None:
    """Check the action of the route before each request; deny what declares none."""
    app.session_interface = _Sessions()

    @app.url_value_preprocessor
    def is_nobody_by_session(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
        """A device is not a person: whoever asks later for the signed-in person need not look."""
        if is_bearer():
            g._login_user = AnonymousUserMixin()

    @app.before_request
    def check() -> ResponseReturnValue | None:
        endpoint = request.endpoint
        if endpoint is None or endpoint.rpartition(".")[2] == "static":
            return None
        if request.blueprint == "security":
            return None
        view = current_app.view_functions[endpoint]
        view = getattr(view, "view_class", view)
        if getattr(view, "kittrail_open", None):
            return None
        action = getattr(view, "kittrail_action", None)
        if action is None:
            raise NotAllowed("This page declares no permission and is therefore closed.")
        g.action = action
        if not actor().may(action):
            raise NotAllowed
        return _ask_again() if getattr(view, "kittrail_freshly", False) else None


def _ask_again() -> ResponseReturnValue | None:
    """Lead somebody whose sign-in is not fresh to where they do it again; None for all others."""
    signed_in = session.get("fs_paa", 0)
    if is_bearer() or 0 <= clock.now().timestamp() - signed_in <= SOON.total_seconds():
        return None
    kinds = ["text/html", "application/json"]
    if (request.accept_mimetypes.best_match(kinds) or kinds[0]) != kinds[0]:
        raise SignInNeeded("Sign in once more to go on.")
    flash(gettext("Sign in once more to go on."))
    before = urlsplit(request.referrer or "")
    here = before.path if before.netloc == request.host else "/"
    return redirect(url_for("security.verify", next=here), 303)
