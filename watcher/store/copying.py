"""All rows of one database in another, whatever is in them, and the proof that they arrived.

Rule: rows are streamed as they are kept, and what was written is read back and compared, in the transaction that
wrote it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, Boolean, Connection, Integer, MetaData, Table, Text, cast, column, func, select, table
from sqlalchemy.exc import DBAPIError

from watcher.errors import StateError
from watcher.store import refusals, schema
from watcher.store.columns import storable
from watcher.store.database import Database
from watcher.store.sqlite import BUSY, new_file

BATCH = 500
"""Rows that are in memory at once."""
_SPACE = 2**128

Batches = Generator[list[tuple[Any, ...]], None, None]
Progress = Callable[[int, int], None]
"""Is told how many rows are done, and of how many. Each counts twice: written, and read back."""


def untold(done: int, total: int) -> None:
    """Tell nobody."""
    del done, total


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """A table that was copied. ``checksum``: of its rows in any order, the same for the same rows everywhere."""

    name: str
    rows: int
    checksum: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What is copied: a database, one view of it, and the schema that it has."""

    database: Database
    conn: Connection
    revision: str

    def count(self, name: str) -> int:
        """The rows of a table."""
        with _told(self.database):
            return self.conn.scalar(select(func.count()).select_from(table(name))) or 0

    def rows(self, of: Table) -> Batches:
        """A table's rows, in batches."""
        with _told(self.database):
            yield from _rows(self.conn, of)


def nothing_there(database: Database) -> StateError:
    """The sentence for a database that is not there."""
    return StateError(f"{database}: there is no database there; name the one that watcher has used")


@contextmanager
def reading(database: Database, migrations: Path = schema.MIGRATIONS, *, alone: bool = False) -> Iterator[Source]:
    """One view of a database. ``alone``: for the holder of its lock; meanwhile no command writes beside it either."""
    revision = database.revision(migrations)
    if revision is None:
        raise nothing_there(database)
    engine = database.engine(write=alone, busy=BUSY)
    try:
        with _told(database), engine.connect() as conn, conn.begin():
            if conn.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() != revision:
                raise StateError(f"{database}: is being brought up to date just now; try again when that is done")
            yield Source(database=database, conn=conn, revision=revision)
    finally:
        engine.dispose()


def copy(source: Source, target: Connection, progress: Progress = untold) -> tuple[Copied, ...]:
    """Fill empty tables, which have the source's schema. Raises StateError when they do not hold the same then."""
    tables = _tables(target)
    total, done = 2 * sum(source.count(one.name) for one in tables), 0
    digests = [(one, _Digest(), _Digest()) for one in tables]

    def through(batches: Batches, digest: _Digest) -> Batches:
        nonlocal done
        with closing(batches):  # a server's cursor, which would hold rows back
            for batch in batches:
                digest.add(batch)
                yield batch
                done += len(batch)
                progress(done, total)

    for one, read, _ in digests:
        with closing(through(source.rows(one), read)) as batches:
            _write(target, one, batches)
    _go_on_counting(target, tables)
    for one, read, written in digests:
        with closing(through(_rows(target, one), written)) as batches:
            for _ in batches:
                pass
        if (read.rows, read.checksum) != (written.rows, written.checksum):
            raise StateError(
                f"{source.database}: table {one.name} did not arrive as it is ({read.rows} rows were read, "
                f"{written.rows} written); nothing was kept. Try again, and report it if that does not help"
            )
    return tuple(Copied(name=one.name, rows=read.rows, checksum=read.checksum) for one, read, _ in digests)


def copy_to_file(source: Source, path: Path, *, told_as: Path, migrations: Path = schema.MIGRATIONS) -> None:
    """Make a file of ours that holds the same, with the schema that the source has. ``told_as``: its name in errors."""

    def fill(conn: Connection) -> None:
        schema.upgrade(conn, migrations, source.revision)
        copy(source, conn)

    try:
        new_file(path, fill)
    except DBAPIError as error:
        raise refusals.not_copied(told_as, error.orig) from error
    with closing(refusals.connect(path, write=True)) as conn:
        conn.execute("PRAGMA journal_mode = DELETE")  # no log is beside it, whoever reads it


class _Digest:
    """Rows, counted and added up: in whatever order they come, they come to the same."""

    def __init__(self) -> None:
        self.rows = self._sum = 0

    def add(self, rows: Sequence[tuple[Any, ...]]) -> None:
        self.rows += len(rows)
        for row in rows:
            self._sum += int.from_bytes(blake2b(repr(row).encode(), digest_size=16).digest())

    @property
    def checksum(self) -> str:
        return f"{self._sum % _SPACE:032x}"


def _tables(conn: Connection) -> list[Table]:
    """The tables that there are, those that others refer to first."""
    there = MetaData()
    there.reflect(bind=conn)
    return [one for one in there.sorted_tables if one.name != "alembic_version"]


def _rows(conn: Connection, of: Table) -> Batches:
    """Rows as they are kept: times and JSON as the text that they are."""
    plain = table(of.name, *(column(one.name, Boolean if isinstance(one.type, Boolean) else None) for one in of.c))
    taken = [cast(mine, Text) if isinstance(one.type, JSON) else mine for one, mine in zip(of.c, plain.c, strict=True)]
    with conn.execute(select(*taken), execution_options={"stream_results": True, "yield_per": BATCH}) as found:
        for part in found.partitions():
            yield [tuple(map(_plain, row)) for row in part]


def _plain(value: Any) -> Any:
    """What any database takes, and gives back as the same."""
    if isinstance(value, str):
        return storable(value)
    return value + 0.0 if isinstance(value, float) else value  # a file knows no negative zero


def _write(conn: Connection, into: Table, batches: Batches) -> None:
    quote = conn.dialect.identifier_preparer.quote
    place = f"{quote(into.name)} ({', '.join(quote(one.name) for one in into.c)})"
    if conn.dialect.name != "postgresql":
        statement = f"INSERT INTO {place} VALUES ({', '.join('?' * len(into.c))})"  # noqa: S608 names of our own
        for batch in batches:
            conn.exec_driver_sql(statement, batch)
        return
    raw: Any = conn.connection.dbapi_connection  # psycopg's: SQLAlchemy has no word for streaming rows in
    with raw.cursor() as cursor, cursor.copy(f"COPY {place} FROM STDIN") as rows:
        for batch in batches:
            for row in batch:
                rows.write_row(row)


def _go_on_counting(conn: Connection, tables: Sequence[Table]) -> None:
    """Let numbers that a server gives out go on after those that came; a file does that by itself."""
    if conn.dialect.name != "postgresql":
        return
    for one in tables:
        for number in one.primary_key:
            sequence = conn.scalar(select(func.pg_get_serial_sequence(one.name, number.name)))
            if isinstance(number.type, Integer) and sequence:
                conn.execute(select(func.setval(sequence, func.coalesce(func.max(number), 0) + 1, False)))


@contextmanager
def _told(database: Database) -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        if refusals.of_tables(error.orig):
            raise StateError(
                f"{database}: its tables are not as watcher made them ({str(error.orig).splitlines()[0]}); "
                "put a backup in its place"
            ) from error
        raise database.refusal(error) from error
