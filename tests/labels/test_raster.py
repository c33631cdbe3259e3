"""Pictures in printer's dots, and the ZPL made from them: decoded again, and still one label."""

from __future__ import annotations

import base64
import io
import re
import zlib
from binascii import crc_hqx

import pytest
from PIL import Image
from zebrafy.zebrafy_zpl import ZebrafyZPL

from labels import STOCK, CrateLabel, KitLabel, LayoutError, SmallLabel, Stock, stock_named
from labels.codes import parse
from labels.layout import frame_on
from labels.raster import RESOLUTIONS, picture_of, png_of
from labels.stock import L4731
from labels.zpl import zpl_job, zpl_of
from tests.labels.reading import HOST, KINDS, addresses, decoded, fixed_codes

CODE, OTHER = fixed_codes(2)
ROLLS = [stock for stock in STOCK.values() if stock.kind == "roll"]
ZEBRA = stock_named("Zebra 50x30")
HOSTILE = "^XZ^XA^FO0,0^FDtwo^FS^XZ ~JR \\ _5E \x10 Кабель"
A_LABEL = re.compile(
    r"\^XA\^PW(?P<width>\d+)\^LL(?P<height>\d+)\^LH0,0"
    r"\^FO0,0\^GFA,(?P<sent>\d+),(?P<whole>\d+),(?P<row>\d+)"
    r",:Z64:(?P<packed>[A-Za-z0-9+/=]+):(?P<crc>[0-9A-F]{4})\^FS\^PQ(?P<copies>\d+)\^XZ\n"
)


def unpacked(zpl: str) -> Image.Image:
    """The picture in a label of ours, read as the ZPL II Programming Guide says."""
    match = A_LABEL.fullmatch(zpl)
    assert match is not None
    packed = match["packed"].encode()
    assert int(match["crc"], 16) == crc_hqx(packed, 0)
    bits = zlib.decompress(base64.b64decode(packed))
    width, height, row = (int(match[name]) for name in ("width", "height", "row"))
    assert len(bits) == int(match["whole"]) == int(match["sent"]) == row * height
    assert row == (width + 7) // 8
    inverted = bytes(byte ^ 255 for byte in bits)
    return Image.frombytes("1", (width, height), inverted).convert("L")


@pytest.mark.parametrize("dpi", RESOLUTIONS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("stock", ROLLS, ids=lambda stock: stock.name)
def test_every_label_on_a_roll_is_read_at_every_resolution(
    stock: Stock, kind: str, dpi: int
) -> None:
    label = KINDS[kind](CODE, "Об’єднувач їжі", "Branch firewall")
    (text,) = decoded(picture_of(label, stock, dpi).convert("L"))
    assert parse(text) == CODE


def test_the_picture_is_black_and_white_and_knows_its_resolution() -> None:
    label = KitLabel(CODE, HOST, "Генератор", "Generator")
    picture = Image.open(io.BytesIO(png_of(label, ZEBRA, 300)))
    assert picture.mode == "1"
    assert picture.size == (591, 354)
    assert round(picture.info["dpi"][0]) == 300


def test_every_module_is_the_same_whole_number_of_dots() -> None:
    label = KitLabel(CODE, HOST)
    square = frame_on(label, ZEBRA, 203).square
    module = round(square.module * 203 / 25.4)
    left, top = round(square.x * 203 / 25.4), round(square.y * 203 / 25.4)
    picture = picture_of(label, ZEBRA, 203)
    for y in range(square.size):
        for x in range(square.size):
            corner = left + x * module, top + y * module
            box = picture.crop((*corner, corner[0] + module, corner[1] + module))
            assert len(set(box.convert("L").tobytes())) == 1


def test_a_small_label_needs_a_printer_that_is_fine_enough() -> None:
    label = SmallLabel(CODE, HOST)
    assert decoded(picture_of(label, L4731, 300).convert("L")) == [CODE]
    with pytest.raises(LayoutError, match="in whole dots at 203 dpi"):
        picture_of(label, L4731, 203)


def test_names_stay_inside_the_picture() -> None:
    label = KitLabel(CODE, HOST, "Щ" * 60, "W" * 60)
    picture = picture_of(label, ZEBRA, 203).convert("L")
    for edge in ((0, 0, 400, 4), (0, 236, 400, 240), (0, 0, 4, 240), (396, 0, 400, 240)):
        assert picture.crop(edge).getextrema() == (255, 255)


@pytest.mark.parametrize("dpi", [0, -203, 99, 5000])
def test_an_impossible_resolution_is_refused(dpi: int) -> None:
    with pytest.raises(ValueError, match="dots per inch"):
        picture_of(KitLabel(CODE, HOST), ZEBRA, dpi)


def test_the_zpl_holds_the_picture_dot_for_dot() -> None:
    label = CrateLabel(CODE, HOST, "Генератори", "Generators", 3, 12)
    stock = stock_named("Zebra 100x150")
    assert (
        unpacked(zpl_of(label, stock)).tobytes() == picture_of(label, stock).convert("L").tobytes()
    )


def test_the_zpl_decodes_to_the_code() -> None:
    for dpi in RESOLUTIONS:
        (text,) = decoded(unpacked(zpl_of(KitLabel(CODE, HOST, "Генератор"), ZEBRA, dpi)))
        assert parse(text) == CODE


@pytest.mark.parametrize("name", [HOSTILE, "^XA" * 500, "\x00\x1b%-12345X", "~DY^DFR:A.ZPL^FS"])
def test_a_hostile_name_is_still_one_label(name: str) -> None:
    zpl = zpl_of(KitLabel(CODE, HOST, name, name), ZEBRA)
    assert A_LABEL.fullmatch(zpl)
    assert zpl.count("^XA") == zpl.count("^XZ") == zpl.count("^FS") == 1
    assert decoded(unpacked(zpl))[0].endswith(CODE)


@pytest.mark.parametrize("dpi", RESOLUTIONS)
@pytest.mark.parametrize("stock", ROLLS, ids=lambda stock: stock.name)
def test_somebody_elses_reader_of_zpl_sees_the_same_dots(stock: Stock, dpi: int) -> None:
    label = KitLabel(CODE, HOST, HOSTILE, "Branch firewall")
    (seen,) = ZebrafyZPL(zpl_of(label, stock, dpi)).to_images()
    printed = picture_of(label, stock, dpi)
    assert seen.convert("L").crop((0, 0, *printed.size)).tobytes() == printed.convert("L").tobytes()


def test_somebody_elses_reader_finds_every_label_of_a_job() -> None:
    labels = [KitLabel(code, HOST, HOSTILE) for code in fixed_codes(5)]
    job = b"".join(zpl_job(labels, ZEBRA)).decode("ascii")
    texts = [decoded(seen.convert("L")) for seen in ZebrafyZPL(job).to_images()]
    assert texts == [[address] for address in addresses(labels)]


def test_copies_are_left_to_the_printer() -> None:
    match = A_LABEL.fullmatch(zpl_of(KitLabel(CODE, HOST), ZEBRA, copies=3))
    assert match is not None
    assert match["copies"] == "3"
    with pytest.raises(ValueError, match="copies"):
        zpl_of(KitLabel(CODE, HOST), ZEBRA, copies=0)


def test_a_job_is_one_label_after_the_other() -> None:
    labels = [KitLabel(CODE, HOST), KitLabel(OTHER, HOST)]
    parts = [part.decode("ascii") for part in zpl_job(labels, ZEBRA)]
    assert [decoded(unpacked(part))[0][-11:] for part in parts] == [CODE, OTHER]
