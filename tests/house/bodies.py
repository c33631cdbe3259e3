"""Does a stored body hold only what `domain.bodies.Body` says that one can hold?"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any, get_args, get_origin, get_type_hints, is_typeddict

from tracker.domain.bodies import Body


def faults(told: Any, kind: Any = Body, name: str = "body") -> Iterator[str]:
    """Each member that is missing, unknown or of another type, by its name."""
    if is_typeddict(kind):
        yield from _of_members(told, kind, name)
    elif get_origin(kind) is list:
        for one in told if isinstance(told, list) else [told]:
            yield from faults(one, get_args(kind)[0], f"{name}[]")
    elif get_origin(kind) is dict:
        for member, value in told.items():
            yield from faults(value, get_args(kind)[1], f"{name}.{member}")
    elif type(told) not in (get_args(kind) or [kind]):
        yield f"{name} is {type(told).__name__}, not {getattr(kind, '__name__', kind)}"


def _of_members(told: Any, kind: Any, name: str) -> Iterator[str]:
    if not isinstance(told, dict):
        yield f"{name} is {type(told).__name__}, not an object"
        return
    types = _types(kind)
    yield from (f"{name} lacks {member}" for member in sorted(kind.__required_keys__ - told.keys()))
    for member, value in told.items():
        if member in types:
            yield from faults(value, types[member], f"{name}.{member}")
        else:
            yield f"{name} cannot hold {member}"


_types = functools.cache(get_type_hints)
