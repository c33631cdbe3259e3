"""The installation's files are for the server's user only: 0600, their folders 0700.

Every command sets its umask so; what an earlier version left readable by others, `tracker init`
closes, and `tracker doctor` names.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from flask import current_app

OTHERS = stat.S_IRWXG | stat.S_IRWXO


def open_to_others() -> Iterator[Path]:
    """Each file and folder of this installation that another user of the machine may open."""
    for folder in _folders():
        for path in (folder, *sorted(folder.rglob("*"))):
            with suppress(FileNotFoundError):  # SQLite's own files come and go
                if not path.is_symlink() and path.stat().st_mode & OTHERS:
                    yield path


def close_to_others() -> int:
    """Take the rights of everybody else from them; how many were open."""
    closed = 0
    for path in open_to_others():
        with suppress(FileNotFoundError):
            path.chmod(stat.S_IMODE(path.stat().st_mode) & ~OTHERS)
            closed += 1
    return closed


def create_closed(file: Path) -> None:
    """Make an empty file that only this user can read. Raises FileExistsError."""
    os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def _folders() -> Iterator[Path]:
    yield current_app.config["HOME"]
    if (elsewhere := current_app.config["EVIDENCE"]) and Path(elsewhere).is_dir():
        yield Path(elsewhere).resolve()
