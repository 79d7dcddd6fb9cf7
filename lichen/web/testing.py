"""Fixtures for tests that need Django: a real PostgreSQL, compiled translations, and the fixed cast.

Registered in the top ``conftest.py``: ``pytest_plugins = ["lichen.web.testing"]``. The server starts with the first
test that asks for the database, lives in its own temporary folder, and is stopped at the end of the run.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

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

    from lichen.web.messages import compile_messages

    compile_messages(settings.LOCALE_PATHS)
