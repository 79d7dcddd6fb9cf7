"""Make, revoke and recognise tokens.

A token is 256 bits from the system's generator. Its text is shown once; kept is the SHA-256, which is enough for a
text that nobody can guess. Both acts are sealed in the acts log, without the text and without the hash.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import Q

from lichen.vocab.clock import now
from lichen.web.accounts.models import User
from lichen.web.acts.sealing import record
from lichen.web.tokens.models import Scope, Token

BEGINS = "lichen_"
#: How much of the text is kept readable, so that people can tell their tokens apart: 36 bits of the 256.
_SHOWN = len(BEGINS) + 6
#: A revocation in another process is felt after this long; in this one at once. [s]
REMEMBERED_S = 5.0
#: The last use is written down at most this often. [s]
_USE_EVERY_S = 60.0
_MOST_REMEMBERED = 10_000


class TokenError(ValueError):
    """A token that cannot be made or revoked, and why."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What a valid token opens; `id` is the token's."""

    id: int
    scopes: frozenset[str]


_remembered: dict[str, tuple[float, Grant | None]] = {}
_used: dict[int, float] = {}
_lock = threading.Lock()


def create(name: str, scopes: Iterable[str], *, owner: User, days: int | None = None) -> tuple[Token, str]:
    """Make a token.

    Parameters
    ----------
    name : str
        What it is for.
    scopes : iterable of str
        Of `Scope`, at least one.
    owner : User
        Whose it is; a token of somebody deactivated opens nothing.
    days : int, optional
        How long it is valid. [d] None: until revoked.

    Returns
    -------
    (Token, str)
        The text is nowhere else: show it now.

    Raises
    ------
    TokenError
    """
    wanted = sorted(set(scopes))
    unknown = [scope for scope in wanted if scope not in Scope.values]
    if unknown or not wanted:
        raise TokenError(f"scopes {', '.join(unknown) or '(none)'}: choose from {', '.join(Scope.values)}")
    if not name.strip() or len(name) > 80:
        raise TokenError("a token needs a name of at most 80 characters that says what it is for")
    if days is not None and not 1 <= days <= 3660:
        raise TokenError(f"{days} days: between 1 and 3660, or none")
    text = BEGINS + secrets.token_urlsafe(32)
    made = now()
    with transaction.atomic():
        token = Token.objects.create(
            name=name.strip(), owner=owner, prefix=text[:_SHOWN], digest=_digest(text), scopes=wanted, created=made,
            expires=None if days is None else made + timedelta(days=days),
        )  # fmt: skip
        details = {"name": token.name, "scopes": wanted, "owner": owner.username}
        record("token.create", token.prefix, by=owner, details=details, at=made)
    return token, text


def revoke(prefix: str, *, by: User | None) -> Token:
    """End a token; the text or its shown beginning names it. Revoking it again changes nothing.

    Raises
    ------
    TokenError
        There is none.
    """
    with transaction.atomic():
        token = Token.objects.select_for_update().filter(prefix=prefix[:_SHOWN]).first()
        if token is None:
            raise TokenError(f"there is no token that begins with {prefix[:_SHOWN]}")
        if token.revoked is None:
            token.revoked = now()
            token.save(update_fields=["revoked"])
            record("token.revoke", token.prefix, by=by, at=token.revoked)
    forget()
    return token


def create_token(name: str, scopes: Iterable[str], username: str, days: int | None = None) -> str:
    """`create` for the command line: the owner by user name, the text alone back."""
    owner = User.objects.filter(username=username, is_active=True).first()
    if owner is None:
        raise TokenError(f"there is no active user {username}")
    return create(name, scopes, owner=owner, days=days)[1]


def grant_of(text: str) -> Grant | None:
    """What the token opens; None: it is unknown, revoked, has ended, or its owner may not sign in any more."""
    digest = _digest(text)
    moment = time.monotonic()
    with _lock:
        until, grant = _remembered.get(digest, (0.0, None))
    if until <= moment:
        grant = _look_up(digest)
        with _lock:
            if len(_remembered) >= _MOST_REMEMBERED:
                _remembered.clear()
            _remembered[digest] = (moment + REMEMBERED_S, grant)
    if grant is not None:
        _note_use(grant.id, moment)
    return grant


def forget() -> None:
    """Ask the database again for every token."""
    with _lock:
        _remembered.clear()
        _used.clear()


def _look_up(digest: str) -> Grant | None:
    valid = Q(expires=None) | Q(expires__gt=now())
    token = Token.objects.filter(valid, digest=digest, revoked=None, owner__is_active=True).first()
    return None if token is None else Grant(token.pk, frozenset(token.scopes))


def _note_use(token: int, moment: float) -> None:
    with _lock:
        if moment < _used.get(token, 0.0):
            return
        _used[token] = moment + _USE_EVERY_S
    Token.objects.filter(pk=token).update(last_used=now())


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
