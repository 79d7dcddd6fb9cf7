"""``/api/v1/``: the description of the API for people, made from ``openapi.json`` itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext


@dataclass(frozen=True, slots=True)
class Row:
    """A parameter or a field: its name, its type in a few words, whether it must be given, what it means."""

    name: str
    kind: str
    required: bool
    default: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Address:
    """One address of the API."""

    anchor: str
    path: str
    title: str
    text: str
    parameters: list[Row]
    shape: str
    formats: list[str]
    refusals: list[tuple[str, str]]


def reference(request: HttpRequest, schema: Mapping[str, Any]) -> HttpResponse:
    """The page, in the reader's language."""
    context = {
        "addresses": described(schema),
        "shapes": shapes_of(schema),
        "rate": settings.API_RATE,
        "token_rate": settings.API_TOKEN_RATE,
        "origin": request.build_absolute_uri("/").rstrip("/"),
    }
    return render(request, "api/reference.html", context)


def described(schema: Mapping[str, Any]) -> list[Address]:
    """The addresses of an OpenAPI description, in the active language."""
    return [_address(path, one["get"]) for path, one in schema["paths"].items()]


def shapes_of(schema: Mapping[str, Any]) -> list[tuple[str, list[Row]]]:
    """Name and fields of each shape of an OpenAPI description, by name."""
    return [
        (name, list(_fields(shape)))
        for name, shape in sorted(schema["components"]["schemas"].items())
        if shape.get("properties")
    ]


def _address(path: str, operation: Mapping[str, Any]) -> Address:
    content = operation["responses"][200].get("content", {})
    (shape,) = {_shape(one["schema"]) for form, one in content.items() if form == "application/json"} or {""}
    return Address(
        operation["operationId"], path, gettext(operation["summary"]), gettext(operation["description"]),
        [_row(one["name"], one["schema"], one.get("required", False), one.get("description", ""))
         for one in operation.get("parameters", ())],
        shape, list(content),
        [(str(status), gettext(said["description"])) for status, said in operation["responses"].items()
         if int(status) >= 300],
    )  # fmt: skip


def _fields(shape: Mapping[str, Any]) -> Iterator[Row]:
    for name, of in shape["properties"].items():
        yield _row(name, of, False, of.get("description", ""))


def _row(name: str, of: Mapping[str, Any], required: bool, meaning: str) -> Row:
    default = of.get("default")
    return Row(
        name, _kind(of), required, "" if default in (None, "") else str(default), gettext(meaning) if meaning else ""
    )


def _kind(of: Mapping[str, Any]) -> str:
    """A JSON schema in a few words.

    >>> _kind({"anyOf": [{"type": "number"}, {"type": "null"}]}), _kind({"type": "array", "items": {"type": "string"}})
    ('number | null', 'string[]')
    """
    if "anyOf" in of:
        return " | ".join(_kind(one) for one in of["anyOf"])
    if "allOf" in of:
        return _kind(of["allOf"][0])
    if "enum" in of:
        return " | ".join(map(str, of["enum"]))
    if "$ref" in of:
        return _shape(of)
    if of.get("type") == "array":
        return f"{_kind(of['items'])}[]"
    if "minimum" in of and "maximum" in of and of["maximum"] < 2**32:
        return f"{of['type']} {of['minimum']}–{of['maximum']}"
    return str(of.get("format", of.get("type", "object")))


def _shape(of: Mapping[str, Any]) -> str:
    return str(of.get("$ref", "")).rpartition("/")[2]
