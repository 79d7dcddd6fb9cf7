"""What a simulated site does when the host commands it: one function a command.

Each takes the device, the host's message and the time, changes the device, and returns how it went (ExeRtn, HJ 212-2017
table 6) with the packets that carry the result. Timeout, password, MN and key are only looked at here: the session puts
them into force once the interaction that set them has ended.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from lichen.hj212.message import Message
from lichen.vocab.clock import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, format_digits, parse_digits

if TYPE_CHECKING:
    from lichen.hj212.simulator.device import SimulatedDevice

SUCCESS, UNKNOWN_REASON, WRONG_CONDITION, NO_DATA = 1, 2, 3, 100
#: The largest number of history packets given for one request.
HISTORY_LIMIT = 20_000
#: How long a calibration or a cleaning marks the instrument's data. [ms]
HANDS_ON_MS = 5 * MINUTE_MS
_MINUTE_INTERVALS = (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30)  # HJ 212-2017 table 4


class Result(NamedTuple):
    """ExeRtn and the frames to send before it."""

    exe_rtn: int
    frames: list[bytes]


_DONE = Result(SUCCESS, [])
_WRONG = Result(WRONG_CONDITION, [])
Execute = Callable[["SimulatedDevice", Message, int], Result]


def _whole(message: Message, name: str, low: int, high: int) -> int | None:
    text = message.fields.get(name, "")
    return int(text) if text.isdigit() and low <= int(text) <= high else None


def _parameter(device: SimulatedDevice, message: Message, now: int, **fields: str) -> list[bytes]:
    """An answer that carries parameters: it keeps the QN of the request (HJ 212-2017 C.2)."""
    asked = {"PolId": message.fields["PolId"]} if "PolId" in message.fields else {}
    return device.packet(message.cn or "", (), qn=message.qn, fields={**asked, **fields})


def _set_timeout(device: SimulatedDevice, message: Message, now: int) -> Result:
    over, again = _whole(message, "OverTime", 1, 99), _whole(message, "ReCount", 1, 99)
    return _WRONG if over is None or again is None else _DONE


def _set_mn(device: SimulatedDevice, message: Message, now: int) -> Result:
    return _DONE if message.mn else _WRONG


def _get_clock(device: SimulatedDevice, message: Message, now: int) -> Result:
    return Result(SUCCESS, _parameter(device, message, now, SystemTime=format_digits(device.clock(now))))


def _set_clock(device: SimulatedDevice, message: Message, now: int) -> Result:
    told = parse_digits(message.fields.get("SystemTime", ""))
    if told is None:
        return _WRONG
    if "PolId" not in message.fields:  # with PolId it is the analyser's clock, which times no packet
        device.skew_ms = told - now
        device.reschedule(now)
    device.log(now, "校时")
    return _DONE


def _set_key(device: SimulatedDevice, message: Message, now: int) -> Result:
    key = message.fields.get("NewSK", "")
    return _DONE if len(key) == 16 and key.isascii() else _WRONG


def _get_realtime_interval(device: SimulatedDevice, message: Message, now: int) -> Result:
    return Result(SUCCESS, _parameter(device, message, now, RtdInterval=str(device.realtime_ms // SECOND_MS)))


def _set_realtime_interval(device: SimulatedDevice, message: Message, now: int) -> Result:
    seconds = _whole(message, "RtdInterval", 30, 3600)
    if seconds is None:
        return _WRONG
    device.realtime_ms = seconds * SECOND_MS
    if "2011" in device.uploads:
        device.set_upload("2011", device.realtime_ms, now)
    return _DONE


def _get_minute_interval(device: SimulatedDevice, message: Message, now: int) -> Result:
    return Result(SUCCESS, _parameter(device, message, now, MinInterval=str(device.minute_ms // MINUTE_MS)))


def _set_minute_interval(device: SimulatedDevice, message: Message, now: int) -> Result:
    minutes = _whole(message, "MinInterval", 1, 30)
    if minutes not in _MINUTE_INTERVALS:
        return _WRONG
    device.minute_ms = minutes * MINUTE_MS
    if "2051" in device.uploads:
        device.set_upload("2051", device.minute_ms, now)
    return _DONE


def _set_password(device: SimulatedDevice, message: Message, now: int) -> Result:
    password = message.fields.get("NewPW", "")
    if len(password) != 6 or not password.isascii() or not password.isalnum():
        return _WRONG
    device.log(now, "修改密码")
    return _DONE


def _start(cn: str) -> Execute:
    def start(device: SimulatedDevice, message: Message, now: int) -> Result:
        device.set_upload(cn, device.realtime_ms, now)
        return _DONE

    return start


def _stop(cn: str) -> Execute:
    def stop(device: SimulatedDevice, message: Message, now: int) -> Result:
        device.set_upload(cn, 0, now)
        return _DONE

    return stop


def _history(cn: str, width: int = 0) -> Execute:
    """The intervals that start between BeginTime and EndTime and have ended, from the device's own memory."""

    def history(device: SimulatedDevice, message: Message, now: int) -> Result:
        begin = parse_digits(message.fields.get("BeginTime", ""))
        end = parse_digits(message.fields.get("EndTime", ""))
        if begin is None or end is None or end < begin:
            return _WRONG
        frames: list[bytes] = []
        for start in _starts(begin, min(end, device.clock(now)), width or device.minute_ms):
            if start + (width or device.minute_ms) > device.clock(now) or len(frames) >= HISTORY_LIMIT:
                break
            items = device.source.items(cn, start, width or device.minute_ms)
            if items:
                frames += device.history_packet(cn, list(items), start, now)
        return Result(SUCCESS if frames else NO_DATA, frames)

    return history


def _starts(begin: int, end: int, width: int) -> Iterator[int]:
    """Starts of the Beijing-time intervals in [begin, end]."""
    midnight = 16 * HOUR_MS  # Beijing's midnights are 16:00 UTC
    first = midnight + -(-(begin - midnight) // width) * width
    return iter(range(first, end + 1, width))


def _calibrate(device: SimulatedDevice, message: Message, now: int) -> Result:
    return _hands_on(device, message, now, "C", "校准")


def _clean(device: SimulatedDevice, message: Message, now: int) -> Result:
    return _hands_on(device, message, now, "M", "清洗反吹")


def _hands_on(device: SimulatedDevice, message: Message, now: int, mark: str, words: str) -> Result:
    factor = message.fields.get("PolId")
    if not factor:
        return _WRONG
    clock = device.clock(now)
    device.marks[factor] = (mark, clock - clock % SECOND_MS + HANDS_ON_MS)  # DataTime has whole seconds
    device.log(now, f"{factor} {words}")
    return _DONE


def _sample(words: str) -> Execute:
    def sample(device: SimulatedDevice, message: Message, now: int) -> Result:
        if not message.fields.get("PolId"):
            return _WRONG
        device.log(now, f"{message.fields['PolId']} {words}")
        return _DONE

    return sample


def _retain(device: SimulatedDevice, message: Message, now: int) -> Result:
    device.vase = device.vase % 24 + 1
    device.log(now, f"超标留样，瓶号 {device.vase}")
    stamp = format_digits(device.clock(now))
    return Result(SUCCESS, _parameter(device, message, now, DataTime=stamp, VaseNo=str(device.vase)))


def _set_sampling_period(device: SimulatedDevice, message: Message, now: int) -> Result:
    period = message.fields.get("CTime", message.fields.get("Ctime", ""))
    start = message.fields.get("CstartTime", "")
    if not period.isdigit() or not 1 <= int(period) <= 24 or len(start) != 6 or not start.isdigit():
        return _WRONG
    device.sampling = (start, period)
    return _DONE


def _get_sampling_period(device: SimulatedDevice, message: Message, now: int) -> Result:
    start, period = device.sampling
    return Result(SUCCESS, _parameter(device, message, now, CstartTime=start, Ctime=period))


def _get_delay(device: SimulatedDevice, message: Message, now: int) -> Result:
    return Result(SUCCESS, _parameter(device, message, now, Stime="40"))


def _get_identity(device: SimulatedDevice, message: Message, now: int) -> Result:
    factor = message.fields.get("PolId")
    if not factor:
        return _WRONG
    return Result(SUCCESS, device.packet("3019", [f"{factor}-SN={device.mn}"], qn=message.qn, fields={"PolId": factor}))


def _get_information(device: SimulatedDevice, message: Message, now: int) -> Result:
    """Logs (i.1…), states (i.2…) and parameters (i.3…) of HJ 212-2017 table B.10."""
    wanted, factor = message.fields.get("InfoId", ""), message.fields.get("PolId")
    about = {"PolId": factor} if factor else {}
    if len(wanted) == 6 and wanted[2] == "1":
        begin = parse_digits(message.fields.get("BeginTime", "")) or 0
        end = parse_digits(message.fields.get("EndTime", "")) or device.clock(now)
        frames = [
            frame
            for at, text in device.logs
            if begin <= at <= end
            for frame in device.packet("3020", [f"{wanted}-Info=//{text}//"], qn=message.qn, time_ms=at, fields=about)
        ]
        return Result(SUCCESS if frames else NO_DATA, frames)
    value = device.information.get(wanted)
    if value is None:
        return Result(NO_DATA, [])
    clock = device.clock(now)
    return Result(
        SUCCESS, device.packet("3020", [f"{wanted}-Info={value}"], qn=message.qn, time_ms=clock, fields=about)
    )


def _set_information(device: SimulatedDevice, message: Message, now: int) -> Result:
    wanted = message.fields.get("InfoId", "")
    given = next((r.text for r in message.values if r.factor == wanted and r.stat == "Info"), None)
    if given is None or len(wanted) != 6 or wanted[2] != "3":  # only parameters (i.3…) can be set
        return _WRONG
    device.information[wanted] = given
    device.log(now, f"{wanted} 设为 {given}")
    return _DONE


def _check_standard(device: SimulatedDevice, message: Message, now: int) -> Result:
    clock = device.clock(now) // SECOND_MS * SECOND_MS
    device.queue("2062", clock)
    device.log(now, "标样核查")
    return _DONE


#: Requests a site carries out, by command (HJ 212-2017 table 9; HJ 212-2025 table 12).
REQUESTS: Mapping[str, Execute] = {
    "1000": _set_timeout,
    "1002": _set_mn,
    "1011": _get_clock,
    "1012": _set_clock,
    "1014": _set_key,
    "1061": _get_realtime_interval,
    "1062": _set_realtime_interval,
    "1063": _get_minute_interval,
    "1064": _set_minute_interval,
    "1072": _set_password,
    "2011": _start("2011"),
    "2013": _history("2013", HOUR_MS),
    "2021": _start("2021"),
    "2031": _history("2031", DAY_MS),
    "2041": _history("2041", DAY_MS),
    "2051": _history("2051"),
    "2052": _history("2052"),
    "2061": _history("2061", HOUR_MS),
    "2062": _history("2062", DAY_MS),
    "3011": _calibrate,
    "3012": _sample("即时采样"),
    "3013": _clean,
    "3014": _sample("比对采样"),
    "3015": _retain,
    "3016": _set_sampling_period,
    "3017": _get_sampling_period,
    "3018": _get_delay,
    "3019": _get_identity,
    "3020": _get_information,
    "3021": _set_information,
    "3022": _sample("即时留样"),
    "3024": _check_standard,
}
#: Notices a site acts on, by command.
NOTICES: Mapping[str, Execute] = {"2012": _stop("2011"), "2022": _stop("2021")}
