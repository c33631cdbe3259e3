"""Printing labels: what stands on them comes from here, how they look from the `labels` library."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from flask import current_app
from sqlalchemy import update

from labels import KitLabel, by_box, stock_named, write_pdf
from tracker.db import transaction
from tracker.domain.permissions import Action, Actor
from tracker.errors import InvalidValue, NotAllowed, NotFound
from tracker.models import Label
from tracker.queries.labels import labels_of_pledge

STOCK = "L7160"


def print_pledge(
    pledge: str,
    out: Path | BinaryIO,
    *,
    start: int = 1,
    stock: str = STOCK,
    by: Actor,
    now: datetime,
    progress: Callable[[int], object] | None = None,
) -> int:
    """Write the labels of a pledge's items as a PDF to `out`, box by box; how many they are.

    `start` is the first free place of a part-used sheet. Raises NotAllowed, NotFound (no items)
    and InvalidValue (no such place or stock).
    """
    if not by.may(Action.PRINT_LABELS):
        raise NotAllowed
    printed = labels_of_pledge(pledge)
    if not printed:
        raise NotFound(f"{pledge} has no items whose labels could be printed.")
    host = current_app.config["HOST"]
    labels = by_box(
        (one.box, KitLabel(one.code, host, one.product_uk, one.product_en)) for one in printed
    )
    target = str(out) if isinstance(out, Path) else out
    try:
        write_pdf(labels, stock_named(stock), target, start=start, title=pledge, progress=progress)
    except ValueError as problem:
        raise InvalidValue(str(problem), field="start") from problem
    codes = [one.code for one in printed]
    with transaction() as session:
        for first in range(0, len(codes), 5000):
            part = codes[first : first + 5000]
            session.execute(
                update(Label)
                .where(Label.code.in_(part), Label.printed_at.is_(None))
                .values(printed_at=now)
            )
    return len(labels)
