"""Settings from the environment: typed, with a clear refusal of anything that is not what it should be.

A variable that is unset or empty takes its default. ``NAME_FILE`` may name a file that holds the value instead,
for secrets.
"""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

#: Every variable the web reads, with what it means; the settings page of the documentation is made from this.
KNOWN: dict[str, str] = {}

_TRUE, _FALSE = ("1", "true", "yes", "on"), ("0", "false", "no", "off")


def text(name: str, default: str, meaning: str) -> str:
    """A text.

    Raises
    ------
    ImproperlyConfigured
        Both `name` and ``name_FILE`` are set, or the file cannot be read.
    """
    KNOWN[name] = meaning
    value, path = os.environ.get(name), os.environ.get(f"{name}_FILE")
    if value and path:
        raise ImproperlyConfigured(f"{name} and {name}_FILE are both set; keep one of them")
    if path:
        try:
            value = Path(path).read_text(encoding="utf-8").strip()
        except OSError as broken:
            raise ImproperlyConfigured(f"{name}_FILE={path}: cannot be read: {broken.strerror}") from broken
    return value or default


def boolean(name: str, default: bool, meaning: str) -> bool:
    """A yes or no: 1, true, yes, on; 0, false, no, off."""
    value = text(name, "", meaning).lower()
    if not value:
        return default
    if value not in _TRUE + _FALSE:
        raise ImproperlyConfigured(f"{name}={value!r} is not a yes or no; use one of {', '.join(_TRUE + _FALSE)}")
    return value in _TRUE


def whole(name: str, default: int, meaning: str, *, least: int = 1) -> int:
    """A whole number, at least `least`."""
    value = text(name, "", meaning)
    if not value:
        return default
    if not (value.isascii() and value.isdigit() and int(value) >= least):
        raise ImproperlyConfigured(f"{name}={value!r} is not a whole number of at least {least}")
    return int(value)


def words(name: str, default: tuple[str, ...], meaning: str) -> list[str]:
    """A comma-separated list."""
    value = text(name, "", meaning)
    return [word.strip() for word in value.split(",") if word.strip()] if value else list(default)


def postgresql(address: str) -> dict[str, object]:
    """Django's description of the database at a ``postgresql://`` address.

    Raises
    ------
    ImproperlyConfigured
        Another scheme, or no database name. The message never repeats the password.

    Examples
    --------
    >>> found = postgresql("postgresql://li:p%40ss@db.example:5433/lichen?sslmode=require")
    >>> found["HOST"], found["PORT"], found["PASSWORD"], found["OPTIONS"]
    ('db.example', '5433', 'p@ss', {'sslmode': 'require'})
    >>> postgresql("postgresql://lichen@/lichen?host=%2Fvar%2Flib%2Flichen")["HOST"]
    '/var/lib/lichen'
    """
    parts = urlsplit(address)
    if parts.scheme not in ("postgresql", "postgres"):
        raise ImproperlyConfigured(
            f"LICHEN_DATABASE_URL begins with {parts.scheme or 'nothing'!r}; only postgresql://user:password@host/name"
        )
    name = unquote(parts.path.lstrip("/"))
    if not name:
        raise ImproperlyConfigured("LICHEN_DATABASE_URL names no database: end it with /name")
    try:
        port = parts.port
    except ValueError as broken:
        raise ImproperlyConfigured("LICHEN_DATABASE_URL: the port is not a number up to 65535") from broken
    options = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", unquote(parts.hostname or "")),
        "PORT": str(port or ""),
        "OPTIONS": options,
    }
