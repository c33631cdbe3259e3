"""Labels that print straight and scan: codes, symbols, stock, layouts; PDF, SVG, PNG, ZPL out.

    from labels import L7160, KitLabel, new_codes, write_pdf

    names = "Комплект Starlink Standard", "Starlink Standard kit"
    labels = (KitLabel(code, "kit.example", *names) for code in new_codes(42))
    write_pdf(labels, L7160, "labels.pdf")

Knows nothing of what the labels are stuck to. Lengths are millimetres. `python -m labels --help`
does the same from the command line; docs/labels.md shows every layout.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from labels.codes import CodeError, address, host_of, looks_like, new_code, new_codes, parse, show
from labels.glabels import find_stock
from labels.hosts import is_public
from labels.kinds import CrateLabel, KitLabel, Label, LocationLabel, SmallLabel
from labels.order import by_box
from labels.printing import PrintError, print_file, send
from labels.profiles import Profile, ProfileError, keep_profile, measured, read_profiles
from labels.stock import L7160, STOCK, Stock, StockError, continuous, smallest_for, stock_named

if TYPE_CHECKING:
    from labels.brother import BrotherError, brother_job
    from labels.calibration import write_calibration
    from labels.frame import LayoutError
    from labels.pdf import write_pdf
    from labels.raster import picture_of, png_of
    from labels.svg import sheet_svg, svg_of
    from labels.symbol import SymbolError
    from labels.zpl import zpl_job, zpl_of

# What draws is loaded when it is first asked for: reading a code must not wait for reportlab.
_DRAWING = {
    "BrotherError": "brother",
    "brother_job": "brother",
    "write_calibration": "calibration",
    "LayoutError": "frame",
    "write_pdf": "pdf",
    "picture_of": "raster",
    "png_of": "raster",
    "sheet_svg": "svg",
    "svg_of": "svg",
    "SymbolError": "symbol",
    "zpl_job": "zpl",
    "zpl_of": "zpl",
}


def __getattr__(name: str) -> object:
    if name not in _DRAWING:
        raise AttributeError(f"module 'labels' has no attribute {name!r}")
    return getattr(import_module(f"labels.{_DRAWING[name]}"), name)


__all__ = [
    "L7160",
    "STOCK",
    "BrotherError",
    "CodeError",
    "CrateLabel",
    "KitLabel",
    "Label",
    "LayoutError",
    "LocationLabel",
    "PrintError",
    "Profile",
    "ProfileError",
    "SmallLabel",
    "Stock",
    "StockError",
    "SymbolError",
    "address",
    "brother_job",
    "by_box",
    "continuous",
    "find_stock",
    "host_of",
    "is_public",
    "keep_profile",
    "looks_like",
    "measured",
    "new_code",
    "new_codes",
    "parse",
    "picture_of",
    "png_of",
    "print_file",
    "read_profiles",
    "send",
    "sheet_svg",
    "show",
    "smallest_for",
    "stock_named",
    "svg_of",
    "write_calibration",
    "write_pdf",
    "zpl_job",
    "zpl_of",
]
