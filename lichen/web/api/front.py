"""In front of Django: the live stream, and answers that were just given to somebody else.

An answer made from store and registry is the same for everybody until the worker has taken in more. The first reader's
is kept in memory; those who ask meanwhile wait for it instead of asking the store again. So are the public pages, for
readers who have no session. Everything else, every refusal included, is Django's.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import close_old_connections
from django.http import parse_cookie
from django.http.request import split_domain_port, validate_host
from django.utils import translation
from django.utils.http import parse_etags
from django.utils.translation import gettext

from lichen.web import engines, headers
from lichen.web.api import edge, limits, live
from lichen.web.api.asking import LONGEST_SLUG
from lichen.web.api.freshness import state
from lichen.web.api.live import Receive, Scope, Send
from lichen.web.api.refusals import Refused
from lichen.web.language import spoken
from lichen.web.tokens.models import Scope as TokenScope

ROOT = "/api/v1/"
#: What is kept in all, and of one answer. [bytes]
_MOST_BYTES, _LONGEST = 64 << 20, 2 << 20
_DERIVED = re.compile(r"/api/v1/(?:points|latest|results|series)(?:/|$)")
#: Pages made from store and registry. Not those that read the sealed bytes: there an alteration must show at once.
_PAGES = re.compile(r"/(?:$|map[./]|stations[./]|cities/)")
#: Pages say how old a number is: kept this long at most. [s]
PAGE_S = 5
#: The headers of a request that change an answer.
_TELLING = (b"host", b"accept", b"cookie")


@dataclass(slots=True)
class Answer:
    """An answer as it was given."""

    status: int = 0
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""
    is_whole: bool = False

    def hear(self, said: Any) -> None:
        """Take in a message of ASGI."""
        if said["type"] == "http.response.start":
            self.status, self.headers = said["status"], list(said["headers"])
        elif len(self.body) <= _LONGEST:
            self.body += said.get("body", b"")
            self.is_whole = not said.get("more_body", False)

    @property
    def is_worth_keeping(self) -> bool:
        """Whether it is a whole answer, not too long, and the same for everybody."""
        is_ours = bool(self.etag) or not self.header(b"cache-control")
        is_personal = bool(self.header(b"set-cookie"))
        return self.status == 200 and self.is_whole and len(self.body) <= _LONGEST and is_ours and not is_personal

    @property
    def etag(self) -> str:
        return self.header(b"etag")

    def header(self, wanted: bytes) -> str:
        """The value of a header, "" where it is not there."""
        return next((value.decode("latin-1") for name, value in self.headers if name.lower() == wanted), "")


class Front:
    """An ASGI application before another one."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self._answers: OrderedDict[tuple[Any, ...], Answer] = OrderedDict()
        self._bytes = 0
        self._state = ""
        self._asked: dict[tuple[Any, ...], asyncio.Future[Answer | None]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and _is_direct(scope):
            if scope["path"] == f"{ROOT}live":
                await _live(scope, receive, send)
                return
            if (key := self._key(scope)) is not None:
                await self._shared(key, scope, receive, send)
                return
        await self._inner(scope, receive, send)

    def _key(self, scope: Scope) -> tuple[Any, ...] | None:
        """What the answer depends on, or None: not one that is kept."""
        if scope["method"] not in ("GET", "HEAD") or not engines.are_open() or engines.engines().cursor is None:
            return None
        given = dict(scope["headers"])
        if b"authorization" in given:
            return None
        if _DERIVED.match(scope["path"]):
            slot = 0
            given.pop(b"cookie", None)  # the API does not look at them
        elif _PAGES.match(scope["path"]) and _is_nobody(given.get(b"cookie", b"")):
            slot = int(time.monotonic() / PAGE_S)
        else:
            return None
        now = state(engines.engines())
        if now != self._state:
            self._answers.clear()
            self._state, self._bytes = now, 0
        return (now, slot, scope["path"], scope["query_string"], *(given.get(name, b"") for name in _TELLING))

    async def _shared(self, key: tuple[Any, ...], scope: Scope, receive: Receive, send: Send) -> None:
        answer = self._answers.get(key)
        if answer is None and key in self._asked:
            answer = await asyncio.shield(self._asked[key])
        if answer is None:
            await self._ask(key, scope, receive, send)
            return
        given = dict(scope["headers"])
        said = [pair for pair in answer.headers if not pair[0].lower().startswith(b"ratelimit-")]
        if scope["path"].startswith(ROOT):
            verdict = limits.take(None, _address(scope, given))
            if not verdict.allowed:
                await self._inner(scope, receive, send)
                return
            said += [(name.encode(), value.encode()) for name, value in verdict.headers().items()]
        status, body = answer.status, answer.body
        if answer.etag and answer.etag in parse_etags(given.get(b"if-none-match", b"").decode("latin-1")):
            status, body = 304, b""
            said = [pair for pair in said if not pair[0].lower().startswith(b"content-")]
        await send({"type": "http.response.start", "status": status, "headers": said})
        await send({"type": "http.response.body", "body": body})

    async def _ask(self, key: tuple[Any, ...], scope: Scope, receive: Receive, send: Send) -> None:
        """Let Django answer, and keep it if it is worth keeping."""
        waiting: asyncio.Future[Answer | None] = asyncio.get_running_loop().create_future()
        mine = self._asked.setdefault(key, waiting) is waiting
        heard = Answer()

        async def overheard(said: Any) -> None:
            heard.hear(said)
            if heard.is_worth_keeping:  # before its reader has it, who may ask again at once
                self._keep(key, heard)
            await send(said)

        try:
            await self._inner({**scope, "method": "GET"}, receive, overheard)
        finally:
            if mine:
                del self._asked[key]
                waiting.set_result(heard if heard.is_worth_keeping else None)

    def _keep(self, key: tuple[Any, ...], answer: Answer) -> None:
        if key[0] != self._state or key in self._answers:
            return
        self._answers[key] = answer
        self._bytes += len(answer.body)
        while self._bytes > _MOST_BYTES:
            self._bytes -= len(self._answers.popitem(last=False)[1].body)


def _is_nobody(cookie: bytes) -> bool:
    """Whether a reader is known by nothing but the language chosen."""
    name, _sign, _value = cookie.partition(b"=")
    return not cookie or (name.decode("latin-1") == settings.LANGUAGE_COOKIE_NAME and b";" not in cookie)


def _is_direct(scope: Scope) -> bool:
    """Whether Django would answer at this host, without sending the reader to HTTPS first."""
    given = dict(scope["headers"])
    domain, _port = split_domain_port(given.get(b"host", b"").decode("latin-1"))
    if not domain or not validate_host(domain, settings.ALLOWED_HOSTS or ["localhost", "127.0.0.1", "[::1]"]):
        return False
    is_secure = scope.get("scheme") == "https" or (settings.PROXY and given.get(b"x-forwarded-proto", b"") == b"https")
    return is_secure or not settings.SECURE_SSL_REDIRECT


async def _live(scope: Scope, receive: Receive, send: Send) -> None:
    """The live stream, or why not."""
    common = {"Cache-Control": "no-store", "Content-Security-Policy": headers.POLICY, **edge.OPEN}
    cookies = parse_cookie(dict(scope["headers"]).get(b"cookie", b"").decode("latin-1"))
    try:
        # A token is looked up in the database, which may take a while; nothing else here does.
        has_token = b"authorization" in dict(scope["headers"])
        with translation.override(spoken(cookies.get(settings.LANGUAGE_COOKIE_NAME))):
            reader = await sync_to_async(_reader, thread_sensitive=False)(scope) if has_token else _reader(scope)
    except Refused as refused:
        await _start(
            send, refused.status, common | refused.headers | {"Content-Type": "application/json; charset=utf-8"}
        )
        await send({"type": "http.response.body", "body": refused.body()})
        return
    if scope["method"] != "GET":
        await _start(send, 204, common | edge.PREFLIGHT)
        await send({"type": "http.response.body", "body": b""})
        return
    # X-Accel-Buffering: nginx would hold the events back.
    said = {"Content-Type": "text/event-stream; charset=utf-8", "X-Accel-Buffering": "no"}
    await _start(send, 200, common | said)
    await live.follow(reader, receive, send)


async def _start(send: Send, status: int, said: dict[str, str]) -> None:
    encoded = [(name.lower().encode(), value.encode()) for name, value in said.items()]
    await send({"type": "http.response.start", "status": status, "headers": encoded})


def _reader(scope: Scope) -> live.Reader:
    """Who wants to listen, and to what; raises `Refused`."""
    edge.must_read(scope["method"])
    given = dict(scope["headers"])
    try:
        edge.pass_gate(given.get(b"authorization", b"").decode("latin-1"), _address(scope, given), TokenScope.DATA)
    finally:
        close_old_connections()  # as Django does at the end of its own requests
    asked = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
    kinds, element = frozenset(asked.get("events", live.KINDS[0]).split(",")), asked.get("element", "")
    if not kinds <= set(live.KINDS) or len(element) > LONGEST_SLUG:
        raise Refused(422, "bad-request", f"events: {', '.join(live.KINDS)}; element: <= {LONGEST_SLUG}")
    if not engines.are_open() or len(live.fanout) >= settings.API_LIVE_READERS:
        said = gettext("The data cannot be read at present; try again in a minute.")
        raise Refused(503, "not-ready", said, {"Retry-After": "60"})
    return live.Reader(kinds, element)


def _address(scope: Scope, given: dict[bytes, bytes]) -> str:
    return limits.address_of((scope.get("client") or ("",))[0], given.get(b"x-forwarded-for", b"").decode("latin-1"))
