"""Who may, and above all who may not."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied

from lichen.vocab.registry import Point
from lichen.web.accounts import access


def point(city: str = "自贡", district: str = "大安区") -> Point:
    return Point("p1", "甲", "one", "air", "urban", city, district)


@pytest.mark.parametrize(
    ("who", "keeps", "reviews_own", "reviews_other_district", "reviews_other_city"),
    [
        ("admin", True, True, True, True),
        ("bureau", True, True, True, False),
        ("inspector", False, True, False, False),
        ("company", False, False, False, False),
        ("public", False, False, False, False),
    ],
)
def test_rights(
    cast: dict[str, Any],
    who: str,
    keeps: bool,
    reviews_own: bool,
    reviews_other_district: bool,
    reviews_other_city: bool,
) -> None:
    user = cast[who]
    assert access.may_keep_registry(user) is keeps
    assert access.may_review(user, point()) is reviews_own
    assert access.may_review(user, point(district="自流井区")) is reviews_other_district
    assert access.may_review(user, point(city="天津")) is reviews_other_city


def test_nobody_may_anything() -> None:
    nobody = AnonymousUser()
    assert not access.may_keep_registry(nobody)
    assert not access.may_review(nobody, point())
    with pytest.raises(PermissionDenied):
        access.require_registry_keeper(nobody)
    with pytest.raises(PermissionDenied):
        access.require_reviewer(nobody, point())


@pytest.mark.parametrize("who", ["admin", "bureau", "inspector"])
def test_a_deactivated_account_has_no_rights(cast: dict[str, Any], who: str) -> None:
    user = cast[who]
    user.is_active = False
    assert not access.may_keep_registry(user)
    assert not access.may_review(user, point())


def test_a_point_without_a_district_is_no_district_s(cast: dict[str, Any]) -> None:
    assert not access.may_review(cast["inspector"], point(district=""))
    assert access.may_review(cast["bureau"], point(district=""))


def test_an_officer_without_an_organisation_has_no_rights(cast: dict[str, Any]) -> None:
    cast["bureau"].organisation = None
    assert not access.may_keep_registry(cast["bureau"])


def test_the_refusal_is_a_sentence(cast: dict[str, Any]) -> None:
    with pytest.raises(PermissionDenied) as refused:
        access.require_registry_keeper(cast["company"])
    assert str(refused.value)
    assert access.require_registry_keeper(cast["bureau"]) is cast["bureau"]
    assert access.require_reviewer(cast["inspector"], point()) is cast["inspector"]
