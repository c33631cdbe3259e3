"""Settings: what they are, their defaults, and where the keys are found.

Each setting can be given as an environment variable `TRACKER_<NAME>`. Keys live in files that
only the server's user can read, in `TRACKER_HOME/keys`, made by `tracker init`; never in the
database, so that who holds the database alone can neither open a site nor sign a checkpoint.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any

DEFAULTS: dict[str, Any] = {
    "DATABASE_URL": "",  # empty: SQLite in TRACKER_HOME/tracker.sqlite
    "HOST": "localhost:8000",  # the host printed in labels' QR codes
    "EVIDENCE": "",  # where photos, signatures and papers are kept; empty: TRACKER_HOME/evidence
    "GS1_PREFIX": "",  # of this installation's owner: boxes and pallets then get an SSCC
    "IATI_ORG": "",  # who publishes IATI: its identifier there, as UA-EDR-00000000
    "IATI_NAME": "",  # and its name
    "IATI_KIND": "10",  # and its kind, a code of IATI's list of organisation types: government
    "AID_CLOCK_STARTS": "release",  # the passage from which a report on aid is counted
    "AID_REPORT_DAYS": 90,  # how many days after it the report is due
    "AID_DECLARATION_DAYS": 30,  # how many days a declaration of aid is good
    "CONTACT": "",  # whom a finder should call: shown to anyone who scans a label
    "DONOR_DELAY_DAYS": 3,  # how old the newest day is that donors see
    "DONOR_PLACE_LAG_DAYS": 14,  # how long after its month a snapshot of places is shown
    "DONOR_VIEW_SECONDS": 10,  # how long a donor's figures are kept in memory before a new look
    "EXPORT_AT_ONCE": 5000,  # an export with more units is made by the worker, not in a request
    "SMALL_CELL": 5,  # fewer sites than this in a cell are merged into "other"
    "FRONT_LINE": "",  # p-codes shown to donors only as one macro-region, separated by blanks
    "SITE_READINGS_PER_DAY": 20,  # how many sealed sites one person may open in a day
    "CLOCK_TOLERANCE_SECONDS": 120,  # a device clock further off than this is said in the answer
    "SHARE_SESSION_MINUTES": 60,  # how long a donor's share page stays open
    "MAIL_HOST": "",  # the mail server; empty: this installation sends no mail
    "MAIL_PORT": 587,
    "MAIL_TLS": "starttls",  # or "tls" from the first byte, or "none" on a closed network
    "MAIL_USER": "",  # who signs in there; the password is the key `mail`
    "MAIL_FROM": "",  # the address from which notices come
    "WEBHOOKS_ALLOW": "",  # networks that may be called though private, and without TLS
    "RATE_LIMITS": True,
    "TRUSTED_PROXIES": 0,  # how many proxies stand before this, and say who asks
    "SECURE_COOKIES": False,  # set behind TLS
    "DEFAULT_LOCALE": "uk",
    "CHUNK": 500,  # scans written under one hold of the write lock
}

UMASK = 0o077
"""What commands and the server write is for their own user only."""

CLOCK_STARTS = ("border", "customs_in", "release", "arrived")
"""The passages of a consignment from which the clock of an aid code can be counted."""

LONGEST_CLOCK = 3650  # days: nobody waits ten years for a report

KEY_NAMES = ("secret", "password_salt", "sites", "checkpoint", "receipts", "notices", "metrics")
GIVEN_KEYS = ("mail",)  # never made here: somebody else chose it, and not everybody has one


def load(overrides: dict[str, Any] | None = None) -> dict[str, Any]:
    """All settings as one dictionary for `app.config`.

    Order: defaults, `TRACKER_*` variables, `overrides`. Raises ValueError for a number that is
    not one and for a clock that nothing would start, naming the variable.
    """
    settings: dict[str, Any] = dict(DEFAULTS)
    for name, default in DEFAULTS.items():
        given = os.environ.get(f"TRACKER_{name}")
        if given is not None:
            settings[name] = _typed(name, given, default)
    settings["HOME"] = os.environ.get("TRACKER_HOME", "instance")
    settings.update(overrides or {})
    _check_clock(settings)
    home = Path(settings["HOME"]).resolve()
    settings["HOME"] = home
    settings.setdefault("KEYS", read_keys(home))
    settings["MISSING_KEYS"] = [name for name in KEY_NAMES if name not in settings["KEYS"]]
    settings["MIGRATIONS"] = MIGRATIONS
    settings["SQLALCHEMY_DATABASE_URI"] = (
        settings["DATABASE_URL"] or f"sqlite:///{home / 'tracker.sqlite'}"
    )
    # The connection used last has its pages of the database still in memory.
    settings["SQLALCHEMY_ENGINE_OPTIONS"] = {"pool_use_lifo": True}
    settings["SECRET_KEY"] = settings["KEYS"].get("secret") or secrets.token_hex(32)
    return settings


def _typed(name: str, given: str, default: Any) -> Any:
    if isinstance(default, bool):
        return given.strip().lower() in ("1", "true", "yes", "on")
    if isinstance(default, int):
        try:
            return int(given)
        except ValueError:
            raise ValueError(f"TRACKER_{name} must be a whole number, not {given!r}") from None
    return given


def _check_clock(settings: dict[str, Any]) -> None:
    start = settings["AID_CLOCK_STARTS"]
    if start not in CLOCK_STARTS:
        among = ", ".join(CLOCK_STARTS)
        raise ValueError(f"TRACKER_AID_CLOCK_STARTS must be one of {among}, not {start!r}")
    for name in ("AID_REPORT_DAYS", "AID_DECLARATION_DAYS"):
        if not 1 <= settings[name] <= LONGEST_CLOCK:
            raise ValueError(f"TRACKER_{name} must be from 1 to {LONGEST_CLOCK}")


def read_keys(home: Path) -> dict[str, str]:
    """The keys of `home/keys`, by name; `TRACKER_KEY_<NAME>` goes first.

    Those made here are hexadecimal text, those given (a password) whatever was given.
    """
    keys: dict[str, str] = {}
    for name in (*KEY_NAMES, *GIVEN_KEYS):
        given = os.environ.get(f"TRACKER_KEY_{name.upper()}")
        file = home / "keys" / name
        if given:
            keys[name] = given
        elif file.is_file():
            keys[name] = file.read_text(encoding="utf-8").strip()
    return keys


def make_keys(home: Path) -> list[str]:
    """Make the keys that are missing in `home/keys` (32 random bytes each, hexadecimal, 0600).

    Returns the names made. A key that exists is never touched: it could not be replaced.
    """
    folder = home / "keys"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    made = []
    for name in KEY_NAMES:
        file = folder / name
        if file.exists() or os.environ.get(f"TRACKER_KEY_{name.upper()}"):
            continue
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as stream:
            stream.write(secrets.token_hex(32))
        made.append(name)
    return made


MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"
