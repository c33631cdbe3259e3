"""One POST to an address that somebody else named, and to nowhere inside.

The name is resolved once. Every address it has must be a public one, and the connection goes to
the very address that was looked at: a name that changes its mind between the look and the call
gains nothing. Redirects are not followed, little of the answer is read, and the talk has one
deadline, however slowly the other side answers.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from queue import Empty, SimpleQueue
from urllib.parse import urlsplit

from tracker.errors import InvalidValue
from tracker.services.notices.outbox import Undeliverable

LONGEST_ADDRESS = 500
READ_AT_MOST = 1024  # bytes of an answer's body
SECONDS = 10  # for the talk, and as many before it to find the name, and to connect
PORTS = {"https": 443, "http": 80}

Network = IPv4Network | IPv6Network
Resolve = Callable[..., Sequence[tuple[object, ...]]]

_NAT64 = ip_network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class Target:
    """An address taken apart: `path` with its query, `is_tls` for https."""

    host: str
    port: int
    path: str
    is_tls: bool


def networks(setting: str) -> list[Network]:
    """The networks of TRACKER_WEBHOOKS_ALLOW. Raises ValueError for what is none."""
    return [ip_network(word, strict=False) for word in setting.split()]


def taken_apart(address: str) -> Target:
    """`address` as a target. Raises InvalidValue for what is no plain http(s) address."""
    refused = InvalidValue("This is not an address that can be called.", field="address")
    if len(address) > LONGEST_ADDRESS or not address.isascii() or not address.isprintable():
        raise refused
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        raise refused from None
    plain = parts.hostname and parts.scheme in PORTS and " " not in address
    if not plain or "@" in parts.netloc or parts.fragment or port == 0:
        raise refused
    assert parts.hostname is not None
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    is_tls = parts.scheme == "https"
    return Target(parts.hostname, port or PORTS[parts.scheme], path, is_tls)


def checked(
    target: Target,
    allowed: Sequence[Network],
    resolve: Resolve = socket.getaddrinfo,
    seconds: float = SECONDS,
) -> list[str]:
    """The addresses that the name of `target` has, all of which may be called.

    Raises Undeliverable, where one is private, loopback, link-local, reserved or multicast, or is
    to be called without TLS, but for `allowed` networks; and where looking takes longer than
    `seconds`.
    """
    try:
        found = _looked_up(target, resolve, seconds)
    except (OSError, UnicodeError):
        raise Undeliverable("the name of the address cannot be found") from None
    named = list(dict.fromkeys(str(row[4][0]) for row in found))  # type: ignore[index]
    if not named:
        raise Undeliverable("the name of the address cannot be found")
    for one in named:
        there = ip_address(one.partition("%")[0])
        if any(there in network for network in allowed if network.version == there.version):
            continue
        if not target.is_tls:
            raise Undeliverable("only https is called")
        if not is_public(there):
            raise Undeliverable("the address leads to a private network")
    return named


def _looked_up(target: Target, resolve: Resolve, seconds: float) -> Sequence[tuple[object, ...]]:
    """What `resolve` answers; a resolver has no deadline of its own."""
    told: SimpleQueue[Sequence[tuple[object, ...]] | Exception] = SimpleQueue()

    def look() -> None:
        try:
            told.put(resolve(target.host, target.port, type=socket.SOCK_STREAM))
        except Exception as problem:  # noqa: BLE001 - raised below, where somebody waits for it
            told.put(problem)

    threading.Thread(target=look, daemon=True).start()
    try:
        found = told.get(timeout=seconds)
    except Empty:
        raise Undeliverable("the name of the address was not found in time") from None
    if isinstance(found, Exception):
        raise found
    return found


def is_public(there: IPv4Address | IPv6Address) -> bool:
    """Whether an address is anybody's on the internet; those that carry another are looked into."""
    if isinstance(there, IPv6Address):
        if there in _NAT64:
            return is_public(IPv4Address(int(there) & 0xFFFFFFFF))
        inner = [there.ipv4_mapped, there.sixtofour, *(there.teredo or ())]
        if there.is_site_local or not all(is_public(one) for one in inner if one is not None):
            return False
    return there.is_global and not there.is_multicast and not there.is_reserved


def post(
    address: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    allowed: Sequence[Network],
    resolve: Resolve = socket.getaddrinfo,
    seconds: float = SECONDS,
) -> int:
    """POST `body` to `address`; the status of the answer. Raises Undeliverable without one."""
    target = taken_apart(address)
    found = checked(target, allowed, resolve, seconds)
    try:
        with _connected(target, found, seconds) as connection:
            connection.request("POST", target.path, body, dict(headers))
            answer = connection.getresponse()
            answer.read(READ_AT_MOST)
            return answer.status
    except ssl.SSLError:
        raise Undeliverable("the certificate or TLS of the address is wrong") from None
    except TimeoutError:
        raise Undeliverable("the address did not answer in time") from None
    except (OSError, http.client.HTTPException, ValueError) as problem:
        raise Undeliverable(f"the address cannot be reached ({type(problem).__name__})") from None


@contextmanager
def _connected(
    target: Target, found: Sequence[str], seconds: float
) -> Iterator[http.client.HTTPConnection]:
    """A connection to an address that was found, whatever the name says now; cut in time."""
    context = ssl.create_default_context()
    connection: http.client.HTTPConnection
    if target.is_tls:
        connection = http.client.HTTPSConnection(target.host, target.port, context=context)
    else:
        connection = http.client.HTTPConnection(target.host, target.port)
    connection.sock = _reached(found, target.port, seconds)
    over = threading.Event()
    watch = threading.Timer(seconds, _cut, (connection, over))
    watch.start()
    try:
        if target.is_tls:
            secured = context.wrap_socket(
                connection.sock, server_hostname=target.host, do_handshake_on_connect=False
            )
            connection.sock = secured
            secured.do_handshake()
        yield connection
    except (OSError, http.client.HTTPException):
        if over.is_set():
            raise TimeoutError from None
        raise
    finally:
        watch.cancel()
        connection.close()


def _reached(found: Sequence[str], port: int, seconds: float) -> socket.socket:
    """The first of the addresses that answers: a server without IPv6 goes on to the next."""
    *others, last = found
    for there in others:
        with suppress(OSError):
            return socket.create_connection((there, port), seconds)
    return socket.create_connection((last, port), seconds)


def _cut(connection: http.client.HTTPConnection, over: threading.Event) -> None:
    """End whatever is being waited for, below TLS."""
    over.set()
    with suppress(OSError):
        socket.socket.shutdown(connection.sock, socket.SHUT_RDWR)
