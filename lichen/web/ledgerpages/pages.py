"""The ledger's pages: what is sealed, by whom it is signed, and whether an entry is still what was sealed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from lichen.ledger import verify_offline
from lichen.ledger.bundle import prove, to_json
from lichen.ledger.check import EntryReport, check_entry
from lichen.ledger.errors import LedgerError, NoteError
from lichen.ledger.log import Log
from lichen.pipeline.acts import Act
from lichen.pipeline.errors import BadAct
from lichen.vocab.clock import from_ms
from lichen.vocab.entry import EntryError
from lichen.web.accounts.models import User
from lichen.web.acts import words
from lichen.web.datatable import PAGE, Column, Table, respond
from lichen.web.engines import engines
from lichen.web.ledgerpages.entries import LOOKED_AT, Shown, Window, shown, window
from lichen.web.ledgerpages.heads import cosigned_head_of, head_of

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

#: What the receiver says of a frame.
VERDICTS = {
    "ok": gettext_lazy("accepted"),
    "crc": gettext_lazy("wrong CRC"),
    "length": gettext_lazy("wrong length"),
    "structure": gettext_lazy("not a frame"),
    "unknown": gettext_lazy("device not registered"),
    "password": gettext_lazy("wrong password"),
    "unbound": gettext_lazy("another device's connection"),
    "sent": gettext_lazy("sent by us"),
}


class EntryFilter(forms.Form):
    """Which entries."""

    station = forms.CharField(
        label="MN", required=False, max_length=64, widget=forms.TextInput({"autocomplete": "off"})
    )  # fmt: skip
    verdict = forms.ChoiceField(
        label=gettext_lazy("Verdict at reception"), required=False,
        choices=[("", gettext_lazy("any")), *VERDICTS.items()],
    )  # fmt: skip


class ActFilter(forms.Form):
    """Which acts."""

    contains = forms.CharField(
        label=gettext_lazy("Contains"), required=False, max_length=80, widget=forms.TextInput({"autocomplete": "off"})
    )


_ENTRIES = (
    Column("entry", gettext_lazy("Entry"), lambda row: row.index,
           link=lambda row: reverse("ledger-entry", args=(row.index,))),
    Column("received", gettext_lazy("Received"), lambda row: row.received),
    Column("station", "MN", lambda row: row.entry.station if row.entry else ""),
    Column("verdict", gettext_lazy("Verdict at reception"), lambda row: _words(row)),
    Column("bytes", gettext_lazy("Bytes"), lambda row: row.size, is_number=True),
    Column("text", gettext_lazy("Begins with"), lambda row: row.text, cell="ledgerpages/_begins.html"),
    Column("door", gettext_lazy("Way in"), lambda row: row.entry.door if row.entry else "", is_shown=False),
    Column("peer", gettext_lazy("Sender's address"), lambda row: row.entry.peer if row.entry else "", is_shown=False),
)  # fmt: skip
_SAID = (
    Column("act", gettext_lazy("Act"), lambda said: said.index,
           link=lambda said: reverse("ledger-act", args=(said.index,))),
    Column("at", gettext_lazy("When"), lambda said: said.at),
    Column("by", gettext_lazy("Who"), lambda said: f"{said.name} {said.act.by}".strip() if said.act else ""),
    Column("action", gettext_lazy("What"), lambda said: said.words or _("These bytes are no act.")),
    Column("subject", gettext_lazy("Of what"), lambda said: said.act.subject if said.act else ""),
    Column("reason", gettext_lazy("Why"), lambda said: said.act.reason if said.act else ""),
)  # fmt: skip

#: What people do.


@require_safe
def ledger(request: HttpRequest) -> HttpResponse:
    """What the ledger is, its head, and its newest entries."""
    log = engines().raw_log
    form = EntryFilter(request.GET)
    asked = form.cleaned_data if form.is_valid() else {"station": "", "verdict": ""}
    page = _page(request, log, **asked)
    found: Window = page["window"]
    table = Table(
        "ledger", _("Entries"), _ENTRIES, found.rows, form, empty=_("Nothing has been sealed yet."), is_paged=False,
        whole=lambda: window(log, found.stop, limit=LOOKED_AT, **asked).rows,
    )  # fmt: skip
    context = {**_heads(log), **page, "acts": engines().acts_log.size, "looked_at": LOOKED_AT}
    return respond(request, table, "ledgerpages/ledger.html", context)


@require_safe
def entry(request: HttpRequest, index: int) -> HttpResponse:
    """One entry of the raw log: its receipt, its bytes, its proof and the result of checking it."""
    log = engines().raw_log
    checked = _checked(log, index)
    row = shown(index, checked["report"].entry if checked["report"] else b"")
    more = {"row": row, "verdict": _words(row), "has_next": index + 1 < log.size}
    return render(request, "ledgerpages/entry.html", {**checked, **more})


@require_safe
def bundle(request: HttpRequest, index: int) -> HttpResponse:
    """The proof of an entry as a file that can be checked without us."""
    log = engines().raw_log
    _require_entry(log, index)
    response = HttpResponse(to_json(prove(log, index)), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="lichen-raw-{index}.json"'
    return response


@require_safe
def acts(request: HttpRequest) -> HttpResponse:
    """What people did, the newest first."""
    log = engines().acts_log
    form = ActFilter(request.GET)
    asked = form.cleaned_data if form.is_valid() else {"contains": ""}
    page = _page(request, log, **asked)
    found: Window = page["window"]

    def told(rows: tuple[Shown, ...]) -> list[Said]:
        return _with_names([_said(row.index, log) for row in rows])

    table = Table(
        "ledger-acts", _("Entries"), _SAID, told(found.rows), form, empty=_("Nothing has been sealed yet."),
        is_paged=False, whole=lambda: told(window(log, found.stop, limit=LOOKED_AT, **asked).rows),
    )  # fmt: skip
    return respond(request, table, "ledgerpages/acts.html", {**_heads(log), **page, "looked_at": LOOKED_AT})


@require_safe
def act(request: HttpRequest, index: int) -> HttpResponse:
    """One act: who did what, why and when."""
    log = engines().acts_log
    checked = _checked(log, index)
    (said,) = _with_names([_said(index, log)]) if checked["report"] else (None,)
    return render(request, "ledgerpages/act.html", {**checked, "index": index, "said": said})


@require_safe
def verifier(request: HttpRequest) -> HttpResponse:
    """The program that checks a proof without Lichen."""
    response = HttpResponse(Path(verify_offline.__file__).read_bytes(), content_type="text/x-python; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="verify_offline.py"'
    return response


def _page(request: HttpRequest, log: Log, **asked: str) -> dict[str, Any]:
    size = log.size
    given = request.GET.get("before", "")
    if given and not (given.isascii() and given.isdigit() and len(given) < 19):
        raise Http404(_("The page's address is wrong: “before” is not the number of an entry."))
    stop = min(int(given), size) if given else size
    kept = request.GET.copy()
    for name in ("before", "page"):
        kept.pop(name, None)
    page = {"size": size, "query": kept.urlencode(), "unreadable": ""}
    try:
        return {**page, "window": window(log, stop, limit=PAGE, **asked)}
    except LedgerError as damaged:
        return {**page, "window": Window((), max(0, stop - PAGE), stop), "unreadable": str(damaged)}


def _words(row: Shown) -> StrOrPromise:
    return "" if row.entry is None else VERDICTS.get(row.entry.verdict, row.entry.verdict)


def _heads(log: Log) -> dict[str, Any]:
    try:
        return {"log": log, "head": head_of(log), "cosigned": cosigned_head_of(log), "broken": ""}
    except NoteError as broken:
        return {"log": log, "head": None, "cosigned": None, "broken": str(broken)}


def _require_entry(log: Log, index: int) -> None:
    if index >= log.size:
        raise Http404(
            _("The log has %(size)s entries so far; there is none with the number %(index)s.")
            % {"size": log.size, "index": index}
        )


def _checked(log: Log, index: int) -> dict[str, Any]:
    """The result of checking an entry, as far as it can be had."""
    _require_entry(log, index)
    report: EntryReport | None = None
    found, proof = "", []
    try:
        report = check_entry(log, index)
        if report.finding is not None:
            found = report.finding.zh if get_language() == "zh-hans" else report.finding.en
    except LedgerError as broken:
        found = str(broken)
    if report is not None:
        try:
            proof = [digest.hex() for digest in log.inclusion_proof(index, report.head.size)]
        except LedgerError as broken:
            found = found or str(broken)
    return {"log": log, "report": report, "finding": found, "proof": proof}


@dataclass(frozen=True, slots=True)
class Said:
    """An act for a page; `act` None where the entry is none, `name` the person's today."""

    index: int
    act: Act | None
    name: str = ""

    @property
    def at(self) -> datetime | None:
        """When it was done."""
        return None if self.act is None else from_ms(self.act.at)

    @property
    def words(self) -> str:
        """What was done, in words."""
        return "" if self.act is None else words.action(self.act.action)

    @property
    def details(self) -> str:
        """As indented JSON."""
        return "" if self.act is None else json.dumps(dict(self.act.details), ensure_ascii=False, indent=2)


def _said(index: int, log: Log) -> Said:
    try:
        return Said(index, Act.decode(log.read(index, index + 1)[0]))
    except (BadAct, EntryError, LedgerError):
        return Said(index, None)


def _with_names(rows: list[Said]) -> list[Said]:
    usernames = {row.act.by for row in rows if row.act is not None}
    names = dict(User.objects.filter(username__in=usernames).values_list("username", "display_name"))
    return [Said(row.index, row.act, names.get(row.act.by, "") if row.act else "") for row in rows]
