"""The description is true: schemathesis asks whatever it allows, and a good deal that it does not.

Every check is on. Two are told how this API speaks: 400 is said to requests that keep to the description and make no
sense together (a span that ends before it begins), which no schema can say; a schema cannot promise which points
exist either.
"""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema

from lichen.web.api.testing import SNAPSHOT

ACCEPTED = ["2xx", "304", "400", "401", "403", "404", "406"]
CONFIG = SchemathesisConfig.from_dict(
    {
        "generation": {"max-examples": 20, "database": "none", "deterministic": True},
        "phases": {"stateful": {"enabled": False}},
        "checks": {
            "positive_data_acceptance": {"expected-statuses": ACCEPTED},
            "negative_data_rejection": {"expected-statuses": ["4xx"]},
        },
    }
)


@pytest.fixture
def described(filled: Any, settings: Any) -> Any:
    settings.API_RATE = 1_000_000
    settings.ALLOWED_HOSTS = ["*"]
    return schemathesis.openapi.from_wsgi("/api/v1/openapi.json", WSGIHandler(), config=CONFIG)


def test_every_answer_is_as_described(described: Any) -> None:
    found = []
    for event in from_schema(described.exclude(path_regex="/live$")).execute():
        if isinstance(event, events.NonFatalError | events.FatalError):
            found.append(str(event.info if isinstance(event, events.NonFatalError) else event.exception))
        elif isinstance(event, events.ScenarioFinished):
            for checks in event.recorder.checks.values():
                found += [f"{event.label}: {one.name}: {one.failure_info}" for one in checks if one.failure_info]
    assert not found, "\n\n".join(found[:5])


def test_answers_with_data_are_as_described(described: Any) -> None:
    """Generated words rarely name a point that exists."""
    at = {"from": "2026-03-02T00:00:00+08:00", "to": "2026-03-02T01:00:00+08:00"}
    one = {"point": SNAPSHOT.points[0].id, "period": "hour"}
    asked: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
        ("points", {}, {}),
        ("points", {"limit": 1, "fields": "id,lon"}, {}),
        ("points/{point}", {}, {"point": "P1"}),
        ("latest", {"limit": 3}, {}),
        ("latest", {"format": "csv"}, {}),
        ("series", {**at, **one, "parameter": "pm25"}, {}),
        ("series", {**at, **one, "parameter": "pm25", "format": "csv"}, {}),
        ("series", {**at, **one, "parameter": "pm25", "format": "parquet"}, {}),
        ("results", {**at, "element": "air", "period": "hour"}, {}),
        ("why", {**one, "name": "air", "time": at["from"], "depth": 3}, {}),
        ("ledger/{log}", {}, {"log": "raw"}),
        ("ledger/{log}/entries/{index}", {}, {"log": "raw", "index": 3}),
        ("ledger/{log}/entries/{index}/proof", {}, {"log": "raw", "index": 3}),
    ]
    for path, query, place in asked:
        operation = described[f"/api/v1/{path}"]["GET"]
        answer = operation.Case(query=query, path_parameters=place).call()
        assert answer.status_code == 200, (path, answer.text)
        operation.validate_response(answer)
