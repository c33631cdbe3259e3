"""Bring what others made and only tests need into .venv; `./run test` calls this.

Without the network nothing is brought; the tests that need a part say so (tests/house/parts.py).
"""

from __future__ import annotations

import runpy
import shutil
import subprocess
from pathlib import Path

from tests.exports import iati_schemas

ROOT = Path(__file__).resolve().parents[2]
# What npm brings: its name in .venv, and the folder where it is locked.
PARTS = {
    "renderer": "tests/labels/renderer",
    "epcis": "tests/exports/schemas",
    "checker": "tests/web/checker",
}


def main() -> None:
    """Bring each part, unless it was brought from this very lock file."""
    run = runpy.run_path(str(ROOT / "run"))
    for name, place in PARTS.items():
        source, folder = ROOT / place, run["VENV"] / name
        made_from = run["fingerprint"](sorted(source.glob("package*.json")))
        if run["is_current"](folder / "node_modules" / "brought", made_from):
            continue
        run["say"](f"Bringing {name} to test with")
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(source, folder)
        quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
        command = [*run["npm"](folder), "ci", *quiet]  # and a node to run it, which stays
        if subprocess.run(command, cwd=folder, check=False).returncode == 0:
            (folder / "node_modules" / "brought").write_text(made_from)
    iati_schemas.main()


if __name__ == "__main__":
    main()
