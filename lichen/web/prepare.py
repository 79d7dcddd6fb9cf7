"""What has to be there before Django can serve: key, translations, database, schema. Every step is safe to repeat."""

from __future__ import annotations

import os

import django

from lichen.vocab.settings import database_url, home
from lichen.web import secret_key
from lichen.web.messages import compile_messages
from lichen.web.postgres import Postgres


def prepare() -> None:
    """Make key and translations, then set Django up. Starts no database.

    Call before anything imports `django.conf.settings`' values: the kept key is read there.

    Raises
    ------
    ImproperlyConfigured
        A setting is malformed, or, with `LICHEN_PRODUCTION`, weak: every one with what to do about it.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lichen.web.settings")
    if not (os.environ.get("LICHEN_SECRET_KEY") or os.environ.get("LICHEN_SECRET_KEY_FILE")):
        secret_key.ensure(home().keys)
    from django.conf import settings

    # Before the set-up: that loads the translations and keeps what it found.
    compile_messages(settings.LOCALE_PATHS)
    django.setup()
    from django.core.exceptions import ImproperlyConfigured

    from lichen.web.checks import production

    # Django runs its checks in its own commands only; what serves must refuse as well.
    if refused := production():
        raise ImproperlyConfigured("\n".join(f"{one.id}: {one.msg} {one.hint}" for one in refused))


def prepare_database() -> Postgres | None:
    """Start or join the embedded PostgreSQL; None where `LICHEN_DATABASE_URL` names another.

    The caller keeps the result and calls its ``stop`` at the end.
    """
    if database_url():
        return None
    return Postgres(home().database).start()
