"""The store: one file, one lock, one writer.

Rule: every write is one verb in one transaction on one thread, begun IMMEDIATE; a write that could not be made
is tried again or refused with a sentence, never half done.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Concatenate, Literal, ParamSpec, Self, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import StaticPool

from watcher.errors import StateError
from watcher.store import refusals, schema
from watcher.store.lock import Lock, database_file, take
from watcher.store.tables import meta, metadata

P = ParamSpec("P")
R = TypeVar("R")
Verb = Callable[Concatenate[Connection, P], R]
Step = Callable[[str], None]

BUSY = timedelta(seconds=5)
"""How long the database is waited for while another program holds it."""
ONE_TRY = timedelta(seconds=1)
"""How long one try of a write waits: SQLite cannot be interrupted in it, and we may be told to stop."""
RETRIES = (0.2, 0.5, *[1.0] * 12)
"""Seconds of rest before each further try of a write that found the database held."""


_HELD = {"SQLITE_BUSY", "SQLITE_LOCKED"}


def _engine(path: Path, *, write: bool, busy: timedelta, rebuilding: bool = False) -> Engine:
    """One connection to an existing file; SQLAlchemy's transactions become BEGIN IMMEDIATE (writing) or BEGIN.

    ``rebuilding``: a migration may drop a table that others refer to, to make it anew.
    """

    def connection() -> Any:
        made = refusals.connect(path, write=write)
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


def _nothing(step: str) -> None:
    del step


class Store:
    """A database in use. Made by ``open``; every verb of this package runs through it."""

    def __init__(
        self,
        path: Path,
        *,
        lock: Lock | None,
        on_step: Step,
        sleep: Callable[[float], None],
        busy: timedelta,
        writes: bool = False,
        scratch: TemporaryDirectory[str] | None = None,
    ) -> None:
        self.path = path
        self._lock = lock
        self._on_step = on_step
        self._sleep = sleep
        self._scratch = scratch
        self._writer = _engine(path, write=True, busy=min(busy, ONE_TRY)) if writes else None
        self._reader = _engine(path, write=False, busy=busy)
        self._write_thread = ThreadPoolExecutor(1, thread_name_prefix="store-write")
        self._read_thread = ThreadPoolExecutor(1, thread_name_prefix="store-read")
        self._closing = False
        self.installation = ""

    @classmethod
    def open(
        cls,
        url: str,
        *,
        mode: Literal["write", "read", "beside"] = "write",
        on_step: Step | None = None,
        address: str | None = None,
        now: datetime | None = None,
        sleep: Callable[[float], None] = time.sleep,
        busy: timedelta = BUSY,
        migrations: Path = schema.MIGRATIONS,
    ) -> Store:
        """Open a ``sqlite:///path`` database; ``sqlite://`` alone is a scratch one that is gone when closed.

        ``write`` takes the lock, makes the database or migrates it (after a backup beside it, named by ``now``).
        ``read`` does none of these, nor does ``beside``, which writes single changes beside whoever holds the lock.
        Raises AlreadyRunning, or StateError with the file untouched.
        """
        scratch = TemporaryDirectory(prefix="watcher-") if url in {"sqlite://", "sqlite:///:memory:"} else None
        path = Path(scratch.name, "watcher.db") if scratch else database_file(url)
        lock = None
        try:
            if mode == "write":
                lock = take_lock(path, address, sleep)
                _ready(path, now or datetime.now(UTC), migrations, busy)
            else:
                _readable(path, migrations)
            store = cls(
                path,
                lock=lock,
                on_step=on_step or _nothing,
                sleep=sleep,
                busy=busy,
                writes=mode != "read",
                scratch=scratch,
            )
        except BaseException:
            if lock:
                lock.release()
            if scratch:
                scratch.cleanup()
            raise
        return store._recognised()

    def _recognised(self) -> Store:
        try:
            self.installation = self.read_now(identify, self.path)
            self._find_out_whether_it_can_be_written()
        except BaseException:
            self.close()
            raise
        return self

    def _find_out_whether_it_can_be_written(self) -> None:
        """At the start, not at the first poll."""
        if self._writer is None:
            return
        try:
            with self._writer.begin() as conn:
                _touch(conn)
        except DBAPIError as error:
            if refusals.fault(error.orig) not in _HELD:  # that passes; writes will wait for it
                raise _state_error(error, self.path) from error

    async def write(self, verb: Verb[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run a writing verb in one transaction on the writer thread. Raises StateError when it cannot be kept."""
        return await asyncio.wrap_future(self._submit_write(verb, *args, **kwargs))

    async def read(self, verb: Verb[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run a reading verb on one consistent view, beside any writer."""
        return await asyncio.wrap_future(self._read_thread.submit(lambda: self._run_read(verb, *args, **kwargs)))

    async def try_to_write(self) -> None:
        """Change nothing, durably. Raises StateError when the database cannot be written."""
        await self.write(_touch)

    def write_now(self, verb: Verb[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """``write`` for callers without an event loop."""
        return self._submit_write(verb, *args, **kwargs).result()

    def read_now(self, verb: Verb[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """``read`` for callers without an event loop."""
        return self._read_thread.submit(lambda: self._run_read(verb, *args, **kwargs)).result()

    def record_address(self, address: str) -> None:
        """Write down, beside the lock, where this process answers health checks."""
        if self._lock:
            self._lock.record(address)

    def backup(self, target: Path) -> None:
        """Copy the database, as it is now, to a new file."""
        schema.backup(self.path, target)

    def hurry(self) -> None:
        """The end is near: from now on, what another program holds up is given up at once."""
        self._closing = True

    def close(self) -> None:
        """Finish what was begun, and let the next instance in. What another program holds up is not waited for."""
        self.hurry()
        self._write_thread.shutdown()
        self._read_thread.shutdown()
        self._reader.dispose()
        if self._writer:
            self._writer.dispose()
        if self._lock:
            self._lock.release()
        if self._scratch:
            self._scratch.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _submit_write(self, verb: Verb[P, R], *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        if self._writer is None:
            raise StateError(f"{self.path}: was opened for reading only; nothing is written")
        engine = self._writer
        return self._write_thread.submit(lambda: self._run_write(engine, verb, *args, **kwargs))

    def _run_write(self, engine: Engine, verb: Verb[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        name = f"store.{getattr(verb, '__name__', 'verb')}"
        self._on_step(f"{name}.begin")
        for rest in (*RETRIES, None):
            try:
                with engine.begin() as conn:
                    result = verb(conn, *args, **kwargs)
                    self._on_step(f"{name}.commit")
            except DBAPIError as error:
                if rest is None or self._closing or refusals.fault(error.orig) not in _HELD:
                    raise _state_error(error, self.path) from error
                self._sleep(rest)
            else:
                self._on_step(f"{name}.done")
                return result
        raise AssertionError("the last try returns or raises")

    def _run_read(self, verb: Verb[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        try:
            with self._reader.begin() as conn:
                return verb(conn, *args, **kwargs)
        except DBAPIError as error:
            raise _state_error(error, self.path) from error


def _touch(conn: Connection) -> None:
    conn.execute(update(meta).values(value=meta.c.value))


def identify(conn: Connection, path: Path) -> str:
    """The installation's id, of a database whose tables are as the code expects them."""
    try:
        for table in metadata.sorted_tables:
            conn.execute(select(table).limit(0))
    except DBAPIError as error:
        if refusals.fault(error.orig) != "SQLITE_ERROR":
            raise
        raise StateError(
            f"{path}: its tables are not as watcher made them ({error.orig}); "
            "stop watcher and put a backup in its place"
        ) from error
    found: str | None = conn.scalar(select(meta.c.value).where(meta.c.key == "installation"))
    if found is None:
        raise StateError(
            f"{path}: the database has lost its installation id; stop watcher and put a backup in its place"
        )
    return found


def _state_error(error: DBAPIError, path: Path) -> Exception:
    """A sentence for what the operator can mend; a broken promise of our own (a constraint) stays what it is."""
    known = refusals.fault(error.orig)
    return error if known in {"", "SQLITE_ERROR", "SQLITE_CONSTRAINT"} else refusals.refusal(error.orig, path)


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


def _ready(path: Path, now: datetime, migrations: Path, busy: timedelta) -> None:
    """Make the database, or check it and bring it up to date."""
    known = schema.revisions(migrations)
    try:
        if not refusals.exists(path):
            _create(path, now, migrations, busy)
        elif refusals.look(path, known, thorough=True) != known[-1]:
            schema.backup(path, schema.backup_name(path, known[-1], now))
            bring_up_to_date(path, migrations, busy)
    except DBAPIError as error:
        raise _state_error(error, path) from error
    except OSError as error:
        raise StateError(f"{path}: cannot be made ({(error.strerror or '').lower()}); check the volume") from error


def _create(path: Path, now: datetime, migrations: Path, busy: timedelta) -> None:
    schema.clear_unfinished(path)
    schema.prepare(schema.unfinished(path))
    bring_up_to_date(schema.unfinished(path), migrations, busy, then=lambda conn: schema.first_rows(conn, now))
    schema.give_name(path)


def bring_up_to_date(
    path: Path,
    migrations: Path = schema.MIGRATIONS,
    busy: timedelta = BUSY,
    *,
    then: Callable[[Connection], None] = lambda _: None,
) -> None:
    """Run the migrations that a database misses, and ``then`` what belongs to them, in one transaction."""
    engine = _engine(path, write=True, busy=busy, rebuilding=True)
    try:
        with engine.begin() as conn:
            schema.upgrade(conn, migrations)
            if astray := conn.exec_driver_sql("PRAGMA foreign_key_check").first():
                raise StateError(
                    f"{path}: could not be migrated (rows of {astray[0]} refer to nothing); restore a backup"
                )
            then(conn)
    finally:
        engine.dispose()


def _readable(path: Path, migrations: Path) -> None:
    known = schema.revisions(migrations)
    if not refusals.exists(path):
        raise StateError(f"{path}: there is no database yet; run `watcher run` once to make it")
    if (found := refusals.look(path, known, thorough=False)) != known[-1]:
        raise StateError(
            f"{path}: has an older schema ({found}, this version needs {known[-1]}); "
            "run `watcher run` once to migrate it (a backup is made beside it)"
        )
