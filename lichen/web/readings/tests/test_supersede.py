"""A person's decision about a value: who may, what is sealed, what stays visible."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from lichen.pipeline.acts import Act, Supersede
from lichen.vocab.flags import Flag

from .conftest import Network

pytestmark = pytest.mark.django_db(transaction=True)

REASON = "滤膜破损，比对值为准"


def decide(client: Client, network: Network, **fields: Any) -> Any:
    """Send the form for the first minute of the hour."""
    version = network.engines.store.versions(network.minute().series, network.minute().time)[0].version
    return client.post(network.minute().url, {"seen_version": version, "value": "35.5", "reason": REASON} | fields)


def test_an_officer_supersedes_and_everybody_sees_it(network: Network, client: Client, cast: dict[str, Any]) -> None:
    client.force_login(cast["bureau"])
    assert "封存决定" in client.get(network.minute().url).content.decode()
    before = client.get(network.hourly().url).context["number"].node.value
    response = decide(client, network)
    assert response.status_code == 302

    (sealed,) = network.engines.acts_log.read(0, network.engines.acts_log.size)
    act = Act.decode(sealed)
    assert (act.by, act.reason) == ("bureau", REASON)
    assert Supersede.of(act) == Supersede(network.minute().series, network.minute().time, 35.5, Flag.GOOD)

    client.logout()
    page = client.get(network.minute().url)
    text = page.content.decode()
    assert [told.value for told in page.context["found"].versions] == ["36", "62"]
    assert "<s>62</s>" in text  # the old value stays
    assert REASON in text
    assert "市局李" in text
    assert "操作及其证明" in text
    assert "核验全部通过" in text
    assert client.get(network.hourly().url).context["number"].node.value < before


def test_no_value_means_invalid(network: Network, client: Client, cast: dict[str, Any]) -> None:
    client.force_login(cast["bureau"])
    assert decide(client, network, value="").status_code == 302
    node = client.get(network.minute().url).context["number"].node
    assert (node.value, node.flag) == (None, Flag.BAD)


@pytest.mark.parametrize(
    ("who", "may"),
    [("bureau", True), ("inspector", False), ("company", False), ("public", False), ("admin", True), ("", False)],
)
def test_who_may(network: Network, client: Client, cast: dict[str, Any], who: str, may: bool) -> None:
    if who:
        client.force_login(cast[who])
    assert ("封存决定" in client.get(network.minute().url).content.decode()) == may
    response = decide(client, network)
    assert response.status_code == (302 if may else 403)
    assert network.engines.acts_log.size == int(may)
    if not may:
        assert "只有负责该点位的工作人员" in response.content.decode()


def test_the_inspector_may_in_the_own_district(network: Network, client: Client, cast: dict[str, Any]) -> None:
    client.force_login(cast["inspector"])
    assert "封存决定" in client.get(network.minute(point="zg-2").url).content.decode()


def test_computed_numbers_offer_nothing_to_decide(network: Network, client: Client, cast: dict[str, Any]) -> None:
    client.force_login(cast["bureau"])
    assert "封存决定" not in client.get(network.hourly().url).content.decode()
    assert client.post(network.hourly().url, {}).status_code == 403


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"reason": "短"}, "请填写理由，至少 5 个字。"),
        ({"value": "abc"}, "输入一个数字。"),
        ({"value": "inf"}, "输入一个数字。"),
        ({"seen_version": 1}, "您打开页面之后该观测值已有变化。"),
    ],
    ids=["reason", "letters", "infinite", "changed"],
)
def test_refusals_are_chinese_sentences(
    network: Network, client: Client, cast: dict[str, Any], fields: dict[str, Any], said: str
) -> None:
    client.force_login(cast["bureau"])
    response = decide(client, network, **fields)
    assert response.status_code == 200
    assert said in response.content.decode()
    assert network.engines.acts_log.size == 0


def test_an_altered_act_is_named(network: Network, client: Client, cast: dict[str, Any]) -> None:
    client.force_login(cast["bureau"])
    decide(client, network)
    path = network.engines.acts_log.path / "tile" / "entries" / "000.p" / "1"
    path.write_bytes(path.read_bytes().replace(b"35.5", b"95.5"))
    said = [fault.text for fault in client.get(network.minute().url).context["found"].faults]
    assert "第 0 条记录（文件 tile/entries/000.p/1）与封存时不同。" in said
    assert any("存储与已封存的操作不符" in text for text in said)
