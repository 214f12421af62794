"""Backups of a database on a server: files like any other backup, so that they can be put anywhere.

Rule: as with a file, a copy gets its name once it was read back and found whole.
"""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import quote

from watcher.store import backups, schema
from watcher.store.backups import Backup, Restored
from watcher.store.copying import copy_to_file, reading
from watcher.store.engine import database_at
from watcher.store.moving import make_of, must_be_empty
from watcher.store.sqlite import File


def back_up(url: str, target: Path, *, force: bool) -> Backup:
    """Copy one moment of it into a file, which has the schema that the server has, and read that back."""
    database = database_at(url)
    backups.may_be_written(target, (), force=force)
    part = target.with_name(target.name + ".part")
    try:
        with reading(database) as source:
            backups.begin(part, told_as=target)
            copy_to_file(source, part, told_as=target)
        made = backups.read_back(part)
        backups.settle(part, target)
    finally:
        schema.clear(part)
        database.close()
    return replace(made, path=target)


def restore(url: str, source: Path, *, now: datetime, looks_first: timedelta) -> Restored:
    """Put a backup into an empty database, brought up to date, and have every send look first for a while."""
    backup = backups.read_back(source)
    database = database_at(url)
    until = now + looks_first
    with ExitStack() as stack:
        must_be_empty(database)
        stack.callback(database.take(None, time.sleep).release)
        must_be_empty(database)
        found = stack.enter_context(reading(File(f"sqlite:///{quote(str(source.resolve()))}", still=True)))
        done = make_of(database, found, then=lambda conn: backups.mark(conn, now=now, until=until))
    return Restored(
        database=str(database),
        backup=backup,
        kept=None,
        other=None,
        migrated=done.revision if done.migrated else None,
        looks_first_until=until,
    )
