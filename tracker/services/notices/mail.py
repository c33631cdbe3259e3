"""Sending mail by the server that the settings name (`MAIL_*`)."""

from __future__ import annotations

import smtplib
import ssl
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from email_validator import EmailNotValidError, validate_email
from flask import current_app

from tracker.errors import InvalidValue
from tracker.services.notices.mail_texts import MANAGE, Letter, public_address
from tracker.services.notices.outbox import Undeliverable

TIMEOUT = 15  # seconds, for each answer of the server


def is_set_up() -> bool:
    """Whether this installation sends mail."""
    return not missing()


def missing() -> list[str]:
    """The settings without which no mail goes out; empty when there is nothing to set."""
    settings = current_app.config
    lacking = [name for name in ("MAIL_HOST", "MAIL_FROM") if not settings[name]]
    if settings["MAIL_USER"] and "mail" not in settings["KEYS"]:
        lacking.append("KEY_MAIL")
    return lacking


def checked_address(address: str) -> str:
    """`address` as mail servers write it. Raises InvalidValue for one that cannot be."""
    try:
        found = validate_email(address.strip(), check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError:
        raise InvalidValue("This is not an e-mail address.", field="address") from None
    return found.ascii_email or found.normalized


def envelope(
    letter: Letter, *, to: str, uid: str, manage: str, end: str, sent_at: datetime
) -> EmailMessage:
    """The whole mail. `manage` and `end` are tokens; `uid` names the delivery through all tries.

    A subject or address with a line break raises ValueError: the library writes no such header.
    """
    host = current_app.config["HOST"].partition(":")[0]
    mail = EmailMessage(policy=SMTP)
    mail["From"] = Address("KitTrail", addr_spec=current_app.config["MAIL_FROM"])
    mail["To"] = Address(addr_spec=to)
    mail["Subject"] = letter.subject
    mail["Date"] = format_datetime(sent_at)
    mail["Message-ID"] = f"<{uid}@{host}>"
    mail["Auto-Submitted"] = "auto-generated"
    if letter.what == "digest":
        mail["List-Unsubscribe"] = f"<{public_address('/u/' + end)}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    link = public_address(f"/d/mail?lang={letter.locale}#{manage}")
    mail.set_content(letter.plain.replace(MANAGE, link))
    mail.add_alternative(letter.html.replace(MANAGE, link), subtype="html")
    mail["Content-Language"] = letter.locale  # of the whole: set earlier it would go with a part
    return mail


def send(mail: EmailMessage) -> None:
    """Hand `mail` to the server. Raises Undeliverable; for good where the address is refused."""
    settings = current_app.config
    if lacking := missing():
        raise Undeliverable(f"mail is not set up ({', '.join(lacking)})")
    try:
        with _connected() as server:
            if settings["MAIL_USER"]:
                server.login(settings["MAIL_USER"], settings["KEYS"]["mail"])
            server.send_message(mail)
    except smtplib.SMTPRecipientsRefused as refused:
        code = next(iter(refused.recipients.values()))[0]
        raise Undeliverable(
            f"the mail server refused the address ({code})", for_good=code >= 500
        ) from None
    except smtplib.SMTPDataError as refused:
        code = refused.smtp_code
        raise Undeliverable(
            f"the mail server refused the mail ({code})", for_good=code >= 500
        ) from None
    except smtplib.SMTPResponseException as refused:
        raise Undeliverable(f"the mail server would not go on ({refused.smtp_code})") from None
    except (smtplib.SMTPException, OSError) as problem:
        kind = type(problem).__name__
        raise Undeliverable(f"the mail server cannot be used ({kind})") from None


def _connected() -> smtplib.SMTP:
    settings = current_app.config
    host, port, tls = (settings[f"MAIL_{name}"] for name in ("HOST", "PORT", "TLS"))
    context = ssl.create_default_context()
    if tls == "tls":
        return smtplib.SMTP_SSL(host, port, timeout=TIMEOUT, context=context)
    server = smtplib.SMTP(host, port, timeout=TIMEOUT)
    if tls != "none":  # whatever is misspelt is taken for the safer
        try:
            server.starttls(context=context)
        except BaseException:
            server.close()
            raise
    return server
