"""A whole ZPL printer, in WebAssembly and by others, prints our labels; they are read again."""

from __future__ import annotations

import base64
import io
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from labels import STOCK, zpl_of
from labels.codes import parse
from tests.house.parts import RENDERER, need, node_of
from tests.labels.reading import KINDS, decoded, fixed_codes

HOSTILE = "^XZ^XA^FO0,0^FDtwo^FS^XZ ~JR \\ _5E Кабель"
SCRIPT = """
const { ready } = require("zpl-renderer-js");
const jobs = JSON.parse(require("fs").readFileSync(0, "utf8"));
ready.then(async ({ api }) => {
  const answers = [];
  for (const { zpl, width, height } of jobs)
    answers.push(await api.zplToBase64MultipleAsync(zpl, width, height, 8));
  process.stdout.write(JSON.stringify(answers), () => process.exit(0));
});
"""
ROLLS = [stock for stock in STOCK.values() if stock.kind == "roll"]


def printed(jobs: list[dict[str, Any]]) -> list[list[Image.Image]]:
    """The labels that each job (`zpl`, `width` and `height` in mm) makes at 203 dpi."""
    folder = Path(need(RENDERER))
    answer = subprocess.run(
        [node_of(folder), "-e", SCRIPT],
        input=json.dumps(jobs),
        env={"NODE_PATH": str(folder / "node_modules")},
        capture_output=True,
        text=True,
        check=True,
    )
    return [
        [Image.open(io.BytesIO(base64.b64decode(one))).convert("L") for one in pictures]
        for pictures in json.loads(answer.stdout)
    ]


@pytest.mark.slow
@pytest.mark.parametrize("make", KINDS.values(), ids=KINDS)
def test_a_label_with_a_hostile_name_is_one_label_and_reads(make: Callable[..., Any]) -> None:
    code = fixed_codes(1)[0]
    jobs = [
        {
            "zpl": zpl_of(make(code, HOSTILE, HOSTILE), stock),
            "width": stock.width,
            "height": stock.height,
        }
        for stock in ROLLS
    ]
    made = printed(jobs)
    assert len(made) == len(ROLLS) == 8
    for stock, labels in zip(ROLLS, made, strict=True):
        assert len(labels) == 1, stock.name
        (text,) = decoded(labels[0])
        assert parse(text) == code, stock.name


@pytest.mark.slow
def test_the_printer_would_show_a_name_that_broke_out() -> None:
    """What the test above would see if a name reached the printer's own language."""
    code = fixed_codes(1)[0]
    stock = ROLLS[0]
    whole = zpl_of(KINDS["kit"](code, "", ""), stock)
    broken = whole.replace("^PQ1", f"^FO0,0^FD{HOSTILE}^FS^PQ1")
    [labels] = printed([{"zpl": broken, "width": stock.width, "height": stock.height}])
    assert len(labels) > 1
