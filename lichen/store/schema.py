"""The tables, as numbered migrations; a store is brought up to date when it is opened."""

from __future__ import annotations

import re
from importlib.resources import files

import pyarrow as pa

from lichen.store.engine import Engine
from lichen.store.errors import SchemaTooNew

#: In the order they are applied; the position + 1 is the schema version.
MIGRATIONS = ("0001_tables.sql",)

#: Every table of the present schema.
TABLES = ("observations", "newest", "flags", "results", "newest_results", "cursors")

# ALP keeps decimals in about 1.2 bytes, where Gorilla takes 2.6 and Delta 2.0 (one decimal, minute data). It is
# young; but the store is derived, so its files are never the only copy. Servers without it take the next best.
_BEST_CODEC = {"/*value codec*/": "ALP, ZSTD(1)", "/*codec setting*/": ", enable_alp_codec = 1"}
_OLD_CODEC = {"/*value codec*/": "Delta, ZSTD(1)", "/*codec setting*/": ""}
_COMMENT = re.compile(r"^\s*--.*$", re.MULTILINE)


def migrate(engine: Engine) -> None:
    """Bring the tables to the present schema.

    Raises
    ------
    SchemaTooNew
        A newer Lichen has written here.
    """
    engine.run(
        "CREATE TABLE IF NOT EXISTS schema_version (version UInt32) ENGINE = MergeTree ORDER BY version "
        "SETTINGS fsync_after_insert = 1, fsync_part_directory = 1"
    )
    present = engine.run("SELECT max(version) AS version FROM schema_version")["version"][0].as_py()
    if present > len(MIGRATIONS):
        raise SchemaTooNew(
            f"the store has schema {present}, this Lichen knows up to {len(MIGRATIONS)}: install the newer Lichen, "
            "or empty the store and run `lichen rebuild`"
        )
    for version, name in enumerate(MIGRATIONS[present:], start=present + 1):
        _apply(engine, name)
        engine.insert("schema_version", pa.table({"version": pa.array([version], pa.uint32())}))


def drop(engine: Engine) -> None:
    """Remove every table and with them all rows."""
    for table in (*TABLES, "schema_version"):
        engine.run(f"DROP TABLE IF EXISTS {table} SYNC")


def _apply(engine: Engine, name: str) -> None:
    text = (files("lichen.store") / "migrations" / name).read_text(encoding="utf-8")
    text = _COMMENT.sub("", text)
    for token, words in _value_codec(engine).items():
        text = text.replace(token, words)
    for statement in filter(None, (part.strip() for part in text.split(";"))):
        # A migration cut short by a crash is run again from its beginning.
        engine.run(statement.replace("CREATE TABLE ", "CREATE TABLE IF NOT EXISTS "))


def _value_codec(engine: Engine) -> dict[str, str]:
    known = engine.run("SELECT count() AS known FROM system.settings WHERE name = 'enable_alp_codec'")
    return _BEST_CODEC if known["known"][0].as_py() else _OLD_CODEC
