"""Simulated HJ 212 devices: any number of data loggers over real TCP, on a seed.

The devices themselves (`device`) are bytes in, bytes out; only `run` knows sockets. What they measure comes from a
value source (`values`), what goes wrong from a fault plan (`faults`). `simulate` is the whole of it in one call.
"""

from lichen.hj212.simulator.device import SimulatedDevice, usual_uploads
from lichen.hj212.simulator.faults import KINDS, Fault, FaultPlan, spoil
from lichen.hj212.simulator.run import Simulator
from lichen.hj212.simulator.simulate import fault_plan, load_devices, simulate
from lichen.hj212.simulator.summary import Counts, Summary
from lichen.hj212.simulator.values import Synthetic, ValueSource

__all__ = [
    "KINDS", "Counts", "Fault", "FaultPlan", "SimulatedDevice", "Simulator", "Summary", "Synthetic", "ValueSource",
    "fault_plan", "load_devices", "simulate", "spoil", "usual_uploads",
]  # fmt: skip
