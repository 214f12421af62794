"""Databases of both kinds, and what is in them."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import strategies as st
from psycopg import sql
from sqlalchemy import JSON, Boolean, Connection, Float, Integer, LargeBinary, Table, select

from tests import postgres
from tests.builders import NOW
from watcher.store import Store
from watcher.store.columns import HexDigits, Instant, Moment
from watcher.store.tables import metadata

KINDS = ("postgresql", "sqlite")
WHERE = [pytest.param("postgresql", marks=pytest.mark.postgresql_line), "sqlite"]
"""For what is tested on both, and on a server only where there is time for it (``make postgresql``)."""


def empty(kind: str, request: pytest.FixtureRequest, folder: Path) -> str:
    """The address of a place where there is no database yet: a file's name, or an empty database."""
    if kind == "sqlite":
        return f"sqlite:///{folder}/watcher.db"
    return _new(request, postgres.Server.empty)


def ready(kind: str, request: pytest.FixtureRequest, folder: Path) -> str:
    """The address of a new database with watcher's tables: a copy of one that was made once."""
    if kind == "sqlite":
        made: Path = request.getfixturevalue("made_file")
        number = len(list(folder.glob("w*.db")))
        return f"sqlite:///{shutil.copyfile(made, folder / f'w{number}.db')}"
    return _new(request, postgres.Server.ready)


def _new(request: pytest.FixtureRequest, how: Callable[[postgres.Server], str]) -> str:
    server: postgres.Server = request.getfixturevalue("postgresql")
    url = how(server)
    request.addfinalizer(lambda: server.drop(url))
    return url


def clear(url: str) -> None:
    """Empty a database on a server."""
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as conn:
        conn.execute("DROP SCHEMA public CASCADE")
        conn.execute("CREATE SCHEMA public")


@contextmanager
def held(url: str) -> Iterator[None]:
    """Let another program hold a database until the end of the block: nobody else writes."""
    if url.startswith("sqlite:///"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None, timeout=30)) as browser:
            browser.execute("BEGIN IMMEDIATE")
            yield
            browser.execute("ROLLBACK")
        return
    with psycopg.connect(url.replace("+psycopg", "")) as browser:
        for table in metadata.tables:
            browser.execute(sql.SQL("LOCK TABLE {} IN EXCLUSIVE MODE").format(sql.Identifier(table)))
        yield


ODD = ["", "\\N", "\\.", "a\tb\nc\rd", "\\x41", "\x01\x1f\x7f", "👩‍👩‍👧 한국 ﷺ", "'\";--", "NULL", "\ud800\0", " "]
_texts = st.one_of(st.text(max_size=30), st.sampled_from(ODD))
_json = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), _texts),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_texts, inner, max_size=3)),
    max_leaves=5,
)
_BY_TYPE: list[tuple[type, st.SearchStrategy[Any]]] = [
    (Moment, st.datetimes(timezones=st.just(NOW.tzinfo))),
    (Instant, st.datetimes(timezones=st.just(NOW.tzinfo))),
    (HexDigits, st.binary(min_size=8, max_size=8).map(bytes.hex)),
    (Boolean, st.booleans()),
    (Integer, st.integers(-(2**31), 2**31 - 1)),
    (Float, st.floats(allow_nan=False)),
    (LargeBinary, st.binary(max_size=30)),
    (JSON, st.one_of(st.lists(_json, max_size=3), st.dictionaries(_texts, _json, max_size=3))),
]


def _value(kind: Any) -> st.SearchStrategy[Any]:
    return next((made for one, made in _BY_TYPE if isinstance(kind, one)), _texts)


def rows_of(table: Table) -> st.SearchStrategy[list[dict[str, Any]]]:
    """A few rows of any content. What has to be one of a kind is numbered, and so are what refer to such."""
    row = st.fixed_dictionaries(
        {
            one.name: st.one_of(st.none(), _value(one.type)) if one.nullable else _value(one.type)
            for one in table.columns
        }
    )

    def numbered(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        for number, one in enumerate(rows):
            for column in table.columns:
                alone = column.primary_key or column.foreign_keys or column.name in {"identity", "key"}
                if (alone or column.unique) and not isinstance(column.type, Moment | JSON):
                    one[column.name] = _numbered(column.type, number)
        return rows

    return st.lists(row, min_size=1, max_size=4).map(numbered)


def _numbered(kind: Any, number: int) -> Any:
    if isinstance(kind, Integer):
        return number + 7
    if isinstance(kind, HexDigits):
        return f"{number:016x}"
    return bytes([number]) if isinstance(kind, LargeBinary) else f"{number}"


def everything() -> st.SearchStrategy[dict[str, list[dict[str, Any]]]]:
    """Rows for every table there is."""
    made = {one.name: rows_of(one) for one in metadata.sorted_tables}
    return st.fixed_dictionaries(made).map(_that_refer_to_what_is_there)


def _that_refer_to_what_is_there(rows: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    for table in metadata.sorted_tables:
        for column in table.columns:
            for key in column.foreign_keys:
                there = {one["id"] for one in rows[key.column.table.name]}
                rows[table.name] = [one for one in rows[table.name] if one[column.name] in there]
    return rows


def fill(store: Store, rows: dict[str, list[dict[str, Any]]]) -> None:
    """Write them all."""

    def put(conn: Connection) -> None:
        for table in metadata.sorted_tables:
            if rows[table.name]:
                conn.execute(table.insert(), rows[table.name])

    store.write_now(put)


def content(store: Store) -> dict[str, list[str]]:
    """All that is in a database, as text that can be compared."""

    def read(conn: Connection) -> dict[str, list[str]]:
        return {
            one.name: sorted(repr(tuple(row)) for row in conn.execute(select(one))) for one in metadata.tables.values()
        }

    return store.read_now(read)
