"""Set-up work: safe to repeat, and kept out of production."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.test import Client

from lichen.pipeline.testing import network
from lichen.web import manage
from lichen.web.accounts.access import Part, part_of, points_in_reach
from lichen.web.accounts.models import Role, User
from lichen.web.acts.models import Act
from lichen.web.registry.models import Device, Point


@pytest.mark.django_db
def test_the_demo_can_be_loaded_twice(client: Client) -> None:
    first: list[str] = []
    again: list[str] = []
    manage.load_demo(network(2), first.append)
    counts = Point.objects.count(), Device.objects.count(), User.objects.count(), Act.objects.count()
    assert min(counts) > 0
    manage.load_demo(network(2), again.append)
    assert (Point.objects.count(), Device.objects.count(), User.objects.count(), Act.objects.count()) == counts
    assert "(0 new or changed)" in again[0]
    passwords = [line.rpartition(" ")[2] for line in again if line.startswith("sign in as admin")]
    assert client.login(username="admin", password=passwords[0])
    old = next(line.rpartition(" ")[2] for line in first if line.startswith("sign in as admin"))
    assert not client.login(username="admin", password=old), "each start gives new passwords"


@pytest.mark.django_db
def test_the_demos_company_and_laboratory_reach_their_points_only() -> None:
    works = manage.Party("works", "某厂", "works", "company", "works", "环保专员", owns=("P1",))
    laboratory = manage.Party("lab", "某所", "lab", "laboratory", "lab", "报告员", operates=("P1", "P2"))
    for _ in range(2):
        manage.load_demo(network(3), lambda line: None, (works, laboratory))
    reached = {
        name: set(Point.objects.filter(points_in_reach(User.objects.get(username=name))).values_list("code", flat=True))
        for name in ("works", "lab", "officer")
    }
    assert reached == {"works": {"P1"}, "lab": {"P1", "P2"}, "officer": {"P1", "P2", "P3"}}
    assert part_of(User.objects.get(username="lab")) is Part.AGENCY


@pytest.mark.django_db
def test_the_demo_is_refused_in_production(settings: Any) -> None:
    settings.PRODUCTION = True
    with pytest.raises(RuntimeError, match="LICHEN_PRODUCTION is set"):
        manage.load_demo(network(2), lambda line: None)
    assert not Point.objects.exists()
    assert not User.objects.exists()


@pytest.mark.django_db
def test_creates_an_administrator() -> None:
    manage.create_admin("root", "correct horse battery")
    user = User.objects.get()
    assert (user.role, user.is_superuser, user.is_active) == (Role.ADMINISTRATOR, True, True)
    assert user.check_password("correct horse battery")
    for name, password in (("root", "correct horse battery"), ("other", "12345"), ("other", "password1234")):
        with pytest.raises(ValidationError):
            manage.create_admin(name, password)
    assert User.objects.count() == 1


@pytest.mark.django_db
def test_models_and_migrations_agree() -> None:
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)
