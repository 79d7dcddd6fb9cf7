"""Set-up work for the command line: schema, accounts, the demo's registry, Django's own commands.

Call `lichen.web.prepare.prepare` first; the database must be running, except for `manage`, which sees to it.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lichen.vocab.registry import Snapshot
from lichen.web.prepare import prepare, prepare_database


def migrate() -> None:
    """Bring the schema up to date."""
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=0)


def create_admin(username: str, password: str, display_name: str = "系统管理员") -> None:
    """Create an administrator.

    Raises
    ------
    ValidationError
        The password is weak, or the name is taken.
    """
    from django.contrib.auth.password_validation import validate_password

    from lichen.web.accounts.models import Role, User

    user = User(username=username, display_name=display_name, role=Role.ADMINISTRATOR, is_staff=True, is_superuser=True)
    validate_password(password, user)
    user.set_password(password)
    user.full_clean()
    user.save()


@dataclass(frozen=True, slots=True)
class Party:
    """An organisation of the demo, with one person's account.

    Attributes
    ----------
    kind : str
        Of `lichen.web.registry.models.Kind`.
    account, person : str
        User name and what the person is called.
    role : str
        Of `lichen.web.accounts.models.Role`.
    owns, operates : tuple of str
        Codes of points.
    """

    code: str
    name_zh: str
    name_en: str
    kind: str
    account: str
    person: str
    role: str = "officer"
    owns: tuple[str, ...] = ()
    operates: tuple[str, ...] = ()


_BUREAU = ("demo-bureau", "演示市生态环境局", "Demo city bureau", "city_bureau")
_OFFICIALS = (Party(*_BUREAU, "admin", "系统管理员", "administrator"), Party(*_BUREAU, "officer", "市局审核员"))


def load_demo(snapshot: Snapshot, say: Callable[[str], None], parties: Sequence[Party] = ()) -> None:
    """The demo's points, devices (`snapshot`) and accounts; each start gives the accounts new passwords, and says them.

    Refused in production: the accounts are for looking around.
    """
    from django.conf import settings

    from lichen.web.registry import actions

    if settings.PRODUCTION:
        raise RuntimeError(
            "LICHEN_PRODUCTION is set: the demo's accounts and devices do not belong here; use lichen up"
        )
    points, devices = actions.load(snapshot, by=None, reason="demo")
    say(f"registry: {len(snapshot.points)} points, {len(snapshot.devices)} devices ({points + devices} new or changed)")
    for party in (*_OFFICIALS, *parties):
        password = secrets.token_urlsafe(9)
        _demo_account(party, password)
        say(f"sign in as {party.account} ({party.person}), password {password}")


def _demo_account(party: Party, password: str) -> None:
    from lichen.web.accounts.models import User
    from lichen.web.registry.models import Organisation, Point

    organisation, _ = Organisation.objects.get_or_create(
        code=party.code, defaults={"name_zh": party.name_zh, "name_en": party.name_en, "kind": party.kind}
    )
    Point.objects.filter(code__in=party.owns, owner=None).update(owner=organisation)
    Point.objects.filter(code__in=party.operates, operator=None).update(operator=organisation)
    user = User.objects.filter(username=party.account).first() or User(username=party.account)
    user.display_name, user.role, user.organisation = party.person, party.role, organisation
    user.is_staff = user.is_superuser = party.role == "administrator"
    user.set_password(password)
    user.save()


#: Of Django's commands, those that look at the code only.
_WITHOUT_DATABASE = {"check", "makemessages", "help", "version"}


def manage(arguments: Sequence[str]) -> int:
    """Run one of Django's management commands, with the database running where it needs one.

    Returns
    -------
    int
        The command's exit code.
    """
    from django.core.management import execute_from_command_line

    prepare()
    database = None if not arguments or arguments[0] in _WITHOUT_DATABASE else prepare_database()
    try:
        execute_from_command_line(["lichen manage", *arguments])
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 1
    finally:
        if database is not None:
            database.stop()
    return 0
