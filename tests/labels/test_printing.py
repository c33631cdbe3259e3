"""Printing: over the network and through lp, once, with an error that says what was printed."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from labels.printing import PrintError, address_of, print_file, send

LABELS = [f"^XA{number}^XZ\n".encode() for number in range(3)]


@contextmanager
def printer(behave: Callable[[socket.socket], None]) -> Iterator[str]:
    """A printer on this machine that takes one connection and behaves as told; its address."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                behave(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        thread.join(10)


def read_all(connection: socket.socket, into: list[bytes]) -> None:
    while part := connection.recv(4096):
        into.append(part)


def test_every_label_reaches_the_printer_once_in_order() -> None:
    heard: list[bytes] = []
    with printer(lambda connection: read_all(connection, heard)) as address:
        assert send(LABELS, address) == 3
    assert b"".join(heard) == b"".join(LABELS)


def test_a_printer_that_is_not_there_is_told_and_nothing_was_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(PrintError, match="Nothing was sent") as caught:
        send(LABELS, f"127.0.0.1:{port}", timeout=2)
    assert caught.value.sent == 0


def test_a_printer_that_stops_taking_labels_is_told_with_how_many_were_sent() -> None:
    enough = threading.Event()

    def stall(connection: socket.socket) -> None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        enough.wait(10)

    def labels() -> Iterator[bytes]:
        yield from LABELS
        yield b"^XA" + b" " * 50_000_000 + b"^XZ"  # more than any buffer between us takes

    with printer(stall) as address:
        with pytest.raises(PrintError, match=r"no answer in time.*3 were handed over") as caught:
            send(labels(), address, timeout=0.2)
        enough.set()
    assert caught.value.sent == 3


def test_a_printer_that_breaks_off_is_told() -> None:
    def slam(connection: socket.socket) -> None:
        connection.recv(1)  # what is left unread makes closing an abort
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")

    with printer(slam) as address, pytest.raises(PrintError, match="Look at what it has printed"):
        send([b"x" * 100_000] * 3, address, timeout=2)


def test_a_failure_while_drawing_is_not_taken_for_the_printers() -> None:
    def labels() -> Iterator[bytes]:
        yield LABELS[0]
        raise LookupError("no such label")

    with (
        printer(lambda connection: read_all(connection, [])) as address,
        pytest.raises(LookupError),
    ):
        send(labels(), address)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10.0.0.7", ("10.0.0.7", 9100)),
        ("zebra.local:6101", ("zebra.local", 6101)),
        ("[fe80::1]:9100", ("fe80::1", 9100)),
        ("[::1]", ("::1", 9100)),
    ],
)
def test_a_printers_address_may_leave_out_the_port(text: str, expected: tuple[str, int]) -> None:
    assert address_of(text) == expected


@pytest.mark.parametrize("text", ["", "a b", "host:0", "host:70000", "http://host/", "host:x"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not the address of a printer"):
        address_of(text)


@pytest.fixture
def lp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for lp on the path that writes down its arguments; the file it writes to."""
    heard = tmp_path / "heard"
    program = tmp_path / "bin" / "lp"
    program.parent.mkdir()
    program.write_text(
        "#!/bin/sh\n"
        f'for word in "$@"; do printf "%s\\n" "$word" >> "{heard}"; done\n'
        'case "$*" in *broken*) echo "lp: no such printer" >&2; exit 1;; esac\n'
        'echo "request id is office-12 (1 file)"\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    return heard


def test_lp_gets_the_file_once_at_its_true_size(lp: Path, tmp_path: Path) -> None:
    (tmp_path / "-o x.pdf").write_bytes(b"%PDF")
    answer = print_file(tmp_path / "-o x.pdf", "office", copies=2)
    assert answer == "request id is office-12 (1 file)"
    heard = lp.read_text().splitlines()
    assert heard[:6] == ["-d", "office", "-n", "2", "-o", "print-scaling=none"]
    assert heard[6:] == ["--", str(tmp_path / "-o x.pdf")]


def test_what_lp_complains_about_is_told(lp: Path, tmp_path: Path) -> None:
    (tmp_path / "x.pdf").write_bytes(b"%PDF")
    with pytest.raises(PrintError, match="lp: no such printer"):
        print_file(tmp_path / "x.pdf", "broken")
    assert lp.read_text().count("x.pdf") == 1


@pytest.mark.parametrize("name", ["-d", "a b", "x;reboot", "--help"])
def test_a_printers_name_cannot_be_an_option(lp: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "x.pdf").write_bytes(b"%PDF")
    with pytest.raises(PrintError, match="not the name of a printer"):
        print_file(tmp_path / "x.pdf", name)
    assert not lp.exists()


def test_a_machine_without_lp_is_told_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "x.pdf").write_bytes(b"%PDF")
    with pytest.raises(PrintError, match="cups-client"):
        print_file(tmp_path / "x.pdf")
