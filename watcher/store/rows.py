"""Rows to values and back.

Rule: a column is named as the field it holds; what differs is written here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from functools import cache
from itertools import chain, islice
from operator import attrgetter, itemgetter
from typing import Any, TypeVar

from sqlalchemy import Column, ColumnElement, Connection, Float, Row, Table, func, literal
from sqlalchemy.dialects import postgresql, sqlite

from watcher.store import columns, tables
from watcher.types import Decision, Entry, FeedState, OutboxItem, Receipt, Trouble

T = TypeVar("T")
CHUNK = 500
"""Values in one IN list: every database takes that many."""


def chunks(values: Iterable[T], size: int = CHUNK) -> Iterator[list[T]]:
    """Cut into lists that fit one statement."""
    rest = iter(values)
    while part := list(islice(rest, size)):
        yield part


def insert(conn: Connection, table: Table) -> Any:
    """An INSERT that knows ``on_conflict_do_…``: both databases spell it alike, in modules of their own."""
    return postgresql.insert(table) if conn.dialect.name == "postgresql" else sqlite.insert(table)


EMPTY = literal("", literal_execute=True)
"""Joined to a column, it keeps the planner from that column's index. Written out, since PostgreSQL takes two values
that are sent for two different things, and would not group by what is selected."""


def share(score: ColumnElement[Any], threshold: ColumnElement[Any]) -> ColumnElement[Any]:
    """What a score is of its threshold; unknown of none: PostgreSQL refuses to divide by zero."""
    return score / func.nullif(threshold, 0, type_=Float())


def floor(conn: Connection, number: ColumnElement[Any]) -> ColumnElement[Any]:
    """A number that is not negative, to be cast to a whole one: SQLite cuts off, others round."""
    return number if conn.dialect.name == "sqlite" else func.floor(number)


def execute_many(conn: Connection, statement: Any, values: Iterable[Mapping[str, Any]]) -> None:
    """Run one insert for all of these, some at a time: a document of 50,000 entries would take memory thrice.

    ``values`` are alike: each has the same columns. They go to the driver as plain tuples, which SQLAlchemy would make
    one by one; a column's type prepares its values as ever.
    """
    rest = iter(values)
    first = next(rest, None)
    if first is None:
        return
    compiled = statement.compile(dialect=conn.dialect, column_keys=list(first))
    told = str(compiled)
    places = [_place(conn, statement.table, name, first, compiled.params) for name in compiled.positiontup]
    for part in chunks(chain([first], rest)):
        conn.exec_driver_sql(told, [tuple([prepare(value) for prepare in places]) for value in part])


def _place(
    conn: Connection, table: Table, name: str, first: Mapping[str, Any], constants: Mapping[str, Any]
) -> Callable[[Mapping[str, Any]], Any]:
    """How one place of a statement is filled: by a column's value, prepared by its type, or by the same each time."""
    if name not in first:
        constant = constants[name]
        return lambda _: constant
    prepare = table.c[name].type.dialect_impl(conn.dialect).bind_processor(conn.dialect)
    return itemgetter(name) if prepare is None else lambda value: prepare(value[name])


def add_weights(conn: Connection, table: Table, weights: Mapping[Any, float]) -> None:
    """Add to the ``weight`` of each row, making the rows that are not there yet.

    ``weights``: primary key → what to add. Most rows of a poll are written here, so they go to the driver as plain
    tuples, in the order of the key: both halve the cost.
    """
    if not weights:
        return
    keys = list(table.primary_key.columns)
    new = insert(conn, table)
    adding = new.on_conflict_do_update(index_elements=keys, set_={"weight": table.c.weight + new.excluded.weight})
    compiled = adding.compile(dialect=conn.dialect)
    cleaned = sorted((*map(_plain, key), weight) for key, weight in weights.items())
    statement = str(compiled)
    for part in chunks(cleaned):
        conn.exec_driver_sql(statement, part)


def _plain(value: Any) -> Any:
    return columns.storable(value) if isinstance(value, str) else value


def columns_of(table: Table, kind: type[Any]) -> list[Column[Any]]:
    """The columns that make a value of this kind, whatever else the table remembers."""
    return [table.c[field.name] for field in fields(kind) if field.name in table.c]


def values_of(value: Any) -> dict[str, Any]:
    """A value's fields, for a table that has a column for each."""
    return {name: getattr(value, name) for name in _names(value.__class__)}


@cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


FEED_STATE = columns_of(tables.feed_states, FeedState)
ENTRY = columns_of(tables.entries, Entry)
DECISION = columns_of(tables.decisions, Decision)
TROUBLE = columns_of(tables.troubles, Trouble)
OUTBOX = [
    *columns_of(tables.outbox, OutboxItem),
    tables.outbox.c.receipt_channel,
    tables.outbox.c.receipt_ts,
]


_NAME = attrgetter("name")


def _pick(row: Row[Any], columns: Sequence[Column[Any]]) -> dict[str, Any]:
    if len(row) == len(columns):  # a row of just these, in this order
        return dict(zip(map(_NAME, columns), row, strict=True))
    return {column.name: row._mapping[column] for column in columns}  # noqa: SLF001  its public name in SQLAlchemy


def feed_state(row: Row[Any]) -> FeedState:
    """Row to value."""
    return FeedState(**_pick(row, FEED_STATE))


def entry(row: Row[Any]) -> Entry:
    """Row to value."""
    return Entry(**_pick(row, ENTRY))


def trouble(row: Row[Any]) -> Trouble:
    """Row to value."""
    return Trouble(**_pick(row, TROUBLE))


def decision(row: Row[Any]) -> Decision:
    """Row to value; the terms come back as the pairs they were."""
    given = _pick(row, DECISION)
    return Decision(**{**given, "terms": tuple((term, float(share)) for term, share in given["terms"])})


def receipt(channel: str | None, ts: str | None) -> Receipt | None:
    """Two columns, one value."""
    return None if channel is None or ts is None else Receipt(channel=channel, ts=ts)


def outbox_item(row: Row[Any], *, thread: Receipt | None = None) -> OutboxItem:
    """Row to value. The thread is not stored: it is the receipt of whatever told the parent."""
    given = _pick(row, OUTBOX)
    got = receipt(given.pop("receipt_channel"), given.pop("receipt_ts"))
    return OutboxItem(**given, receipt=got, thread=thread)


def outbox_values(item: OutboxItem) -> dict[str, Any]:
    """Value to row: a new one waits since it was made."""
    given = values_of(item)
    got: Receipt | None = given.pop("receipt")
    del given["thread"]
    due: datetime = item.held_until or item.created_at
    return {
        **given,
        "due_at": max(due, item.created_at),
        "receipt_channel": got.channel if got else None,
        "receipt_ts": got.ts if got else None,
    }
