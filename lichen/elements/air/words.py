"""The parameters of ambient air and their short words, from ``parameters.csv``."""

import csv
from collections.abc import Mapping
from importlib import resources
from types import MappingProxyType


def _load() -> Mapping[str, tuple[str, str]]:
    text = resources.files("lichen.elements.air").joinpath("parameters.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return MappingProxyType({row["parameter"]: (row["symbol"], row["feed_name"]) for row in rows})


_WORDS = _load()
#: In the order in which HJ 633 and the national feed list primary pollutants; the bit order of masks.
PARAMETERS = tuple(_WORDS)
#: ``PM2.5``, as people write it in a sentence.
SYMBOL = MappingProxyType({parameter: symbol for parameter, (symbol, _) in _WORDS.items()})
#: ``细颗粒物(PM2.5)``, as the national feed names primary pollutants.
FEED_NAME = MappingProxyType({parameter: name for parameter, (_, name) in _WORDS.items()})
