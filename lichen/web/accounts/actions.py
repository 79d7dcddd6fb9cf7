"""What can be done to people: by administrators, but for the first sign-in at the organisation; every deed an act.

Passwords and keys are never in an act."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from lichen.web.accounts.access import Reader, require_people_keeper
from lichen.web.accounts.models import Role, User
from lichen.web.acts.sealing import record
from lichen.web.registry.models import Organisation

#: Acts are public and stay: of a person they tell the part, never the name or the address.
_PUBLIC = ("organisation", "role", "is_active")
_CHANGEABLE = ("display_name", "email", "organisation", "role", "is_active")


def register_person(user: Reader, *, password: str, reason: str, **fields: Any) -> User:
    """Give somebody an account. The person changes the password after signing in."""
    by = require_people_keeper(user)
    with transaction.atomic():
        person = User(**fields)
        validate_password(password, person)
        person.set_password(password)
        person.full_clean()
        person.save()
        record("person.register", person.username, by=by, reason=reason, details=_said(person, fields))
    return person


def change_person(user: Reader, person: User, *, reason: str, password: str = "", **fields: Any) -> User:
    """Change role, organisation, name, or whether the account is open; `password` sets a new one.

    Raises
    ------
    ValidationError
        Nothing would change, or an administrator would take away the own part.
    """
    by = require_people_keeper(user)
    was = {name: getattr(person, name) for name in fields}
    different = [name for name in _CHANGEABLE if name in fields and fields[name] != was[name]]
    if not different and not password:
        raise ValidationError(_("Nothing would change."))
    if person.pk == by.pk and {"role", "is_active"} & set(different):
        raise ValidationError(_("You cannot take your own part away; another administrator can."))
    with transaction.atomic():
        for name in different:
            setattr(person, name, fields[name])
        if password:
            validate_password(password, person)
            person.set_password(password)
        person.full_clean()
        person.save()
        details: dict[str, Any] = {
            name: {"was": _text(was[name]), "is": _text(fields[name])} if name in _PUBLIC else "changed"
            for name in different
        }
        if password:
            details["password"] = "changed"
        record("person.change", person.username, by=by, reason=reason, details=details)
    return person


def first_sign_in(username: str, display_name: str, *, issuer: str) -> User:
    """Whose account somebody opens whom the organisation's issuer sent for the first time; a new one has no role.

    Call inside the transaction that keeps the issuer's subject with the account.

    Raises
    ------
    ValidationError
        The account has been deactivated, or the name cannot be one here.
    """
    person = User.objects.filter(username=username).first()
    if person is None:
        person = User(username=username, display_name=display_name[:60], role=Role.PUBLIC)
        person.set_unusable_password()
        person.full_clean()
        person.save()
        details = {"issuer": issuer, "role": str(Role.PUBLIC)}
        record("person.register", username, by=None, reason="first sign-in at the organisation", details=details)
    elif not person.is_active:
        raise ValidationError(_("This account has been deactivated. Ask an administrator."))
    else:
        record("person.connect", username, by=person, details={"issuer": issuer})
    return person


def remove_second_factor(user: Reader, person: User, *, reason: str) -> None:
    """For somebody who lost the phone and the recovery codes."""
    by = require_people_keeper(user)
    with transaction.atomic():
        Authenticator.objects.filter(user=person).delete()
        record("person.second_factor.remove", person.username, by=by, reason=reason)


def _said(person: User, fields: dict[str, Any]) -> dict[str, Any]:
    return {name: _text(getattr(person, name)) for name in _PUBLIC if name in fields}


def _text(value: Any) -> str:
    return value.code if isinstance(value, Organisation) else str(value if value is not None else "")
