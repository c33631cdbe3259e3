"""Every address of the application, made from its own map: a new route joins by itself."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask
from marshmallow import Schema
from werkzeug.routing import Rule, UUIDConverter

from tracker.domain.permissions import Action, Role, scope
from tracker.schemas import searches

TRACKER = Path(__file__).resolve().parents[2] / "tracker"
NEVER_SENT = frozenset({"HEAD", "OPTIONS"})


@dataclass(frozen=True)
class Address:
    """One address of a route, with what stands in its place holders."""

    rule: Rule
    path: str
    said: tuple[str, ...]

    @property
    def endpoint(self) -> str:
        return str(self.rule.endpoint)


def action_of(app: Flask, rule: Rule) -> Action | None:
    """The action that the route names; None where it is open to anyone."""
    view = app.view_functions[rule.endpoint]
    return getattr(getattr(view, "view_class", view), "kittrail_action", None)


def is_open(app: Flask, rule: Rule) -> bool:
    """Whether the route needs no sign-in: said by itself, a static file, or signing in."""
    view = app.view_functions[rule.endpoint]
    said = getattr(getattr(view, "view_class", view), "kittrail_open", None)
    return bool(said) or rule.endpoint.startswith("security.") or rule.endpoint.endswith("static")


def rules(app: Flask, method: str = "GET") -> list[Rule]:
    """The routes that answer to `method`, in the order of their addresses."""
    found = [rule for rule in app.url_map.iter_rules() if method in (rule.methods or ())]
    return sorted(found, key=lambda rule: rule.rule)


def reachable(app: Flask, method: str = "GET") -> list[Rule]:
    """Those that are open to anyone or that a donor may call."""
    return [
        rule
        for rule in rules(app, method)
        if is_open(app, rule)
        or ((action := action_of(app, rule)) and scope(Role.DONOR, action) is not None)
    ]


def addresses(found: Iterable[Rule], values: Mapping[str, Sequence[str]]) -> Iterator[Address]:
    """Their addresses with all `values` by name of the place holder.

    A choice (`any(...)`) takes each of its words, a number those of `values["number"]`; a name
    that is not in `values` takes all of `values["ref"]`: what is new is tried with everything.
    """
    for rule in found:
        names = sorted(rule.arguments)
        for said in itertools.product(*(_values(rule, name, values) for name in names)):
            built = rule.build(dict(zip(names, said, strict=True)), append_unknown=False)
            if built is not None:
                yield Address(rule, built[1], said)


def _values(rule: Rule, name: str, values: Mapping[str, Sequence[str]]) -> Sequence[str]:
    converter = rule._converters[name]
    if words := getattr(converter, "items", None):
        return sorted(words)
    if isinstance(converter, UUIDConverter):
        return ["00000000-0000-4000-8000-000000000000"]
    if name in values:
        return values[name]
    is_number = getattr(converter, "num_convert", None) is int
    return values["number" if is_number else "ref"]


@cache
def parameters() -> tuple[str, ...]:
    """Every query parameter that the code names, and some that others use."""
    told = {"sort", "order", "page", "offset", "format", "since", "donor", "initiative"}
    for file in TRACKER.rglob("*.py"):
        told |= set(re.findall(r'\bargs(?:\.\w+\(|\[)"(\w+)"', file.read_text(encoding="utf-8")))
    for kind in vars(searches).values():
        if isinstance(kind, type) and issubclass(kind, Schema) and kind is not Schema:
            told |= kind().fields.keys()
    return tuple(sorted(told))


TOKEN = re.compile(rb'name="csrf_token"[^>]*value="[^"]*"')
"""A form's token is random and says nothing; no two pages have the same."""


def without_tokens(body: bytes) -> bytes:
    """A page without the random tokens of its forms."""
    return TOKEN.sub(b"", body)


def headers_of(answer: Any) -> list[tuple[str, str]]:
    """All headers but the time and the cookie of the session, which differ with every request."""
    return sorted((k, v) for k, v in answer.headers if k not in ("Date", "Set-Cookie"))
