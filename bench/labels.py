"""How fast labels are drawn, against `qrcode`'s own SVG and reportlab's own QR widget.

Each measurement has a Python of its own, so that its peak of memory is its own too.
"""

from __future__ import annotations

import io
import multiprocessing
import resource
import sys
import time
from collections.abc import Callable

LABELS = 10_000
SYMBOLS = 60  # enough of what takes milliseconds each
HOST = "kits.example"


def run() -> list[dict[str, object]]:
    """Rows of the bench's table for a PDF of 10,000 kit labels on Avery L7160."""
    spawn = multiprocessing.get_context("spawn")
    with spawn.Pool(1, maxtasksperchild=1) as pool:
        seconds, size, peak = pool.apply(_sheets)
        svg, widget = pool.apply(_with_qrcode), pool.apply(_with_reportlab)
    each = seconds / LABELS
    return [
        {
            "name": f"PDF of {LABELS:,} kit labels, L7160",
            "figure": round(1 / each),
            "unit": "labels/s",
            "baseline": f"qrcode's SVG {1 / svg:,.0f}/s, reportlab's widget {1 / widget:,.0f}/s",
            "ratio": f"{svg / each:.0f}, {widget / each:.0f}",
            "target": ">= 4,000/s where qrcode's SVG does 130/s (31)",
        },
        _bounded("its size a label", round(size / LABELS), "bytes", 1200),
        _bounded("its peak of memory", round(peak), "MB", 200),
    ]


def _bounded(name: str, figure: int, unit: str, most: int) -> dict[str, object]:
    ratio = round(figure / most, 2)
    return {
        "name": name,
        "figure": figure,
        "unit": unit,
        "baseline": f"the bound, {most:,}",
        "ratio": ratio,
        "target": f"< {most:,} {unit}",
    }


def _sheets() -> tuple[float, int, float]:
    """Seconds (best of three), bytes, and peak of memory in MB for the whole PDF."""
    from labels import L7160, KitLabel, new_codes, write_pdf

    codes = list(new_codes(LABELS))
    names = "Комплект Starlink Standard", "Starlink Standard kit"
    took = []
    for _ in range(3):
        out = io.BytesIO()
        began = time.perf_counter()
        write_pdf((KitLabel(code, HOST, *names) for code in codes), L7160, out)
        took.append(time.perf_counter() - began)
    unit = 1 if sys.platform == "darwin" else 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6
    return min(took), len(out.getvalue()), peak


def _with_qrcode() -> float:
    """Seconds for a symbol as `qrcode` encodes and draws it."""
    from qrcode.constants import ERROR_CORRECT_Q
    from qrcode.image.svg import SvgPathImage
    from qrcode.main import QRCode

    def draw(text: str) -> None:
        code = QRCode(error_correction=ERROR_CORRECT_Q, image_factory=SvgPathImage)
        code.add_data(text)
        code.make_image().save(io.BytesIO())

    return _seconds_each(draw)


def _with_reportlab() -> float:
    """Seconds for a symbol by reportlab's stock widget, on a page."""
    from reportlab.graphics.barcode.qr import QrCodeWidget
    from reportlab.graphics.renderPDF import draw as draw_on
    from reportlab.graphics.shapes import Drawing
    from reportlab.pdfgen.canvas import Canvas

    canvas = Canvas(io.BytesIO())

    def draw(text: str) -> None:
        drawing = Drawing(100, 100)
        drawing.add(QrCodeWidget(text, barLevel="Q"))
        draw_on(drawing, canvas, 0, 0)

    return _seconds_each(draw)


def _seconds_each(draw: Callable[[str], None]) -> float:
    from labels import address, new_codes

    texts = [address(code, HOST) for code in new_codes(SYMBOLS)]
    draw(texts[0])
    began = time.perf_counter()
    for text in texts:
        draw(text)
    return (time.perf_counter() - began) / SYMBOLS
