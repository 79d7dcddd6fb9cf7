"""The recorded air stations as points, each with one simulated data logger."""

from __future__ import annotations

import hashlib

from lichen.demo.record import Station
from lichen.demo.seed import DemoSeed
from lichen.vocab.registry import Device, Point

#: HJ 212 factor code and decimals sent, by pollutant (HJ 212-2017 table B.2; a05024 from HJ 524-2009, as stations do).
FACTORS = {
    "so2": ("a21026", 1),
    "no2": ("a21004", 1),
    "co": ("a21005", 3),
    "o3": ("a05024", 1),
    "pm10": ("a34002", 1),
    "pm25": ("a34004", 1),
}
#: Units as our loggers send them (the standard prints others for PM; stations send these).
UNITS = {code: "mg/m3" if slug == "co" else "ug/m3" for slug, (code, _) in FACTORS.items()}

#: Stations whose logger speaks HJ 212-2025; the rest speak HJ 212-2017.
EDITION_2025 = {
    "zg-datangshan",
    "tj-qianjin-road",
    "tj-dali-road",
    "tj-fourth-avenue",
    "tj-yuejin-road",
    "tj-hanbei-road",
}
#: Of these, the ones that encrypt with SM4.
ENCRYPTED = {"zg-datangshan", "tj-dali-road"}

_CITY_EN = {"自贡": "Zigong", "天津": "Tianjin", "北京": "Beijing"}


def mn(name: str) -> str:
    """The 24 hexadecimal characters that name a demo device, always the same for the same name.

    >>> mn("zg-datangshan") == mn("zg-datangshan"), len(mn("zg-datangshan"))
    (True, 24)
    """
    return "88" + hashlib.sha256(f"lichen demo {name}".encode()).hexdigest()[:22].upper()


#: A station whose logger nobody registered: its point is known, its packets arrive, and the logger waits to be claimed.
UNCLAIMED = "tj-zhongshan-north-road"


def replay_label(station: Station) -> dict[str, str]:
    """What a page must say about a replayed point, in Chinese and English."""
    if station.id.startswith("bj-"):
        return {
            "replay_zh": "回放：2016年3月至2017年2月小时值（UCI 数据集 501），时间已平移",
            "replay_en": "Replay: hourly values of March 2016 to February 2017 (UCI data set 501), times shifted",
        }
    return {
        "replay_zh": "回放：2020年4月官方小时值，时间已平移",
        "replay_en": "Replay: official hourly values of April 2020, times shifted",
        "replay_note_zh": "整日平移，时刻不变；每小时的5分钟值由回放生成，均值等于官方小时值；"
        "原记录整小时缺失时由前后小时内插，并上传日志说明。",
        "replay_note_en": "Shifted by whole days, the hour of day is true; the five-minute values are made by the "
        "replay so that their mean is the official hour value; hours absent from the record are interpolated and "
        "announced in the device log.",
    }


def demo_point(station: Station) -> Point:
    """The registry's point of a recorded station."""
    return Point(
        id=station.id,
        name_zh=station.name_zh,
        name_en=station.name_en,
        element="air",
        kind="background" if "对照点" in station.name_zh else "urban",
        city=station.city,
        lon=station.lon,
        lat=station.lat,
        attributes={"station_code": station.station_code, "city_en": _CITY_EN[station.city], **replay_label(station)},
    )


def demo_device(station: Station, seed: DemoSeed) -> Device:
    """The logger of a recorded station, with the secrets of this installation."""
    number = mn(station.id)
    return Device(
        mn=number,
        point=station.id,
        edition="2025" if station.id in EDITION_2025 else "2017",
        st="22",
        password=seed.password(number),
        key=seed.key(number) if station.id in ENCRYPTED else "",
        minute_interval=5,
        realtime_interval=60,
        units=UNITS,
    )
