"""Who may do what, and how far. Pages, API and actions ask here and nowhere else.

====================  ==========================  ===========================================================
part                  reach                       may
====================  ==========================  ===========================================================
administrator         everything                  everything; alone: people, organisations, districts
city officer          the city (市局)             keep the registry, review values, call devices, bring results
district inspector    the district (区县分局)     review values, call devices
company               points it owns (排污单位)   see its points and devices, bring their results; never judges them
agency                points it operates (运维)   see its points and devices, bring their results; never judges them
public                –                           read what is public
====================  ==========================  ===========================================================

The part follows from the role (administrator, officer, public) and, for officers, from the kind of their organisation.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from lichen.vocab import registry as words
from lichen.web.accounts.models import Role, User
from lichen.web.registry.models import Kind, Organisation, Point

Reader = User | AnonymousUser

_NOTHING = Q(pk__in=())


class Part(StrEnum):
    """What somebody is to the network."""

    ADMINISTRATOR = "administrator"
    CITY_OFFICER = "city_officer"
    DISTRICT_INSPECTOR = "district_inspector"
    COMPANY = "company"
    AGENCY = "agency"
    PUBLIC = "public"


_PART_OF_KIND = {
    Kind.CITY_BUREAU: Part.CITY_OFFICER,
    Kind.DISTRICT_BUREAU: Part.DISTRICT_INSPECTOR,
    Kind.COMPANY: Part.COMPANY,
    Kind.LABORATORY: Part.AGENCY,
}


def part_of(user: Reader) -> Part:
    """The part somebody plays; whoever is not signed in, deactivated or without an organisation is public."""
    if not isinstance(user, User) or not user.is_active:
        return Part.PUBLIC
    if user.role == Role.ADMINISTRATOR or user.is_superuser:
        return Part.ADMINISTRATOR
    if user.role != Role.OFFICER or user.organisation is None:
        return Part.PUBLIC
    return _PART_OF_KIND[Kind(user.organisation.kind)]


def _organisation(user: Reader) -> Organisation:
    assert isinstance(user, User)
    assert user.organisation is not None
    return user.organisation


def is_administrator(user: Reader) -> bool:
    """Whether the user may do everything."""
    return part_of(user) is Part.ADMINISTRATOR


def may_enter_desk(user: Reader) -> bool:
    """Whether the workbench is open to the user."""
    return part_of(user) is not Part.PUBLIC


def may_keep_registry(user: Reader) -> bool:
    """Whether the user may register, move and retire points, devices and instruments (of the own city)."""
    return part_of(user) in (Part.ADMINISTRATOR, Part.CITY_OFFICER)


def may_keep_city(user: Reader, city: str) -> bool:
    """Whether the registry of a city is the user's to keep; a bureau without a city keeps every city's."""
    if part_of(user) is Part.CITY_OFFICER:
        return _organisation(user).city in ("", city)
    return is_administrator(user)


def may_keep_people(user: Reader) -> bool:
    """Whether the user may register people, organisations and districts."""
    return is_administrator(user)


def may_review(user: Reader, point: words.Point | Point) -> bool:
    """Whether the user may supersede values of the point."""
    match part_of(user):
        case Part.ADMINISTRATOR:
            return True
        case Part.CITY_OFFICER:
            return _organisation(user).city in ("", point.city)
        case Part.DISTRICT_INSPECTOR:
            own = _organisation(user)
            return bool(point.district) and own.district == point.district and own.city in ("", point.city)
        case _:
            return False


def may_call(user: Reader, point: words.Point | Point | None) -> bool:
    """Whether the user may send commands to the devices of a point (None: a device that sends for no point now)."""
    return is_administrator(user) if point is None else may_review(user, point)


def may_bring_results(user: Reader) -> bool:
    """Whether the user may bring tables of results (of `points_to_bring`)."""
    return part_of(user) in (Part.ADMINISTRATOR, Part.CITY_OFFICER, Part.COMPANY, Part.AGENCY)


def points_to_bring(user: Reader) -> Q:
    """The points whose results are the user's to bring; an agency's: those it operates, not those it owns."""
    if not may_bring_results(user):
        return _NOTHING
    if part_of(user) is Part.AGENCY:
        return Q(operator=_organisation(user))
    return points_in_reach(user)


def people_whose_results_are_seen(user: Reader) -> Q:
    """Of which people the user sees what they brought: the bureau everybody's, others their own organisation's."""
    if may_keep_registry(user):
        return Q()
    return Q(organisation=_organisation(user)) if may_bring_results(user) else _NOTHING


def points_in_reach(user: Reader) -> Q:
    """The points that the workbench shows to the user, as a condition on `lichen.web.registry.models.Point`."""
    match part_of(user):
        case Part.ADMINISTRATOR:
            return Q()
        case Part.CITY_OFFICER:
            city = _organisation(user).city
            return Q(city=city) if city else Q()
        case Part.DISTRICT_INSPECTOR:
            own = _organisation(user)
            return Q(district=own.district) & (Q(city=own.city) if own.city else Q())
        case Part.COMPANY:
            return Q(owner=_organisation(user))
        case Part.AGENCY:
            return Q(operator=_organisation(user)) | Q(owner=_organisation(user))
        case _:
            return _NOTHING


def devices_in_reach(user: Reader) -> Q:
    """The devices that the workbench shows: bound, now or before, to a point in reach; to keepers also unbound ones."""
    if part_of(user) is Part.PUBLIC:
        return _NOTHING
    if is_administrator(user):
        return Q()
    inside = Q(bindings__point__in=Point.objects.filter(points_in_reach(user)))
    return inside | Q(bindings=None) if may_keep_registry(user) else inside


def organisations_in_reach(user: Reader) -> Q:
    """Registry keepers see every organisation (they name owners), others their own."""
    if may_keep_registry(user):
        return Q()
    return _NOTHING if part_of(user) is Part.PUBLIC else Q(pk=_organisation(user).pk)


def row_in_reach(rows: QuerySet[Any], **which: Any) -> Any:
    """The one row of `rows` (cut to the user's reach) that `which` names.

    Raises
    ------
    PermissionDenied
        There is such a row, but out of reach.
    Http404
        There is none at all.
    """
    found = rows.filter(**which).first()
    if found is None:
        if rows.model._default_manager.filter(**which).exists():
            raise PermissionDenied(
                _("This lies outside your reach: it belongs to another district, owner or operator.")
            )
        raise Http404(_("There is no such row."))
    return found


def require_desk(user: Reader) -> User:
    """The user, if the workbench is open to them; else `PermissionDenied`."""
    if not may_enter_desk(user):
        raise PermissionDenied(_("The workbench is for officers, companies and agencies; ask an administrator."))
    assert isinstance(user, User)
    return user


def require_registry_keeper(user: Reader, city: str | None = None) -> User:
    """The user, if the registry (of the city) is theirs to keep; else `PermissionDenied`."""
    if not may_keep_registry(user):
        raise PermissionDenied(_("Only the city bureau's officers and administrators may change the registry."))
    if city is not None and not may_keep_city(user, city):
        raise PermissionDenied(_("Your bureau keeps the registry of another city."))
    assert isinstance(user, User)
    return user


def require_bringer(user: Reader) -> User:
    """The user, if they may bring results of some points; else `PermissionDenied`."""
    if not may_bring_results(user):
        raise PermissionDenied(
            _("Results are brought by the city bureau, companies (of their outlets) and agencies (of their points).")
        )
    assert isinstance(user, User)
    return user


def require_people_keeper(user: Reader) -> User:
    """The user, if people and organisations are theirs to keep; else `PermissionDenied`."""
    if not may_keep_people(user):
        raise PermissionDenied(_("Only administrators may change people, organisations and districts."))
    assert isinstance(user, User)
    return user


def require_caller(user: Reader, point: words.Point | Point | None) -> User:
    """The user, if the point's devices are theirs to command; else `PermissionDenied`."""
    if not may_call(user, point):
        raise PermissionDenied(_("Only officers of the bureau responsible for this point may send it commands."))
    assert isinstance(user, User)
    return user


def require_reviewer(user: Reader, point: words.Point | Point) -> User:
    """The user, if the point's values are theirs to review; else `PermissionDenied`."""
    if not may_review(user, point):
        raise PermissionDenied(
            _("Only officers of the bureau responsible for this point and administrators may change its values.")
        )
    assert isinstance(user, User)
    return user
