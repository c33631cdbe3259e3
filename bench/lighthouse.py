"""What Lighthouse says of a page, as it is set up for a slow phone on a slow network."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.house.parts import CHROMIUM, ROOT, need

PACKAGES = ROOT / "bench" / "lighthouse_packages"
FOLDER = ROOT / ".venv" / "lighthouse"
CHROME = "--headless=new --no-sandbox"


def performance(address: str) -> float:
    """Its score for performance, of 100. Brings Lighthouse from npm the first time."""
    program = FOLDER / "node_modules" / "lighthouse" / "cli" / "index.js"
    if not program.exists():
        _bring()
    with tempfile.TemporaryDirectory() as name:
        report = Path(name) / "report.json"
        subprocess.run(
            [
                _node(),
                str(program),
                address,
                "--quiet",
                "--output=json",
                f"--output-path={report}",
                "--only-categories=performance",
                "--no-enable-error-reporting",
                f"--chrome-flags={CHROME} --user-data-dir={name}/chrome",
            ],
            check=True,
            env={**os.environ, "CHROME_PATH": need(CHROMIUM)},
        )
        told = json.loads(report.read_text(encoding="utf-8"))
    return 100 * float(told["categories"]["performance"]["score"])


def _bring() -> None:
    """Its packages as they are locked; their own scripts do not run."""
    npm = shutil.which("npm")
    if npm is None:
        raise SystemExit("Lighthouse needs npm. Install it and start again: sudo apt install npm")
    shutil.rmtree(FOLDER, ignore_errors=True)
    shutil.copytree(PACKAGES, FOLDER)
    quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
    # Not `npm ci`: a package of Lighthouse asks for the latest of another, which is never in step.
    subprocess.run([npm, "install", *quiet], cwd=FOLDER, check=True)


def _node() -> str:
    found = shutil.which("node")
    if found is None:
        raise SystemExit("Lighthouse needs node. Install it: sudo apt install nodejs")
    return found
