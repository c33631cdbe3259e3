"""Handling marks of crates, after the signs of ISO 780, as polygons.

A mark is drawn in a unit square, (0, 0) at the top left; all its polygons are filled.
"""

from __future__ import annotations

from math import cos, pi, sin

Point = tuple[float, float]
Polygon = tuple[Point, ...]


def _box(left: float, top: float, right: float, bottom: float) -> Polygon:
    return ((left, top), (right, top), (right, bottom), (left, bottom))


def _arc(x: float, y: float, radius: float, start: float, end: float, steps: int = 16) -> Polygon:
    """Points on a circle around (x, y), from `start` to `end` half turns clockwise of right."""
    turns = [pi * (start + (end - start) * step / steps) for step in range(steps + 1)]
    return tuple((x + radius * cos(turn), y + radius * sin(turn)) for turn in turns)


def _arrow_up(x: float) -> Polygon:
    right = ((x + 0.19, 0.34), (x + 0.075, 0.34), (x + 0.075, 0.8))
    left = tuple((2 * x - px, py) for px, py in reversed(right))
    return ((x, 0.04), *right, *left)


_GLASS: Polygon = (
    *((0.44, 0.04), (0.51, 0.17), (0.45, 0.22), (0.53, 0.37), (0.5, 0.23), (0.56, 0.17)),
    *((0.51, 0.04), (0.74, 0.04), (0.71, 0.3), (0.62, 0.46), (0.54, 0.52), (0.54, 0.84)),
    *((0.72, 0.9), (0.72, 0.96), (0.28, 0.96), (0.28, 0.9), (0.46, 0.84), (0.46, 0.52)),
    *((0.38, 0.46), (0.29, 0.3), (0.26, 0.04)),
)

_UMBRELLA: Polygon = (
    *_arc(0.5, 0.6, 0.42, 1, 2),
    *_arc(0.78, 0.6, 0.14, 0, -1)[1:],
    *_arc(0.5, 0.6, 0.14, 0, -1)[1:],
    *_arc(0.22, 0.6, 0.14, 0, -1)[1:],
)
_HANDLE: Polygon = (
    *((0.475, 0.46), (0.525, 0.46), (0.525, 0.86)),
    *_arc(0.435, 0.86, 0.09, 0, 1),
    *((0.395, 0.86),),
    *_arc(0.435, 0.86, 0.04, 1, 0),
)


def _drop(x: float, y: float) -> Polygon:
    return ((x, y), (x + 0.035, y), (x - 0.015, y + 0.12), (x - 0.05, y + 0.12))


MARKS: dict[str, tuple[Polygon, ...]] = {
    "this_way_up": (_arrow_up(0.27), _arrow_up(0.73), _box(0.06, 0.88, 0.94, 0.95)),
    "fragile": (_GLASS,),
    "keep_dry": (_UMBRELLA, _HANDLE, _drop(0.22, 0.02), _drop(0.51, -0.02), _drop(0.8, 0.02)),
}

PIN: tuple[Polygon, ...] = (
    (*_arc(0.5, 0.36, 0.32, 0.85, 2.15, 24), (0.5, 0.98)),
    _arc(0.5, 0.36, 0.13, 0, 2, 16),  # inside the first: drawn by the even-odd rule, a hole
)


def placed(mark: tuple[Polygon, ...], x: float, y: float, side: float) -> tuple[Polygon, ...]:
    """A mark in a square with this side and top left corner."""
    return tuple(tuple((x + px * side, y + py * side) for px, py in shape) for shape in mark)
