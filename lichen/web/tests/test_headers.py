"""The content security policy with map tiles."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured

from lichen.web.headers import POLICY, policy

TILES = "https://t0.example.cn/vec_w/wmts?TILEMATRIX={z}&TILEROW={y}&TILECOL={x}&tk=key"


def test_nothing_comes_from_elsewhere_unless_tiles_are_named() -> None:
    assert policy() == POLICY
    assert "http" not in POLICY
    assert "unsafe" not in POLICY


def test_tiles_open_images_and_connections_to_their_host_only() -> None:
    found = policy([TILES, TILES.replace("vec_w", "cva_w"), "/tiles/{z}/{x}/{y}.png"])
    assert "img-src 'self' https://t0.example.cn;" in found
    assert "connect-src 'self' https://t0.example.cn;" in found
    assert "script-src 'self';" in found
    assert "key" not in found


@pytest.mark.parametrize(
    "address",
    ["ftp://h/{z}/{x}/{y}", "tiles/{z}/{x}/{y}", "//h/{z}/{x}/{y}", "https://h/{z}/{x}", "https://{s}.h/{z}/{x}/{y}",
     "https://h;script-src/{z}/{x}/{y}", "https://user@h/{z}/{x}/{y}"],
)  # fmt: skip
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="LICHEN_TILES_URL"):
        policy([address])
