"""Pictures that cost much to decode, and a process that says how much one of them did.

`python -m tests.files.hungry_pictures` prints the table of docs/threats.md.
"""

from __future__ import annotations

import io
import subprocess
import sys
import zlib
from collections.abc import Callable
from typing import Any

from PIL import Image

Maker = Callable[[], bytes]


def saved(mode: str, size: tuple[int, int], kind: str, **how: Any) -> Maker:
    """A plain picture: its file is small, its pixels are not."""

    def made() -> bytes:
        out = io.BytesIO()
        Image.new(mode, size).save(out, kind, **how)
        return out.getvalue()

    return made


def with_texts() -> bytes:
    """A PNG of a few kilobytes with sixty texts of a megabyte each."""
    content = saved("RGB", (9, 9), "PNG")()
    packed = b"zTXt" + b"k\x00\x00" + zlib.compress(b" " * 1_000_000, 9)
    text = len(packed[4:]).to_bytes(4, "big") + packed + zlib.crc32(packed).to_bytes(4, "big")
    return content[:33] + text * 60 + content[33:]


def with_scans(many: int) -> bytes:
    """A progressive JPEG whose last scan is said many times."""
    content = saved("RGB", (4000, 3000), "JPEG", progressive=True)()
    last = content.rindex(b"\xff\xda")
    return content[:-2] + content[last:-2] * many + content[-2:]


WIDE, LONG = (8160, 6120), (50_000, 1_000)

PICTURES: dict[str, Maker] = {
    "JPEG, 50 MP": saved("RGB", WIDE, "JPEG"),
    "JPEG, 50 MP, grey": saved("L", WIDE, "JPEG"),
    "JPEG, 50 MP, for printers (CMYK)": saved("CMYK", WIDE, "JPEG"),
    "JPEG, 50 MP, fifty times as long as wide": saved("RGB", LONG, "JPEG"),
    "JPEG, 15.9 MP, decoded whole": saved("RGB", (3990, 3990), "JPEG"),
    "JPEG, 12 MP, progressive": saved("RGB", (4000, 3000), "JPEG", progressive=True),
    "JPEG, 16 MP, progressive": saved("RGB", (4618, 3464), "JPEG", progressive=True),
    "JPEG, 50 MP, progressive": saved("RGB", WIDE, "JPEG", progressive=True, subsampling=0),
    "JPEG, 12 MP, a thousand scans": lambda: with_scans(1000),
    "PNG, 24 MP": saved("RGB", (6000, 4000), "PNG"),
    "PNG, 50 MP": saved("RGB", WIDE, "PNG"),
    "PNG, 50 MP, grey": saved("L", WIDE, "PNG"),
    "PNG, 50 MP, two colours": saved("1", WIDE, "PNG"),
    "PNG, 50 MP, fifty times as long as wide": saved("RGB", LONG, "PNG"),
    "PNG, 50 MP, fifty times as wide as long": saved("RGB", LONG[::-1], "PNG"),
    "PNG, 16 MP, with transparency": saved("RGBA", (4000, 4000), "PNG"),
    "PNG, 20 MP, of a palette": saved("P", (5000, 4000), "PNG"),
    "PNG, 16 MP, 16 bits of grey": saved("I;16", (4000, 4000), "PNG"),
    "PNG, 100 MP": saved("1", (10_000, 10_000), "PNG"),
    "PNG, sixty packed megabytes of text": with_texts,
    "WebP, 6 MP": saved("RGB", (3000, 2000), "WEBP"),
    "WebP, 6 MP, lossless": saved("RGBA", (3000, 2000), "WEBP", lossless=True),
    "WebP, 12 MP": saved("RGB", (4000, 3000), "WEBP"),
    "WebP, 16383 pixels long": saved("RGB", (16383, 3000), "WEBP"),
}
"""By name. What a scan, a photo or a hostile file may be."""

COST = """
import resource, sys
from tracker.errors import InvalidValue
from tracker.files import pictures, symbols
content = sys.stdin.buffer.read()
decode = {"photo": lambda: pictures.cleaned(content, "photo"), "symbols":
          lambda: symbols.symbols_in(content)}[sys.argv[1]]
with open("/proc/self/clear_refs", "w") as peak: peak.write("5")
def status(name):
    with open("/proc/self/status") as told:
        return next(int(line.split()[1]) for line in told if line.startswith(name))
before = status("VmRSS")
try:
    decode()
    said = "read"
except InvalidValue as refusal:
    said = str(refusal)
print(max(0, status("VmHWM") - before) * 1024 // 1_000_000, said)
"""


def cost_of(content: bytes, what: str = "photo") -> tuple[int, str]:
    """Megabytes that a process took at the most for a picture, and `read` or the refusal."""
    told = subprocess.run(
        [sys.executable, "-c", COST, what], input=content, capture_output=True, check=True
    )
    megabytes, _, said = told.stdout.decode().strip().partition(" ")
    return int(megabytes), said


def main() -> None:
    """The table."""
    print("| picture | file, kB | as a photo, MB | its codes, MB | |\n|---|---|---|---|---|")
    for name, make in PICTURES.items():
        content = make()
        photo, said = cost_of(content)
        codes, _ = cost_of(content, "symbols")
        print(f"| {name} | {len(content) // 1000:,} | {photo} | {codes} | {said} |", flush=True)


if __name__ == "__main__":
    main()
