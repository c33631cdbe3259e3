"""How values are shown: days and times in Kyiv, numbers, codes, people, products and places."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

from babel import Locale
from flask import Flask
from flask_babel import (
    format_date,
    format_datetime,
    format_decimal,
    get_locale,
    gettext,
)
from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from tracker import clock
from tracker.domain.identifiers import mask
from tracker.domain.permissions import Action, Scope
from tracker.services.codes import is_canonical, show
from tracker.web.frame.gate import actor

REFERENCE = files("tracker").joinpath("reference")


def capital(text: object) -> str:
    """The first letter large, the others as they are (Jinja's `capitalize` lowers names)."""
    words = str(text)
    return words[:1].upper() + words[1:]


def kyiv_day(moment: date | datetime | None) -> Markup:
    """`<time>` with the day in Kyiv, as words: `11 November 2022`. Empty for None."""
    if moment is None:
        return Markup("")
    day = clock.day_in_kyiv(moment) if isinstance(moment, datetime) else moment
    shown = format_date(day, "d MMMM y")
    return Markup('<time datetime="{}">{}</time>').format(day.isoformat(), shown)


def kyiv_time(moment: datetime | None) -> Markup:
    """`<time>` with day and minute in Kyiv: `11 Nov 2022, 14:05`. Empty for None."""
    if moment is None:
        return Markup("")
    shown = format_datetime(moment, "d MMM y, HH:mm")
    exact = moment.isoformat(timespec="milliseconds")  # more digits are not HTML
    return Markup('<time datetime="{}">{}</time>').format(exact, escape(shown))


def month_name(day: date) -> Markup:
    """`<time>` with month and year: `November 2022`, `листопад 2022`."""
    shown = format_date(day, "LLLL y")
    return Markup('<time datetime="{}">{}</time>').format(day.strftime("%Y-%m"), shown)


def plain_day(day: date) -> str:
    """A day as words and nothing else, for mails and feeds: `11 November 2022`."""
    return str(format_date(day, "d MMMM y"))


def plain_month(day: date) -> str:
    """A month as words and nothing else: `November 2022`, `листопад 2022`."""
    return str(format_date(day, "LLLL y"))


def count(number: int) -> str:
    """A whole number with its thousands apart, as the reader's language does it."""
    return str(format_decimal(number))


def shown_code(code: object) -> Markup:
    """A label's code as it is printed: `7F3K9-M2P4C-X`, in letters that line up.

    What is no label's is a maker's number, whole only for who may read any.
    """
    text = str(code)
    if is_canonical(text):
        text = show(text)
    elif actor().scope(Action.READ_IDENTIFIERS) not in (Scope.ALL, Scope.OWN):
        text = mask("", text)
    return Markup('<code class="label-code">{}</code>').format(text)


def money(amount: Decimal, currency: str | None) -> str:
    """An amount with its currency, as the reader's language writes it."""
    shown = format_decimal(amount, "#,##0.00")
    return f"{shown}\u00a0{currency}" if currency else str(shown)


def who(ref: str | None) -> str:
    """Who did something, as a number and never as a name: `person 7`, `device 3`."""
    if not ref:
        return ""
    kind, _, number = ref.partition(":")
    if kind == "account":
        return str(gettext("person %(number)s", number=number))
    if kind == "device":
        return str(gettext("device %(number)s", number=number))
    if kind == "system":
        return str(gettext("the server"))
    return ref


def product_name(row: Any) -> str:
    """The product of a row that has `product_en` and `product_uk`."""
    return str(row.product_en if _english() else row.product_uk)


def in_language(named: Mapping[str, object]) -> str:
    """The one of `name_en` and `name_uk` that the reader reads."""
    return str(named["name_en"] if _english() else named["name_uk"])


def place_name(row: Any) -> str:
    """The name of a location's row; a site has only its reference."""
    return str((row.name_en if _english() else row.name_uk) or row.name_uk or row.ref)


def party_name(name: str) -> str:
    """A party's name; one that is named as its country is, in the reader's language."""
    return name if _english() else _countries().get(name, name)


@cache
def _countries() -> Mapping[str, str]:
    """Countries by their English name, in Ukrainian (Unicode CLDR)."""
    english, ukrainian = (Locale(language).territories for language in ("en", "uk"))
    return {name: ukrainian[code] for code, name in english.items() if code in ukrainian}


def oblast_name(code: str | None) -> str:
    """The oblast with this UN p-code."""
    names = _oblasts().get(code or "")
    if names is None:
        return code or ""
    return names["name_en"] if _english() else names["name_uk"]


@cache
def _oblasts() -> Mapping[str, Mapping[str, str]]:
    text = (REFERENCE / "oblasts.csv").read_text(encoding="utf-8")
    return {row["pcode"]: row for row in csv.DictReader(text.splitlines())}


def _english() -> bool:
    locale = get_locale()
    return locale is not None and locale.language == "en"


FILTERS = (
    *(capital, kyiv_day, kyiv_time, month_name, plain_day, plain_month, count, money),
    *(shown_code, who, product_name, place_name, party_name, oblast_name),
)


def add_filter(app: Flask, name: str, shown: Callable[..., Any]) -> None:
    """Make a filter known to all templates that asks anew, at each use, which language it is.

    Jinja works a filter of a constant out once, when it compiles the template, and would show
    everybody the language of the first reader; it does not do so where the context is passed.
    """

    @pass_context
    def filter_(_context: Context, *args: Any) -> Any:
        return shown(*args)

    app.add_template_filter(filter_, name)


def init_app(app: Flask) -> None:
    """Make the filters known to all templates."""
    for shown in FILTERS:
        add_filter(app, shown.__name__, shown)
