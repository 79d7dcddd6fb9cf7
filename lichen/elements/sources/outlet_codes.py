"""Codes of enterprises, outlets and facilities: HJ 608-2017. What is wrong is said in words, nothing is mended."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

# GB 32100: digits and letters without I, O, S, V, Z; weights are the powers of 3 modulo 31.
_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_LENGTH = 18
_SOURCE = re.compile(r"([0-9A-HJ-NPQRTUWXY]{18})(\d{3})([A-Z0-9])")
_SOURCE_WITHOUT_CREDIT = re.compile(r"H9\d{6}([0-9A-Z]{9}|0000\d{5})\d{0,4}[A-Z]")
_OUTLET = re.compile(r"D[AW]\d{3}")
_PRODUCTION = re.compile(r"MF\d{4}")
_TREATMENT = re.compile(r"T[AWNS]\d{3}")


def credit_check_character(code: str) -> str:
    """The 18th character that goes with the first 17 of a unified social credit code (统一社会信用代码).

    References
    ----------
    .. [1] GB 32100; agrees with the example of HJ 608-2017.

    Examples
    --------
    >>> credit_check_character("91130200699229617")
    'X'
    """
    total = sum(_ALPHABET.index(letter) * pow(3, place, 31) for place, letter in enumerate(code))
    return _ALPHABET[-total % 31]


def source_code_fault(code: str) -> str:
    """What is wrong with the code of a fixed source (固定污染源编码), in Chinese; "" = nothing.

    Credit code (18), sequence (3) and a last letter; without a credit code ``H9`` and what follows.

    References
    ----------
    .. [1] HJ 608-2017 (the form without a credit code is only checked roughly).

    Examples
    --------
    >>> source_code_fault("91130200699229617X001P"), source_code_fault("911302006992296170001P")
    ('', '统一社会信用代码的校验位应为X，实为0。')
    """
    if code.startswith("H9"):
        return "" if _SOURCE_WITHOUT_CREDIT.fullmatch(code) else "H9开头的编码应由行政区划6位、组织机构代码和字母组成。"
    found = _SOURCE.fullmatch(code)
    if found is None:
        return f"应为22位：统一社会信用代码18位、顺序码3位、末位1位；实为{len(code)}位。"
    credit = found[1]
    expected = credit_check_character(credit[: _CREDIT_LENGTH - 1])
    return "" if credit[-1] == expected else f"统一社会信用代码的校验位应为{expected}，实为{credit[-1]}。"


def _shape(pattern: re.Pattern[str], example: str) -> Callable[[str], str]:
    def fault(code: str) -> str:
        return "" if pattern.fullmatch(code) else f"编码“{code}”不合格式；例如{example}。"

    return fault


outlet_code_fault = _shape(_OUTLET, "DA001（废气）、DW001（废水）")
production_code_fault = _shape(_PRODUCTION, "MF0001")
treatment_code_fault = _shape(_TREATMENT, "TA001（废气）、TW001（废水）、TN001（噪声）、TS001（固体废物）")

#: The check of each kind of code: code → fault in Chinese, "" = none.
FAULTS: Mapping[str, Callable[[str], str]] = MappingProxyType(
    {
        "source": source_code_fault,
        "outlet": outlet_code_fault,
        "production": production_code_fault,
        "treatment": treatment_code_fault,
    }
)


def outlet_medium(code: str) -> str:
    """``gas`` or ``water``, of an outlet's code.

    Raises
    ------
    ValueError
        The code is none.

    Examples
    --------
    >>> outlet_medium("DA001"), outlet_medium("DW012")
    ('gas', 'water')
    """
    fault = outlet_code_fault(code)
    if fault:
        raise ValueError(fault)
    return "gas" if code[1] == "A" else "water"
