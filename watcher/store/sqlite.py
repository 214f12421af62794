"""A database in a file: SQLite, beside it the lock and the backups of upgrades.

Rule: writes begin IMMEDIATE; a file appears whole or not at all, and is copied before it is migrated.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import StaticPool

from watcher.errors import StateError
from watcher.store import refusals, schema
from watcher.store.database import Backups
from watcher.store.lock import Lock, database_file, take

BUSY = timedelta(seconds=5)
"""How long the database is waited for while another program holds it."""

_HELD = {"SQLITE_BUSY", "SQLITE_LOCKED"}


class File:
    """A database in a file; ``sqlite://`` alone is a scratch one that is gone when closed.

    ``still``: nobody writes it, so that reading it leaves nothing beside it.
    """

    def __init__(self, url: str, *, still: bool = False) -> None:
        self._still = still
        scratch = url in {"sqlite://", "sqlite:///:memory:"}
        self._folder = TemporaryDirectory(prefix="watcher-") if scratch else None
        self.file = Path(self._folder.name, "watcher.db") if self._folder else database_file(url)

    def __str__(self) -> str:
        return str(self.file)

    def exists(self) -> bool:
        """Whether the file is there."""
        return refusals.exists(self.file)

    def revision(self, migrations: Path) -> str | None:
        """Read the file, every page of it."""
        if not refusals.exists(self.file):
            return None
        return refusals.look(self.file, schema.revisions(migrations), thorough=True, backup=self._still)

    def take(self, address: str | None, sleep: Callable[[float], None], *, shared: bool = False) -> Lock:
        """Take the lock, in a folder that is made for it."""
        if shared:
            raise StateError(
                f"{self.file}: a file is for one process (`watcher run`); several need a database on a PostgreSQL "
                "server: WATCHER_DATABASE_URL=postgresql+psycopg://…"
            )
        return take_lock(self.file, address, sleep)

    def ready(self, *, now: datetime, migrations: Path, busy: timedelta, backups: Backups) -> None:
        """Make the file, or check it and bring it up to date, after a backup beside it."""
        del backups
        path, known = self.file, schema.revisions(migrations)
        try:
            if not refusals.exists(path):
                self.make(lambda conn: _first(conn, migrations, now), busy)
            elif refusals.look(path, known, thorough=True) != known[-1]:
                schema.backup(path, schema.backup_name(path, known[-1], now))
                bring_up_to_date(path, migrations, busy)
        except DBAPIError as error:
            raise self.refusal(error) from error
        except OSError as error:
            raise StateError(f"{path}: cannot be made ({(error.strerror or '').lower()}); check the volume") from error

    def make(self, fill: Callable[[Connection], None], busy: timedelta = BUSY) -> None:
        """Make the file under another name, and give it its own once it is whole."""
        try:
            schema.clear_unfinished(self.file)
            new_file(schema.unfinished(self.file), fill, busy)
            schema.give_name(self.file)
        except DBAPIError as error:
            raise self.refusal(error) from error
        finally:
            schema.clear_unfinished(self.file)

    def upgrade(self, conn: Connection, migrations: Path, to: str = "head") -> None:
        """Run the migrations."""
        schema.upgrade(conn, migrations, to)

    def readable(self, migrations: Path) -> None:
        """Look at the file; it is neither made nor migrated."""
        path, known = self.file, schema.revisions(migrations)
        if not refusals.exists(path):
            raise StateError(f"{path}: there is no database yet; run `watcher run` once to make it")
        if (found := refusals.look(path, known, thorough=False)) != known[-1]:
            raise StateError(
                f"{path}: has an older schema ({found}, this version needs {known[-1]}); "
                "run `watcher run` once to migrate it (a backup is made beside it)"
            )

    def engine(self, *, write: bool, busy: timedelta) -> Engine:
        """One connection to the file."""
        return _engine(self.file, write=write, busy=busy, still=self._still)

    def places(self) -> None:
        """One process alone uses a file."""

    def held(self, error: DBAPIError) -> bool:
        """Whether another program holds the file."""
        return refusals.fault(error.orig) in _HELD

    def refusal(self, error: DBAPIError) -> Exception:
        """The sentence for what SQLite said."""
        known = refusals.fault(error.orig)
        ours = known in {"", "SQLITE_ERROR", "SQLITE_CONSTRAINT"}
        return error if ours else refusals.refusal(error.orig, self.file)

    def backup(self, target: Path) -> None:
        """Copy the file as it is now."""
        schema.backup(self.file, target)

    def close(self) -> None:
        """Remove a scratch one."""
        if self._folder:
            self._folder.cleanup()


def _engine(path: Path, *, write: bool, busy: timedelta, rebuilding: bool = False, still: bool = False) -> Engine:
    """One connection to an existing file; SQLAlchemy's transactions become BEGIN IMMEDIATE (writing) or BEGIN.

    ``rebuilding``: a migration may drop a table that others refer to, to make it anew. ``still``: nobody writes it.
    """

    def connection() -> Any:
        made = refusals.connect(path, write=write, still=still)
        made.execute(f"PRAGMA busy_timeout = {int(busy.total_seconds() * 1000)}")
        made.execute(f"PRAGMA foreign_keys = {'OFF' if rebuilding else 'ON'}")
        if write:
            made.execute("PRAGMA journal_mode = WAL")
            made.execute("PRAGMA synchronous = FULL")  # a lost "posted" row would be a second alert
        return made

    engine = create_engine("sqlite://", creator=connection, poolclass=StaticPool, hide_parameters=True)
    begin = "BEGIN IMMEDIATE" if write else "BEGIN"
    event.listen(engine, "begin", lambda conn: conn.exec_driver_sql(begin))
    return engine


def take_lock(path: Path, address: str | None = None, sleep: Callable[[float], None] = time.sleep) -> Lock:
    """Take the lock of a database, in a folder that is made for it. Raises AlreadyRunning, StateError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StateError(
            f"{path.parent}: the database's folder cannot be made ({(error.strerror or '').lower()}); "
            "make it, owned by the user that runs watcher, or name another place"
        ) from error
    return take(path, address=address, sleep=sleep)


def _first(conn: Connection, migrations: Path, now: datetime) -> None:
    schema.upgrade(conn, migrations)
    schema.first_rows(conn, now)


def new_file(path: Path, fill: Callable[[Connection], None], busy: timedelta = BUSY) -> None:
    """Make a file a database of ours, and fill it in one transaction. What fails leaves half a file."""
    schema.prepare(path)
    _rebuild(path, fill, busy)


def bring_up_to_date(
    path: Path,
    migrations: Path = schema.MIGRATIONS,
    busy: timedelta = BUSY,
    *,
    then: Callable[[Connection], None] = lambda _: None,
) -> None:
    """Run the migrations that a database misses, and ``then`` what belongs to them, in one transaction."""

    def work(conn: Connection) -> None:
        schema.upgrade(conn, migrations)
        then(conn)

    _rebuild(path, work, busy)


def _rebuild(path: Path, work: Callable[[Connection], None], busy: timedelta) -> None:
    engine = _engine(path, write=True, busy=busy, rebuilding=True)
    try:
        with engine.begin() as conn:
            work(conn)
            if astray := conn.exec_driver_sql("PRAGMA foreign_key_check").first():
                raise StateError(
                    f"{path}: could not be brought up to date (rows of {astray[0]} refer to nothing); restore a backup"
                )
    finally:
        engine.dispose()
