"""Whatever a product is called, every output is well formed and its symbol reads."""

from __future__ import annotations

import io
from xml.etree import ElementTree

import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labels import KitLabel, picture_of, stock_named, svg_of, write_pdf, zpl_of
from tests.labels.reading import HOST, decoded, fixed_codes

CODE = fixed_codes(1)[0]
STOCK = stock_named("Zebra 50x30")
names = st.text(st.characters(), max_size=80) | st.sampled_from(
    [
        *("Є’ї ґ", "🛰 kit 👩\u200d🚒", "עברית العربية", "a\u0301" * 40),
        *("(\\)\r\n", "]]><svg>", "\ufffe\ud800", "%" * 80),
    ]
)


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(names, names)
def test_every_output_reads_whatever_the_names(uk: str, en: str) -> None:
    label = KitLabel(CODE, HOST, uk, en)
    pdf = io.BytesIO()
    write_pdf([label], STOCK, pdf)
    with pypdfium2.PdfDocument(pdf.getvalue()) as document:
        page = document[0].render(scale=203 / 72, grayscale=True).to_pil().convert("L")
    assert decoded(page) == decoded(picture_of(label, STOCK).convert("L")) == [label.prefix + CODE]
    assert ElementTree.fromstring(svg_of(label, STOCK)).tag.endswith("svg")
    assert zpl_of(label, STOCK).count("^XA") == 1
