"""What the protocol lets the host answer to a packet it does not accept (HJ 212-2017, table 7)."""

from __future__ import annotations

from lichen.hj212.commands import find
from lichen.hj212.message import Message, answer

_QN_RTN = {"password": "3", "crc": "9"}


def refusal(message: Message, verdict: str) -> bytes | None:
    """The 9011 with the code of the verdict, or None.

    The standard has such codes only in the answer to a request. A data packet we do not accept gets no answer: its
    sender keeps it and repeats it.
    """
    code = _QN_RTN.get(verdict)
    if code is None or not message.needs_answer or message.cn is None or message.mn is None:
        return None
    if find(message.cn, "up", message.edition) is not None or find(message.cn, "down", message.edition) is None:
        return None
    return answer(message, "9011", QnRtn=code)
