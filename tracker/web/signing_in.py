"""Signing in, signing out and changing one's password, with Flask-Security's machinery.

Its forms, messages and templates are replaced by ours, so that the pages look like the others and
every word is in the catalogues; its writes go through `services.signing_in`.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import Any, NoReturn
from urllib.parse import urlsplit

from flask import Flask, Response, make_response, redirect, request, session, url_for
from flask_babel import lazy_gettext as _l
from flask_login import LoginManager, user_logged_in, user_logged_out
from flask_security import (
    Security,
    SQLAlchemyUserDatastore,
    current_user,  # type: ignore[attr-defined, unused-ignore]
)
from flask_security.core import WebAuthnMixin
from flask_security.forms import ChangePasswordForm, EqualToLocalize, LoginForm, VerifyForm
from sqlalchemy import inspect
from wtforms import EmailField, PasswordField, SubmitField
from wtforms.validators import DataRequired, Length

from tracker import clock
from tracker.errors import InvalidValue, SignInNeeded
from tracker.i18n import LOCALES
from tracker.queries import people
from tracker.schemas.forms.signing_in import Tried
from tracker.services import passkeys as verbs
from tracker.services.signing_in import change_account, end_session
from tracker.web import passkeys
from tracker.web.frame.forms import said
from tracker.web.frame.frame import local_path
from tracker.web.frame.guesses import Guesser

SHIFT = dt.timedelta(hours=12)
"""How long a session lasts from signing in, whatever it does: a long shift."""

BEGUN, NUMBER = "begun_at", "number"
"""What the session says of itself: when it began, and by which number it is ended."""

MESSAGES = {
    "GENERIC_AUTHN_FAILED": _l("The address or the password is not right."),
    "EMAIL_NOT_PROVIDED": _l("Type your e-mail address."),
    "INVALID_EMAIL_ADDRESS": _l("This is not an e-mail address."),
    "PASSWORD_NOT_PROVIDED": _l("Type your password."),
    "INVALID_PASSWORD": _l("This is not your present password."),
    "RETYPE_PASSWORD_MISMATCH": _l("The two new passwords differ."),
    "PASSWORD_IS_THE_SAME": _l("The new password must differ from the present one."),
    "PASSWORD_INVALID_LENGTH": _l("The new password needs at least %(length)s characters."),
    "PASSWORD_CHANGE": _l("Your password is changed. Other sessions of yours have ended."),
    "LOGIN": _l("Please sign in first."),
    "UNAUTHENTICATED": _l("Please sign in first."),
    "UNAUTHORIZED": _l("Your role does not allow this."),
    "REAUTHENTICATION_REQUIRED": _l("Sign in once more to go on."),
    "INVALID_REDIRECT": _l("That page is not of this server."),
}


class SignIn(LoginForm):
    """Address and password; no "remember me": phones and warehouse computers are shared."""

    email = EmailField(
        _l("E-mail address"),
        validators=[DataRequired(MESSAGES["EMAIL_NOT_PROVIDED"]), Length(max=255)],
        render_kw={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"},
    )
    password = PasswordField(
        _l("Password"),
        validators=[DataRequired(MESSAGES["PASSWORD_NOT_PROVIDED"]), Length(max=1000)],
        render_kw={"autocomplete": "current-password"},
    )
    remember = None
    submit = SubmitField(_l("Sign in"))


class ChangePassword(ChangePasswordForm):
    """The present password and, twice, the new one."""

    password = PasswordField(
        _l("Present password"), render_kw={"autocomplete": "current-password", "required": True}
    )
    new_password = PasswordField(
        _l("New password"),
        validators=[DataRequired(MESSAGES["PASSWORD_NOT_PROVIDED"]), Length(max=1000)],
        render_kw={"autocomplete": "new-password", "minlength": "12"},
    )
    new_password_confirm = PasswordField(
        _l("New password again"),
        validators=[
            DataRequired(MESSAGES["PASSWORD_NOT_PROVIDED"]),
            EqualToLocalize("new_password", message="RETYPE_PASSWORD_MISMATCH"),
        ],
        render_kw={"autocomplete": "new-password", "minlength": "12"},
    )
    submit = SubmitField(_l("Change the password"))


class Again(VerifyForm):
    """The present password, for what somebody at an unattended screen must not do."""

    password = PasswordField(
        _l("Password"),
        validators=[DataRequired(MESSAGES["PASSWORD_NOT_PROVIDED"]), Length(max=1000)],
        render_kw={"autocomplete": "current-password"},
    )
    submit = SubmitField(_l("Go on"))


class Accounts(SQLAlchemyUserDatastore):
    """Flask-Security's view of accounts, which may read and ask but not write by itself."""

    def commit(self) -> None:
        """Hand what was changed on accounts to the service; end the read transaction."""
        reading = self.db.session()
        changed = [(account.id, _changes(account)) for account in reading.dirty]
        reading.rollback()
        for account_id, changes in changed:
            if changes:
                change_account(account_id, changes)

    def put(self, model: Any) -> Any:
        """Of a passkey, keep that it was used; what else was changed, `commit` looks for."""
        if not isinstance(model, WebAuthnMixin):
            return super().put(model)  # type: ignore[no-untyped-call]
        number, sign_count, backed_up = model.id, model.sign_count, model.backup_state
        self.db.session.expire(model)  # the service writes, not this session
        verbs.note_use(number, sign_count=sign_count, backed_up=backed_up, now=clock.now())
        return model

    def create_webauthn(self, user: Any, **told: Any) -> None:  # type: ignore[override]
        """Keep a new passkey."""
        verbs.keep_passkey(user.id, told, now=clock.now())

    def delete_webauthn(self, webauthn: Any) -> None:
        """Remove a passkey."""
        verbs.remove_passkey(webauthn.account, webauthn.id)

    def set_webauthn_user_handle(self, user: Any, user_handle: str | None = None) -> None:
        """Give an account the number by which devices know it."""
        verbs.give_handle(user.id)
        self.db.session.refresh(user)


def _changes(account: Any) -> dict[str, Any]:
    return {
        attribute.key: attribute.value
        for attribute in inspect(account).attrs
        if attribute.history.has_changes()
    }


def ask_to_sign_in(refusal: SignInNeeded) -> Any:
    """A person who opens a page is led to the sign-in page and back; a program is refused."""
    from tracker.web.frame import problems

    if request.method not in ("GET", "HEAD") or problems.wants_json():
        return problems.render(refusal)
    wanted = local_path(request.full_path.rstrip("?"))
    return redirect(url_for("security.login", next=None if wanted == "/" else wanted), 303)


def _greet(_: Flask, user: Any) -> None:
    """Begin a session, in the account's language unless one was chosen on the sign-in page."""
    session.permanent = True
    session[BEGUN], session[NUMBER] = clock.now().timestamp(), secrets.token_hex(16)
    if user.locale in LOCALES:
        session.setdefault("locale", user.locale)


def _end(_: Flask, **__: Any) -> None:
    """Signing out ends the session here, not only in this browser: a copied cookie is worthless."""
    if number := session.pop(NUMBER, None):
        end_session(number, now=clock.now(), longest=SHIFT)
    session.pop(BEGUN, None)


def _is_over() -> bool:
    """Whether the session that this request carries has ended, or lasts too long."""
    begun, number = session.get(BEGUN), session.get(NUMBER)
    if begun is None or number is None:
        return True
    is_late = clock.now().timestamp() - begun > SHIFT.total_seconds()
    return is_late or people.has_ended(number)


def settings(app: Flask) -> dict[str, Any]:
    """What Flask-Security, Flask-Login and Flask need to know."""
    secure = app.config["SECURE_COOKIES"]
    return {
        "SESSION_COOKIE_NAME": "__Host-kittrail" if secure else "kittrail",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": secure,
        "PERMANENT_SESSION_LIFETIME": SHIFT,
        # "strong" would sign a phone out whenever its network changes.
        "SESSION_PROTECTION": "basic",
        "SECURITY_PASSWORD_SALT": app.config["KEYS"].get("password_salt", "unset"),
        "SECURITY_PASSWORD_HASH": "argon2",
        "SECURITY_PASSWORD_SCHEMES": ["argon2"],
        "SECURITY_DEPRECATED_PASSWORD_SCHEMES": [],
        "SECURITY_PASSWORD_LENGTH_MIN": 12,
        "SECURITY_PASSWORD_COMPLEXITY_CHECKER": None,
        "SECURITY_PASSWORD_CHECK_BREACHED": None,
        "SECURITY_REGISTERABLE": False,
        "SECURITY_RECOVERABLE": False,
        "SECURITY_CHANGEABLE": True,
        "SECURITY_SEND_REGISTER_EMAIL": False,
        "SECURITY_SEND_PASSWORD_CHANGE_EMAIL": False,
        "SECURITY_RETURN_GENERIC_RESPONSES": True,
        "SECURITY_LOGOUT_METHODS": ["POST"],
        "SECURITY_CHANGE_URL": "/password",
        "SECURITY_POST_LOGIN_VIEW": "/",
        "SECURITY_POST_LOGOUT_VIEW": "/login",
        "SECURITY_POST_CHANGE_VIEW": "/",
        "SECURITY_FLASH_MESSAGES": True,
        **passkeys.SETTINGS,
        **{f"SECURITY_MSG_{name}": (text, "error") for name, text in MESSAGES.items()},
        "SECURITY_MSG_PASSWORD_CHANGE": (MESSAGES["PASSWORD_CHANGE"], "success"),
        "SECURITY_MSG_REAUTHENTICATION_SUCCESSFUL": (_l("Thank you. You may go on."), "success"),
    }


def init_app(app: Flask, accounts: Accounts) -> None:
    """Set signing in up on `app`."""
    for name, value in settings(app).items():
        app.config[name] = value
    own: dict[str, Any] = {
        "login_form": SignIn,
        "change_password_form": ChangePassword,
        "verify_form": Again,
    }
    security = Security(app, accounts, **own, **passkeys.FORMS)
    security.wan_serializer = passkeys.OneQuestion()  # type: ignore[assignment]
    security.unauthn_handler(_refuse)
    security.wan_register_context_processor(passkeys.known_to_the_page)
    user_logged_in.connect(_greet, app)
    user_logged_out.connect(_end, app)
    _load_while_it_lasts(security.login_manager)
    app.register_error_handler(SignInNeeded, ask_to_sign_in)
    for name in ("login", "wan_signin_response", "verify", "wan_verify_response"):
        app.view_functions[f"security.{name}"] = _guarded(app.view_functions[f"security.{name}"])


def _load_while_it_lasts(manager: LoginManager) -> None:
    """A session whose time is over, or that was ended, is nobody's."""
    load = manager._user_callback
    manager.user_loader(lambda key: None if _is_over() else load(key))


def _guarded(view: Callable[..., Any]) -> Callable[..., Response]:
    """A page of Flask-Security's by which people get in: guessing is slowed down.

    It leads to nowhere but this server: the library lets through addresses that some browsers take
    for another server's.
    """

    @wraps(view)
    def shown(**asked: Any) -> Response:
        tries = request.method == "POST"
        who = Guesser(_account_tried()) if tries else None
        if who is not None:
            who.require_patience()
        response = make_response(view(**asked))
        if who is not None and _let_nobody_in(response):
            who.count_miss()
        elif who is not None:
            who.remember(str(current_user.email), response)
        if response.location:
            response.location = local_path(response.location)
        return response

    return shown


def _account_tried() -> str:
    """The account that somebody tries to open; "" where a passkey says it."""
    if request.endpoint == "security.login":
        with suppress(InvalidValue):
            return str(said(Tried)["email"] or "")
        return ""
    return str(current_user.email) if current_user.is_authenticated else ""


def _let_nobody_in(response: Response) -> bool:
    """Whether an answer means that somebody guessed; a passkey's page leads back to itself."""
    failed = {url_for("security.wan_signin"), url_for("security.wan_verify")}
    return response.status_code != 302 or urlsplit(response.location or "").path in failed


def _refuse(*_: Any, **__: Any) -> NoReturn:
    raise SignInNeeded
