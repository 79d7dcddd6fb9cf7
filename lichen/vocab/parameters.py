"""What is measured: one row per parameter, from ``parameters.csv``.

Two columns hold a unit. `Parameter.unit` is the canonical one: every stored value, limit and check of ours is in it.
`Parameter.unit_hj212` is what the table of HJ 212-2017 prints, kept for the record: it says ng/m3 for particles and
mg/m3 for the gases of ambient air, where stations send, and GB 3095 judges in, ug/m3 (CO: mg/m3).
A station that sends in yet another unit says so in its registration (`lichen.vocab.registry.Device.units`).

A code that both an ambient station and a stack send (SO2, NO, NO2, NOx, CO, NH3) names two parameters, because
the limits of the one are in ug/m3 and of the other in mg/m3: ``so2`` and ``stack_so2``. Metals that HJ 212 lists twice
in water carry ``total_`` in the slug of the row named 总… (``cu`` and ``total_cu``).
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from types import MappingProxyType

#: Units that no table defines: the station defines it, or its meaning was never published.
UNDEFINED_UNITS = frozenset({"custom", "unknown"})
#: Not numbers.
TEXT_UNITS = frozenset({"text", "timestamp"})

#: ST groups of HJ 212-2017 table 5 that mean a pollution source (30-49) or its process (50-69), without
#: 39 (construction-site dust: ambient monitors at a site).
_EMISSION_ST = re.compile(r"[3-6]\d")
_AMBIENT_ST = frozenset({"39"})
_STACK = "stack"
#: Process codes end in the number of the device (01-99), furnace points in one digit; the table prints x for them.
_NUMBERED = re.compile(r"([eg]\d{3})\d\d|(i333[1-4])\d")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One measured quantity.

    Attributes
    ----------
    slug : str
        Our name for it: ``pm25``. Unique.
    code, code_2005 : str
        HJ 212-2017 code and its HJ/T 212-2005 alias; "" where there is none.
    name_zh, name_en : str
    medium : str
        ``air``, ``stack``, ``water``, ``meteorology``, ``noise``, ``process_sewage``, ``process_flue``, ``site_info`` …
    unit : str
        Canonical unit, in the ASCII spelling of `lichen.vocab.units`.
    unit_hj212, unit_emission : str
        As HJ 212-2017 prints them: of the concentration, and of the emitted mass (``-Cou``); "" where it prints none.
    data_type : str
        As printed: ``N3.1``; "" unknown.
    decimals : int
        How many are shown, in the canonical unit.
    source, status, note : str
        Where the row comes from, and how sure it is: ``verified``, ``memory`` or ``conflict``.
    """

    slug: str
    code: str
    code_2005: str
    name_zh: str
    name_en: str
    medium: str
    unit: str
    unit_hj212: str
    unit_emission: str
    data_type: str
    decimals: int
    source: str
    status: str
    note: str

    @property
    def is_number(self) -> bool:
        """Whether values are numbers (logs, serial numbers and marks are not)."""
        return self.unit not in TEXT_UNITS

    @property
    def may_be_negative(self) -> bool:
        """Whether a value below zero means anything.

        >>> PARAMETERS["air_temperature"].may_be_negative, PARAMETERS["pm25"].may_be_negative
        (True, False)
        """
        return self.unit in {"degC", "mV", "kPa", "Pa", "dB"} or self.unit in UNDEFINED_UNITS


def _load() -> Mapping[str, Parameter]:
    text = resources.files("lichen.vocab").joinpath("parameters.csv").read_text(encoding="utf-8")
    found: dict[str, Parameter] = {}
    for row in csv.DictReader(text.splitlines()):
        if row["slug"] in found:
            raise ValueError(f"parameters.csv: slug {row['slug']!r} occurs twice; slugs are unique")
        found[row["slug"]] = Parameter(**{**row, "decimals": int(row["decimals"])})  # type: ignore[arg-type]
    return MappingProxyType(found)


#: Every parameter by slug, in the order of the table.
PARAMETERS: Mapping[str, Parameter] = _load()


def _index() -> tuple[dict[str, list[Parameter]], dict[str, list[Parameter]]]:
    codes: dict[str, list[Parameter]] = {}
    aliases: dict[str, list[Parameter]] = {}
    # HJ 212-2017 gives e701xx and g119xx twice; stable sorting puts a verified reading before a doubtful one.
    for parameter in sorted(PARAMETERS.values(), key=lambda p: p.status == "conflict"):
        if parameter.code:
            codes.setdefault(parameter.code.casefold(), []).append(parameter)
        if parameter.code_2005:
            aliases.setdefault(parameter.code_2005.casefold(), []).append(parameter)
    return codes, aliases


_BY_CODE, _BY_ALIAS = _index()


def is_emission(st: str | None) -> bool:
    """Whether an HJ 212 system code (ST) means a pollution source rather than the environment.

    >>> is_emission("31"), is_emission("22"), is_emission("39"), is_emission(None)
    (True, False, False, False)
    """
    return st is not None and st not in _AMBIENT_ST and _EMISSION_ST.fullmatch(st) is not None


def by_code(code: str, st: str | None = None) -> Parameter | None:
    """The parameter of a factor code of HJ 212-2017/2025, or of its HJ/T 212-2005 alias; None if no table has it.

    Letter case does not matter. 2017 codes are looked up first; a 2005 code never looks like one (two or three
    digits, or B.. and S..). Leading zeros matter: ``30`` is CO2 in air, ``030`` zinc in water.

    Parameters
    ----------
    code : str
        As sent: ``a34004``, ``A34004``, ``e10101``, ``011``.
    st : str, optional
        The packet's system code. Chooses between ambient air and waste gas where the code is the same;
        None: ambient.

    Examples
    --------
    >>> by_code("A34004").slug, by_code("011").slug, by_code("e10103").slug
    ('pm25', 'cod', 'e101_inlet_flow')
    >>> by_code("a21026", "22").slug, by_code("a21026", "31").slug, by_code("02", "31").slug
    ('so2', 'stack_so2', 'stack_so2')
    >>> by_code("z99999") is None
    True
    """
    wanted = code.strip().casefold()
    candidates = _BY_CODE.get(wanted)
    if candidates is None and (numbered := _NUMBERED.fullmatch(wanted)):
        candidates = _BY_CODE.get(f"{numbered[1]}xx" if numbered[1] else f"{numbered[2]}x")
    if candidates is None:
        candidates = _BY_ALIAS.get(wanted)
    if not candidates:
        return None
    if is_emission(st):
        return next((p for p in candidates if p.medium == _STACK), candidates[0])
    return candidates[0]
