"""What a store asks of the database it runs on.

Rule: verbs know nothing of it; what differs between databases stands in a module for each.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal, Protocol

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

Backups = Path | Literal[False] | None
"""The folder in which one on a server is copied before it is migrated. False: it need not be; None: nobody said so."""


class Lock(Protocol):
    """A held lock: one process at a time polls and sends with a database."""

    def record(self, address: str | None) -> None:
        """Write down who holds it, and the address that ``watcher health`` asks."""

    def release(self) -> None:
        """Let the next instance in."""


class Database(Protocol):
    """One database. As text it is what people call it, without secrets."""

    @property
    def file(self) -> Path | None:
        """Its file; None where it is on a server."""

    def exists(self) -> bool:
        """Whether there is one already. Raises StateError when that cannot be found out."""

    def revision(self, migrations: Path) -> str | None:
        """Its schema, None where there is none. Raises StateError for one that is not sound, or not of this version."""

    def take(self, address: str | None, sleep: Callable[[float], None], *, shared: bool = False) -> Lock:
        """Take the lock, or a share of it. Raises AlreadyRunning, StateError."""

    def ready(self, *, now: datetime, migrations: Path, busy: timedelta, backups: Backups) -> None:
        """Make it, or check it and bring it up to date after a copy: for the holder of the lock, or of a share.

        Others that share it go on meanwhile, with the tables they know. Raises StateError.
        """

    def make(self, fill: Callable[[Connection], None]) -> None:
        """Make it whole or not at all, ``fill`` does the work in one transaction: for the holder of the lock.

        Only where there is nothing yet. Raises StateError.
        """

    def upgrade(self, conn: Connection, migrations: Path, to: str = "head") -> None:
        """Bring its tables to a schema, in the caller's transaction."""

    def readable(self, migrations: Path) -> None:
        """Raise StateError when it is not there, or is not what this version reads."""

    def engine(self, *, write: bool, busy: timedelta) -> Engine:
        """Connections for one thread. Of those that write, one is in a transaction at any time, whatever the process.

        ``busy``: how long one that writes waits for another. A transaction that reads sees one consistent view.
        """

    def places(self) -> Engine | None:
        """A connection for the locks of destinations' stories; None where one process alone places reports."""

    def held(self, error: DBAPIError) -> bool:
        """Whether another program was in the way and nothing was written: it can be tried again."""

    def refusal(self, error: DBAPIError) -> Exception:
        """A sentence for what the operator can mend; a broken promise of our own (a constraint) stays what it is."""

    def backup(self, target: Path) -> None:
        """Copy it, as it is now, to a new SQLite file."""

    def close(self) -> None:
        """Let go of what is only here for a while."""
