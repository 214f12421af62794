"""The database and what waits in it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from watcher.config import Config
from watcher.doctor.findings import Finding, fault, fine, note
from watcher.store import Store
from watcher.store.lock import database_file, on_server, running
from watcher.store.report import counts, outbox_rows
from watcher.types import OutboxItem

ROOM = 100 * 1024**2
"""Bytes that the disk should have left."""


def database(config: Config, store: Store | None, now: datetime) -> Iterator[Finding]:
    """The file, who may write it, who runs on it, and what waits in it."""
    if on_server(config.database):
        yield from _server(store)
    else:
        yield from _file(database_file(config.database), store)
    who = running(config.database)
    if who is None:
        yield note("service", "no watcher runs on this database", "start it: watcher run")
    else:
        yield fine("service", f"watcher (pid {who['pid']}) runs, at {who['address'] or 'no address yet'}")
    if store is not None:
        yield from _outbox(store.read_now(outbox_rows), now)


def _server(store: Store | None) -> Iterator[Finding]:
    if store is None:
        yield note("database", "no tables that could be read", "watcher run makes them")
        return
    told = store.read_now(counts)
    yield fine("database", f"{store}: {told.entries} entries of {told.feeds} feeds")


def _file(path: Path, store: Store | None) -> Iterator[Finding]:
    folder = next(one for one in (path.parent, *path.parent.parents) if one.exists())
    if store is not None:
        told = store.read_now(counts)
        yield fine("database", f"{path}: {told.entries} entries of {told.feeds} feeds")
    elif not path.exists():
        yield note("database", f"{path}: there is none yet", "watcher run makes it")
    barred = [one for one in (folder, path) if one.exists() and not os.access(one, os.W_OK)]
    if barred:
        yield note("database", f"{barred[0]} cannot be written by this user (uid {os.getuid()})", "the service must")
    free = shutil.disk_usage(folder).free
    if free < ROOM:
        yield fault("disk", f"{free // 1024**2} MiB are left where the database is", "make room")


def _outbox(rows: list[OutboxItem], now: datetime) -> Iterator[Finding]:
    waiting: dict[str, OutboxItem] = {}
    for row in rows:
        if row.state in {"pending", "sending"} and row.error:
            waiting.setdefault(row.destination.partition(":")[2], row)
    for channel, row in waiting.items():
        hours = (now - row.created_at).total_seconds() / 3600
        yield fault(channel, f"alerts wait since {hours:.1f} h", f"Slack's last answer: {row.error}")
    dead = [row for row in rows if row.state == "dead" and row.digest is None]
    if dead:
        what = f"{len(dead)} were refused for good, the last one ({dead[-1].key}): {dead[-1].error or 'no reason kept'}"
        yield note("alerts", what, "watcher retry sends them once more, watcher retract KEY forgets one")
