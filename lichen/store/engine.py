"""The seam to ClickHouse: the same SQL, run in process (chDB) or by a server.

An engine can do three things: run a statement, insert a table of columns, close. All values travel as
parameters or as Arrow columns; no statement is ever put together from data.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any, Protocol
from urllib.parse import urlsplit

import pyarrow as pa

from lichen.store.errors import StoreError, StoreUnavailable

Parameter = str | int | float | Sequence[str]

#: A block that touches many months is normal for us (an import of years), not a mistake.
_INSERT_SETTINGS: Mapping[str, int] = {"max_partitions_per_insert_block": 0}
_READ_SETTINGS: Mapping[str, int] = {"output_format_arrow_low_cardinality_as_dictionary": 1}
_NAME = re.compile(r"[a-z_][a-z0-9_]*")


class Engine(Protocol):
    """ClickHouse, wherever it runs. Safe to use from many threads."""

    def run(self, sql: str, parameters: Mapping[str, Parameter] | None = None) -> pa.Table:
        """The result of one statement; ``{name:Type}`` in it stands for a parameter."""

    def insert(self, table: str, rows: pa.Table) -> None:
        """Append rows; when it returns they are on the disk."""

    def close(self) -> None:
        """Let go of the engine."""


class EmbeddedEngine:
    """ClickHouse in this process, its files under one folder.

    The folder belongs to one process, and one process has one folder open at a time; both are limits of chDB.

    Raises
    ------
    StoreUnavailable
        Another process has the folder, or this process has another one, or it cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._idle: list[Any] = []
        self._all: list[Any] = []
        self._lock = Lock()
        self._closed = False
        with self._session():
            pass

    def run(self, sql: str, parameters: Mapping[str, Parameter] | None = None) -> pa.Table:
        texts = {name: _parameter_text(value) for name, value in (parameters or {}).items()}
        with self._session() as session:
            try:
                return session.query(sql, fmt="ArrowTable", params=texts)
            except RuntimeError as failed:
                raise StoreError(f"store: {failed}; statement: {sql}") from failed

    def insert(self, table: str, rows: pa.Table) -> None:
        columns = _columns(table, rows)
        settings = ", ".join(f"{name}={value}" for name, value in _INSERT_SETTINGS.items())
        with self._session() as session:
            try:
                # Python(rows) names the local variable above: chDB reads its Arrow buffers without a copy. Of the
                # routes tried this was the fastest: 2.4 million rows/s, against 1.0 for an Arrow stream.
                session.query(f"INSERT INTO {table} ({columns}) SETTINGS {settings} SELECT {columns} FROM Python(rows)")
            except RuntimeError as failed:
                raise StoreError(f"store: {rows.num_rows} rows not appended to {table}: {failed}") from failed

    def close(self) -> None:
        with self._lock:
            self._closed = True
            sessions, self._all, self._idle = self._all, [], []
        for session in sessions:
            session.close()

    @contextmanager
    def _session(self) -> Iterator[Any]:
        # A chDB session runs one statement at a time; sessions of one folder run side by side. So each
        # statement borrows an idle one, and there are as many as there ever were statements at once.
        with self._lock:
            if self._closed:
                raise StoreUnavailable(f"store {self._folder} is closed")
            session = self._idle.pop() if self._idle else self._open()
        try:
            yield session
        finally:
            with self._lock:
                if not self._closed:
                    self._idle.append(session)

    def _open(self) -> Any:
        # Half a second to import: paid when a store is opened, not by every command.
        from chdb import session as chdb

        try:
            session: Any = chdb.Session(str(self._folder))  # type: ignore[no-untyped-call]
            settings = ", ".join(f"{name} = {value}" for name, value in _READ_SETTINGS.items())
            for statement in ("CREATE DATABASE IF NOT EXISTS lichen", "USE lichen", f"SET {settings}"):
                session.query(statement)
        except RuntimeError as failed:
            raise StoreUnavailable(
                f"store {self._folder} cannot be opened: {str(failed).strip()} One process opens it at a time: "
                "stop the other `lichen` process, or set LICHEN_STORE_URL to a ClickHouse server to share it"
            ) from failed
        self._all.append(session)
        return session


class ServerEngine:
    """A ClickHouse server or cluster, over HTTP.

    Parameters
    ----------
    url : str
        ``clickhouse://user:password@host:8123/database``; ``clickhouses://`` for TLS.
    """

    def __init__(self, url: str) -> None:
        import clickhouse_connect
        from clickhouse_connect.driver.exceptions import ClickHouseError

        parts = urlsplit(url)
        self._error = ClickHouseError
        try:
            self._client = clickhouse_connect.get_client(
                host=parts.hostname or "localhost",
                port=parts.port or (8443 if parts.scheme == "clickhouses" else 8123),
                username=parts.username or "default",
                password=parts.password or "",
                database=parts.path.strip("/") or "default",
                secure=parts.scheme == "clickhouses",
                settings=dict(_READ_SETTINGS),
                autogenerate_session_id=False,  # a session would make the threads wait for each other
            )
        except ClickHouseError as failed:
            raise StoreUnavailable(f"store {parts.hostname}:{parts.port} cannot be reached: {failed}") from failed

    def run(self, sql: str, parameters: Mapping[str, Parameter] | None = None) -> pa.Table:
        try:
            if sql.lstrip()[:6].upper() in ("SELECT", "WITH", "SHOW"):
                return self._client.query_arrow(sql, parameters=dict(parameters or {}), use_strings=True)
            self._client.command(sql, parameters=dict(parameters or {}))
        except self._error as failed:
            raise StoreError(f"store: {failed}; statement: {sql}") from failed
        return pa.table({})

    def insert(self, table: str, rows: pa.Table) -> None:
        _columns(table, rows)
        try:
            self._client.insert_arrow(table, rows, settings=dict(_INSERT_SETTINGS))
        except self._error as failed:
            raise StoreError(f"store: {rows.num_rows} rows not appended to {table}: {failed}") from failed

    def close(self) -> None:
        self._client.close()


def open_engine(url: str) -> Engine:
    """The engine of a URL: ``chdb:///folder``, ``clickhouse://…`` or ``clickhouses://…``.

    Raises
    ------
    StoreError
        The URL has another scheme or names no folder.
    """
    parts = urlsplit(url)
    if parts.scheme == "chdb" and not parts.netloc and parts.path.strip("/"):
        return EmbeddedEngine(Path(parts.path))
    if parts.scheme in ("clickhouse", "clickhouses"):
        return ServerEngine(url)
    raise StoreError(
        f"store address {parts.scheme}://{parts.hostname or ''}{parts.path} is not usable; give "
        "chdb:///absolute/folder or clickhouse://user:password@host:8123/database"
    )


def _columns(table: str, rows: pa.Table) -> str:
    for name in (table, *rows.column_names):
        if not _NAME.fullmatch(name):
            raise StoreError(f"{name!r} is no table or column name of the store")
    return ", ".join(f"`{name}`" for name in rows.column_names)


def _parameter_text(value: Parameter) -> str:
    """A parameter as chDB wants it: tab-separated escapes, and quotes around the strings of a list.

    >>> _parameter_text("a\\tb"), _parameter_text(["it's", "b"]), _parameter_text(3)
    ('a\\\\tb', "['it\\\\'s','b']", '3')
    """
    if isinstance(value, str):
        return _escape(value)
    if isinstance(value, int | float):
        return str(value)
    return "[" + ",".join("'" + _escape(item).replace("'", "\\'") + "'" for item in value) + "]"


def _escape(text: str) -> str:
    return (
        text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r").replace("\0", "\\0")
    )
