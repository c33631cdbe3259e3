"""Straight to a printer: over the network (`host:9100`), or through the system's `lp`.

Nothing is sent twice by itself. A failure says how many labels were handed over, so that a person
can look at the printer and go on from there.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterable
from pathlib import Path

PORT = 9100
_GOODBYE = 2.0  # seconds in which a printer may close the connection, or break it
_PRINTER = re.compile(r"[A-Za-z0-9_][\w.@/-]*")  # a name for lp, and never one of its options


class PrintError(RuntimeError):
    """Printing failed. `sent` labels were handed over whole; perhaps the next one was in part."""

    def __init__(self, message: str, sent: int = 0) -> None:
        super().__init__(message)
        self.sent = sent


def address_of(text: str) -> tuple[str, int]:
    """`host`, `host:port` or `[v6]:port` as host and port. Raises ValueError for anything else."""
    match = re.fullmatch(r"\[(?P<six>[0-9A-Fa-f:.]+)\](?::(?P<p>\d+))?", text) or re.fullmatch(
        r"(?P<six>[^\s:/\[\]]+)(?::(?P<p>\d+))?", text
    )
    port = int(match["p"] or PORT) if match else 0
    if match is None or not 0 < port < 65536:
        raise ValueError(f"{text!r} is not the address of a printer, such as 10.0.0.7:9100.")
    return match["six"], port


def send(parts: Iterable[bytes], printer: str, timeout: float = 10.0) -> int:
    """Send each label to the network printer at `printer` (`host:port`); how many there were.

    `timeout` seconds are allowed to connect, and for each label to be taken. Raises PrintError,
    whose `sent` says where to go on.
    """
    host, port = address_of(printer)
    try:
        connection = socket.create_connection((host, port), timeout)
    except OSError as problem:
        raise PrintError(
            f"No printer answers at {host}:{port} ({_reason(problem)}). Nothing was sent."
        ) from None
    sent = 0
    with connection:
        try:
            for part in parts:
                connection.sendall(part)
                sent += 1
            _say_goodbye(connection)
        except OSError as problem:
            raise PrintError(
                f"The printer at {host}:{port} stopped taking labels ({_reason(problem)}). {sent} "
                "were handed over. Look at what it has printed before you go on from there.",
                sent,
            ) from None
    return sent


def _say_goodbye(connection: socket.socket) -> None:
    """Wait until the printer has read all or broken off; a silent one has read all."""
    connection.shutdown(socket.SHUT_WR)
    connection.settimeout(_GOODBYE)
    try:
        while connection.recv(1024):
            pass
    except TimeoutError:
        pass


def print_file(
    file: str | os.PathLike[str], printer: str = "", copies: int = 1, timeout: float = 30.0
) -> str:
    """Hand a PDF to the system's `lp`, to be printed at its true size; what `lp` answered.

    `printer` is its name in the system, empty for the usual one. Raises PrintError.
    """
    if printer and not _PRINTER.fullmatch(printer):
        raise PrintError(f"{printer!r} is not the name of a printer.")
    program = shutil.which("lp")
    if program is None:
        raise PrintError("There is no lp on this machine. To have it: sudo apt install cups-client")
    command = [program, *(["-d", printer] if printer else []), "-n", str(copies)]
    command += ["-o", "print-scaling=none", "--", str(Path(file).resolve(strict=True))]
    try:
        answer = subprocess.run(  # noqa: S603 - no shell; every argument is checked or a path
            command, capture_output=True, text=True, timeout=timeout, check=False
        )
    except subprocess.TimeoutExpired:
        raise PrintError(
            f"lp did not answer in {timeout:g} s. It may print yet: see lpstat -o."
        ) from None
    if answer.returncode:
        raise PrintError(f"lp refused: {answer.stderr.strip() or answer.returncode}")
    return answer.stdout.strip()


def _reason(problem: OSError) -> str:
    return "no answer in time" if isinstance(problem, TimeoutError) else str(problem)
