"""Commands to devices: sent through the stream, each step of the dialogue kept for the page that follows it.

The dialogues of this process only, the newest `KEPT`: what was sent and answered is in the ledger for ever.
"""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from lichen.hj212.commands import Command, codes, commands
from lichen.vocab.clock import from_ms, now
from lichen.web.accounts.access import Reader, require_caller
from lichen.web.acts.sealing import record
from lichen.web.belt import StreamDown
from lichen.web.engines import engines
from lichen.web.readings.words import in_english
from lichen.web.registry.models import Device
from lichen.web.registry.tables import point_at

KEPT = 500
_LONGEST_VALUE = 100
_LAST = ("end", "error", "offline")
#: These carry a password or key, which would be sealed in the open; they are set at the device and in the registry.
_SECRET = ("1072", "1014")

_calls: OrderedDict[str, Call] = OrderedDict()
_lock = threading.Lock()


@dataclass
class Call:
    """One command and what has become of it so far."""

    id: str
    mn: str
    cn: str
    fields: dict[str, str]
    by: str
    steps: list[dict[str, Any]] = field(default_factory=list)

    @property
    def is_over(self) -> bool:
        return bool(self.steps) and self.steps[-1]["step"] in _LAST

    @property
    def told(self) -> list[dict[str, Any]]:
        """The steps with a moment and a sentence each."""
        return [{**step, "at": from_ms(int(step["time"])), "words": _words(step)} for step in list(self.steps)]

    @property
    def outcome(self) -> str:
        """``done``, ``running``, or what else it came to."""
        if not self.is_over:
            return "running"
        last = self.steps[-1]
        return str(last.get("outcome") or last["step"])

    @property
    def name(self) -> str:
        """The command in words."""
        known = next((one for one in commands() if one.cn == self.cn and one.direction != "up"), None)
        return "" if known is None else (known.en if in_english() else known.zh)


def offered(device: Device) -> list[Command]:
    """The commands that may be sent to a device of its edition."""
    return [
        one for one in commands()
        if one.direction in ("down", "both") and one.kind in ("request", "notice") and device.edition in one.editions
        and one.cn not in _SECRET
    ]  # fmt: skip


def fields_of(device: Device, cn: str, text: str) -> dict[str, str]:
    """The fields of a command from lines ``FIELD=VALUE``.

    Raises
    ------
    ValidationError
        The command is not offered, a line is none, or the command has no such field.
    """
    command = next((one for one in offered(device) if one.cn == cn), None)
    if command is None:
        raise ValidationError(_("This device knows no command %(cn)s.") % {"cn": cn})
    found = {}
    for line in filter(None, (line.strip() for line in text.splitlines())):
        name, equals, value = line.partition("=")
        known = name in command.fields or any(one.startswith("*-") and name.endswith(one[1:]) for one in command.fields)
        if not equals or not known:
            allowed = "、".join(command.fields) or _("none")
            raise ValidationError(
                _("“%(line)s”: write one FIELD=VALUE a line; fields of this command: %(allowed)s.")
                % {"line": line[:60], "allowed": allowed}
            )
        if not value.isascii() or not value.isprintable() or len(value) > _LONGEST_VALUE or set(value) & set(";,&="):
            raise ValidationError(_("%(field)s: up to 100 ASCII characters, none of ; , & =.") % {"field": name})
        found[name] = value
    return found


def send(user: Reader, device: Device, cn: str, fields: dict[str, str], *, reason: str) -> Call:
    """Send a command; the act tells who and why before anything leaves.

    Raises
    ------
    PermissionDenied
    StreamDown
        Nothing was sent.
    """
    by = require_caller(user, point_at(device, now()))
    belt = engines().belt
    if belt is None or not belt.is_up:
        raise StreamDown("the stream does not answer at present")
    with transaction.atomic():
        record("device.command", device.mn, by=by, reason=reason, details={"cn": cn, "fields": fields})
    call = Call(secrets.token_urlsafe(9), device.mn, cn, fields, by.username)
    keep(call)
    belt.call(device.mn, cn, fields, by=by.username, on_step=call.steps.append)
    return call


def keep(call: Call) -> None:
    """Hold a call for the pages that follow it."""
    with _lock:
        _calls[call.id] = call
        while len(_calls) > KEPT:
            _calls.popitem(last=False)


def find(id: str) -> Call | None:
    """A call of this process."""
    return _calls.get(id)


def of_device(mn: str, count: int = 5) -> list[Call]:
    """The newest calls to a device."""
    with _lock:
        return [call for call in reversed(_calls.values()) if call.mn == mn][:count]


def _words(step: dict[str, Any]) -> str:
    match step["step"]:
        case "accepted":
            return _("The gateway has taken the command; QN=%(qn)s.") % {"qn": step["qn"]}
        case "sent" if step["sending"] == 1:
            return _("The command went out.")
        case "sent":
            return _("No answer; sending %(count)s.") % {"count": step["sending"]}
        case "reply":
            return _("The device answers: %(what)s.") % {"what": _code("QnRtn", step["code"])}
        case "data":
            return _("Data arrive, CN=%(cn)s.") % {"cn": step["cn"]}
        case "offline":
            return _("The device is not connected; nothing was sent. Try again when it is.")
        case "error":
            return _("The command cannot be sent: %(why)s.") % {"why": step["error"]}
        case _:
            return _outcome(step)


def _outcome(step: dict[str, Any]) -> str:
    said = {
        "done": _("Done."),
        "refused": _("The device refuses: %(what)s.") % {"what": _code("QnRtn", step.get("code"))},
        "failed": _("The device could not do it: %(what)s.") % {"what": _code("ExeRtn", step.get("code"))},
        "unreachable": _("The device did not answer. Check it and the line to it."),
        "expired": _("The device took the command and gave no result in time."),
        "lost": _("The connection broke. Try again when the device is back."),
        "timeout": _("No end within three minutes; what still comes is in the ledger."),
    }
    return said.get(step["outcome"], str(step["outcome"]))


def _code(table: str, code: str | None) -> str:
    known = codes(table).get(code or "")
    words = (known.en if in_english() else known.zh) if known else _("a code that the standard does not list")
    return f"{words} ({table}={code})"
