"""The description for people: complete, in both languages."""

from __future__ import annotations

import re
from collections.abc import Iterator

from django.test import Client
from django.utils.translation import gettext, override

from lichen.web.api import api


def described() -> Iterator[str]:
    """What `openapi.json` says in words about operations, parameters, answers and fields."""
    schema = api.get_openapi_schema()
    for operations in schema["paths"].values():
        for operation in operations.values():
            yield from (operation["summary"], operation["description"])
            yield from (one["description"] for one in operation.get("parameters", ()))
            yield from (one["description"] for one in operation["responses"].values())
    for shape in schema["components"]["schemas"].values():
        yield from (one["description"] for one in shape.get("properties", {}).values() if "description" in one)


def test_everything_is_said_in_chinese_too() -> None:
    with override("zh-hans"):
        assert sorted({said for said in described() if not re.search("[\u3400-\u9fff]", gettext(said))}) == []


def test_the_page_shows_every_address(client: Client) -> None:
    for language in ("zh-hans", "en"):
        client.cookies["lichen_language"] = language
        page = client.get("/api/v1/")
        assert page["Content-Type"].startswith("text/html")
        for path in api.get_openapi_schema()["paths"]:
            assert f"GET {path}<" in page.content.decode()
