"""What holds for every page: headers, languages, errors, files."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client, RequestFactory
from django.urls import get_resolver
from django.utils.translation import override
from django.views.defaults import bad_request, server_error

from lichen.web.headers import POLICY

pytestmark = pytest.mark.django_db

PAGES = [
    "/",
    "/?export=csv",
    "/classes.css",
    "/static/lichen/mark.svg",
    "/ledger/",
    "/accounts/login/",
    "/nowhere",
    "/metrics",
]


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("address", PAGES)
def test_every_page_has_its_headers(web_engines: Any, client: Client, address: str, language: str) -> None:
    client.cookies["lichen_language"] = language
    response = client.get(address)
    assert response.status_code == (404 if address == "/nowhere" else 200)
    assert response["Content-Security-Policy"] == POLICY
    assert response["X-Content-Type-Options"] == "nosniff"
    same_for_all = "public" in response.get("Cache-Control", "")
    assert response.get("Content-Language") == (None if same_for_all else language)


@pytest.mark.parametrize("address", ["/", "/ledger/", "/accounts/login/", "/nowhere"])
def test_pages_need_no_inline_style_or_script(web_engines: Any, client: Client, address: str) -> None:
    text = client.get(address).content.decode()
    for forbidden in (" style=", "<style", " onclick=", "javascript:"):
        assert forbidden not in text
    for script in re.findall(r"<script[^>]*>", text):
        assert ' src="/static/built/' in script or ' type="application/json"' in script


def test_the_language_switch(web_engines: Any, client: Client) -> None:
    assert 'lang="zh-Hans"' in client.get("/", headers={"accept-language": "en"}).content.decode()
    response = client.post("/i18n/setlang/", {"language": "en", "next": "/?sort=name"})
    assert response["Location"] == "/?sort=name"
    assert "Stations" in client.get("/").content.decode()


def test_nobody_leads_readers_away(web_engines: Any, client: Client) -> None:
    response = client.post("/i18n/setlang/", {"language": "en", "next": "https://elsewhere.example/"})
    assert "elsewhere" not in response["Location"]


def test_the_page_says_who_is_signed_in(web_engines: Any, client: Client, cast: dict[str, Any]) -> None:
    assert "登录" in client.get("/").content.decode()
    client.force_login(cast["bureau"])
    text = client.get("/").content.decode()
    assert "市局李" in text
    assert "退出" in text


def test_error_pages_speak_chinese_and_need_no_engine() -> None:
    request = RequestFactory().get("/")
    for page, said in ((server_error, "出现故障"), (lambda r: bad_request(r, ValueError()), "无法理解该请求")):
        text = page(request).content.decode()
        assert said in text
        assert "Traceback" not in text
        with override("en"):
            assert said not in page(request).content.decode()


def test_a_form_from_elsewhere_is_refused(web_engines: Any) -> None:
    response = Client(enforce_csrf_checks=True).post("/accounts/login/", {"login": "bureau"})
    assert response.status_code == 403
    assert "表单已失效" in response.content.decode()


def test_files_are_kept_by_browsers_and_nothing_else_can_be_read(client: Client) -> None:
    response = client.get("/static/lichen/mark.svg")
    assert response["Content-Type"] == "image/svg+xml; charset=utf-8"
    assert "max-age" in response["Cache-Control"]
    again = client.get("/static/lichen/mark.svg", headers={"if-none-match": response["ETag"]})
    assert again.status_code == 304
    for address in ("/static/../settings.py", "/static/%2e%2e/settings.py", "/static/lichen", "/static//etc/passwd"):
        assert client.get(address).status_code in (400, 404)


def test_colours_are_the_official_ones(client: Client) -> None:
    assert ".swatch.air-2 { background: rgb(255 126 0); }" in client.get("/classes.css").content.decode()


def test_no_two_addresses_have_one_name() -> None:
    names = [pattern.name for pattern in _patterns(get_resolver()) if pattern.name]
    assert len(names) == len(set(names))


def _patterns(resolver: Any) -> list[Any]:
    found = []
    for one in resolver.url_patterns:
        if not hasattr(one, "url_patterns"):
            found.append(one)
        elif one.namespace is None:
            found += _patterns(one)
    return found
