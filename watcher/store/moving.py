"""Moving everything from one database to another, such as from a file to a server.

Rule: both are locked, the one is left as it is, and the other holds all of it or nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from watcher.store import schema
from watcher.store.copying import Copied, Progress, Source, copy, nothing_there, reading, untold
from watcher.store.database import Database
from watcher.store.engine import database_at
from watcher.store.refusals import NotAllowed


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """What is in the new database now. ``source`` and ``target``: as people call them, without secrets."""

    source: str
    target: str
    installation: str
    revision: str
    migrated: bool
    """The source has an older schema, and keeps it."""
    tables: tuple[Copied, ...]
    """As they were in the source, before they were brought to the new schema."""

    @property
    def rows(self) -> int:
        """All of them."""
        return sum(one.rows for one in self.tables)


def move(
    source_url: str,
    target_url: str,
    *,
    progress: Progress = untold,
    sleep: Callable[[float], None] = time.sleep,
    migrations: Path = schema.MIGRATIONS,
) -> Moved:
    """Copy one database into an empty one. Raises AlreadyRunning, StateError and NotAllowed with both as they were."""
    source, target = database_at(source_url), database_at(target_url)
    with ExitStack() as stack:
        stack.callback(source.close)
        stack.callback(target.close)
        if not source.exists():
            raise nothing_there(source)
        must_be_empty(target)
        for database in (source, target):
            stack.callback(database.take(None, sleep).release)
        must_be_empty(target)  # by now nobody else fills it
        found = stack.enter_context(reading(source, migrations, alone=True))
        return make_of(target, found, progress=progress, migrations=migrations)


def make_of(
    target: Database,
    source: Source,
    *,
    progress: Progress = untold,
    migrations: Path = schema.MIGRATIONS,
    then: Callable[[Connection], None] = lambda _: None,
) -> Moved:
    """Make a database of all that another one holds, bring it up to date and do ``then``, in one transaction."""
    tables: tuple[Copied, ...] = ()
    installation = ""

    def fill(conn: Connection) -> None:
        nonlocal tables, installation
        target.upgrade(conn, migrations, source.revision)
        tables = copy(source, conn, progress)
        target.upgrade(conn, migrations)
        installation = schema.identify(conn, target)
        then(conn)

    target.make(fill)
    newest = schema.revisions(migrations)[-1]
    return Moved(
        source=str(source.database),
        target=str(target),
        installation=installation,
        revision=newest,
        migrated=source.revision != newest,
        tables=tables,
    )


def must_be_empty(target: Database) -> None:
    """Raise NotAllowed where there is a database."""
    if target.exists():
        new = "name a file that is not there yet" if target.file else "name an empty database (createdb makes one)"
        raise NotAllowed(f"{target}: there is a database already, which is left as it is; {new}")
