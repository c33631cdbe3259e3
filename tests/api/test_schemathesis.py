"""Schemathesis reads the description and sends what it allows, and what it does not.

Whatever is sent: never a server error, a status and a kind of body that the description names, and
a body that fits it. Only a batch may hold wrong values and still be answered: each scan in it gets
its own answer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.checks import CheckFunction, not_a_server_error
from schemathesis.core.result import Err, Ok
from schemathesis.core.transport import Response
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from tests.api.conftest import Phone, Stock

CONFORMS: list[CheckFunction] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
BOUNDED = settings(
    max_examples=20,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
Operation = APIOperation[Any, Any, Any, Any]


def operations(app: Flask) -> list[Operation]:
    """Every operation that the description names."""
    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", app)
    results = list(schema.get_all_operations())
    assert [result.err() for result in results if isinstance(result, Err)] == []
    return [result.ok() for result in results if isinstance(result, Ok)]


def hold(operation: Operation, mode: GenerationMode, ask: Callable[[Case[Any]], Response]) -> None:
    """Ask what `operation` allows, or does not, and hold its answers against its description."""
    checks = list(CONFORMS)
    if mode is GenerationMode.NEGATIVE and not operation.path.endswith(("/scans", "-scans")):
        checks.append(negative_data_rejection)

    def answered(case: Case[Any]) -> None:
        told = ask(case)
        # Too large is a refusal too, which that check does not know; described it must be as well.
        wanted = list(CONFORMS) if told.status_code == 413 else checks
        case.validate_response(told, checks=wanted)

    BOUNDED(given(operation.as_strategy(generation_mode=mode))(answered))()


def test_the_description_names_every_operation(app: Flask) -> None:
    named = {f"{operation.method.upper()} {operation.path}" for operation in operations(app)}
    assert named == {
        "POST /api/v1/scans", "GET /api/v1/receipt-key", "GET /api/v1/checkpoint",
        "GET /api/v1/items", "GET /api/v1/items/{code}", "GET /api/v1/items/{code}/events",
        "GET /api/v1/pledges", "POST /api/v1/pledges", "GET /api/v1/pledges/{ref}",
        "POST /api/v1/enrolments", "GET /api/v1/field", "POST /api/v1/field/results",
        "POST /api/v1/field/codes", "PUT /api/v1/field/clock",
        "POST /api/v1/field/acts", "GET /api/v1/field/parties/{register_number}",
        "POST /api/v1/field/sites/{ref}", "POST /api/v1/late-scans",
        "POST /api/v1/handed-over-scans", "POST /api/v1/late-acts",
        "POST /api/v1/handed-over-acts", "PUT /api/v1/late-evidence/{sha256}",
        "GET /api/v1/evidence/{sha256}",
        "PUT /api/v1/evidence/{sha256}", "GET /api/v1/items/{code}/epcis",
        "GET /api/v1/pledges/{ref}/epcis", "GET /api/v1/pledges/{ref}/iati",
        "GET /api/v1/initiatives/{ref}/iati", "POST /api/v1/symbols",
    }  # fmt: skip


def test_what_is_allowed_is_answered_as_described(
    app: Flask, coordinator: Phone, stock: Stock
) -> None:
    app.config.update(IATI_ORG="UA-EDR-00000000", IATI_NAME="Example")
    known = {"code": stock.codes[0], "ref": "EX-1", "sha256": "0" * 64}
    known["register_number"] = "00000000"

    def ask(case: Case[Any]) -> Response:
        case.path_parameters = {name: known[name] for name in case.path_parameters}
        return case.call(headers=coordinator.headers)

    for operation in operations(app):
        hold(operation, GenerationMode.POSITIVE, ask)


def test_what_is_not_allowed_is_refused_as_described(app: Flask, coordinator: Phone) -> None:
    for operation in operations(app):
        if operation.body or list(operation.iter_parameters()):
            hold(
                operation,
                GenerationMode.NEGATIVE,
                lambda case: case.call(headers=coordinator.headers),
            )
