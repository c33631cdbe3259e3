"""How much processor time a server and all that it started have used, and memory a process."""

from __future__ import annotations

import os
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")


def processor_seconds(port: int) -> float:
    """Seconds in the server whose command names `port`, and in its children (Linux)."""
    parents: dict[int, int] = {}
    used: dict[int, float] = {}
    serving = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            said = (folder / "stat").read_text().rpartition(") ")[2].split()
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:  # it has ended meanwhile
            continue
        number = int(folder.name)
        parents[number] = int(said[1])
        used[number] = (int(said[11]) + int(said[12])) / TICK
        if str(port).encode() in words:
            serving.add(number)
    return sum(seconds for number, seconds in used.items() if _descends(number, serving, parents))


def peak_memory() -> int:
    """The most memory that this process has used, in MB (Linux).

    What `getrusage` tells begins with what the process that started this one had.
    """
    told = Path("/proc/self/status").read_text(encoding="ascii")
    return int(told.partition("VmHWM:")[2].split()[0]) // 1024


def _descends(number: int, ancestors: set[int], parents: dict[int, int]) -> bool:
    while number:
        if number in ancestors:
            return True
        number = parents.get(number, 0)
    return False
