"""What is built for the browser: names, addresses, caching, size."""

from __future__ import annotations

import gzip
import json
import os
import re
from pathlib import Path

import pytest
from django.template import Context, Template
from django.test import Client

from lichen.web import assets

#: Scripts of the front door with all that it opens, compressed. [byte]
LARGEST_FIRST_PAGE = 450_000
FRONTEND = Path(__file__).resolve().parents[3] / "frontend"


def test_every_page_has_a_built_file_with_its_hash() -> None:
    sources = {f"{path.stem}.js" for path in (FRONTEND / "src" / "pages").glob("*.ts")}
    sources |= {path.name for path in (FRONTEND / "src" / "styles").glob("*.css")}
    built = json.loads((assets.FOLDER / "manifest.json").read_text(encoding="utf-8"))
    assert set(built) == sources
    for name in built:
        found = assets.find(name)
        assert re.fullmatch(rf"{Path(name).stem}-[A-Z0-9]{{8}}{Path(name).suffix}", found.file)
        assert all((assets.FOLDER / file).is_file() for file in (found.file, *found.needs, *found.opens))


def test_the_tag_gives_the_address_and_an_unknown_name_is_told() -> None:
    assert re.fullmatch(r"/static/built/site-\w{8}\.css", Template('{% asset "site.css" %}').render(Context()))
    with pytest.raises(assets.NotBuilt, match=r"no asset is called 'nothing\.js'; built are .*site\.css.*make setup"):
        Template('{% asset "nothing.js" %}').render(Context())


def test_without_a_build_the_error_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(assets.NotBuilt, match="not built; run `make setup`"):
        assets.find("site.css", tmp_path)


def test_a_newer_build_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    for second, file in enumerate(("a-1.js", "a-2.js")):
        path.write_text(json.dumps({"a.js": {"file": file, "needs": [], "opens": []}}), encoding="utf-8")
        os.utime(path, (second, second))
        assert assets.find("a.js", tmp_path).file == file


def test_built_files_are_sent_compressed_and_kept_for_ever(client: Client) -> None:
    address = assets.asset("site.css")
    plain = client.get(address)
    assert plain["Cache-Control"] == "public, max-age=31536000, immutable"
    assert not plain.has_header("Content-Encoding")
    assert "Accept-Encoding" in plain["Vary"]
    for accepted, coding in (("gzip", "gzip"), ("gzip, deflate, br", "br"), ("br;q=0, gzip", "gzip")):
        coded = client.get(address, headers={"accept-encoding": accepted})
        assert coded["Content-Encoding"] == coding
        assert coded["Content-Type"] == "text/css; charset=utf-8"
        assert len(coded.content) < len(plain.content) / 2
        again = client.get(address, headers={"accept-encoding": accepted, "if-none-match": coded["ETag"]})
        assert (again.status_code, again.content) == (304, b"")


def test_the_first_page_costs_little_and_loads_no_charts() -> None:
    found = assets.find("front.js")
    files = [file for file in (found.file, *found.needs, *found.opens) if file.endswith(".js")]
    assert any("worker" in file for file in files)
    assert sum(len(gzip.compress((assets.FOLDER / file).read_bytes())) for file in files) <= LARGEST_FIRST_PAGE
    for file in files:
        assert "echarts" not in (assets.FOLDER / file).read_text(encoding="utf-8")


def test_tools_of_the_tests_are_in_no_bundle() -> None:
    """axe-core lies among the packages for the tests alone; the build draws in only what a page imports."""
    assert (FRONTEND / "node_modules" / "axe-core" / "axe.min.js").is_file()
    for file in assets.FOLDER.glob("*.js"):
        assert "axe-core" not in file.read_text(encoding="utf-8"), file.name
    for notice in assets.FOLDER.glob("*.LEGAL.txt"):
        assert "Deque" not in notice.read_text(encoding="utf-8"), notice.name


def test_the_lock_names_no_address_and_every_package_has_its_hash() -> None:
    text = (FRONTEND / "package-lock.json").read_text(encoding="utf-8")
    assert "://" not in text
    packages = json.loads(text)["packages"]
    assert [name for name, said in packages.items() if name and "integrity" not in said] == []
    assert [name for name, said in packages.items() if "resolved" in said or "hasInstallScript" in said] in (
        [],
        ["node_modules/esbuild"],  # its install script is not run: .npmrc
    )


def test_versions_are_exact() -> None:
    said = json.loads((FRONTEND / "package.json").read_text(encoding="utf-8"))
    versions = [*said["dependencies"].values(), *said["devDependencies"].values()]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in versions)
