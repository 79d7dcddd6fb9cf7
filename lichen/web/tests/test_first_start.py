"""The very first start: nothing is compiled yet, and the first page is Chinese all the same."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

PROGRAM = """
from pathlib import Path
from django.conf import settings
settings.LOCALE_PATHS = [Path({folder!r})]
from lichen.web.prepare import prepare
prepare()
from django.utils.translation import gettext, override
with override("zh-hans"):
    print(ascii(gettext("first start")))
"""


def test_translations_are_there_at_once(tmp_path: Path) -> None:
    catalogue = tmp_path / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
    catalogue.parent.mkdir(parents=True)
    catalogue.write_text('msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'
                         'msgid "first start"\nmsgstr "首次启动"\n', encoding="utf-8")  # fmt: skip
    environment = os.environ | {"LICHEN_HOME": str(tmp_path), "DJANGO_SETTINGS_MODULE": "lichen.web.settings"}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(folder=str(tmp_path / "locale"))],
        env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.stdout.strip() == ascii("首次启动"), done.stderr
