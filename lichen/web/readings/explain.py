"""What the page "why this number" says: the number, its rule, its inputs, its packet, and whether all of it holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from string import ascii_letters

from django.urls import reverse
from django.utils.translation import gettext as _

from lichen.elements import ELEMENT_BY_SLUG
from lichen.elements.descriptor import Element
from lichen.hj212.password import starred
from lichen.ledger.errors import LedgerError
from lichen.pipeline.acts import Act
from lichen.pipeline.errors import BadAct
from lichen.pipeline.packet import Packet
from lichen.pipeline.sheets.entry import SHEET, read
from lichen.pipeline.trace import Why, why
from lichen.store import Version
from lichen.vocab import marks
from lichen.vocab.batch import PERSON, ledger_index
from lichen.vocab.clock import beijing_day
from lichen.vocab.entry import Entry, EntryError
from lichen.vocab.flags import is_usable
from lichen.vocab.marks import BELOW_DETECTION
from lichen.vocab.periods import Period, Source
from lichen.vocab.registry import Point
from lichen.web.accounts.models import User
from lichen.web.engines import Engines
from lichen.web.ledgerpages.pages import VERDICTS
from lichen.web.readings import words
from lichen.web.readings.addresses import Place
from lichen.web.readings.proof import Checked, OnDisk, check, faults_of
from lichen.web.readings.registered import Registered, used
from lichen.web.readings.rules import Citation, citations
from lichen.web.readings.stations import Verdict, verdicts_of

#: How many levels of inputs are gone through at once. Of a longer interval there are too many packets for one page:
#: its inputs are computed again, and each leads further down.
_DEPTH = {Period.HOUR: 2, Period.H8: 1, Period.DAY: 1, Period.SAMPLE: 2}


@dataclass(frozen=True, slots=True)
class Number:
    """A number in a table or a heading; `node` says what it is."""

    node: Why
    lasts: int
    sub_index: str = ""

    @property
    def name(self) -> str:
        element = ELEMENT_BY_SLUG.get(self.node.name) if self.node.kind == "verdict" else None
        return element.index_name or words.element_name(element) if element else words.parameter_name(self.node.name)

    @property
    def text(self) -> str:
        """The value as it is shown everywhere."""
        if self.node.kind != "verdict":
            below = self.node.packet is not None and self.node.packet.mark == BELOW_DETECTION
            return f"<{self.exact}" if below else words.number(self.node.name, self.node.value)
        if self.node.value is None and self.node.klass is not None and self.node.klass >= 0:
            return words.class_name(ELEMENT_BY_SLUG[self.node.name].classes[self.node.klass])
        return words.index(self.node.value)

    @property
    def exact(self) -> str:
        """The value with all its digits."""
        return words.exact(self.node.value)

    @property
    def is_rounded(self) -> bool:
        """Whether `text` says less than `exact`."""
        return self.node.value is not None and not self.text.startswith("<") and float(self.text) != self.node.value

    @property
    def unit(self) -> str:
        return "" if self.node.kind == "verdict" else words.unit(self.node.name)

    @property
    def period(self) -> str:
        return words.period(self.node.period)

    @property
    def is_sample(self) -> bool:
        return self.node.period is Period.SAMPLE

    @property
    def source(self) -> str:
        return words.source(self.node.source)

    @property
    def stat(self) -> str:
        """The statistic, where it is not the mean."""
        return "" if self.node.stat in ("", "avg") else words.stat(self.node.stat)

    @property
    def interval(self) -> str:
        return words.interval(self.node.time, self.lasts)

    @property
    def flag(self) -> str:
        return words.flag(self.node.flag)

    @property
    def flag_meaning(self) -> str:
        return "" if self.node.flag is None else words.flag_meaning(self.node.flag)

    @property
    def is_usable(self) -> bool:
        return self.node.flag is None or is_usable(self.node.flag)

    @property
    def method(self) -> str:
        return words.method(self.node.method)

    @property
    def url(self) -> str:
        return Place.of(self.node).url


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that does not hold, and where to look."""

    text: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class SealedPacket:
    """A packet that the number rests on."""

    packet: Packet
    url: str
    entry_url: str

    @property
    def received(self) -> str:
        return words.instant(self.packet.received)

    @property
    def verdict(self) -> str:
        return str(VERDICTS.get(self.packet.verdict, self.packet.verdict))

    @property
    def is_table(self) -> bool:
        """Whether it is rows of a table, not a device's packet."""
        return self.packet.door == SHEET

    @property
    def says(self) -> str:
        """The value as it stands there."""
        if self.is_table:
            return f"{self.packet.address} {self.packet.digits}"
        return f"{self.packet.factor}-{self.packet.suffix}={self.packet.digits}"

    @property
    def row(self) -> tuple[tuple[str, str, bool], ...]:
        """The row of a table that the value stands in: head, text, and whether it is the cell."""
        head, rows = read(self.packet.text)
        number = int(self.packet.address.lstrip(ascii_letters))
        found = next(row for row in reversed(rows) if row.number == number)
        cells = [
            (words.parameter_name(column.parameter), text, f"{column.letter}{number}" == self.packet.address)
            for column, text in zip(head.columns, found.cells, strict=True)
        ]
        return (
            (_("Row"), str(number), False),
            (_("Station"), found.point, False),
            (_("Time"), found.time, False),
            *cells,
        )

    @property
    def brought_by(self) -> str:
        """The account that brought a table."""
        return read(self.packet.text)[0].by

    @property
    def hides_password(self) -> bool:
        """Whether `pieces` leave something out."""
        return not self.is_table and starred(self.packet.text) != self.packet.text

    @property
    def pieces(self) -> tuple[str, str, str]:
        """The packet's text before, at and after the digits of the value."""
        begin, end = self.packet.span or (0, 0)
        text = self.packet.text if self.is_table else starred(self.packet.text)
        before, digits, after = text[:begin], text[begin:end], text[end:]
        if self.packet.encrypted or self.is_table:
            return before, digits, after
        # One character a byte: what was sent as UTF-8 is shown as such.
        return _utf8(before), digits, _utf8(after)


@dataclass(frozen=True, slots=True)
class Told:
    """A version of an observation: what it says, and who, why and when."""

    version: Version
    value: str
    flag: str
    who: str
    reason: str
    when: str
    url: str
    findings: tuple[tuple[str, str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """All that the page shows.

    Attributes
    ----------
    verdict : Verdict or None
        With class and colour, of a verdict.
    options : tuple of Registered
        What the point was registered as when a verdict was reached.
    citations : tuple of Citation
        The rules it rests on.
    inputs : tuple of Number
    packet : SealedPacket or None
        Of a reported number.
    mark : str
        What the sender's mark means.
    packets : tuple of SealedPacket
        Of a computed number: those its inputs came in, as far as they were gone through.
    proof : Checked or None
        Of the packet, or of the act.
    faults : tuple of Fault
        Empty: all holds.
    numbers : int
        How many numbers were computed or read again for this page.
    versions : tuple of Told
    """

    place: Place
    number: Number
    point: Point | None
    element: Element | None
    verdict: Verdict | None
    options: tuple[Registered, ...]
    citations: tuple[Citation, ...]
    inputs: tuple[Number, ...]
    packet: SealedPacket | None
    mark: str
    packets: tuple[SealedPacket, ...]
    proof: Checked | None
    faults: tuple[Fault, ...]
    numbers: int
    versions: tuple[Told, ...]

    @property
    def holds(self) -> bool:
        """Whether everything that was checked fits."""
        return not self.faults

    @property
    def sub_word(self) -> str:
        """What stands beside each input of a verdict: its own index or class; "" where there is neither."""
        if self.verdict is None or self.element is None or not any(one.sub_index for one in self.inputs):
            return ""
        return _("Sub-index") if self.element.index_name else _("Class alone")

    @property
    def counts_minutes(self) -> bool:
        """Whether `valid` and `needed` of the number are minutes."""
        return any(one.node.period is Period.MINUTE for one in self.inputs)

    @property
    def is_complete(self) -> bool:
        """Whether every path was followed down to a packet or an act."""
        return all(node.packet or node.act is not None or node.problem for node in _leaves(self.number.node))


def explain(engines: Engines, place: Place) -> Explanation:
    """Why a number is what it is, from what the disk says now.

    Raises
    ------
    NothingToTrace
        There is no such number.
    LedgerError
        The ledger's files cannot be read far enough to say anything.
    """
    snapshot = engines.snapshot()
    raw, acts = OnDisk(engines.raw_log), OnDisk(engines.acts_log)
    node = why(
        engines.store, raw, snapshot, point=place.point, name=place.name, period=place.period, time=place.time,
        source=place.source, stat=place.stat, acts_log=acts, depth=_DEPTH.get(place.period, 1),
    )  # fmt: skip
    point = snapshot.point_by_id.get(place.point)
    element = ELEMENT_BY_SLUG.get(place.name) or (ELEMENT_BY_SLUG.get(point.element) if point else None)
    verdict, sub = None, {}
    if node.kind == "verdict" and element is not None:
        found = engines.store.results(element.slug, place.period, place.time, place.time + 1, points=[place.point])
        verdict = next(iter(verdicts_of(element, found)), None)
        sub = {slug: _sub(element, float(values[0])) for slug, values in found.sub.items()}

    def numbered(one: Why) -> Number:
        lasts = words.width(one.period, one.point, one.time, snapshot)
        return Number(one, lasts, sub.get(one.name, "") if one is not node else "")

    packet = _sealed(node) if node.packet else None
    packets = {one.packet.index: _sealed(one) for one in _nodes(node) if one.packet is not None}
    proof = None
    if node.act is not None:
        proof = check(engines.acts_log, node.act)
    elif packet is not None:
        proof = check(engines.raw_log, packet.packet.index)
    elif node.source is Source.REPORTED and node.version < PERSON:
        proof = check(engines.raw_log, ledger_index(node.version))
    return Explanation(
        place=place,
        number=numbered(node),
        point=point,
        element=element,
        verdict=verdict,
        options=tuple(used(point, element, place.time)) if verdict is not None and point and element else (),
        citations=citations(element, node.clause, node.edition) if element is not None and node.clause else (),
        inputs=tuple(numbered(part) for part in node.parts),
        packet=packet,
        mark=_mark(engines, node),
        packets=() if packet else tuple(packets[index] for index in sorted(packets)),
        proof=proof,
        faults=(*_broken_seals(engines, node, proof), *(misfit(numbered(one)) for one in node.problems())),
        numbers=sum(1 for _node in _nodes(node)),
        versions=_versions(engines, place, raw, acts) if node.kind != "verdict" else (),
    )


def _sub(element: Element, value: float) -> str:
    """The index of a parameter alone, or the word of its class where the element has no index."""
    if element.index_name or value != value or not 0 <= value < len(element.classes):
        return words.index(value) if element.index_name else ""
    return words.class_name(element.classes[int(value)])


def _nodes(node: Why) -> Iterator[Why]:
    yield node
    for part in node.parts:
        yield from _nodes(part)


def _leaves(node: Why) -> Iterator[Why]:
    return (one for one in _nodes(node) if not one.parts)


def _utf8(text: str) -> str:
    return text.encode("latin-1", "replace").decode("utf-8", "replace")


def _sealed(node: Why) -> SealedPacket:
    assert node.packet is not None
    return SealedPacket(node.packet, Place.of(node).url, reverse("ledger-entry", args=[node.packet.index]))


def _broken_seals(engines: Engines, node: Why, proof: Checked | None) -> list[Fault]:
    """What the ledger says against the entries the number rests on."""
    if proof is not None:
        return [Fault(text) for text in proof.faults]
    found = []
    packets: dict[int, str] = {}
    acts: dict[int, str] = {}
    for one in _nodes(node):
        if one.act is not None:
            acts.setdefault(one.act, Place.of(one).url)
        elif one.source is Source.REPORTED and one.version < PERSON:
            packets.setdefault(ledger_index(one.version), Place.of(one).url)
    for log, entries in ((engines.raw_log, packets), (engines.acts_log, acts)):
        for index, faults in faults_of(log, entries).items():
            found += [Fault(text, entries[index]) for text in faults]
    # A tile stands over many entries: said once is enough.
    return list({fault.text: fault for fault in found}.values())


def misfit(number: Number) -> Fault:
    """What is said of a number with a problem."""
    node = number.node
    stored = f"{number.exact} ({number.flag})" if node.flag is not None else number.exact
    told = {
        "what": f"{number.name} {number.interval}",
        "problem": words.problem(node.problem),
        "stored": stored,
    }
    if node.problem in ("no-such-packet", "no-such-act", "no-rule"):
        return Fault(_("%(what)s: %(problem)s. The store says %(stored)s.") % told, number.url)
    says = words.exact(node.says)
    if node.packet is not None:
        says = f"{says} ({words.flag(node.packet.flag)})"
    if node.problem == "differs-from-packet":
        said = _("%(what)s: %(problem)s. The store says %(stored)s, the packet says %(says)s.")
    elif node.problem == "differs-from-act":
        said = _("%(what)s: %(problem)s. The store says %(stored)s, the act says %(says)s.")
    else:
        said = _("%(what)s: %(problem)s. The store says %(stored)s, the rule gives %(says)s.")
    return Fault(said % {**told, "says": says}, number.url)


def _mark(engines: Engines, node: Why) -> str:
    """What the sender's mark means by the scheme its device speaks."""
    if node.packet is None or not node.packet.mark:
        return ""
    if node.packet.door == SHEET and node.packet.mark == BELOW_DETECTION:
        return _("below the detection limit")
    for device in engines.snapshot().devices:
        if device.point == node.point and device.valid_at(node.time):
            row = marks.meaning(node.packet.mark, device.edition, device.st, beijing_day(node.time))
            return words.either(row.name_zh, row.name_en) if row else _("no table knows this mark")
    return ""


def _versions(engines: Engines, place: Place, raw: OnDisk, acts: OnDisk) -> tuple[Told, ...]:
    found = [_told(version, place, raw, acts) for version in engines.store.versions(place.series, place.time)]
    people = {told.who for told in found if told.version.version >= PERSON}
    names = dict(User.objects.filter(username__in=people).values_list("username", "display_name")) if people else {}
    return tuple(replace(told, who=names.get(told.who) or told.who) for told in found)


def _told(version: Version, place: Place, raw: OnDisk, acts: OnDisk) -> Told:
    who, reason, when, url = "", "", "", ""
    if version.version >= PERSON:
        index = version.version - PERSON
        url = reverse("ledger-act", args=[index])
        act = _act(acts, index)
        who, reason, when = (act.by, act.reason, words.instant(act.at)) if act else ("", "", "")
    elif place.source is Source.REPORTED:
        index = ledger_index(version.version)
        url = reverse("ledger-entry", args=[index])
        entry = _entry(raw, index)
        is_table = entry is not None and entry.door == SHEET
        if entry is not None:
            who, when = (not is_table and entry.station) or entry.peer, words.instant(entry.received)
        said = _("table in entry %(index)s of the ledger") if is_table else _("packet %(index)s of the ledger")
        reason = said % {"index": index}
    else:
        who = _("Lichen")
        reason = _("computed when %(count)s packets and acts had been taken in") % {"count": version.version}
    found = tuple((words.check(name), words.flag(flag), why_, person) for name, flag, why_, person in version.findings)
    return Told(
        version, words.number(place.name, version.value), words.flag(version.flag), who, reason, when, url, found
    )


def _act(acts: OnDisk, index: int) -> Act | None:
    try:
        return Act.decode(acts.read(index, index + 1)[0])
    except (BadAct, EntryError, LedgerError, IndexError):
        return None


def _entry(raw: OnDisk, index: int) -> Entry | None:
    try:
        return Entry.decode(raw.read(index, index + 1)[0])
    except (EntryError, LedgerError, IndexError):
        return None
