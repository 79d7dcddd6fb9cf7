"""What the reader's own browser checks on a why page, and the words it says (``frontend/src/pages/why.ts``)."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from lichen.ledger.tiles import ENTRIES, WIDTH, name_at
from lichen.pipeline.packet import Packet
from lichen.pipeline.sheets.entry import SHEET
from lichen.pipeline.trace import Why
from lichen.vocab.parameters import PARAMETERS
from lichen.web.engines import Engines
from lichen.web.readings.explain import Explanation


def claims(engines: Engines, found: Explanation) -> list[dict[str, Any]]:
    """What the page claims about each entry that the number rests on, with the addresses to check it by.

    One claim for a reported number or an act; for a computed one as many as packets were gone through.
    """
    node = found.number.node
    if node.act is not None:
        return [_claim(engines, "acts", node.act, "", {"act": {"value": node.value}})]
    if found.packet is not None:
        return [_claim(engines, "raw", found.packet.packet.index, "", _digits(found.packet.packet, node))]
    if found.proof is not None:  # its packet cannot be read any more: the bytes can be checked all the same
        return [_claim(engines, "raw", found.proof.index, "", {})]
    by_packet = {one.packet.index: one for one in _reported(node) if one.packet is not None}
    return [
        _claim(engines, "raw", one.packet.index, one.url, _digits(one.packet, by_packet[one.packet.index]))
        for one in found.packets
        if one.packet.index in by_packet
    ]


def _reported(node: Why) -> list[Why]:
    return [*([node] if node.packet else []), *(below for part in node.parts for below in _reported(part))]


def _digits(packet: Packet, node: Why) -> dict[str, Any]:
    if packet.encrypted or packet.span is None:
        return {"encrypted": packet.encrypted}
    parameter = PARAMETERS.get(node.name)
    span = packet.span
    if packet.door == SHEET:  # its text was decoded; the browser counts bytes
        span = (len(packet.text[: span[0]].encode()), len(packet.text[: span[1]].encode()))
    return {
        "digits": {
            "text": packet.digits, "span": list(span), "value": node.value,
            # In another unit the value is not the digits.
            "comparable": parameter is not None and packet.unit == parameter.unit,
        }
    }  # fmt: skip


def _claim(engines: Engines, log: str, index: int, page: str, says: dict[str, Any]) -> dict[str, Any]:
    address = f"/api/v1/ledger/{log}/entries/{index}"
    size = (engines.acts_log if log == "acts" else engines.raw_log).size
    tile, bundle = (name_at(level, index // WIDTH, size).path for level in (0, ENTRIES))
    return {
        "log": log, "index": index, "page": page, "entry": address, "proof": f"{address}/proof",
        "tile": reverse(f"tlog-{log}", args=[tile]), "bundle": reverse(f"tlog-{log}", args=[bundle]),
        "first": index // WIDTH * WIDTH, **says,
    }  # fmt: skip


def spoken() -> dict[str, str]:
    """Every sentence of the browser's check, by the name that ``verify.ts`` gives it."""
    return {
        "checking": _("Your browser is checking…"),
        "good": _("Your own browser has checked it: it holds."),
        "unknown": _("Your browser has checked what it can; what it cannot check is said below."),
        "bad": _("Your own browser has checked it: it does not hold."),
        "count": _("%(good)s of %(count)s packets hold."),
        "counting": _("%(done)s of %(count)s packets checked…"),
        "insecure": _(
            "Your browser gives its cryptography only to pages loaded over HTTPS, so it cannot check here. The "
            "server's own check stands above; the proof can be downloaded and checked on your computer."
        ),
        "unreachable": _("The proof could not be fetched (%(reason)s); nothing was checked by your browser."),
        "unusable": _("The proof that was sent cannot be read: %(reason)s"),
        "packet": _("packet %(index)s"),
        "again": _("Check again"),
        "tamper": _("Change one byte of your copy and see"),
        "tampered": _("One byte of the copy in your browser was changed on purpose; nothing on the server was."),
        # steps
        "entry": _("Entry %(index)s was fetched: %(bytes)s bytes, the same from both addresses."),
        "entry-alone": _("Entry %(index)s: %(bytes)s bytes."),
        "other-entry": _("The proof speaks of entry %(found)s, not of entry %(index)s."),
        "entry-differs": _("Entry %(index)s differs from the entry in its proof."),
        "no-entry": _("The bytes of entry %(index)s are no entry: its receipt was altered."),
        "encrypted": _("The packet was sealed encrypted; the digits in it can be read only with the device's key."),
        "digits": _("The digits in the sealed bytes, %(found)s, are those shown."),
        "digits-converted": _("The digits in the sealed bytes, %(found)s, are those shown, in the sender's unit."),
        "digits-differ": _("The sealed bytes say %(found)s where the page shows the digits %(digits)s."),
        "value-differs": _("The packet says %(found)s, the value shown is %(shown)s: the store was altered."),
        "act": _("The sealed act says %(found)s, as shown."),
        "act-differs": _("The sealed act says %(found)s, the value shown is %(shown)s: the store was altered."),
        "no-act": _("The sealed bytes are no act."),
        "leaf": _("Hash of the entry: SHA-256 over 00 and its bytes"),
        "climb": _("Up the tree: step %(number)s of %(steps)s"),
        "node": _("Step %(number)s of %(steps)s: joined with the sibling on the %(side)s"),
        "node-altered": _("Step %(number)s of %(steps)s: this hash of the proof is not the one in the log's tile."),
        "left": _("left"),
        "right": _("right"),
        "root": _("The hash reached is the root of the %(size)s entries in the checkpoint."),
        "root-differs": _("The hash reached is not the signed root: entry, proof or checkpoint was altered."),
        "root-entry": _("The hash reached is not the root: entry %(index)s is not what was sealed."),
        "root-proof": _("The hash reached is not the root: hash %(number)s of the proof was altered, not the entry."),
        "proof-length": _("The proof has %(steps)s hashes, which cannot fit a log of %(size)s entries."),
        "checkpoint": _("The checkpoint is that of %(origin)s over %(size)s entries."),
        "other-checkpoint": _(
            "The checkpoint is that of %(origin)s over %(size)s entries, the proof says %(wanted)s over %(entries)s."
        ),
        "signature": _("The log %(name)s has signed the checkpoint (Ed25519)."),
        "signature-wrong": _("The signature of %(name)s is wrong: the checkpoint was altered."),
        "witness": _("The witness %(name)s has co-signed it at %(time)s."),
        "witness-wrong": _("The signature of the witness %(name)s is wrong: the checkpoint was altered."),
        "no-signature": _("The checkpoint carries no signature of the log."),
        "key-id": _("The public key of %(name)s does not fit its number."),
        "not-checked": _("The signature of %(name)s was not checked: this browser has no %(algorithm)s."),
        # the log's files
        "tile": _("The log's file %(file)s, which anybody can copy, holds this hash."),
        "tile-altered": _(
            "Hash %(place)s in the log's file %(file)s is not that of entry %(index)s: the hash tile was altered."
        ),
        "file": _("The log's file %(file)s, which anybody can copy, holds this entry."),
        "file-altered": _(
            "Entry %(index)s in the log's file %(file)s is not what was sealed: the entry bundle was altered."
        ),
        # what stands beside a hash
        "hash": _("hash"),
        "sibling": _("sibling"),
        "result": _("gives"),
        "reached": _("reached"),
        "signed-root": _("signed root"),
    }  # fmt: skip


def live(engines: Engines, found: Explanation) -> dict[str, Any] | None:
    """What ``why.ts`` needs; None where there is nothing to check."""
    asked = claims(engines, found)
    return {"claims": asked, "words": spoken()} if asked else None
