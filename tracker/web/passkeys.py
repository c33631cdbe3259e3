"""Passkeys, with Flask-Security's machinery: what a device is asked, and how its answer is read.

A person may use whatever they have: the phone or computer itself, or a security key. It must know
them by itself (no e-mail is typed) and ask for a PIN, a finger or a face. Each question is put to
one browser and answered once.
"""

from __future__ import annotations

import datetime as dt
import secrets
from typing import Any

from flask import Blueprint, current_app, flash, redirect, request, session, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_security import current_user  # type: ignore[attr-defined, unused-ignore]
from flask_security.utils import get_message
from flask_security.webauthn import (
    WebAuthnDeleteForm,
    WebAuthnRegisterForm,
    WebAuthnSigninForm,
    WebAuthnSigninResponseForm,
    WebAuthnVerifyForm,
)
from flask_security.webauthn_util import WebauthnUtil
from itsdangerous import BadSignature, SignatureExpired
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)
from wtforms import HiddenField, StringField, SubmitField
from wtforms.validators import DataRequired, Length

from tracker import clock
from tracker.domain.permissions import Action
from tracker.services.passkeys import take_passkey
from tracker.web.frame.gate import SOON, actor, needs

blueprint = Blueprint("passkeys", __name__)

ASKED = "passkey"
"""Where the session keeps the one question that this browser may answer."""

_FAILED = _l("This passkey opens no account here. Use another one, or your password.")
MESSAGES = {
    "WEBAUTHN_EXPIRED": _l("That took too long. Start once more."),
    "WEBAUTHN_NAME_REQUIRED": _l("Give the passkey a name."),
    "WEBAUTHN_NAME_INUSE": _l("You have a passkey of this name already."),
    "WEBAUTHN_NAME_NOT_FOUND": _l("You have no passkey of this name."),
    "WEBAUTHN_NAME_DISALLOWED_CHARACTERS": _l(
        "A name has letters, digits, blanks and . , - ’ only."
    ),
    "INVALID_INPUT": _l("A name has letters, digits, blanks and . , - ’ only."),
    "INVALID_INPUT_LENGTH": _l("The name is too long."),
    "WEBAUTHN_CREDENTIAL_ID_INUSE": _l("This passkey is known here already."),
    "WEBAUTHN_NO_VERIFY": _FAILED,
    "WEBAUTHN_UNKNOWN_CREDENTIAL_ID": _FAILED,
    "WEBAUTHN_ORPHAN_CREDENTIAL_ID": _FAILED,
    "WEBAUTHN_CREDENTIAL_WRONG_USAGE": _FAILED,
    "WEBAUTHN_MISMATCH_USER_HANDLE": _FAILED,
    "DISABLED_ACCOUNT": _FAILED,
    "API_ERROR": _l("That could not be read. Start once more."),
}
DONE = {
    "WEBAUTHN_REGISTER_SUCCESSFUL": _l("The passkey is kept. You may sign in with it from now on."),
    "WEBAUTHN_CREDENTIAL_DELETED": _l(
        "The passkey is removed and opens nothing any more. Delete it on the device too."
    ),
}


class AddPasskey(WebAuthnRegisterForm):
    """A name for the new passkey. It is enough by itself, never a second factor."""

    name = StringField(
        _l("Name of the device"),
        validators=[DataRequired(MESSAGES["WEBAUTHN_NAME_REQUIRED"]), Length(max=64)],
        render_kw={"maxlength": "64", "autocomplete": "off"},
    )
    usage = HiddenField()
    submit = SubmitField(_l("Add a passkey"))

    def validate(self, **kwargs: Any) -> bool:
        """As the library does it, whatever usage was posted."""
        self.usage.data = "first"
        return super().validate(**kwargs)


class OpenWithPasskey(WebAuthnSigninResponseForm):
    """What the device signed."""

    def validate(self, **kwargs: Any) -> bool:
        """As the library does it, for an account that is open."""
        if not super().validate(**kwargs):
            return False
        if self.user is not None and self.user.is_active:
            return True
        self.credential.errors = [get_message("DISABLED_ACCOUNT")[0]]
        return False


class OneQuestion:
    """The question that waits for an answer: it stands in the session, only its number in a URL.

    In place of the library's signed text, which would show the name of a device to every log and
    be good more than once and in any browser.
    """

    def dumps(self, state: dict[str, Any]) -> str:
        """Keep the question, instead of an earlier one; its number."""
        number = secrets.token_urlsafe(12)
        session[ASKED] = {"number": number, "at": clock.now().timestamp(), "state": state}
        return number

    def loads(self, number: str, max_age: float) -> Any:
        """The question of this number, once; BadSignature for none, SignatureExpired if late."""
        asked = session.pop(ASKED, None)
        if asked is None or asked["number"] != number:
            raise BadSignature("nobody was asked this")
        if clock.now().timestamp() - asked["at"] > max_age:
            raise SignatureExpired("asked too long ago")
        return asked["state"]

    def loads_unsafe(self, number: str) -> tuple[bool, None]:
        """What the library asks of a late answer and does not use: nothing."""
        return False, None


class Questions(WebauthnUtil):
    """What devices are asked."""

    def origin(self) -> str:
        """This server as browsers know it, also behind a proxy that ends TLS."""
        scheme = "https" if current_app.config["SECURE_COOKIES"] else request.scheme
        return f"{scheme}://{request.host}"

    def authenticator_selection(self, user: Any, usage: str) -> AuthenticatorSelectionCriteria:
        """Any device: the library's default would shut out the one that people hold in hand."""
        return AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        )

    def user_verification(self, user: Any, usage: list[str]) -> UserVerificationRequirement:
        """A PIN, a finger or a face: who finds a phone cannot sign in with it."""
        return UserVerificationRequirement.REQUIRED


FORMS: dict[str, Any] = {
    "wan_register_form": AddPasskey,
    "wan_signin_form": WebAuthnSigninForm,
    "wan_signin_response_form": OpenWithPasskey,
    "wan_delete_form": WebAuthnDeleteForm,
    "wan_verify_form": WebAuthnVerifyForm,
    "webauthn_util_cls": Questions,
}
SETTINGS: dict[str, Any] = {
    "SECURITY_WEBAUTHN": True,
    "SECURITY_TWO_FACTOR_IMPLEMENTATIONS": {},  # a password or a passkey, each enough by itself
    "SECURITY_WAN_RP_NAME": "KitTrail",
    "SECURITY_WAN_ALLOW_AS_FIRST_FACTOR": True,
    "SECURITY_WAN_ALLOW_USER_HINTS": False,
    "SECURITY_WAN_ALLOW_AS_VERIFY": ["first"],
    "SECURITY_WAN_NAME_ALLOWED_CHARS": ["L", "M", "N", "Pc", "Pd", "Pf", "Po", "Zs"],
    "SECURITY_WAN_REGISTER_URL": "/passkeys",
    "SECURITY_WAN_DELETE_URL": "/passkeys-remove",
    "SECURITY_WAN_SIGNIN_URL": "/login/passkey",
    "SECURITY_WAN_VERIFY_URL": "/verify/passkey",
    "SECURITY_WAN_REGISTER_WITHIN": dt.timedelta(minutes=10),
    "SECURITY_WAN_SIGNIN_WITHIN": dt.timedelta(minutes=5),
    "SECURITY_WAN_REGISTER_TEMPLATE": "security/passkeys.html",
    "SECURITY_WAN_SIGNIN_TEMPLATE": "security/passkey_sign_in.html",
    "SECURITY_WAN_VERIFY_TEMPLATE": "security/passkey_sign_in.html",
    "SECURITY_VERIFY_TEMPLATE": "security/verify.html",
    "SECURITY_FRESHNESS": SOON,
    "SECURITY_FRESHNESS_GRACE_PERIOD": dt.timedelta(minutes=10),
    **{f"SECURITY_MSG_{name}": (text, "error") for name, text in MESSAGES.items()},
    **{f"SECURITY_MSG_{name}": (text, "success") for name, text in DONE.items()},
}


def known_to_the_page() -> dict[str, Any]:
    """What the page of passkeys shows beside the forms."""
    return {"passkeys": current_user.webauthn}


@blueprint.post("/people/<int:account>/passkeys/<int:number>/remove")
@needs(Action.MANAGE_PEOPLE)
def remove(account: int, number: int) -> Any:
    """Remove the passkey of somebody who has lost a device."""
    take_passkey(account, number, by=actor())
    flash(gettext("The passkey is removed, and whoever was signed in as them is not any more."))
    return redirect(url_for("people.list_people"), 303)
