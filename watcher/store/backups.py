"""Copies of a database that can be trusted, and putting one back.

Rule: a copy gets its name once it was read back and found whole, and what it replaces stays beside it.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Collection
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, select
from sqlalchemy.exc import DBAPIError

from watcher.errors import StateError
from watcher.store import outbox, refusals, schema
from watcher.store.lock import database_file, lock_file, on_server
from watcher.store.refusals import NotAllowed
from watcher.store.sqlite import bring_up_to_date, take_lock
from watcher.store.tables import meta

OWNERS_ONLY = 0o600
"""A backup tells who answered what."""
_LOGS = ("-wal", "-shm")


class Held(StateError):  # noqa: N818  the same
    """Another program has the database open, so it cannot be replaced now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """What a backup holds, as it was read back."""

    path: Path
    bytes: int
    revision: str
    installation: str
    entries: int
    last_polled: datetime | None
    """When a feed was last polled, as far as it knows: about how old it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What was put in place. ``kept``: the copy of what was there before; ``migrated``: to this schema, if it was."""

    database: str
    backup: Backup
    kept: Path | None
    other: str | None
    """The installation that was there before, if it was another one: its messages are not known as told."""
    migrated: str | None
    looks_first_until: datetime


def back_up(url: str, target: Path, *, force: bool = False) -> Backup:
    """Copy a database, running or not, to a file of its own, and read that back. Raises StateError, NotAllowed.

    ``force``: a file of that name is replaced, at the end and in one step. An older schema is copied as it is. The copy
    has no log beside it and holds nothing of what was deleted.
    """
    if on_server(url):
        from watcher.store import portable  # noqa: PLC0415  most installations do without it

        return portable.back_up(url, target, force=force)
    database = database_file(url)
    if not refusals.exists(database):
        raise StateError(f"{database}: there is no database yet, so there is nothing to back up")
    refusals.look(database, schema.revisions(), thorough=False)
    own = {database.with_name(database.name + suffix) for suffix in ("", *_LOGS)}
    may_be_written(target, own | {lock_file(database)}, force=force)
    return _back_up(database, target)


def restore(url: str, source: Path, *, force: bool, now: datetime, looks_first: timedelta) -> Restored:
    """Put a backup in place of a database, brought up to date, and have every send look first for a while.

    Raises AlreadyRunning, StateError and NotAllowed with the present database as it was. ``force``: it is replaced.
    """
    if on_server(url):
        from watcher.store import portable  # noqa: PLC0415  the same

        return portable.restore(url, source, now=now, looks_first=looks_first)
    database = database_file(url)
    backup = read_back(source)
    if source.resolve() == database.resolve():
        raise NotAllowed(f"{source}: is the database itself; name a backup")
    lock = take_lock(database)
    try:
        if refusals.exists(database) and not force:
            raise NotAllowed(
                f"{database}: there is a database already, which is left as it is; "
                "with --force it is copied beside itself and replaced"
            )
        _lay_ready(database, source, now=now, looks_first=looks_first)
        kept, former = _set_aside(database, now)
        schema.give_name(database)
    except OSError as error:
        raise StateError(f"{database}: cannot be put in place ({_why(error)}); check the volume") from error
    finally:
        schema.clear_unfinished(database)
        lock.release()
    newest = schema.revisions()[-1]
    return Restored(
        database=str(database),
        backup=backup,
        kept=kept,
        other=former if former != backup.installation else None,
        migrated=None if backup.revision == newest else newest,
        looks_first_until=now + looks_first,
    )


def read_back(path: Path) -> Backup:
    """Read all of a backup and tell what it holds. Raises StateError when it is not a sound database of ours."""
    if not refusals.exists(path):
        raise StateError(f"{path}: there is no such file; name a backup")
    revision = refusals.look(path, schema.revisions(), thorough=False, backup=True)
    with refusals.told(path), closing(refusals.connect(path, still=True)) as reader:
        reader.set_progress_handler(lambda: 0, 100_000)  # lets signals be heard while a large file is read
        found = reader.execute("PRAGMA integrity_check(1)").fetchone()[0]
        if found != "ok":
            raise StateError(f"{path}: is corrupt ({found.splitlines()[-1]}); take another backup")
        if astray := reader.execute("PRAGMA foreign_key_check").fetchone():
            raise StateError(f"{path}: is corrupt (rows of {astray[0]} refer to nothing); take another backup")
        polled = reader.execute("SELECT max(last_polled) FROM feed_states").fetchone()[0]
        return Backup(
            path=path,
            bytes=path.stat().st_size,
            revision=revision,
            installation=_installation(reader, path),
            entries=reader.execute("SELECT count(*) FROM entries").fetchone()[0],
            last_polled=datetime.fromisoformat(polled) if polled else None,
        )


def _back_up(database: Path, target: Path) -> Backup:
    part = target.with_name(target.name + ".part")
    try:
        _copy(database, part, told_as=target, still=False)
        made = read_back(part)
        with refusals.told(database), closing(refusals.connect(database)) as reader:
            if made.installation != _installation(reader, database):
                raise StateError(f"{target}: the copy is not what it was made of; nothing was kept, try again")
        settle(part, target)
    finally:
        part.unlink(missing_ok=True)
    return replace(made, path=target)


def may_be_written(target: Path, own: Collection[Path], *, force: bool) -> None:
    """Raise NotAllowed where a copy would be in the way of something, such as of the database's ``own`` files."""
    if target.resolve() in {one.resolve() for one in own}:
        raise NotAllowed(f"{target}: belongs to the database itself; name another file")
    if target.is_dir():
        raise NotAllowed(f"{target}: is a folder; name a file in it, such as {target / 'watcher-backup.db'}")
    if not target.parent.is_dir():
        raise NotAllowed(f"{target.parent}: there is no such folder; make it first")
    if target.exists() and not force:
        raise NotAllowed(f"{target}: is there already, and is left as it is; name another file, or add --force")


def _copy(source: Path, part: Path, *, told_as: Path, still: bool) -> None:
    """Copy one consistent state into a new file that only its owner may read. ``told_as``: its name in errors."""
    begin(part, told_as=told_as)
    try:
        with closing(refusals.connect(source, still=still)) as reader:
            reader.set_progress_handler(lambda: 0, 100_000)
            reader.execute("VACUUM INTO ?", (str(part),))
    except (sqlite3.Error, UnicodeDecodeError) as error:
        if refusals.fault(error) in {"SQLITE_FULL", "SQLITE_IOERR"}:
            raise refusals.not_copied(told_as, error) from error
        raise refusals.refusal(error, source) from error


def begin(part: Path, *, told_as: Path) -> None:
    """Make an empty file that only its owner may read. ``told_as``: its name in errors."""
    try:
        part.unlink(missing_ok=True)
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNERS_ONLY))
    except OSError as error:
        raise StateError(
            f"{told_as}: cannot be written ({_why(error)}); name a place where this user may write"
        ) from error


def settle(part: Path, target: Path) -> None:
    """Let a copy take its name, durably."""
    try:
        _flush(part)
        part.replace(target)
        _flush(target.parent)
    except OSError as error:
        raise StateError(f"{target}: the copy could not be kept ({_why(error)}); check the disk") from error


def _flush(path: Path) -> None:
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _lay_ready(database: Path, source: Path, *, now: datetime, looks_first: timedelta) -> None:
    """Make the new database where one is made before it gets its name: the backup, brought up to date and marked."""

    def then(conn: Connection) -> None:
        schema.identify(conn, source)
        mark(conn, now=now, until=now + looks_first)

    schema.clear_unfinished(database)
    new = schema.unfinished(database)
    _copy(source, new, told_as=database, still=True)
    model = database if database.exists() else database.parent
    with suppress(OSError):  # only root may give files away
        os.chown(new, model.stat().st_uid, model.stat().st_gid)
    if model == database:
        new.chmod(database.stat().st_mode & 0o777)
    try:
        bring_up_to_date(new, then=then)
    except DBAPIError as error:
        raise refusals.refusal(error.orig, database) from error
    _flush(new)


def mark(conn: Connection, *, now: datetime, until: datetime) -> None:
    """Whatever was posted since the last message that the backup knows of may be one that it does not know of."""
    born: str | None = conn.scalar(select(meta.c.value).where(meta.c.key == "created_at"))
    first = datetime.fromisoformat(born) if born else now
    since = min(outbox.last_told(conn).values(), default=first)
    outbox.mark_restored(conn, since=min(since, now), until=until)


def _set_aside(database: Path, now: datetime) -> tuple[Path | None, str | None]:
    """Copy the present database beside itself, and leave nothing of its log. Returns the copy and its installation.

    A sound one is copied whole. Of one that cannot be read the files are kept as they are, log included.
    """
    if not refusals.exists(database):
        return None, None
    kept = database.with_name(f"{database.name}.before-restore-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}.bak")
    installation = None
    try:
        installation = _back_up(database, kept).installation
        _fold_in_the_log(database)
    except Held:
        kept.unlink()
        raise
    except StateError:
        _keep_as_it_is(database, kept)
    for suffix in _LOGS:  # SQLite would play it into whatever has the name
        database.with_name(database.name + suffix).unlink(missing_ok=True)
    return kept, installation


def _fold_in_the_log(database: Path) -> None:
    """Leave a whole file without a log. Whoever has it open would go on writing one."""
    try:
        with closing(refusals.connect(database, write=True)) as conn:
            conn.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.Error as error:
        if refusals.fault(error) in {"SQLITE_BUSY", "SQLITE_LOCKED"}:
            raise Held(f"{database}: another program has it open; close that one and restore again") from error
        raise refusals.refusal(error, database) from error


def _keep_as_it_is(database: Path, kept: Path) -> None:
    try:
        for suffix in ("", *_LOGS):
            there = database.with_name(database.name + suffix)
            if there.exists():
                shutil.copy2(there, kept.with_name(kept.name + suffix))
    except OSError as error:
        for suffix in ("", *_LOGS):
            with suppress(OSError):
                kept.with_name(kept.name + suffix).unlink(missing_ok=True)
        raise StateError(
            f"{kept}: the present database cannot be kept there ({_why(error)}), so nothing was replaced; make room"
        ) from error


def _installation(reader: sqlite3.Connection, path: Path) -> str:
    found = reader.execute("SELECT value FROM meta WHERE key = 'installation'").fetchone()
    if found is None:
        raise StateError(f"{path}: has lost its installation id, so it is not to be trusted; take another backup")
    return str(found[0])


def _why(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()
