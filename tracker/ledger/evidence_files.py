"""Where the files of evidence and papers stand, and whether one still is what its name says."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Literal

from flask import current_app

Fault = Literal["gone", "changed"]


def path_of(sha: str) -> Path:
    """Where the file with this SHA-256 (hexadecimal) stands."""
    folder = current_app.config["EVIDENCE"] or current_app.config["HOME"] / "evidence"
    return Path(folder) / sha[:2] / sha


def fault_of(sha: str) -> Fault | None:
    """What is wrong with the file under this SHA-256; None where it is as it was kept."""
    digest = hashlib.sha256()
    try:
        with path_of(sha).open("rb") as file:
            while part := file.read(1 << 20):
                digest.update(part)
    except (OSError, ValueError):
        return "gone"
    return None if digest.hexdigest() == sha else "changed"
