"""`tracker user ...` and `tracker device ...`: who may sign in, and what may scan."""

from __future__ import annotations

import sys
from datetime import timedelta

import click

from tracker import clock
from tracker.commands.application import application
from tracker.domain.permissions import SYSTEM, Role
from tracker.errors import NotFound
from tracker.queries import devices as device_rows
from tracker.queries import people as queries
from tracker.queries.passkeys import KeptPasskey, passkeys_of
from tracker.services import devices, people
from tracker.services.passkeys import take_passkey

ROLE = click.Choice([role.value for role in Role])


@click.group()
def user() -> None:
    """People who sign in."""


@user.command("add")
@click.argument("email")
@click.option("--role", type=ROLE, required=True)
@click.option("--name", default="", help="What their own pages call them.")
@click.option("--party", help="A donor's party.")
@click.option("--oblast", "oblasts", multiple=True, help="A coordinator's oblast, UA46; repeat.")
@click.option("--location", "locations", multiple=True, help="Where they work; repeat.")
@click.option("--password-stdin", is_flag=True, help="Read the password instead of making one.")
def add_user(
    email: str,
    role: str,
    name: str,
    party: str | None,
    oblasts: tuple[str, ...],
    locations: tuple[str, ...],
    password_stdin: bool,
) -> None:
    """Make an account; its password is printed this once."""
    given = sys.stdin.readline().rstrip("\n") if password_stdin else None
    with application():
        people.lay_roles()
        password = people.add_account(
            email,
            Role(role),
            name=name,
            password=given,
            party=party,
            oblasts=oblasts,
            locations=locations,
            by=SYSTEM,
            now=clock.now(),
        )
    click.echo(f"{email} may sign in as {role}.")
    if not password_stdin:
        click.echo(f"Password, shown only now: {password}")


@user.command("list")
def list_users() -> None:
    """All accounts: e-mail, role, whether they may sign in."""
    with application():
        for account in queries.accounts():
            state = "active" if account.active else "ended"
            click.echo(f"{account.email}\t{', '.join(account.roles)}\t{state}")


@user.command("deactivate")
@click.argument("email")
def deactivate_user(email: str) -> None:
    """End an account's access at once."""
    with application():
        people.deactivate(email)
    click.echo(f"{email} can no longer sign in.")


@user.command("password")
@click.argument("email")
@click.option("--password-stdin", is_flag=True, help="Read the password instead of making one.")
def change_password(email: str, password_stdin: bool) -> None:
    """Give an account a new password and end its sessions."""
    given = sys.stdin.readline().rstrip("\n") if password_stdin else None
    with application():
        password = people.set_password(email, given)
    click.echo("The password is changed." if given else f"Password, shown only now: {password}")


@user.command("passkeys")
@click.argument("email")
def list_passkeys(email: str) -> None:
    """The passkeys of an account: name, since when, used when."""
    with application():
        for kept in _passkeys(email):
            click.echo(f"{kept.name}\tsince {kept.made_at:%Y-%m-%d}\tused {kept.used_at:%Y-%m-%d}")


@user.command("remove-passkey")
@click.argument("email")
@click.argument("name")
def remove_passkey(email: str, name: str) -> None:
    """Remove a passkey that was lost with its device, and end the sessions of its account."""
    with application():
        found = next((kept for kept in _passkeys(email) if kept.name == name), None)
        if found is None:
            raise NotFound(f"{email} has no passkey named {name}.")
        take_passkey(found.account, found.id, by=SYSTEM)
    click.echo(f"The passkey {name} of {email} opens nothing any more.")


def _passkeys(email: str) -> list[KeptPasskey]:
    found = passkeys_of(email)
    if found is None:
        raise NotFound(f"{email} has no account.")
    return found


@click.group()
def device() -> None:
    """Phones and scanners that send scans."""


@device.command("add")
@click.argument("name")
@click.option("--role", type=ROLE, required=True)
@click.option("--location", "locations", multiple=True, help="Where it scans; repeat.")
@click.option("--days", type=click.IntRange(1, 3660), help="After so many days it ends.")
def add_device(name: str, role: str, locations: tuple[str, ...], days: int | None) -> None:
    """Enrol a device; its bearer token is printed this once."""
    now = clock.now()
    ends = now + timedelta(days=days) if days else None
    with application():
        token = devices.add_device(
            name, Role(role), locations=locations, expires_at=ends, by=SYSTEM, now=now
        )
    click.echo(f"Bearer token of {name}, shown only now: {token}")


@device.command("list")
def list_devices() -> None:
    """All devices: number, name, role, state."""
    with application():
        for row in device_rows.list_devices():
            state = "revoked" if row.revoked_at else "enrolled"
            click.echo(f"{row.id}\t{row.name}\t{row.role}\t{state}")


@device.command("revoke")
@click.argument("number", type=int)
def revoke_device(number: int) -> None:
    """End a device's access at once."""
    with application():
        devices.revoke_device(number, by=SYSTEM, now=clock.now())
    click.echo(f"Device {number} can no longer send scans.")
