"""Whatever is altered on the disk, the page names it."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client

from lichen.vocab.clock import from_ms

from .conftest import Network

pytestmark = pytest.mark.django_db


def flip(path: Path, at: int) -> None:
    """Change one bit of a file."""
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


def faults(client: Client, url: str) -> list[str]:
    """What the page says does not hold."""
    response = client.get(url)
    assert 'class="broken"' in response.content.decode()
    assert "核验未通过" in response.content.decode()
    return [fault.text for fault in response.context["found"].faults]


def bundle(network: Network) -> Path:
    """The file that holds all entries."""
    return network.engines.raw_log.path / "tile" / "entries" / f"000.p/{network.engines.raw_log.size}"


def test_an_altered_packet_is_named(network: Network, client: Client) -> None:
    index = network.index["zg-1", network.hour]
    place = bundle(network).read_bytes().index(network.engines.raw_log.read(index, index + 1)[0])
    digits = network.engines.raw_log.read(index, index + 1)[0].index(b"a34004-Avg=") + len("a34004-Avg=")
    flip(bundle(network), place + digits)
    said = faults(client, network.minute().url)
    assert f"第 {index} 条记录（文件 tile/entries/000.p/48）与封存时不同。" in said
    assert len(said) > 1  # and the stored value is not what the altered packet says
    # The same from above.
    assert any(f"第 {index} 条记录" in text for text in faults(client, network.verdict().url))


def test_an_altered_packet_breaks_no_other(network: Network, client: Client) -> None:
    index = network.index["zg-1", network.hour]
    entry = network.engines.raw_log.read(index, index + 1)[0]
    flip(bundle(network), bundle(network).read_bytes().index(entry) + len(entry) - 3)
    assert "核验全部通过" in client.get(network.minute(at=3).url).content.decode()


def test_a_broken_bundle_is_named(network: Network, client: Client) -> None:
    flip(bundle(network), 0)  # the length of the first entry: from there on nothing can be told apart
    text = client.get(network.minute().url).content.decode()
    assert 'class="broken"' in text
    assert "tile/entries/000.p/48" in text


def test_an_altered_tile_is_named(network: Network, client: Client) -> None:
    index = network.index["zg-1", network.hour]
    flip(network.engines.raw_log.path / "tile" / "0" / "000.p" / "48", index * 32)
    (said,) = faults(client, network.minute().url)
    assert said == f"哈希瓦片 tile/0/000.p/48 的第 {index} 个哈希与封存时不同，其下的记录完好。"


def test_an_altered_stored_value_is_named(network: Network, client: Client) -> None:
    place = network.minute()
    moment = from_ms(place.time).strftime("%Y-%m-%d %H:%M:%S")
    for table, column in (("observations", "value"),):
        network.engines.store._engine.run(
            f"ALTER TABLE {table} UPDATE {column} = 7.5 WHERE point = 'zg-1' AND parameter = 'pm25' "
            f"AND period = 'minute' AND time = toDateTime64('{moment}', 3, 'UTC') SETTINGS mutations_sync = 1"
        )
    (said,) = faults(client, place.url)
    assert "存储与已封存的报文不符" in said
    assert "存储中是 7.5（" in said or "存储中是 7.5 (" in said
    assert "报文中是 61.5" in said
    above = client.get(network.hourly().url)
    assert any(place.url == fault.url for fault in above.context["found"].faults)
    assert any("按规则得出" in fault.text for fault in above.context["found"].faults)


def test_an_altered_verdict_is_named(network: Network, client: Client) -> None:
    network.engines.store._engine.run(
        "ALTER TABLE results UPDATE `index` = 12, klass = 0 WHERE point = 'zg-1' SETTINGS mutations_sync = 1"
    )
    said = faults(client, network.verdict().url)
    assert any("存储中是 12，按规则得出 101" in text for text in said)
