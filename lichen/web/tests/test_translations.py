"""Every word of the pages is there in both languages."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from django.utils.translation import gettext, override
from django.utils.translation.template import templatize

from lichen.pipeline.trace import PROBLEMS
from lichen.vocab.flags import Flag
from lichen.vocab.periods import Period
from lichen.vocab.settings import VARIABLES
from lichen.web import environment
from lichen.web.messages import parse
from lichen.web.readings import words

WEB = Path(__file__).resolve().parents[1]
PO = WEB / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
CHINESE = re.compile(r"[\u3400-\u9fff]")
#: Chinese that pages say in every language: the switch itself, and the marks around a title.
ALLOWED = {"base.html": {"中文"}}

_CALLS = {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy"}
_IN_TEMPLATE = re.compile(r"""(n?gettext)\(\s*u?(?P<first>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
                          r"""(?:\s*,\s*u?(?P<second>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"))?""")  # fmt: skip


def _python() -> Iterator[tuple[str, str]]:
    for path in sorted(WEB.rglob("*.py")):
        if "tests" in path.parts or "migrations" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.func.id not in _CALLS:
                continue
            texts = [one.value for one in node.args[:2] if isinstance(one, ast.Constant) and isinstance(one.value, str)]
            if texts:
                key = "\x00".join(texts) if node.func.id.startswith("n") else texts[0]
                yield key, path.name


def _templates() -> Iterator[tuple[str, str]]:
    for path in sorted(WEB.rglob("templates/**/*.html")):
        for found in _IN_TEMPLATE.finditer(templatize(path.read_text(encoding="utf-8"), origin=path.name)):
            texts = [ast.literal_eval(text) for text in (found["first"], found["second"]) if text]
            yield ("\x00".join(texts) if found[1] == "ngettext" else texts[0]), path.name


@cache
def _used() -> dict[str, str]:
    variables = {**VARIABLES, **environment.KNOWN}.values()  # the page of settings says what each is for
    return dict([*_python(), *_templates(), *((text, "settings") for text in variables)])


def test_every_text_has_its_chinese() -> None:
    catalogue = parse(PO.read_text(encoding="utf-8"), str(PO))
    missing = {text: where for text, where in sorted(_used().items()) if not catalogue.get(text)}
    assert not missing, f"add to {PO}: {missing}"


def test_the_catalogue_holds_nothing_that_no_page_says() -> None:
    catalogue = parse(PO.read_text(encoding="utf-8"), str(PO))
    assert sorted(set(catalogue) - set(_used()) - {""}) == []


def test_translations_keep_the_places_of_values() -> None:
    places = re.compile(r"%\(\w+\)[sd]")
    for text, chinese in parse(PO.read_text(encoding="utf-8")).items():
        wanted = set(places.findall(text))
        assert set(places.findall(chinese)) == wanted or not text, text


@pytest.mark.parametrize("path", sorted(WEB.rglob("templates/**/*.html")), ids=lambda path: path.name)
def test_templates_hold_no_chinese_of_their_own(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for word in ALLOWED.get(path.name, ()):
        text = text.replace(word, "")
    assert not CHINESE.search(text)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_words_of_the_pipeline_are_all_known(language: str) -> None:
    with override(language):
        said = [words.problem(name) for name in PROBLEMS]
        said += [words.flag(flag) for flag in Flag] + [words.flag_meaning(flag) for flag in Flag]
        said += [words.period(period) for period in Period]
    assert all(bool(CHINESE.search(word)) == (language == "zh-hans") for word in said)


def test_english_is_what_is_written_in_the_code() -> None:
    with override("en"):
        assert gettext("Stations") == "Stations"
    with override("zh-hans"):
        assert gettext("Stations") == "监测点位"
