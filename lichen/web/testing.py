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


#: When the station of `measured` sent first: 2026-03-02T00:00+08:00. [ms since 1970 UTC]
MEASURED = 1_772_380_800_000
