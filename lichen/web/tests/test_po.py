"""Reading ``.po`` and writing ``.mo``, as gettext itself reads it back."""

import gettext
import io
from pathlib import Path

import pytest

from lichen.web.messages import MessagesError, compile_messages, encode, parse

_PO = r"""
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\n"
"Plural-Forms: nplurals=1; plural=0;\n"

#: somewhere
msgid "station"
msgstr "监测点位"

msgctxt "month"
msgid "May"
msgstr "五月"

msgid "%(count)s value"
msgid_plural "%(count)s values"
msgstr[0] "%(count)s 个数值"

msgid ""
"two "
"lines"
msgstr "“引号”\"与\n换行"

#, fuzzy
msgid "guess"
msgstr "猜测"

msgid "missing"
msgstr ""
"""


def test_gettext_reads_what_we_write() -> None:
    words = gettext.GNUTranslations(io.BytesIO(encode(parse(_PO))))
    assert words.gettext("station") == "监测点位"
    assert words.pgettext("month", "May") == "五月"
    assert words.ngettext("%(count)s value", "%(count)s values", 3) == "%(count)s 个数值"
    assert words.gettext("two lines") == '“引号”"与\n换行'
    assert words.gettext("guess") == "guess", "a fuzzy translation is none"
    assert words.gettext("missing") == "missing"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('msgid "a"\nmsgstr "1"\n\nmsgid "a"\nmsgstr "2"', "'a' is there twice"),
        ('msgid "a"\nmsgstr broken', "line 2: not a quoted text"),
        ('msgid "a"\nmsgtsr "1"', "line 2: 'msgtsr' is not a word"),
    ],
)
def test_what_cannot_be_read_is_named(text: str, why: str) -> None:
    with pytest.raises(MessagesError, match=why):
        parse(text)


def test_compiles_what_is_missing_or_out_of_date(tmp_path: Path) -> None:
    source = tmp_path / "zh_Hans" / "LC_MESSAGES" / "django.po"
    source.parent.mkdir(parents=True)
    source.write_text(_PO, encoding="utf-8")
    assert compile_messages([tmp_path]) == [source.with_suffix(".mo")]
    assert compile_messages([tmp_path]) == []
    source.write_text(_PO.replace("监测点位", "站点"), encoding="utf-8")
    assert compile_messages([tmp_path]) == [source.with_suffix(".mo")]
    compiled = io.BytesIO(source.with_suffix(".mo").read_bytes())
    assert gettext.GNUTranslations(compiled).gettext("station") == "站点"
