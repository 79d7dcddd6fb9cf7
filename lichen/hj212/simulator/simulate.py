"""One call that simulates many devices: what ``lichen hj212 simulate`` runs."""

from __future__ import annotations

import asyncio
import hashlib
import resource
from collections.abc import Callable, Mapping, Sequence

from lichen.hj212.simulator.device import SimulatedDevice, usual_uploads
from lichen.hj212.simulator.faults import Fault, FaultPlan
from lichen.hj212.simulator.run import Simulator
from lichen.hj212.simulator.summary import Counts, Summary
from lichen.hj212.simulator.values import Synthetic
from lichen.vocab.clock import HOUR_MS, MINUTE_MS, now_ms
from lichen.vocab.registry import Device

EDITIONS = ("2005", "2017", "2025")
#: Files this process needs besides one socket a device.
_OTHER_FILES = 64


def load_devices(
    count: int, *, seed: str = "lichen", edition: str = "2017", st: str = "22", encrypt: bool = False
) -> tuple[Device, ...]:
    """Made-up devices for load and tests: the same seed gives the same MNs, passwords and keys.

    Each has a point of its own (``sim-00001`` …), so that a test host can be told about them.

    Raises
    ------
    ValueError
        No device, an unknown edition, or encryption in an edition that has none.

    Examples
    --------
    >>> [device.mn for device in load_devices(2)] == [device.mn for device in load_devices(3)[:2]]
    True
    """
    if count < 1:
        raise ValueError(f"{count} devices; at least 1")
    if edition not in EDITIONS:
        raise ValueError(f"edition {edition!r}; known: {', '.join(EDITIONS)}")
    if encrypt and edition != "2025":
        raise ValueError(f"edition {edition} has no encryption; only 2025 has")
    found = []
    for number in range(1, count + 1):
        drawn = hashlib.blake2b(f"{seed} {number}".encode(), digest_size=32).hexdigest().upper()
        found.append(
            Device(
                mn=drawn[:14] if edition == "2005" else drawn[:24],
                point=f"sim-{number:05d}",
                edition=edition,
                st=st,
                password=f"{int(drawn[24:32], 16) % 1_000_000:06d}",
                key=drawn[32:48] if encrypt else "",
            )
        )
    return tuple(found)


def fault_plan(text: str, seed: str) -> FaultPlan:
    """The plan written as ``wrong_crc=0.01,no_tail=0.02``, or ``all=0.05`` for every kind in equal parts.

    Raises
    ------
    ValueError
        An unknown fault or a share that is no number.

    Examples
    --------
    >>> fault_plan("wrong_crc=0.5", "s").probabilities
    {<Fault.WRONG_CRC: 'wrong_crc'>: 0.5}
    >>> round(sum(fault_plan("all=0.1", "s").probabilities.values()), 6)
    0.1
    """
    shares: dict[Fault, float] = {}
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        name, _, share = part.partition("=")
        try:
            number = float(share)
            kinds = list(Fault) if name == "all" else [Fault(name)]
        except ValueError:
            known = ", ".join(fault.value for fault in Fault)
            raise ValueError(
                f"fault {part!r}; write NAME=SHARE with a share from 0 to 1; names: all, {known}"
            ) from None
        for kind in kinds:
            shares[kind] = shares.get(kind, 0.0) + number / len(kinds)
    return FaultPlan(shares, seed)


def simulate(
    host: str,
    port: int,
    devices: int | Sequence[Device] = 1,
    *,
    seconds: float | None = 60.0,
    interval_s: float | None = None,
    uploads: Mapping[str, int] | None = None,
    seed: str = "lichen",
    faults: str = "",
    edition: str = "2017",
    st: str = "22",
    encrypt: bool = False,
    split: bool = False,
    skew_s: float = 0.0,
    back_fill_hours: float = 0.0,
    answered: bool = True,
    window: int = 1,
    on_progress: Callable[[Counts], None] | None = None,
) -> Summary:
    """Lets simulated devices dial a host and send, for a while.

    Parameters
    ----------
    host, port : str, int
    devices : int or sequence of Device
        How many made-up ones (see `load_devices`), or given ones.
    seconds : float or None
        How long; None = until everything queued (see `back_fill_hours`) is answered. [s]
    interval_s : float, optional
        Sends real-time data this often instead of the usual uploads. [s]
    uploads : mapping of str to int, optional
        Command → interval instead of the usual ones. [ms; 0 = once]
    seed : str
        Decides devices, values, faults and spread.
    faults : str
        See `fault_plan`.
    edition, st, encrypt
        Of made-up devices.
    split : bool
        Splits minute data over several packets (data segments of at most 300 bytes).
    skew_s : float
        How far the devices' clocks are ahead; negative = behind. [s]
    back_fill_hours : float
        Minute data of so many past hours are sent late, after the fresh ones. [h]
    answered : bool
        Whether devices ask for 9014 and wait for it.
    window : int
        Unanswered packets a device allows itself.
    on_progress : callable, optional
        Called about once a second.

    Returns
    -------
    Summary

    Raises
    ------
    ValueError
        Unusable arguments; more devices than this process may open sockets.
    """
    if isinstance(devices, int):
        devices = load_devices(devices, seed=seed, edition=edition, st=st, encrypt=encrypt)
    _allow_files(len(devices) + _OTHER_FILES)
    if interval_s is not None:
        if interval_s <= 0:
            raise ValueError(f"interval {interval_s} s; must be above 0")
        uploads = {"2011": max(1, round(interval_s * 1000))}
    counts = Counts()
    plan = fault_plan(faults, seed)
    started = now_ms()
    simulated = []
    for device in devices:
        one = SimulatedDevice(
            device,
            Synthetic(device.st, f"{seed} {device.mn}"),
            counts=counts,
            seed=seed,
            uploads=usual_uploads(device) if uploads is None else uploads,
            faults=plan,
            answered=answered,
            window=window,
            skew_ms=round(skew_s * 1000),
            segment_limit=300 if split else 1024,
        )
        one.start(started)
        if back_fill_hours:
            width = device.minute_interval * MINUTE_MS
            stop = one.next_interval("2051") if "2051" in one.uploads else one.clock(started) // width * width
            one.back_fill("2051", stop - round(back_fill_hours * HOUR_MS) // width * width, stop, width)
        simulated.append(one)
    simulator = Simulator(host, port, simulated, seed=seed, on_progress=on_progress)
    return asyncio.run(simulator.run(seconds, until_idle=seconds is None))


def _allow_files(needed: int) -> None:
    """Raises the soft limit of open files as far as needed."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft >= needed:
        return
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise ValueError(f"{needed} open files needed, this process may have {hard}: fewer devices, or raise ulimit -n")
    resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
