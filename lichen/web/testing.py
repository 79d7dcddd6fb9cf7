"""Fixtures for tests that need Django: a real PostgreSQL, compiled translations, and the fixed cast.

Registered in the top ``conftest.py``: ``pytest_plugins = ["lichen.web.testing"]``. The server starts with the first
test that asks for the database, lives in its own temporary folder, and is stopped at the end of the run.
"""

from __future__ import annotations

import functools
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lichen.vocab.settings import database_url
from lichen.web import postgres


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> Iterator[None]:
    """Point Django at a throw-away server (pytest-django's hook), unless `LICHEN_DATABASE_URL` names one."""
    from django.db import connection

    from lichen.web import environment

    if database_url():
        yield
        return
    # Losing a test database in a power cut is no loss: no fsync.
    server = postgres.temporary({"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"})
    try:
        server.start()
        connection.settings_dict.update(environment.postgresql(server.url))
        yield
    finally:
        connection.close()
        server.stop()
        shutil.rmtree(server.data.parent, ignore_errors=True)


@pytest.fixture(scope="session", autouse=True)
def _compiled_messages() -> None:
    if os.environ.get("DJANGO_SETTINGS_MODULE") != "lichen.web.settings":
        return
    from django.conf import settings
    from django.utils.translation.reloader import translation_file_changed

    from lichen.web.messages import compile_messages

    for path in compile_messages(settings.LOCALE_PATHS):
        translation_file_changed(None, path)  # Django has loaded what was there before


@pytest.fixture
def web_engines(store: Any, tmp_path: Path) -> Iterator[Any]:
    """Engines for this test: the real store, empty, and two new logs, installed for the pages; no stream."""
    from lichen.ledger.log import Log
    from lichen.web import engines

    raw_log = Log.open(tmp_path / "raw", origin="lichen.test/raw", keys_folder=tmp_path / "keys")
    acts_log = Log.open(tmp_path / "acts", origin="lichen.test/acts", keys_folder=tmp_path / "keys")
    opened = engines.Engines(store, raw_log, acts_log)
    engines.install(opened)
    yield opened
    engines.install(None)
    raw_log.close()
    acts_log.close()


@functools.cache
def _hashed(password: str) -> str:
    """Once for the whole run: hashing is slow, as it should be."""
    from django.contrib.auth.hashers import make_password

    return make_password(password)


@pytest.fixture
def cast(db: None) -> dict[str, Any]:
    """The fixed cast: ``bureau`` (市局), ``inspector`` (区县), ``company`` (排污单位), ``admin``, ``public``."""
    from lichen.web.accounts.models import Role, User
    from lichen.web.registry.models import Kind, Organisation

    def person(username: str, display_name: str, role: str, organisation: Organisation | None = None) -> User:
        user = User(username=username, display_name=display_name, role=role, organisation=organisation)
        user.password = _hashed("correct horse battery")
        user.save()
        return user

    def office(code: str, name: str, kind: str, district: str = "") -> Organisation:
        return Organisation.objects.create(code=code, name_zh=name, kind=kind, city="自贡", district=district)

    return {
        "bureau": person("bureau", "市局李", Role.OFFICER, office("zg", "自贡市生态环境局", Kind.CITY_BUREAU)),
        "inspector": person(
            "inspector", "区县王", Role.OFFICER, office("zg-da", "大安区分局", Kind.DISTRICT_BUREAU, "大安区")
        ),
        "company": person("company", "企业赵", Role.OFFICER, office("works", "某某化工厂", Kind.COMPANY)),
        "admin": person("admin", "管理员", Role.ADMINISTRATOR),
        "public": person("public", "市民陈", Role.PUBLIC),
    }


@pytest.fixture
def measured(web_engines: Any) -> Any:
    """`web_engines` with three stations, the first of which sent two hours of minute values, all taken in."""
    from lichen.pipeline import testing
    from lichen.pipeline.worker import Worker

    web_engines.put_snapshot(testing.network(3))
    device = web_engines.snapshot().devices[0]
    six = {"so2": 57.0, "no2": 20.0, "co": 0.5, "o3": 60.0, "pm10": 50.0}
    web_engines.raw_log.append(
        [testing.entry(device, "2051", MEASURED + n * 300_000, {**six, "pm25": 30.0 + n}) for n in range(24)]
    )
    worker = Worker(web_engines.store, web_engines.raw_log, web_engines.acts_log, web_engines.snapshot)
    while worker.step():
        pass
    return web_engines


@pytest.fixture
def sampled(web_engines: Any) -> Any:
    """`web_engines` with points of several elements, whose results came in as tables: see `SAMPLED` and `TABLES`."""
    from lichen.elements import ELEMENT_BY_SLUG
    from lichen.pipeline.sheets.check import check
    from lichen.pipeline.sheets.entry import entries_of
    from lichen.pipeline.worker import Worker
    from lichen.vocab.clock import now_ms
    from lichen.vocab.periods import Period
    from lichen.vocab.registry import Point, Snapshot

    snapshot = Snapshot(1, tuple(Point(**{"name_en": one["id"], "city": "自贡", **one}) for one in SAMPLED), ())
    web_engines.put_snapshot(snapshot)
    for element, period, text in TABLES:
        body = text.encode()
        found = check(f"{element}.csv", body, ELEMENT_BY_SLUG[element], snapshot,
                      period=Period(period), by="li", now=now_ms())  # fmt: skip
        assert found.faults == ()
        web_engines.raw_log.append(entries_of(body, found.head, found.good, received=now_ms(), peer="user:li"))
    worker = Worker(web_engines.store, web_engines.raw_log, web_engines.acts_log, web_engines.snapshot, settle_ms=0)
    web_engines.applied_acts = lambda: worker.cursor.acts
    while worker.step():
        pass
    return web_engines


#: The points of `sampled`: two sections whose target changes, a well, a plot, a noise point, a weather station.
SAMPLED: tuple[dict[str, Any], ...] = (
    {"id": "S1", "name_zh": "釜溪河断面", "element": "surface_water", "kind": "section", "lon": 104.8, "lat": 29.3,
     "attributes": {"target": [{"value": "Ⅳ"}, {"from": "2026-02-01", "value": "Ⅲ"}], "river": "釜溪河"}},
    {"id": "S2", "name_zh": "旭水河断面", "element": "surface_water", "kind": "section", "lon": 104.7, "lat": 29.4},
    {"id": "G1", "name_zh": "一号井", "element": "groundwater", "kind": "regional"},
    {"id": "T1", "name_zh": "一号田", "element": "soil", "kind": "farmland", "attributes": {"land_use": "paddy"}},
    {"id": "N1", "name_zh": "一号噪声点", "element": "noise", "kind": "functional_zone", "attributes": {"zone": "2"}},
    {"id": "N2", "name_zh": "二号噪声点", "element": "noise", "kind": "functional_zone", "attributes": {"zone": "2"}},
    {"id": "W1", "name_zh": "气象站", "element": "weather", "kind": "weather"},
)  # fmt: skip
#: Element, period and text of its tables.
TABLES = (
    ("surface_water", "sample", "point,time,ph,do,codmn,nh3n,tp\n"
     "S1,2026-01-10 09:30,7.8,8.1,3.0,<0.025,0.1\nS1,2026-02-11 10:00,7.6,7.9,3.5,0.4,0.302\n"
     "S2,2026-01-10 11:00,7.9,9.0,1.8,0.1,0.05\n"),
    ("groundwater", "sample", "point,time,ph,total_hardness\nG1,2026-01-15 09:00,7.2,500\n"),
    ("soil", "sample", "point,time,soil_ph,soil_cd\nT1,2026-01-16 09:00,6.0,0.9\n"),
    ("noise", "hour", "point,time,leq\nN1,2026-01-17 09:00,63\nN1,2026-01-17 10:00,58\n"
     "N2,2026-01-17 01:00,40\nN2,2026-01-17 05:00,41\nN2,2026-01-17 09:00,50\nN2,2026-01-17 13:00,52\n"),
    ("weather", "hour", "point,time,air_temperature\nW1,2026-01-17 09:00,-3.2\nW1,2026-01-17 10:00,-1.5\n"),
)  # fmt: skip

#: When the station of `measured` sent first: 2026-03-02T00:00+08:00. [ms since 1970 UTC]
MEASURED = 1_772_380_800_000
