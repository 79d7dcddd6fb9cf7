"""Set-up work for the command line: schema, accounts, the demo's registry, Django's own commands.

Call `lichen.web.prepare.prepare` first; the database must be running, except for `manage`, which sees to it.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence

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


def load_demo(snapshot: Snapshot, say: Callable[[str], None]) -> None:
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
    for username, display_name, role in _DEMO_ACCOUNTS:
        password = secrets.token_urlsafe(9)
        _demo_account(username, display_name, role, password)
        say(f"sign in as {username} ({display_name}), password {password}")


_DEMO_ACCOUNTS = (("admin", "系统管理员", "administrator"), ("officer", "市局审核员", "officer"))


def _demo_account(username: str, display_name: str, role: str, password: str) -> None:
    from lichen.web.accounts.models import User
    from lichen.web.registry.models import Kind, Organisation

    bureau, _ = Organisation.objects.get_or_create(
        code="demo-bureau",
        defaults={"name_zh": "演示市生态环境局", "name_en": "Demo city bureau", "kind": Kind.CITY_BUREAU},
    )
    user = User.objects.filter(username=username).first() or User(username=username)
    user.display_name, user.role, user.organisation = display_name, role, bureau
    user.is_staff = user.is_superuser = role == "administrator"
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
