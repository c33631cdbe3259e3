"""`python -m labels`: codes, labels, calibration, without the tracker."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

from labels.brother import MODEL, brother_job
from labels.calibration import write_calibration
from labels.codes import CodeError, new_codes, parse, show
from labels.glabels import find_stock
from labels.hosts import is_public
from labels.kinds import CrateLabel, KitLabel, Label, LocationLabel, SmallLabel
from labels.pdf import write_pdf
from labels.printing import PrintError, print_file, send
from labels.profiles import Profile, keep_profile, measured, read_profiles
from labels.raster import png_of
from labels.stock import STOCK, Stock
from labels.svg import svg_of
from labels.zpl import zpl_job

EPILOG = """\
examples:
  python -m labels codes 21 > codes.txt
  python -m labels print --codes codes.txt --host kit.example --uk "Генератор" -o labels.pdf
  python -m labels print --codes codes.txt --host kit.example --stock "Zebra 50x30" --to 10.0.0.7
  python -m labels calibrate --stock L7160 -o page.pdf
  python -m labels measured office --right 1.5 --down -0.5
"""
KINDS: dict[str, Callable[[str, str, str, str], Label]] = {
    "kit": KitLabel,
    "small": lambda code, host, _uk, _en: SmallLabel(code, host),
    "crate": CrateLabel,
    "location": LocationLabel,
}


def parser() -> argparse.ArgumentParser:
    """The commands and their arguments."""
    whole = argparse.ArgumentParser(
        prog="python -m labels",
        description="Labels with a QR symbol, a code in letters, names in Ukrainian and English.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = whole.add_subparsers(title="commands", metavar="COMMAND", required=True)

    codes = commands.add_parser("codes", help="make new random codes, one a line")
    codes.add_argument("count", type=int)
    codes.set_defaults(run=_codes)

    stock = commands.add_parser("stock", help="list what can be printed on")
    stock.set_defaults(run=_stock)

    printing = commands.add_parser("print", help="print labels, to a file or a printer")
    _say_what_to_print(printing)
    calibrate = commands.add_parser("calibrate", help="a page to measure a printer with")
    calibrate.add_argument("-o", "--out", required=True, metavar="FILE")
    calibrate.set_defaults(run=_calibrate)
    for command in (printing, calibrate):
        command.add_argument("--stock", default="Avery L7160", metavar="NAME", help="(L7160)")
        command.add_argument("--profile", metavar="NAME", help="a printer that was measured")

    result = commands.add_parser("measured", help="keep what the page showed, as a profile")
    result.add_argument("name")
    result.add_argument("--right", type=float, default=0.0, metavar="MM", help="too far right")
    result.add_argument("--down", type=float, default=0.0, metavar="MM", help="too far down")
    result.add_argument("--ruler-across", type=float, default=100.0, metavar="MM")
    result.add_argument("--ruler-down", type=float, default=100.0, metavar="MM")
    result.set_defaults(run=_measured)
    return whole


def _say_what_to_print(printing: argparse.ArgumentParser) -> None:
    printing.add_argument("--codes", required=True, metavar="FILE", help="codes, one a line")
    printing.add_argument("--host", required=True, help="host of the address in the symbol")
    printing.add_argument("--kind", default="kit", choices=KINDS)
    printing.add_argument("--uk", default="", metavar="NAME", help="name in Ukrainian")
    printing.add_argument("--en", default="", metavar="NAME", help="name in English")
    printing.add_argument("--start", type=int, default=1, metavar="PLACE", help="first free place")
    printing.add_argument("--copies", type=int, default=1)
    printing.add_argument("--skip", type=int, default=0, metavar="N", help="leave out N labels")
    printing.add_argument("--dpi", type=int, help="of a label printer (203)")
    target = printing.add_mutually_exclusive_group(required=True)
    target.add_argument(
        "-o", "--out", metavar="FILE", help=".pdf, .zpl or .bin; a folder/ for pictures"
    )
    target.add_argument("--to", metavar="HOST:PORT", help="a label printer that knows ZPL")
    target.add_argument("--lp", metavar="PRINTER", help="a printer of this machine, by its name")
    printing.add_argument("--brother", metavar="MODEL", help="not ZPL: a Brother such as QL-820NWB")
    printing.add_argument(
        "--yes", action="store_true", help="do not ask about a host that phones cannot reach"
    )
    printing.add_argument("--pictures", default="svg", choices=("svg", "png"))
    printing.set_defaults(run=_print)


def main(arguments: list[str] | None = None) -> int:
    """Exit status: 0 done, 1 the printer failed, 2 used wrongly."""
    options = parser().parse_args(arguments)
    try:
        options.run(options)
    except PrintError as problem:
        sys.stderr.write(f"python -m labels: {problem}\n")
        if problem.sent:
            sys.stderr.write(f"To go on: the same command with --skip {problem.sent}\n")
        return 1
    except (ValueError, OSError) as problem:
        sys.stderr.write(f"python -m labels: {problem}\n")
        return 2
    return 0


def _codes(options: argparse.Namespace) -> None:
    for code in new_codes(options.count):
        sys.stdout.write(f"{show(code)}\n")


def _stock(_: argparse.Namespace) -> None:
    for stock in STOCK.values():
        size, count = f"{stock.width:g} x {stock.height:g} mm", f"{stock.per_page} a page"
        sys.stdout.write(f"{stock.name:24} {size:18} {count:12} {stock.source}\n")


def _print(options: argparse.Namespace) -> None:
    _ask_first(options)
    stock, profile = find_stock(options.stock), _profile(options.profile)
    make = KINDS[options.kind]
    codes = islice(_read(options.codes), options.skip, None)
    labels = [make(code, options.host, options.uk, options.en) for code in codes]
    dpi = options.dpi or profile.dpi or 203
    if options.to:
        send(_job(options, labels, stock, dpi), options.to)
    elif options.lp:
        _through_lp(options, labels, stock, profile)
    elif options.out.endswith((".zpl", ".bin")):
        Path(options.out).write_bytes(b"".join(_job(options, labels, stock, dpi)))
    elif options.out.endswith("/"):
        _pictures(options, labels, stock, dpi)
    else:
        _pdf(options, labels, stock, profile, options.out)
    sys.stdout.write(f"{len(labels)} labels: {options.out or options.to or options.lp}\n")


def _ask_first(options: argparse.Namespace) -> None:
    """A label stays for years: whoever prints a host that is known near by only is asked."""
    if options.yes or is_public(options.host):
        return
    sentence = f"The symbols would lead to {options.host}, which a phone elsewhere cannot reach."
    if not sys.stdin.isatty():
        raise ValueError(f"{sentence} To print all the same: --yes")
    sys.stderr.write(f"{sentence} Print anyway? [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise ValueError("Nothing was printed.")


def _job(
    options: argparse.Namespace, labels: list[Label], stock: Stock, dpi: int
) -> Iterator[bytes]:
    """What a label printer is sent, label by label: ZPL, or a Brother's dots."""
    if options.brother or (options.out or "").endswith(".bin"):
        return brother_job(labels, stock, options.brother or MODEL, options.copies)
    return zpl_job(labels, stock, dpi, options.copies)


def _pdf(
    options: argparse.Namespace, labels: list[Label], stock: Stock, profile: Profile, out: str
) -> None:
    write_pdf(
        labels,
        stock,
        out,
        start=options.start,
        copies=options.copies,
        nudge=profile.nudge,
        scale=profile.scale,
        progress=_progress(len(labels) * options.copies),
    )


def _through_lp(
    options: argparse.Namespace, labels: list[Label], stock: Stock, profile: Profile
) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "labels.pdf"
        _pdf(options, labels, stock, profile, str(out))
        print_file(out, options.lp)


def _pictures(options: argparse.Namespace, labels: list[Label], stock: Stock, dpi: int) -> None:
    folder = Path(options.out)
    folder.mkdir(parents=True, exist_ok=True)
    for label in labels:
        if options.pictures == "png":
            (folder / f"{label.code}.png").write_bytes(png_of(label, stock, dpi))
        else:
            (folder / f"{label.code}.svg").write_text(svg_of(label, stock), encoding="utf-8")


def _calibrate(options: argparse.Namespace) -> None:
    profile = _profile(options.profile)
    stock = find_stock(options.stock)
    write_calibration(stock, options.out, nudge=profile.nudge, scale=profile.scale)


def _measured(options: argparse.Namespace) -> None:
    rulers = options.ruler_across, options.ruler_down
    profile = measured(options.name, options.right, options.down, *rulers)
    keep_profile(_profiles_file(), profile)
    sys.stdout.write(f"{profile}\n")


def _profiles_file() -> Path:
    folder = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(folder) / "kittrail" / "printers.json"


def _profile(name: str | None) -> Profile:
    """The kept profile of this name; one that changes nothing where none is asked for."""
    if name is None:
        return Profile("")
    kept = read_profiles(_profiles_file())
    if name not in kept:
        raise ValueError(f"No printer is called {name!r}. There is: {', '.join(kept) or 'none'}.")
    return kept[name]


def _read(name: str) -> Iterator[str]:
    with Path(name).open(encoding="utf-8-sig") as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                try:
                    yield parse(line)
                except CodeError as problem:
                    raise ValueError(f"{name}, line {number}: {problem}") from None


def _progress(total: int) -> Callable[[int], None] | None:
    """Tells a person at a terminal how far it is, from the first second on."""
    if not sys.stderr.isatty():
        return None
    began = time.monotonic()

    def tell(done: int) -> None:
        if time.monotonic() - began > 1:
            end = "\n" if done == total else ""
            sys.stderr.write(f"\r{done:,} of {total:,} labels{end}")

    return tell


if __name__ == "__main__":
    sys.exit(main())
