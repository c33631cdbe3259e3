"""Bring what others made and only tests need into .venv; `./run test` calls this.

Without the network nothing is brought; the tests that need a part say so (tests/house/parts.py).
"""

from __future__ import annotations

import runpy
import shutil
import subprocess
import sys
from pathlib import Path

from tests.exports import iati_schemas

ROOT = Path(__file__).resolve().parents[2]
# What npm brings: its name in .venv, and the folder where it is locked.
PARTS = {
    "renderer": "tests/labels/renderer",
    "epcis": "tests/exports/schemas",
    "checker": "tests/web/checker",
    "javascript": ".",
}


def main(*names: str) -> None:
    """Bring each part, or those named, unless it was brought from this very lock file."""
    run = runpy.run_path(str(ROOT / "run"))
    for name in names or PARTS:
        place = PARTS[name]
        source, folder = ROOT / place, run["VENV"] / name
        locked = sorted(source.glob("package*.json"))
        made_from = run["fingerprint"](locked)
        if run["is_current"](folder / "node_modules" / "brought", made_from):
            continue
        run["say"](f"Bringing {name} to test with")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for file in locked:
            shutil.copy(file, folder)
        command = [*run["npm"](folder), "ci", *run["QUIETLY"]]  # and a node to run it, which stays
        if subprocess.run(command, cwd=folder, check=False).returncode == 0:
            (folder / "node_modules" / "brought").write_text(made_from)
    # The types of what ./run has copied, beside it.
    (run["VENDOR"] / "idb.d.ts").write_text('export * from "idb";\n')
    if not names:
        iati_schemas.main()


if __name__ == "__main__":
    main(*sys.argv[1:])
