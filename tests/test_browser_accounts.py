"""Signing in, in a real browser: key, authenticator, lock-out, the organisation's own sign-in; what each role sees."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core.cache import cache
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect

from lichen.web.accounts.models import Role, User
from lichen.web.accounts.oidc import providers
from lichen.web.acts.models import Act
from lichen.web.registry import actions
from lichen.web.registry.models import Kind, Organisation

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PASSWORD = "correct horse battery"
#: A busy machine hashes passwords slowly.
PATIENCE_MS = 90_000


@pytest.fixture(scope="module", autouse=True)
def _database_beside_a_browser() -> Iterator[None]:
    """Playwright's event loop runs in this thread as long as the browser is open; the database is asked here too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        expect.set_options(timeout=PATIENCE_MS)
        yield
        expect.set_options(timeout=5_000)


@pytest.fixture(autouse=True)
def _nobody_is_locked() -> None:
    cache.clear()


@pytest.fixture
def site(web_engines: Any, cast: dict[str, Any], live_server: Any) -> str:
    """The web at http://localhost: a secure context, which security keys need."""
    assert live_server.url.startswith("http://localhost:")
    return live_server.url


_elsewhere = re.compile(r"^https?://(?!localhost[:/]|127\.0\.0\.1[:/])")


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page on which nothing may go wrong but refusals, which browsers report too."""
    opened = browser.new_page(viewport={"width": 1280, "height": 900})
    opened.set_default_timeout(PATIENCE_MS)
    opened.route("**/api/v1/live*", lambda route: route.fulfill(content_type="text/event-stream", body=": nothing\n\n"))
    opened.route(_elsewhere, lambda route: route.fulfill(body=""))  # the issuer's pages would load a style sheet
    problems: list[str] = []
    opened.on("console", lambda said: problems.append(said.text) if said.type == "error" else None)
    opened.on("pageerror", lambda error: problems.append(str(error)))
    yield opened
    opened.close()
    assert [problem for problem in problems if "status of 403" not in problem] == []


def sign_in(page: Page, site: str, username: str, password: str = PASSWORD) -> None:
    page.goto(f"{site}/accounts/login/")
    page.get_by_label("用户名").fill(username)
    page.get_by_label("密码").fill(password)
    page.locator("main form").get_by_role("button", name="登录").click()


def sign_out(page: Page) -> None:
    page.get_by_role("button", name="退出").click()
    expect(page.get_by_role("link", name="登录", exact=True)).to_be_visible()


def show_again(page: Page) -> None:
    expect(page.get_by_role("heading", name="请再次确认身份")).to_be_visible()
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="继续").click()


def signed_in(page: Page) -> None:
    expect(page.get_by_role("button", name="退出")).to_be_visible()


def authenticator(page: Page) -> tuple[Any, str]:
    """A security key plugged into the page's browser, as Chromium's developer tools can."""
    tools = page.context.new_cdp_session(page)
    tools.send("WebAuthn.enable")
    made = tools.send(
        "WebAuthn.addVirtualAuthenticator",
        {"options": {"protocol": "ctap2", "transport": "usb", "hasUserVerification": True, "isUserVerified": True,
                     "automaticPresenceSimulation": True}},
    )  # fmt: skip
    return tools, made["authenticatorId"]


def test_a_security_key_is_registered_used_renamed_and_removed(site: str, page: Page) -> None:
    tools, key = authenticator(page)
    sign_in(page, site, "bureau")
    signed_in(page)
    page.goto(f"{site}/accounts/security/")
    page.get_by_role("link", name="登记安全密钥").click()
    show_again(page)
    page.get_by_label("密钥名称").fill("钥匙串上的")
    page.get_by_role("button", name="登记密钥").click()
    expect(page.get_by_role("heading", name="恢复码")).to_be_visible()
    expect(page.locator("ul.codes code")).to_have_count(10)
    recovery = page.locator("ul.codes code").first.inner_text()
    assert len(tools.send("WebAuthn.getCredentials", {"authenticatorId": key})["credentials"]) == 1

    sign_out(page)
    sign_in(page, site, "bureau")
    expect(page.get_by_text("密码正确。现在请使用您的安全密钥。")).to_be_visible()
    page.get_by_role("button", name="使用安全密钥").click()
    signed_in(page)
    page.goto(f"{site}/accounts/security/")
    expect(page.locator("main")).to_contain_text("最近使用")

    page.get_by_role("link", name="登记安全密钥").click()  # the same key again
    show_again(page)
    page.get_by_role("button", name="登记密钥").click()
    expect(page.get_by_role("alert")).to_contain_text("此密钥已登记在您的账号下")

    page.goto(f"{site}/accounts/security/")
    page.get_by_role("link", name="为 钥匙串上的 改名").click()
    page.get_by_label("密钥名称").fill("备用")
    page.get_by_role("button", name="改名").click()
    expect(page.get_by_text("备用")).to_be_visible()

    sign_out(page)
    sign_in(page, site, "bureau")  # without the key
    tools.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": key})
    authenticator(page)  # one that knows nothing of us
    page.get_by_role("button", name="使用安全密钥").click()
    expect(page.get_by_role("alert")).to_contain_text("密钥没有应答")
    page.get_by_label("恢复码").fill(recovery)
    page.get_by_role("button", name="继续").click()
    signed_in(page)
    page.goto(f"{site}/accounts/security/")
    page.get_by_role("link", name="移除 备用").click()
    show_again(page)
    page.get_by_role("button", name="移除").click()
    expect(page.get_by_role("heading", name="账号安全")).to_be_visible()
    sign_out(page)
    sign_in(page, site, "bureau")
    signed_in(page)


def code_of(secret: str, step: int = 0) -> str:
    return format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time())) + step))


def test_an_authenticator_is_set_up_and_asked_for(site: str, page: Page, settings: Any) -> None:
    settings.MFA_TOTP_TOLERANCE = 1  # the code may be a moment old when it arrives
    sign_in(page, site, "inspector")
    signed_in(page)
    page.goto(f"{site}/accounts/security/")
    page.get_by_role("link", name="设置验证器").click()
    show_again(page)
    secret = page.locator("main ol code").inner_text()
    page.get_by_label("验证器显示的验证码").fill("000000")
    page.get_by_role("button", name="设置").click()
    expect(page.locator(".errorlist")).to_contain_text("验证码不正确")
    assert page.locator("main ol code").inner_text() == secret, "a slip of the finger changes no key"
    page.get_by_label("验证器显示的验证码").fill(code_of(secret))
    page.get_by_role("button", name="设置").click()
    expect(page.get_by_role("heading", name="恢复码")).to_be_visible()
    sign_out(page)

    cache.clear()  # a code works once, and the same is still shown
    sign_in(page, site, "inspector")
    expect(page.get_by_role("heading", name="两步验证")).to_be_visible()
    page.get_by_label("验证器显示的验证码").fill("000000")
    page.get_by_role("button", name="继续").click()
    expect(page.locator(".errorlist")).to_contain_text("验证码不正确")
    page.goto(f"{site}/desk/")
    expect(page.get_by_role("heading", name="两步验证")).to_be_visible()  # nothing opens by the password alone
    page.get_by_role("button", name="换个账号登录").click()
    sign_in(page, site, "inspector")
    page.get_by_label("验证器显示的验证码").fill(code_of(secret))
    page.get_by_role("button", name="继续").click()
    signed_in(page)
    page.goto(f"{site}/desk/")
    expect(page.get_by_role("navigation", name="工作台")).to_be_visible()


def test_five_wrong_passwords_lock_the_account(site: str, page: Page) -> None:
    for _ in range(5):
        sign_in(page, site, "bureau", "wrong")
        expect(page.locator(".errorlist")).to_contain_text("用户名或密码不正确")
    sign_in(page, site, "bureau")
    expect(page.locator(".errorlist")).to_contain_text("锁定")
    expect(page.get_by_role("link", name="登录", exact=True)).to_be_visible()


class Issuer:
    """An OpenID Connect provider, as a process of its own on the loopback."""

    PEOPLE = (
        {"sub": "s-1", "preferred_username": "bureau", "name": "市局李"},
        {"sub": "s-2", "preferred_username": "newcomer", "name": "新来的孙"},
        {"sub": "s-3", "preferred_username": "bureau", "name": "冒名者"},
        {"sub": "s-4", "preferred_username": "left", "name": "离职吴"},
    )

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        people = [part for one in self.PEOPLE for part in ("--user-claims", json.dumps(one))]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), *people],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def is_up(self) -> bool:
        assert self.process.poll() is None, "the issuer ended"
        try:
            with urllib.request.urlopen(f"{self.url}/.well-known/openid-configuration", timeout=10):
                return True
        except urllib.error.URLError:
            return False


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    running = Issuer(port)
    try:
        until = time.monotonic() + 60
        while not running.is_up():
            assert time.monotonic() < until
            time.sleep(0.1)
        yield running
    finally:
        running.process.terminate()
        running.process.wait(30)


@pytest.fixture
def connected(site: str, issuer: Issuer, settings: Any) -> str:
    settings.OIDC_ISSUER = issuer.url
    settings.SOCIALACCOUNT_PROVIDERS = providers(issuer.url, "lichen", "a secret", "市统一身份认证")
    return site


def from_issuer(page: Page, site: str, subject: str) -> None:
    page.goto(f"{site}/accounts/login/")
    page.get_by_role("link", name="市统一身份认证").click()
    page.locator(f"button[name=sub][value='{subject}']").click()


def test_the_organisations_own_sign_in(connected: str, cast: dict[str, Any], page: Page) -> None:
    site = connected
    from_issuer(page, site, "s-1")
    signed_in(page)
    expect(page.get_by_role("navigation", name="工作台")).to_be_visible()  # an officer, as registered here
    sign_out(page)

    from_issuer(page, site, "s-2")
    expect(page.get_by_text("您的账号在监测网中尚无角色")).to_be_visible()
    newcomer = User.objects.get(username="newcomer")
    assert (newcomer.role, newcomer.organisation, newcomer.display_name) == (Role.PUBLIC, None, "新来的孙")
    assert not newcomer.has_usable_password()
    assert Act.objects.filter(action="person.register", subject="newcomer", by=None).exists()
    page.goto(f"{site}/desk/")
    expect(page.get_by_role("heading", name="您没有权限")).to_be_visible()
    newcomer.role, newcomer.organisation = Role.OFFICER, cast["bureau"].organisation  # what an administrator does
    newcomer.save()
    page.goto(f"{site}/accounts/")
    expect(page.get_by_role("navigation", name="工作台")).to_be_visible()
    sign_out(page)
    from_issuer(page, site, "s-2")
    expect(page.get_by_role("navigation", name="工作台")).to_be_visible()
    assert User.objects.filter(display_name="新来的孙").count() == 1
    sign_out(page)

    cast["public"].username, cast["public"].is_active = "left", False
    cast["public"].save()
    for subject in ("s-3", "s-4"):  # the name of somebody else, and of somebody deactivated
        from_issuer(page, site, subject)
        expect(page.get_by_role("heading", name="未登录")).to_be_visible()
        expect(page.get_by_role("banner").get_by_role("link", name="登录")).to_be_visible()


#: User name → the rows it sees in the registry of points, and whether the menus to register and of people are there.
REACH = {
    "admin": ({"near", "far", "away"}, True, True),
    "bureau": ({"near", "far"}, True, False),
    "inspector": ({"near"}, False, False),
    "company": ({"near"}, False, False),
    "agency": ({"near"}, False, False),
}
MENU = ("概览", "设备墙", "登记", "API 令牌", "设置")


@pytest.fixture
def registry(site: str, cast: dict[str, Any]) -> dict[str, int]:
    """Three points by code: of the cast's district, company and agency; of another district; of another city."""
    agency = Organisation.objects.create(code="ops", name_zh="某运维公司", kind=Kind.LABORATORY, city="自贡")
    User.objects.create(
        username="agency", display_name="运维周", role=Role.OFFICER, organisation=agency,
        password=cast["public"].password,
    )  # fmt: skip
    given: dict[str, dict[str, Any]] = {
        "near": {"city": "自贡", "district": "大安区", "owner": cast["company"].organisation, "operator": agency},
        "far": {"city": "自贡", "district": "自流井区"},
        "away": {"city": "天津", "district": "和平区"},
    }
    return {
        code: actions.register_point(cast["admin"], code=code, name_zh=code, element="air", kind="urban", **fields).pk
        for code, fields in given.items()
    }


def test_each_role_sees_only_its_reach(site: str, registry: dict[str, int], browser: Browser) -> None:
    for username, (seen, registers, people) in REACH.items():
        with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
            page = context.new_page()
            page.set_default_timeout(PATIENCE_MS)
            sign_in(page, site, username)
            menu = page.get_by_role("navigation", name="工作台")
            for word in MENU:
                expect(menu.get_by_role("link", name=word, exact=True)).to_be_visible()
            menu.get_by_role("link", name="登记", exact=True).click()
            rows = page.locator("main tbody tr")
            expect(rows).to_have_count(len(seen))
            assert set(rows.locator("th").all_inner_texts()) == seen, username
            expect(page.locator("main a[href$='/points/new/']")).to_have_count(int(registers))
            expect(page.locator("main a[href$='/registry/people/']")).to_have_count(int(people))
            for code, pk in registry.items():
                page.goto(f"{site}{reverse('registry-row', args=['points', pk])}")
                if code in seen:
                    expect(page.get_by_role("heading", name=code).first).to_be_visible()
                else:
                    expect(page.get_by_role("heading", name="您没有权限")).to_be_visible()
                    expect(page.locator("main")).to_contain_text("不在您的管辖范围内")


def test_the_public_sees_no_workbench(site: str, registry: dict[str, int], page: Page) -> None:
    page.goto(f"{site}/")
    expect(page.get_by_role("link", name="工作台")).to_have_count(0)
    page.goto(f"{site}/desk/")
    expect(page.get_by_role("heading", name="登录")).to_be_visible()
    sign_in(page, site, "public")
    expect(page.get_by_text("您的账号在监测网中尚无角色")).to_be_visible()
    expect(page.get_by_role("link", name="工作台")).to_have_count(0)
    for address in ("/desk/", "/desk/tokens/", reverse("registry-row", args=["points", registry["near"]])):
        page.goto(f"{site}{address}")
        expect(page.get_by_role("heading", name="您没有权限")).to_be_visible()
        expect(page.locator("main")).to_contain_text("请联系系统管理员")


def test_a_token_of_ones_own(site: str, page: Page) -> None:
    sign_in(page, site, "company")
    page.get_by_role("link", name="API 令牌").click()
    page.get_by_label("名称").fill("夜间导出")
    page.get_by_label("有效期").select_option("30")
    page.get_by_role("button", name="创建令牌").click()
    text = page.locator("#token").inner_text()
    expect(page.get_by_text("只显示这一次")).to_be_visible()
    page.set_viewport_size({"width": 360, "height": 740})
    expect(page.locator("html")).to_have_js_property("scrollWidth", 360)
    asked = urllib.request.Request(f"{site}/api/v1/points", headers={"Authorization": f"Bearer {text}"})
    with urllib.request.urlopen(asked, timeout=30) as answer:
        assert answer.status == 200
    page.goto(f"{site}/desk/tokens/")
    assert text not in page.content()
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", name="Make a token")).to_be_visible()
    expect(page.locator("html")).to_have_js_property("scrollWidth", 360)
    page.get_by_role("button", name="中文").click()
    page.get_by_role("button", name="撤销 夜间导出").click()
    expect(page.locator("main table")).to_contain_text("已撤销")
