"""Whether a phone somewhere else can follow the address in a symbol.

A label outlives the computer that printed it. Printed with a host that only this machine or this
building knows, its symbol leads nowhere for ever; so whoever prints asks here first. Nothing is
looked up: a name is judged by what it is, not by what answers today.
"""

from __future__ import annotations

import ipaddress
import re
import socket

# Names that no public server has: RFC 6761, 6762, 7686, 8375, 9476 and what routers hand out.
NEAR = frozenset(
    {
        *("localhost", "local", "localdomain", "internal", "intranet", "private", "lan", "home"),
        *("corp", "domain", "arpa", "test", "invalid", "onion", "alt"),
    }
)
_WITH_PORT = re.compile(r"(?P<name>\[[^\]]*\]|[^:]*)(?::[0-9]*)?")


def is_public(host: str) -> bool:
    """Whether `host` (a name or an address, with or without a port) may be reached from anywhere.

    False for `localhost` and its like, for a bare word, for an address of a private network or of
    no single machine, and for what is no host at all. A name that might be public is taken for
    public.
    """
    text = host.strip().lower()
    try:
        return _is_global(ipaddress.ip_address(text))  # an IPv6 address that stands alone
    except ValueError:
        pass
    parts = _WITH_PORT.fullmatch(text)
    if parts is None:
        return False
    name = parts["name"].rstrip(".")
    labels = name.split(".")
    if name.startswith("[") or _is_number(labels[-1]):
        return _is_global_number(name)
    if len(labels) < 2 or not all(labels) or any(one in "/@?#\\ " for one in name):
        return False
    return labels[-1] not in NEAR


def _is_number(label: str) -> bool:
    """Whether browsers take a name that ends in this for an IPv4 address."""
    return label.isdecimal() or re.fullmatch(r"0x[0-9a-f]*", label) is not None


def _is_global_number(text: str) -> bool:
    """The same for an address in figures, also in the short forms that browsers read: 127.1."""
    try:
        if text.startswith("["):
            return _is_global(ipaddress.IPv6Address(text[1:-1]))
        return _is_global(ipaddress.IPv4Address(socket.inet_aton(text)))
    except (ValueError, OSError):
        return False


def _is_global(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    inside = getattr(address, "ipv4_mapped", None)
    if inside is not None:
        return _is_global(inside)
    return address.is_global and not address.is_multicast
