"""Humanitarian-aid codes: by which settings of this installation their clocks run."""

from __future__ import annotations

from flask import current_app

from tracker.clock import day_in_kyiv
from tracker.domain.aid_codes import AidTerms


def aid_terms() -> AidTerms:
    """What starts a clock, and how many of Kyiv's days it counts."""
    settings = current_app.config
    return AidTerms(
        starts_with=settings["AID_CLOCK_STARTS"],
        report_days=settings["AID_REPORT_DAYS"],
        declaration_days=settings["AID_DECLARATION_DAYS"],
        day_of=day_in_kyiv,
    )
