"""Who may do what. Pages, API and actions ask here and nowhere else.

=====================  ===========================================================================
administrator          everything
officer, city bureau   the registry; values of every point of the city
officer, district      values of the points of the own district
officer, other         nothing but reading: companies and laboratories do not judge their own data
public                 reading
=====================  ===========================================================================
"""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from lichen.vocab.registry import Point
from lichen.web.accounts.models import Role, User
from lichen.web.registry.models import Kind

Reader = User | AnonymousUser


def _bureau(user: Reader) -> str | None:
    """The kind of bureau an active officer works for, or None."""
    if not isinstance(user, User) or not user.is_active or user.role != Role.OFFICER or user.organisation is None:
        return None
    kind = user.organisation.kind
    return kind if kind in (Kind.CITY_BUREAU, Kind.DISTRICT_BUREAU) else None


def is_administrator(user: Reader) -> bool:
    """Whether the user may do everything."""
    return isinstance(user, User) and user.is_active and (user.role == Role.ADMINISTRATOR or user.is_superuser)


def may_keep_registry(user: Reader) -> bool:
    """Whether the user may register, move and retire points and devices."""
    return is_administrator(user) or _bureau(user) == Kind.CITY_BUREAU


def may_review(user: Reader, point: Point) -> bool:
    """Whether the user may supersede values of the point."""
    if is_administrator(user):
        return True
    bureau = _bureau(user)
    if bureau is None:
        return False
    assert isinstance(user, User)
    assert user.organisation is not None
    if bureau == Kind.DISTRICT_BUREAU and (not point.district or user.organisation.district != point.district):
        return False
    return not user.organisation.city or user.organisation.city == point.city


def require_registry_keeper(user: Reader) -> User:
    """The user, if the registry is theirs to keep; else `PermissionDenied`."""
    if not may_keep_registry(user):
        raise PermissionDenied(_("Only the city bureau's officers and administrators may change the registry."))
    assert isinstance(user, User)
    return user


def require_reviewer(user: Reader, point: Point) -> User:
    """The user, if the point's values are theirs to review; else `PermissionDenied`."""
    if not may_review(user, point):
        raise PermissionDenied(
            _("Only officers of the bureau responsible for this point and administrators may change its values.")
        )
    assert isinstance(user, User)
    return user
