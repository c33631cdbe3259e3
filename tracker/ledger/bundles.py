"""The bundle: the ledger as files, for anybody to verify without this server.

`ledger/standalone/verifier.py` is the program that reads it, `docs/ledger.md` describes it. It
holds every event up to the newest checkpoint, so that nothing in it is unproved.
"""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from tracker.errors import LedgerBroken, Refusal
from tracker.ledger.checkpoints import Notary
from tracker.queries import log

Open = Callable[[str], IO[bytes]]


def export_bundle(
    notary: Notary, path: Path, *, progress: Callable[[int, int], None] | None = None
) -> int:
    """Write the bundle to `path`, a new file ending in .zip or a new folder; returns its events.

    Raises a refusal if nothing was ever signed or if there is something at `path` already. What
    is half written when it fails is removed.
    """
    newest = log.newest_checkpoint()
    if newest is None:
        raise Refusal("Nothing was signed yet; `tracker ledger checkpoint` signs.")
    if path.exists():
        raise Refusal(f"There is something at {path} already.")
    with _target(path) as opened:
        with opened("key.txt") as stream:
            stream.write("".join(f"{key}\n" for key in notary.keys).encode())
        for row in log.checkpoints():
            if row.size <= newest.size:
                with opened(f"checkpoints/{row.size:012}.txt") as stream:
                    stream.write(row.note.encode())
        with opened("events.jsonl") as stream:
            for written, line in enumerate(_lines(newest.size), 1):
                stream.write(line)
                if progress and (written % 2_000 == 0 or written == newest.size):
                    progress(written, newest.size)
    return int(newest.size)


def _lines(size: int) -> Iterator[bytes]:
    """The events as lines of events.jsonl, in the order of the log."""
    expected = 0
    for row in log.entries(0, size):
        if row.log_index != expected or row.id is None:
            break
        expected += 1
        event = {
            "log_index": row.log_index,
            "subject": row.subject,
            "seq": row.seq,
            "hash": row.hash.hex(),
            "body": row.body,
        }
        yield json.dumps(event, ensure_ascii=False).encode() + b"\n"
    if expected != size:
        raise LedgerBroken(f"log index {expected} is gone: there is nothing whole to export")


@contextmanager
def _target(path: Path) -> Iterator[Open]:
    """Open files by name in a new zip file or folder; it appears only when all is written."""
    unfinished = path.with_name(path.name + ".unfinished")
    try:
        if path.suffix == ".zip":
            with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as bundle:
                yield lambda name: bundle.open(name, "w", force_zip64=True)
        else:
            (unfinished / "checkpoints").mkdir(parents=True, exist_ok=True)
            yield lambda name: (unfinished / name).open("wb")
        unfinished.rename(path)
    except BaseException:
        if unfinished.is_dir():
            shutil.rmtree(unfinished)
        else:
            unfinished.unlink(missing_ok=True)
        raise
