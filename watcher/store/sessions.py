"""The lock of a database on a server, and connections to it.

Rule: the lock belongs to the connection that writes, so that whoever lost it cannot write. Light: no SQLAlchemy, so
that a health check starts at once.
"""

from __future__ import annotations

import os
import platform
import socket
from contextlib import suppress
from datetime import timedelta
from types import ModuleType
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from watcher.errors import StateError
from watcher.store.lock import Running

if TYPE_CHECKING:
    import psycopg

SPACE = 0x77746368
"""The first half of our advisory locks ("wtch")."""
RUNS, WRITES = 1, 2
"""Their second half: who runs on the database, for as long as it is connected (one alone, or several that share it);
who writes, for a transaction."""
PLACES = 0x77746270
"""The first half of the lock of a destination's stories ("wtbp"), for a transaction; the second is the place's hash."""

PATIENCE = timedelta(seconds=5)
"""How long a server is waited for that does not answer."""
NOTICES = {
    "tcp_keepalives_idle": 10,
    "tcp_keepalives_interval": 5,
    "tcp_keepalives_count": 3,
    # who owes an acknowledgement is not asked whether he lives: an answer on its way to a machine that is gone would
    # hold its locks for a quarter of an hour
    "tcp_user_timeout": 20_000,
}
"""Settings by which the server notices as soon as we do: what a machine that is gone held is free in half a minute."""
GONE = timedelta(seconds=1)
"""How long a server is waited for that is to notice that we leave; one that is busy notices later, or stands still."""
FROZEN = timedelta(minutes=1)
"""A process among others that does nothing for so long in a transaction has stopped, and holds all of them up."""
_NAME = "watcher "
_LONGEST = 63
"""Characters of a name: the server cuts off what is beyond."""


def shown(url: str) -> str:
    """The address as people may see it: without a password, and without options, which may hold one."""
    parts = urlsplit(url)
    user = f"{parts.username}@" if parts.username else ""
    place = parts.netloc.rpartition("@")[2]
    return f"postgresql://{user}{place}{parts.path}"


def address(url: str) -> str:
    """The address as the driver takes it."""
    return "postgresql://" + url.partition("://")[2]


def settings(name: str) -> dict[str, Any]:
    """How to connect: under a name that others see; a server that is cut off is noticed within seconds."""
    return {
        "application_name": name,
        "client_encoding": "utf8",
        "connect_timeout": int(PATIENCE.total_seconds()),
        "tcp_user_timeout": int(PATIENCE.total_seconds() * 1000),  # else it is waited for a quarter of an hour
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
    }


def frozen() -> int:
    """The limit of ``FROZEN`` in milliseconds, as the server takes it."""
    return int(FROZEN.total_seconds() * 1000)


def connect(url: str, *, name: str = _NAME) -> psycopg.Connection[Any]:
    """Connect to the server, under a name that others see. Raises psycopg.Error, or StateError without the library."""
    made: psycopg.Connection[Any] = _library().connect(address(url), autocommit=True, **settings(name))
    for setting, value in NOTICES.items():
        made.execute(f"SET {setting} = {value}")
    made.autocommit = False
    return made


def takes(connection: psycopg.Connection[Any], *, shared: bool = False) -> bool:
    """Take the lock for as long as this connection lives; whether nobody else had it, or all who have it share it."""
    how = "pg_try_advisory_lock_shared" if shared else "pg_try_advisory_lock"
    row = connection.execute(f"SELECT {how}(%s, %s)", (SPACE, RUNS)).fetchone()
    connection.commit()
    return bool(row and row[0])


def leave(connection: psycopg.Connection[Any]) -> None:
    """Close a connection, and wait until the server has noticed: it keeps the lock for us until then."""
    if connection.closed:
        return
    with socket.socket(fileno=os.dup(connection.fileno())) as line:
        connection.close()
        line.settimeout(GONE.total_seconds())
        with suppress(OSError):
            line.shutdown(socket.SHUT_WR)  # in the middle of a statement the driver says no farewell
            while line.recv(4096):
                pass


def name_of(address: str | None) -> str:
    """The name under which a holder of the lock is connected: who it is, and where it answers health checks."""
    return f"{_NAME}{os.getpid()}@{_here()} {address or ''}".strip()


def holder(connection: psycopg.Connection[Any]) -> Running | None:
    """Tell who has the lock, None when nobody does; of several that share it, one of this machine if there is one."""
    found = connection.execute(
        "SELECT a.application_name FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid "
        "WHERE l.locktype = 'advisory' AND l.granted AND l.classid = %s AND l.objid = %s AND l.objsubid = 2 "
        "AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())",
        (SPACE, RUNS),
    ).fetchall()
    connection.rollback()
    names = sorted((name or "" for (name,) in found), key=lambda name: f"@{_here()} " not in f"{name} ")
    return _read(names[0]) if names else None


def running(url: str) -> Running | None:
    """Tell who runs on the database, None when nobody does or the server cannot be asked."""
    try:
        with connect(url) as connection:
            return holder(connection)
    except _library().Error:
        return None


def _here() -> str:
    """This machine, or container, among others."""
    return platform.node()[:16].replace(" ", "-")


def _library() -> ModuleType:
    try:
        import psycopg  # noqa: PLC0415  most installations do without it
    except ImportError as error:
        raise StateError(
            "database: PostgreSQL needs the library psycopg; install it: pip install 'watcher[postgresql]'"
        ) from error
    return psycopg


def _read(name: str) -> Running:
    who, _, address = name.removeprefix(_NAME).partition(" ")
    pid = who.partition("@")[0]
    whole = len(name) < _LONGEST
    return {"pid": int(pid) if pid.isdecimal() else None, "address": address if address and whole else None}
