"""The colours of tokens.css: letters that can be read, stages that stay apart for every eye.

Contrast is WCAG's; sight without one kind of cone is Machado, Oliveira and Fernandes (2009),
severity 1, on linear RGB; the distance is CIE 1976 in L*a*b* (D65).
"""

from __future__ import annotations

import re
from itertools import combinations

import pytest

from tests.house.parts import ROOT

Colour = tuple[float, float, float]

TOKENS = (ROOT / "tracker" / "static" / "tokens.css").read_text(encoding="utf-8")
STAGES = ("expected", "held", "transit", "handed", "used", "checked", "back", "lost")
SOLIDS = ("kept", "gap", "bad", "odd", "wait")
SIGHT = {
    "all cones": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "no red": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "no green": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.01182, 0.04294, 0.968881),
    ),
    "no blue": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.3039),
    ),
}
TO_XYZ = (
    (0.4124, 0.3576, 0.1805),
    (0.2126, 0.7152, 0.0722),
    (0.0193, 0.1192, 0.9505),
)
WHITE = (0.9505, 1.0, 1.089)


def schemes() -> dict[str, dict[str, str]]:
    """{scheme: {token: #rrggbb}}; what the dark one leaves out is as in the light."""
    light, dark = TOKENS.split("@media (prefers-color-scheme: dark)")
    found = [
        {
            name: value if len(value) == 7 else "#" + "".join(2 * digit for digit in value[1:])
            for name, value in re.findall(r"--([\w-]+): (#[0-9a-f]{3,6});", text)
        }
        for text in (light, dark.split("@media")[0])
    ]
    return {"light": found[0], "dark": found[0] | found[1]}


SCHEMES = schemes()


def linear(text: str) -> Colour:
    r, g, b = (int(text[place : place + 2], 16) / 255 for place in (1, 3, 5))
    return _light(r), _light(g), _light(b)


def _light(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def times(matrix: tuple[tuple[float, ...], ...], colour: Colour) -> Colour:
    a, b, c = (sum(m * part for m, part in zip(row, colour, strict=True)) for row in matrix)
    return a, b, c


def seen(text: str, sight: str) -> Colour:
    """L*a*b* of a colour as it is seen."""
    r, g, b = (min(1.0, max(0.0, part)) for part in times(SIGHT[sight], linear(text)))
    parts = zip(times(TO_XYZ, (r, g, b)), WHITE, strict=True)
    x, y, z = (_cube(part / white) for part, white in parts)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def _cube(part: float) -> float:
    return part ** (1 / 3) if part > 0.008856 else 7.787 * part + 16 / 116


def apart(one: str, other: str, sight: str) -> float:
    pairs = zip(seen(one, sight), seen(other, sight), strict=True)
    return float(sum((a - b) ** 2 for a, b in pairs) ** 0.5)


def contrast(one: str, other: str) -> float:
    first, second = sorted((times(TO_XYZ, linear(text))[1] for text in (one, other)), reverse=True)
    return (first + 0.05) / (second + 0.05)


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_stages_stay_apart(scheme: str, sight: str) -> None:
    tokens = SCHEMES[scheme]
    near = {
        f"{one} {other}": round(apart(tokens[f"stage-{one}"], tokens[f"stage-{other}"], sight), 1)
        for one, other in combinations(STAGES, 2)
    }
    assert {pair: distance for pair, distance in near.items() if distance < 20} == {}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_what_is_drawn_stands_out_from_its_card(scheme: str) -> None:
    tokens = SCHEMES[scheme]
    drawn = [*(f"stage-{stage}" for stage in STAGES), "control", "focus"]
    low = {name: round(contrast(tokens[name], tokens["sheet"]), 2) for name in drawn}
    assert {name: ratio for name, ratio in low.items() if ratio < 3} == {}


LETTERS = [
    *((ink, ground, 7.0) for ink in ("ink", "soft") for ground in ("paper", "sheet")),
    *((word, f"{word}-paper", 7.0) for word in ("good", "warn", "bad", "info", "plain")),
    *((f"on-{name}", name, 7.0) for name in ("accent", "spark")),
    *(("on-solid", f"solid-{name}", 6.0) for name in SOLIDS),
    ("on-again", "solid-again", 7.0),
    ("link", "sheet", 7.0),
    ("link", "paper", 6.5),
    ("side-ink", "side", 7.0),
    ("side-soft", "side", 4.5),
]


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(("letters", "ground", "least"), LETTERS)
def test_letters_can_be_read(scheme: str, letters: str, ground: str, least: float) -> None:
    tokens = SCHEMES[scheme]
    assert contrast(tokens[letters], tokens[ground]) >= least
