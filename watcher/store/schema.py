"""Makes a database, and brings an older one up to date.

Rule: a database appears whole or not at all, and is copied before it is changed.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, select
from sqlalchemy.exc import DBAPIError

from watcher.errors import StateError
from watcher.store import refusals, tombs
from watcher.store.refusals import APPLICATION_ID, connect
from watcher.store.tables import meta

MIGRATIONS = Path(__file__).parent / "migrations"
TABLES = tombs.tombstones.metadata.sorted_tables
"""All of them: two modules say what they are."""


def revisions(migrations: Path = MIGRATIONS) -> tuple[str, ...]:
    """Every revision this version knows, oldest first: their files are called ``0001_first.py`` and so on."""
    return tuple(sorted(file.name.partition("_")[0] for file in (migrations / "versions").glob("[0-9]*_*.py")))


def upgrade(conn: Connection, migrations: Path = MIGRATIONS, to: str = "head") -> None:
    """Run the migrations that are missing, up to a revision, inside the caller's transaction."""
    from alembic import command  # noqa: PLC0415  slow to import and needed on the day of an upgrade only
    from alembic.config import Config  # noqa: PLC0415  same

    config = Config()
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = conn
    command.upgrade(config, to)


def unfinished(path: Path) -> Path:
    """Where a database is made before it gets its name."""
    return path.with_name(path.name + ".new")


def clear_unfinished(path: Path) -> None:
    """Remove what a crash left of an earlier try. Only the holder of the lock may."""
    clear(unfinished(path))


def clear(path: Path) -> None:
    """Remove a file that was to become a database, and what belongs to it."""
    for suffix in ("", "-wal", "-shm", "-journal"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def give_name(path: Path) -> None:
    """Let a finished database take its place, durably.

    A write-ahead log that another database left there is moved aside: SQLite would play it into the new one.
    """
    for suffix in ("-wal", "-shm"):
        left = path.with_name(path.name + suffix)
        if left.exists():
            left.rename(path.with_name(f"{left.name}.old"))
    unfinished(path).rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def prepare(new: Path) -> None:
    """Make an empty database of ours in write-ahead mode."""
    with closing(sqlite3.connect(new, isolation_level=None)) as conn:
        conn.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        conn.execute("PRAGMA journal_mode = WAL")


def first_rows(conn: Connection, now: datetime) -> None:
    """Give a new database its identity: the installation's id is part of every message's key."""
    made = {"installation": secrets.token_hex(8), "created_at": now.astimezone(UTC).isoformat()}
    conn.execute(meta.insert(), [{"key": key, "value": value} for key, value in made.items()])


def identify(conn: Connection, place: object) -> str:
    """The installation's id, of a database (``place``, in refusals) whose tables are as the code expects them."""
    try:
        for table in TABLES:
            conn.execute(select(table).limit(0))
    except DBAPIError as error:
        if not refusals.of_tables(error.orig):
            raise
        raise StateError(
            f"{place}: its tables are not as watcher made them ({error.orig}); "
            "stop watcher and put a backup in its place"
        ) from error
    found: str | None = conn.scalar(select(meta.c.value).where(meta.c.key == "installation"))
    if found is None:
        raise StateError(
            f"{place}: the database has lost its installation id; stop watcher and put a backup in its place"
        )
    return found


def empty_log(path: Path) -> bool:
    """Fold the write-ahead log into the database and overwrite it, as far as its readers allow; whether they did."""
    with closing(connect(path, write=True)) as conn:
        conn.execute("PRAGMA busy_timeout = 5000")
        return not conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]


def backup(path: Path, target: Path) -> None:
    """Copy a database, running or not, to a file that did not exist; a half copy never has the name."""
    part = target.with_name(target.name + ".part")
    part.unlink(missing_ok=True)
    with closing(connect(path)) as source, closing(sqlite3.connect(part)) as copy:
        source.backup(copy)
    part.rename(target)


def backup_name(path: Path, revision: str, now: datetime) -> Path:
    """``watcher.db.before-0002-20260302T120000Z.bak``: the schema that comes, and when."""
    return path.with_name(f"{path.name}.before-{revision}-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}.bak")
