"""``lichen token``: the tokens of everybody, for whoever runs the installation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from lichen.web.prepare import prepare, prepare_database


class TokenRefused(ValueError):
    """What cannot be done, and why."""


def create(name: str, scopes: Sequence[str], owner: str, days: int | None) -> str:
    """Make a token; its text, which is nowhere else. Raises `TokenRefused`."""
    with _database():
        from lichen.web.tokens.actions import create_token

        return create_token(name, scopes, owner, days)


def rows(owner: str | None = None) -> list[dict[str, Any]]:
    """Every token, the newest first, or those of one person; instants in Beijing time, None where there is none."""
    with _database():
        from lichen.vocab.clock import iso_beijing, now, to_ms
        from lichen.web.tokens.models import Token

        found = Token.objects.select_related("owner")
        if owner is not None:
            found = found.filter(owner__username=owner)

        def told(moment: Any) -> str | None:
            return None if moment is None else iso_beijing(to_ms(moment))

        return [
            {
                "prefix": token.prefix, "name": token.name, "owner": token.owner.username, "scopes": token.scopes,
                "state": token.state(now()), "created": told(token.created), "expires": told(token.expires),
                "last_used": told(token.last_used),
            }
            for token in found
        ]  # fmt: skip


def revoke(prefix: str) -> str:
    """End a token, named by its text or the shown beginning; its name. Raises `TokenRefused`."""
    with _database():
        from lichen.web.tokens.actions import revoke as end

        return end(prefix, by=None).name


@contextmanager
def _database() -> Iterator[None]:
    prepare()
    database = prepare_database()
    try:
        from lichen.web.tokens.actions import TokenError

        try:
            yield
        except TokenError as refused:
            raise TokenRefused(str(refused)) from None
    finally:
        if database is not None:
            database.stop()
