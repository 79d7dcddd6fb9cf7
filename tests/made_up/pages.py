"""Run inside the tree that has the made-up element: its results through the door for tables, then pages and API."""

import pytest
from django.conf import settings

from lichen.elements import ELEMENT_BY_SLUG
from lichen.pipeline.sheets.check import check
from lichen.pipeline.sheets.entry import entries_of
from lichen.pipeline.worker import Worker
from lichen.vocab.clock import DAY_MS, beijing, floor_ms, now_ms
from lichen.vocab.periods import Period, Source
from lichen.vocab.registry import Point, Snapshot
from lichen.web.readings.addresses import Place

POINT = Point("tree-1", "一号样树", "tree one", "lichens", "tree", "自贡", attributes={"tree": "lime"})
TIME = floor_ms(now_ms(), DAY_MS) - 3 * DAY_MS


@pytest.fixture
def surveyed(web_engines):
    web_engines.put_snapshot(Snapshot(1, (POINT,), ()))
    text = f"point,time,eqi\ntree-1,{beijing(TIME).isoformat()},21\n".encode()
    found = check("trees.csv", text, ELEMENT_BY_SLUG["lichens"], web_engines.snapshot(), by="li", now=now_ms())
    assert found.faults == ()
    web_engines.raw_log.append(entries_of(text, found.head, found.good, received=now_ms(), peer="user:li"))
    worker = Worker(web_engines.store, web_engines.raw_log, web_engines.acts_log, web_engines.snapshot)
    while worker.step():
        pass


@pytest.mark.parametrize(("language", "name", "word"), [("zh-hans", "一号样树", "丰富"), ("en", "tree one", "rich")])
def test_pages(surveyed, db, client, language, name, word):
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    verdict = Place("tree-1", "lichens", Period.SAMPLE, TIME).url
    cell = Place("tree-1", "eqi", Period.SAMPLE, TIME, Source.REPORTED).url
    for address in ("/", "/stations/tree-1/", verdict):
        page = client.get(address, follow=True)
        assert page.status_code == 200, address
        text = page.content.decode()
        assert name in text, address
        assert word in text, address
    assert "trees.csv" in client.get(cell).content.decode()


def test_the_map_and_the_api(surveyed, client):
    assert "tree-1" in client.get("/map.json?element=lichens").content.decode()
    span = f"from={beijing(TIME - DAY_MS).isoformat()}&to={beijing(TIME + DAY_MS).isoformat()}".replace("+", "%2B")
    (found,) = client.get(f"/api/v1/results?element=lichens&period=sample&{span}").json()["items"]
    assert (found["point"], found["deciding"]) == ("tree-1", ["eqi"])
