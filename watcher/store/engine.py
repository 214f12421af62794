"""The store: one database, one lock, one writer.

Rule: every write is one verb in one transaction on one thread, begun when no other is; a write that could not be made
is tried again or refused with a sentence, never half done.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import AbstractAsyncContextManager, nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Concatenate, Literal, ParamSpec, Self, TypeVar

from sqlalchemy import Connection, Engine, update
from sqlalchemy.exc import DBAPIError

from watcher.errors import StateError
from watcher.store import schema
from watcher.store.database import Backups, Database, Lock
from watcher.store.lock import on_server
from watcher.store.sqlite import BUSY, File
from watcher.store.tables import meta
from watcher.store.turns import Turns

P = ParamSpec("P")
R = TypeVar("R")
Verb = Callable[Concatenate[Connection, P], R]
Step = Callable[[str], None]

ONE_TRY = timedelta(seconds=1)
"""How long one try of a write waits: it cannot be interrupted in it, and we may be told to stop."""
RETRIES = (0.2, 0.5, *[1.0] * 12)
"""Seconds of rest before each further try of a write that found the database held."""


def _nothing(step: str) -> None:
    del step


class Store:
    """A database in use. Made by ``open``; every verb of this package runs through it."""

    def __init__(
        self,
        database: Database,
        *,
        lock: Lock | None,
        on_step: Step,
        sleep: Callable[[float], None],
        busy: timedelta,
        writes: bool = False,
    ) -> None:
        self._database = database
        self._lock = lock
        self._on_step = on_step
        self._sleep = sleep
        self._writer = database.engine(write=True, busy=min(busy, ONE_TRY)) if writes else None
        self._reader = database.engine(write=False, busy=busy)
        places = database.places()
        self._turns = None if places is None else Turns(places, database.held, database.refusal)
        self._write_thread = ThreadPoolExecutor(1, thread_name_prefix="store-write")
        self._read_thread = ThreadPoolExecutor(1, thread_name_prefix="store-read")
        self._closing = False
        self.installation = ""

    @classmethod
    def open(
        cls,
        url: str,
        *,
        mode: Literal["write", "share", "read", "beside"] = "write",
        on_step: Step | None = None,
        address: str | None = None,
        now: datetime | None = None,
        sleep: Callable[[float], None] = time.sleep,
        busy: timedelta = BUSY,
        migrations: Path = schema.MIGRATIONS,
        backups: Backups = None,
    ) -> Store:
        """Open a ``sqlite:///path`` database, or one at ``postgresql+psycopg://user@host/name``.

        ``sqlite://`` alone is a scratch one that is gone when closed. ``write`` takes the lock, makes the database or
        migrates it after a backup, named by ``now``: of a file beside it, of a server's in the folder ``backups``.
        ``share`` does so with several others at once.
        ``read`` does none of these, nor does ``beside``, which writes single changes beside whoever holds the lock.
        Raises AlreadyRunning, or StateError with the database untouched.
        """
        database = database_at(url)
        lock = None
        try:
            if mode in {"write", "share"}:
                lock = database.take(address, sleep, shared=mode == "share")
                database.ready(now=now or datetime.now(UTC), migrations=migrations, busy=busy, backups=backups)
            else:
                database.readable(migrations)
            store = cls(
                database,
                lock=lock,
                on_step=on_step or _nothing,
                sleep=sleep,
                busy=busy,
                writes=mode != "read",
            )
        except BaseException:
            if lock:
                lock.release()
            database.close()
            raise
        return store._recognised()

    @staticmethod
    def exists(url: str) -> bool:
        """Whether there is a database. Raises StateError when that cannot be found out."""
        return database_at(url).exists()

    def __str__(self) -> str:
        return str(self._database)

    @property
    def path(self) -> Path | None:
        """The database's file; None where it is on a server."""
        return self._database.file

    def _recognised(self) -> Store:
        try:
            self.installation = self.read_now(schema.identify, self._database)
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
            if not self._database.held(error):  # that passes; writes will wait for it
                raise self._database.refusal(error) from error

    async def write(self, verb: Verb[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run a writing verb in one transaction on the writer thread. Raises StateError when it cannot be kept."""
        return await asyncio.wrap_future(self._submit_write(verb, *args, **kwargs))

    async def read(self, verb: Verb[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run a reading verb on one consistent view, beside any writer."""
        return await asyncio.wrap_future(self._read_thread.submit(lambda: self._run_read(verb, *args, **kwargs)))

    @property
    def shared(self) -> bool:
        """Whether other processes may poll and send with this database, too."""
        return self._turns is not None

    def alone_at(self, destinations: Collection[str]) -> AbstractAsyncContextManager[None]:
        """Keep other processes from placing reports at these destinations meanwhile. Raises StateError."""
        return nullcontext() if self._turns is None else self._turns.at(destinations)

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
            wait([self._write_thread.submit(self._lock.record, address)], timeout=1)  # it may be writing just now

    def backup(self, target: Path) -> None:
        """Copy the database, as it is now, to a new file."""
        self._database.backup(target)

    def hurry(self) -> None:
        """The end is near: from now on, what another program holds up is given up at once."""
        self._closing = True

    def close(self) -> None:
        """Finish what was begun, and let the next instance in. What another program holds up is not waited for."""
        self.hurry()
        if self._turns:
            self._turns.close()
        self._write_thread.shutdown()
        self._read_thread.shutdown()
        self._reader.dispose()
        if self._writer:
            self._writer.dispose()
        if self._lock:
            self._lock.release()
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _submit_write(self, verb: Verb[P, R], *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        if self._writer is None:
            raise StateError(f"{self._database}: was opened for reading only; nothing is written")
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
                if rest is None or self._closing or not self._database.held(error):
                    raise self._database.refusal(error) from error
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
            raise self._database.refusal(error) from error


def _touch(conn: Connection) -> None:
    conn.execute(update(meta).values(value=meta.c.value))


def database_at(url: str) -> Database:
    """The database that an address names. Raises StateError for an address that names none."""
    if not on_server(url):
        return File(url)
    from watcher.store.postgresql import Server  # noqa: PLC0415  most installations do without it

    return Server(url)
