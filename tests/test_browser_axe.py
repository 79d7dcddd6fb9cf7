"""Every page is open to everybody: no serious or critical finding of axe-core, and no sideways scroll on a phone.

The pages are those of the URL conf: a page that is in no table below fails the first test. Each is looked at twice: in
Chinese, light, on a desktop and then on a phone 360 px wide; and in English, dark, on such a phone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.conf import settings
from django.core.cache import cache
from django.template.loader import render_to_string
from django.urls import URLPattern, URLResolver, get_resolver, resolve
from django.utils.translation import override
from playwright.sync_api import Browser, BrowserContext, Page, expect

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[1]
AXE = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
TEMPLATES = ROOT / "lichen" / "web" / "templates"
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 360, "height": 740}
GRAVE = {"serious", "critical"}
PASSWORD = "correct horse battery"

CITY, WHY = "cities/<str:city>/", "why/<str:point>/<str:name>/<str:period>/<str:time>/"
DEVICE, ROW = "desk/devices/<str:mn>/", "desk/registry/<slug:slug>/<int:pk>/"
_INPUT = "#s3 ~ .table-scroll a"
_LISTS = ("points", "devices", "instruments", "people", "organisations", "districts")

#: An address, the last address of a route already walked, or (where to find a link, the link that leads there).
Where = str | tuple[Any, str]
PUBLIC: dict[str, tuple[Where, ...]] = {
    "": ("/", "/?q=nowhere"),
    "stations/<str:point>/": ("/stations/zg-chunhua-road/",),
    CITY: (("stations/<str:point>/", ".crumbs a[href^='/cities/']"),),
    CITY + "why/<str:element>/<str:period>/<str:time>/": (
        ("cities/<str:city>/", "a[href^='/cities/'][href*='/why/']"),
    ),
    WHY: (("/", "main table a[href*='/air/hour/']"), (WHY, _INPUT)),
    WHY + "<str:source>/<str:stat>/": ((WHY, _INPUT),),
    "ledger/": ("/ledger/",),
    "ledger/raw/<int:index>/": ("/ledger/raw/5/",),
    "ledger/acts/": ("/ledger/acts/",),
    "ledger/acts/<int:index>/": ("/ledger/acts/0/",),
    "open-data/": ("/open-data/",),
    "open-data/<slug:slug>/": (("open-data/", "main a[href^='/open-data/'][href$='/']"),),
    "explore/": ("/explore/", "/explore/?s=zg-chunhua-road:pm25:hour&s=zg-chunhua-road:o3:hour"),
    "room/": ("/room/",),
    "report/": ("/report/",),
    "report/<slug:element>/<slug:report>/": ("/report/surface_water/sections/", "/report/noise/zone_compliance/"),
    "api/v1/": ("/api/v1/",),
    "design/": ("/design/",),
    "accounts/login/": ("/accounts/login/",),
    "accounts/inactive/": ("/accounts/inactive/",),
    "accounts/cancelled/": ("/accounts/cancelled/",),
}
_FIRST = "main tbody a[href^='/desk/registry/{0}/']"
_PERSON = ("/desk/registry/people/", _FIRST.format("people"))
DESK: dict[str, tuple[Where, ...]] = {
    "desk/": ("/desk/",),
    "desk/acts/": ("/desk/acts/",),
    "desk/results/": ("/desk/results/",),
    "desk/results/new/": ("/desk/results/new/?element=surface_water",),
    "desk/results/check/<uuid:id>/": (("desk/results/", "main a[href^='/desk/results/check/']"),),
    "desk/results/<int:pk>/": (("desk/results/", "#list th a[href^='/desk/results/']"),),
    "desk/settings/": ("/desk/settings/",),
    "desk/tokens/": ("/desk/tokens/",),
    "desk/devices/": ("/desk/devices/",),
    "desk/devices/claim/<str:mn>/": (("desk/devices/", "main a[href*='/claim/']"),),
    DEVICE: (("desk/devices/", "#list th a[href^='/desk/devices/']"),),
    DEVICE + "calls/<str:id>/": ((DEVICE, "main a[href*='/calls/']"),),
    "desk/registry/<slug:slug>/": tuple(f"/desk/registry/{one}/" for one in _LISTS),
    "desk/registry/<slug:slug>/new/": tuple(f"/desk/registry/{one}/new/" for one in ("points", "devices", "people")),
    "desk/registry/<slug:slug>/import/": ("/desk/registry/points/import/",),
    ROW: (
        _PERSON,
        ("/desk/registry/points/", _FIRST.format("points")),
        ("/desk/registry/devices/", _FIRST.format("devices")),
    ),
    ROW + "edit/": ((ROW, "main a[href$='/edit/']"),),
    ROW + "end/": ((ROW, "main a[href$='/end/']"),),
    "desk/registry/people/<int:pk>/second-factor/": ((_PERSON, "main a[href$='/second-factor/']"),),
    "desk/registry/devices/<int:pk>/move/": ((ROW, "main a[href$='/move/']"),),
    "status/": ("/status/",),
}
#: Of a person with an authenticator, recovery codes and a security key.
ACCOUNT: dict[str, tuple[Where, ...]] = {
    "accounts/security/": ("/accounts/security/",),
    "accounts/keys/<int:pk>/": (("accounts/security/", "main a[href^='/accounts/keys/']:not([href$='/remove/'])"),),
    "accounts/keys/<int:pk>/remove/": (("accounts/security/", "main a[href$='/remove/'][href^='/accounts/keys/']"),),
    "accounts/keys/again/": ("/accounts/keys/again/",),
    "accounts/password/": ("/accounts/password/",),
    "accounts/password/none/": ("/accounts/password/none/",),
    "accounts/again/": ("/accounts/again/",),
    "accounts/code/again/": ("/accounts/code/again/",),
    "accounts/totp/remove/": ("/accounts/totp/remove/",),
    "accounts/recovery/": ("/accounts/recovery/",),
    "accounts/recovery/new/": ("/accounts/recovery/new/",),
}
#: Looked at on the way to such an account: while a second factor is set up, and in the middle of signing in.
ON_THE_WAY = {"accounts/totp/", "accounts/keys/add/", "accounts/code/"}
#: What a person does not see: forms' targets, data, and what the provider of sign-in shows.
NO_PAGES = {
    "accounts/",
    "accounts/logout/",
    "accounts/oidc/<str:provider_id>/login/",
    "accounts/oidc/<str:provider_id>/login/callback/",
    "desk/devices/<str:mn>/command/",
    "desk/tokens/<int:pk>/revoke/",
    "healthz",
    "i18n/setlang/",
    "metrics",
    "static/<path:path>",
    "tlog/raw/<path:path>",
    "tlog/acts/<path:path>",
}  # fmt: skip


def _routes() -> Iterator[str]:
    """Every route of the site, as `resolve` names it."""

    def walk(of: URLResolver, before: str) -> Iterator[str]:
        for one in of.url_patterns:
            route = before + str(one.pattern)
            if isinstance(one, URLPattern):
                yield route
            else:
                yield from walk(one, route)

    yield from walk(get_resolver(), "")


def _is_data(route: str) -> bool:
    """Whether it is a file or an answer for programs."""
    return "." in route.rsplit("/", 1)[-1] or (route.startswith("api/v1/") and route != "api/v1/")


def test_every_page_of_the_site_is_looked_at() -> None:
    known = {*PUBLIC, *DESK, *ACCOUNT, *ON_THE_WAY, *NO_PAGES}
    routes = {route for route in _routes() if not _is_data(route)}
    assert routes - known == set(), "say in this file where such a page is found, or that it is no page"
    assert known - routes == set(), "there is no such page any more"


@pytest.fixture(scope="module", autouse=True)
def _database_beside_a_browser() -> Iterator[None]:
    """Playwright's event loop runs in this thread as long as the browser is open; the database is asked here too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        yield


@dataclass
class Look:
    """A reader: language, colours, and the width of the screen."""

    language: str
    scheme: str
    size: dict[str, int]

    def open(self, browser: Browser, url: str) -> BrowserContext:
        context = browser.new_context(viewport=self.size, color_scheme=self.scheme, reduced_motion="reduce")
        context.add_init_script(path=AXE)  # not through a tag: the content security policy would refuse it
        context.add_cookies([{"name": settings.LANGUAGE_COOKIE_NAME, "value": self.language, "url": url}])
        return context


LOOKS = [Look("zh-hans", "light", WIDE), Look("en", "dark", NARROW)]
each_look = pytest.mark.parametrize("look", LOOKS, ids=lambda look: f"{look.language}-{look.scheme}")
_RUN = """async () => {
    const { violations } = await axe.run(document, { resultTypes: ["violations"] });
    return violations.map(({ id, impact, nodes }) =>
        [impact, id, nodes.slice(0, 5).map((one) => one.target.join(" "))]);
}"""


def faults(page: Page, look: Look) -> list[str]:
    """What is wrong with the page that is open."""
    expect(page.locator("[aria-busy=true]")).to_have_count(0, timeout=30_000)
    found = [f"{impact}: {rule} at {places}" for impact, rule, places in page.evaluate(_RUN) if impact in GRAVE]
    language = page.locator("html").get_attribute("lang")
    if language != ("en" if look.language == "en" else "zh-Hans"):
        found.append(f"its language is {language}")
    page.set_viewport_size(NARROW)
    try:  # charts follow a new width a little later
        expect(page.locator("html")).to_have_js_property("scrollWidth", NARROW["width"], timeout=10_000)
    except AssertionError:
        found.append(f"{page.evaluate('document.documentElement.scrollWidth')} px wide on a phone")
    page.set_viewport_size(look.size)
    return found


def walk(page: Page, url: str, pages: dict[str, tuple[Where, ...]], look: Look) -> list[str]:
    """What is wrong with each of the pages, with their addresses."""
    wrong: list[str] = []
    seen: dict[str, str] = {}
    for route, places in pages.items():
        for place in places:
            address = _address(page, url, seen, place)
            answer = page.goto(url + address)
            assert answer is not None
            assert (answer.status, resolve(address.partition("?")[0]).route) == (200, route), address
            if route == "":
                expect(page.locator(".dot").first).to_be_visible(timeout=30_000)
            seen[route] = address
            wrong += [f"{address}: {fault}" for fault in faults(page, look)]
    return wrong


def _address(page: Page, url: str, seen: dict[str, str], place: Where) -> str:
    if isinstance(place, str):
        return seen.get(place, place)
    if page.url != (before := url + _address(page, url, seen, place[0])):
        page.goto(before)
    found = page.locator(place[1]).first.get_attribute("href", timeout=30_000)
    assert found is not None
    return found


@each_look
def test_public_pages(demo: Any, browser: Browser, look: Look) -> None:
    with look.open(browser, demo.url) as context:
        assert walk(context.new_page(), demo.url, PUBLIC, look) == []


@each_look
def test_the_workbench(demo: Any, browser: Browser, look: Look) -> None:
    with look.open(browser, demo.url) as context:
        page = context.new_page()
        sign_in(page, demo.url, "admin", demo.password("admin"))
        expect(page).to_have_url(f"{demo.url}/desk/", timeout=30_000)
        _call_a_device(page, demo.url)
        _bring_results(page, demo.url)
        assert walk(page, demo.url, DESK, look) == []


def _call_a_device(page: Page, url: str) -> None:
    """So that there is a call to look at."""
    page.goto(url + _address(page, url, {"desk/devices/": "/desk/devices/"}, *DESK[DEVICE]))
    form = page.locator("main form[action$='/command/']")
    form.locator("textarea[name=reason], input[name=reason]").fill("how its page looks")
    form.locator("button").click()
    expect(page).to_have_url(re.compile("/calls/"), timeout=30_000)


def _bring_results(page: Page, url: str) -> None:
    """So that there are results that were taken, and a file that waits with its faults."""
    row = "tj-zhongshan-north-road,2020-03-03 08:00,"
    for rows in (f"{row}61\n", f"{row}about 61\n"):
        page.goto(f"{url}/desk/results/new/?element=air")
        page.locator("select[name=period]").select_option("hour")
        file = {"name": "hours.csv", "mimeType": "text/csv", "buffer": f"point,time,pm25\n{rows}".encode()}
        page.locator("input[type=file]").set_input_files(file)  # type: ignore[arg-type]
        page.locator("main form[enctype] button").click()
        if "about" not in rows:
            page.locator("main form.stacked button").click()
            expect(page.locator(".holds")).to_be_visible(timeout=30_000)


def sign_in(page: Page, url: str, username: str, password: str) -> None:
    page.goto(f"{url}/accounts/login/?next=/desk/")
    page.locator("input[name=login]").fill(username)
    page.locator("input[name=password]").fill(password)
    page.locator("main form button").first.click()


@pytest.mark.django_db(transaction=True)
@each_look
def test_an_account(web_engines: Any, cast: dict[str, Any], live_server: Any, browser: Browser, look: Look) -> None:
    cache.clear()  # nobody is locked
    url, wrong = live_server.url, []
    with look.open(browser, url) as context:
        page = context.new_page()
        sign_in(page, url, "bureau", PASSWORD)
        expect(page).to_have_url(f"{url}/desk/", timeout=30_000)
        page.goto(f"{url}/accounts/totp/")  # asks once more who one is
        page.locator("input[name=password]").fill(PASSWORD)
        page.locator("main form button").first.click()
        expect(page).to_have_url(f"{url}/accounts/totp/", timeout=30_000)
        wrong += faults(page, look)
        TOTP.activate(cast["bureau"], generate_totp_secret())
        RecoveryCodes.activate(cast["bureau"])
        _plug_in_a_key(page)
        page.goto(f"{url}/accounts/keys/add/")
        wrong += faults(page, look)
        page.locator("main input[name=name]").fill("key")
        page.locator("main form button").first.click()
        expect(page).not_to_have_url(f"{url}/accounts/keys/add/", timeout=30_000)
        wrong += walk(page, url, ACCOUNT, look)
        page.locator("header form[action$='/logout/'] button").click()
        expect(page.locator("header a[href^='/accounts/login/']")).to_be_visible(timeout=30_000)
        sign_in(page, url, "bureau", PASSWORD)
        expect(page).to_have_url(re.compile("/accounts/code/"), timeout=30_000)
        wrong += faults(page, look)
    assert wrong == []


def _plug_in_a_key(page: Page) -> None:
    """A security key in the page's browser, as Chromium's developer tools can."""
    tools = page.context.new_cdp_session(page)
    tools.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "usb", "hasUserVerification": True, "isUserVerified": True}
    tools.send("WebAuthn.addVirtualAuthenticator", {"options": options | {"automaticPresenceSimulation": True}})


#: What a page of an error says.
_SAID: dict[str, Any] = {
    "part": "store", "retry": 60, "exception": "reason",
    "last": [{"name": "PM", "index": "57", "word": "良", "swatch": "air-1", "interval": "08:00–09:00", "age": "1 h"}],
}  # fmt: skip


@each_look
def test_errors(demo: Any, browser: Browser, look: Look) -> None:
    """Rendered here and shown as if the site had sent them: most cannot be had from a site that works."""
    wrong, names = [], sorted(path.name for path in TEMPLATES.glob("[45]??*.html"))
    assert {"403.html", "404.html", "503.html"} <= set(names)
    with look.open(browser, demo.url) as context:
        page = context.new_page()
        for name in names:
            _show(page, f"{demo.url}/{name}", name, look)
            wrong += [f"{name}: {fault}" for fault in faults(page, look)]
        answer = page.goto(f"{demo.url}/nothing-is-here/")
        assert answer is not None
        assert answer.status == 404
        wrong += [f"404: {fault}" for fault in faults(page, look)]
    assert wrong == []


def _show(page: Page, address: str, name: str, look: Look) -> None:
    with override(look.language):
        text = render_to_string(name, _SAID)
    page.route(address, lambda route: route.fulfill(body=text, content_type="text/html; charset=utf-8"))
    page.goto(address)
