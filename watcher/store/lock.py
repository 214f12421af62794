"""The lock of a database: who runs on it, and where that one listens.

Rule: the kernel's lock on ``<database>.lock`` is what counts; the pid in the file is only told to people. Kill -9
releases it, two containers' equal pids mean nothing. Light: no SQLAlchemy, so that a health check starts at once.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, TypedDict
from urllib.parse import unquote

from watcher.errors import AlreadyRunning, StateError

_SQLITE = "sqlite://"
_SERVERS = ("postgresql", "postgresql+psycopg")
_PATIENCE = (0.02, 0.05, 0.1)
"""Seconds: a reader that asks who runs holds the lock for a moment, and that is no second instance."""


class Running(TypedDict):
    """Who holds the lock."""

    pid: int | None
    address: str | None


def database_file(url: str) -> Path:
    """The file of a ``sqlite:///path`` URL. Raises StateError for any other kind."""
    if on_server(url):
        raise StateError("database: is on a PostgreSQL server, which is backed up by its own tools; use pg_dump")
    if not url.startswith(_SQLITE + "/"):
        scheme = url.partition(":")[0]
        raise StateError(
            f"database: {scheme or 'the URL'} is not supported; write sqlite:///path/to/watcher.db "
            "(three slashes for a relative path, four for an absolute one)"
        )
    return Path(unquote(url[len(_SQLITE) + 1 :].partition("?")[0]))


def on_server(url: str) -> bool:
    """Whether a URL leads to a PostgreSQL server."""
    return url.partition("://")[0] in _SERVERS


def lock_file(database: Path) -> Path:
    """The file beside the database that carries the lock."""
    return database.with_name(database.name + ".lock")


class Lock:
    """A held lock. Made by ``take``; released by ``release`` or by the process's end."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def record(self, address: str | None) -> None:
        """Write who holds it, and the address that ``watcher health`` asks."""
        said = json.dumps({"pid": os.getpid(), "address": address}).encode()
        with suppress(OSError):  # on a full disk the lock holds all the same; the database says what is wrong
            self._file.truncate(0)
            self._file.write(said)

    def release(self) -> None:
        """Let the next instance in. The file stays: removing it would let two instances hold two files."""
        if not self._file.closed:
            with suppress(OSError):
                self._file.truncate(0)
            self._file.close()


def take(database: Path, *, address: str | None = None, sleep: Callable[[float], None] = time.sleep) -> Lock:
    """Take the lock of a database. Raises AlreadyRunning, or StateError when its folder cannot be written."""
    path = lock_file(database)
    try:
        file = path.open("a+b", buffering=0)
    except OSError as error:
        raise StateError(
            f"{path}: cannot be written ({_why(error)}): {database} must lie in a folder that uid {os.getuid()} "
            "may write; mount the volume writable or give the folder to that user"
        ) from error
    for patience in (*_PATIENCE, None):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if patience is not None:
                sleep(patience)
        except OSError as error:
            file.close()
            raise StateError(
                f"{path}: cannot be locked ({_why(error)}); put the database on a local disk, not on a network share"
            ) from error
        else:
            lock = Lock(file)
            lock.record(address)
            return lock
    holder = _read(file)
    file.close()
    pid = holder["pid"] if holder["pid"] is not None else "unknown"
    raise AlreadyRunning(f"already running (pid {pid}) on {database}; stop that one first, or name another database")


def running(url: str) -> Running | None:
    """Tell who runs on the database, None when nobody does. Never creates a file, never waits for the lock."""
    if on_server(url):
        from watcher.store import sessions  # noqa: PLC0415  most installations do without it

        return sessions.running(url)
    try:
        file = lock_file(database_file(url)).open("rb")
    except OSError:
        return None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return _read(file)
        return None


def _read(file: IO[bytes]) -> Running:
    file.seek(0)
    try:
        said = json.loads(file.read())
        return {"pid": said["pid"], "address": said["address"]}
    except (ValueError, TypeError, KeyError):
        return {"pid": None, "address": None}  # its holder is just writing it


def _why(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()
