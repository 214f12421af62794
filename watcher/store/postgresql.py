"""A database on a PostgreSQL server.

Rule: at any time one transaction writes, as in a file: each begins by taking a lock that ends with it. Text is ordered
by its code points, as in a file.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool

from watcher.errors import AlreadyRunning, StateError
from watcher.store import schema, sessions
from watcher.store.database import Backups
from watcher.store.refusals import known_revision

_PATIENCE = (0.02, 0.05, 0.1, 0.2, 0.4, 0.8)
"""Seconds: the lock of a process that was killed just now is free when the server has noticed, which may be busy."""
_UPGRADE = timedelta(minutes=1)
"""How long an upgrade waits for what others are reading and writing just now."""
_TAKE_WRITES = f"SELECT pg_advisory_xact_lock({sessions.SPACE}, {sessions.WRITES})"
_HELD = {"55P03", "40001", "40P01"}
"""A lock that was not given in time, a view that was overtaken, a deadlock: nothing was written."""
_SENTENCES = {
    "25P03": "this process stood still in a transaction, which the server therefore ended; watcher goes on by itself",
    "25006": "takes no writes (a standby, perhaps); name the primary server",
    "3D000": "there is no such database; make it (createdb), or name another",
    "42501": "this user may not do that; make it the owner of the database ({said})",
    "53100": "the server's disk is full; make room and watcher goes on by itself",
    "53300": "the server takes no more connections; raise max_connections, and watcher goes on by itself",
    "57": "the server is stopping or starting; watcher goes on by itself when it is back ({said})",
    "28": "the server does not let this user in; check the address, the password and pg_hba.conf ({said})",
    "55P03": "another program holds it; end that one's transaction (see pg_stat_activity)",
    "40": "another program was in the way; watcher tries again ({said})",
    "XX": "the server reports damage; look at its log, and restore a backup if need be ({said})",
    "08": "the connection failed; a watcher that runs goes on by itself when the server is back; for any other, check "
    "the address ({said})",
}
"""By code, or by class of codes; "08" also stands for a server that could not be reached at all."""


class Server:
    """A database on a server."""

    file = None

    def __init__(self, url: str) -> None:
        self._url = url
        self._name = sessions.name_of(None)
        self._owner: Engine | None = None
        self._shared = False

    def __str__(self) -> str:
        return sessions.shown(self._url)

    def exists(self) -> bool:
        """Whether our tables are there."""
        return self._look() is not None

    def revision(self, migrations: Path) -> str | None:
        """Look at the tables."""
        found = self._look()
        return None if found is None else known_revision(self, found, schema.revisions(migrations))

    def take(self, address: str | None, sleep: Callable[[float], None], *, shared: bool = False) -> Session:
        """Take the lock, or a share of it, with the connection that will write."""
        self._name = sessions.name_of(address)
        self._shared = shared
        for patience in (*_PATIENCE, None):
            engine = self._engine(write=True, locked=True)
            try:
                with engine.connect():
                    self._owner = engine
                    return Session(self, engine)
            except DBAPIError as error:
                raise self.refusal(error) from error
            except _Taken as taken:
                if patience is None:
                    raise AlreadyRunning(
                        f"already running (pid {taken.pid}) on {self}; stop that one first, or name another database"
                    ) from None
                sleep(patience)
        raise AssertionError("the last try returns or raises")

    def ready(self, *, now: datetime, migrations: Path, busy: timedelta, backups: Backups) -> None:
        """Make the tables, or check them and bring them up to date after a copy, in one transaction."""
        del busy
        assert self._owner is not None, "only the holder of the lock migrates"
        known = schema.revisions(migrations)
        try:
            with self._owner.begin() as conn:
                found = self._revision(conn)
                if found is not None and known_revision(self, found, known) == known[-1]:
                    return
                conn.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")  # a copy may take long
                if found is not None:
                    self._copy_first(backups, found, known[-1], now, migrations)
                conn.exec_driver_sql(f"SET LOCAL lock_timeout = {int(_UPGRADE.total_seconds() * 1000)}")
                self.upgrade(conn, migrations)
                if found is None:
                    schema.first_rows(conn, now)
        except DBAPIError as error:
            raise self.refusal(error) from error

    def make(self, fill: Callable[[Connection], None]) -> None:
        """Fill the database in one transaction, tables included."""
        from psycopg import Error  # noqa: PLC0415  it is there: we hold the lock

        assert self._owner is not None, "only the holder of the lock makes tables"
        try:
            with self._owner.begin() as conn:
                fill(conn)
        except DBAPIError as error:
            raise self.refusal(error) from error
        except Error as error:  # of rows that are streamed, which SQLAlchemy knows nothing of
            if (error.sqlstate or "")[:2] in {"22", "23"}:
                raise StateError(
                    f"{self}: does not take what is in the other database ({str(error).splitlines()[0]}), which is "
                    "damaged; nothing was kept. Put a backup in place of that one first"
                ) from error
            raise self.refusal(DBAPIError(None, None, error)) from error

    def upgrade(self, conn: Connection, migrations: Path, to: str = "head") -> None:
        """Run the migrations, and see to the order of texts in what they made."""
        schema.upgrade(conn, migrations, to)
        _order_by_code_point(conn)

    def readable(self, migrations: Path) -> None:
        """Look at the tables; they are neither made nor migrated."""
        known = schema.revisions(migrations)
        found = self._look()
        if found is None:
            raise StateError(f"{self}: there is no database yet; run `watcher run` once to make its tables")
        if known_revision(self, found, known) != known[-1]:
            raise StateError(
                f"{self}: has an older schema ({found}, this version needs {known[-1]}); "
                "run `watcher run` once to migrate it (make a backup first: pg_dump)"
            )

    def engine(self, *, write: bool, busy: timedelta) -> Engine:
        """One connection; the one that holds the lock, for its holder's writes."""
        return self._owner if write and self._owner is not None else self._engine(write=write, busy=busy)

    def places(self) -> Engine | None:
        """A connection of its own where the lock is shared: a write that waits must not hold up who is to end first."""
        return self._engine(write=False) if self._shared else None

    def held(self, error: DBAPIError) -> bool:
        """Whether another transaction was in the way."""
        return _code(error) in _HELD

    def refusal(self, error: DBAPIError) -> Exception:
        """The sentence for what the server said, without the address: that may hold a password."""
        code = _code(error)
        if code[:2] in {"22", "23"} or (code.startswith("42") and code != "42501"):
            return error
        told = _SENTENCES.get(code) or _SENTENCES.get(code[:2]) or "the server refused: {said}"
        lines = str(error.orig).strip().splitlines() or ["no reason given"]
        return StateError(f"{self}: {told.format(said=lines[0])}")

    def backup(self, target: Path, migrations: Path = schema.MIGRATIONS) -> None:
        """Copy its rows into a file, which only its owner may read."""
        from watcher.store import backups, copying  # noqa: PLC0415  for a few commands only

        part = target.with_name(target.name + ".part")
        try:
            with copying.reading(self, migrations) as source:
                backups.begin(part, told_as=target)
                copying.copy_to_file(source, part, told_as=target, migrations=migrations)
            backups.settle(part, target)
        finally:
            schema.clear(part)

    def _copy_first(self, backups: Backups, found: str, coming: str, now: datetime, migrations: Path) -> None:
        """Have a copy of what is about to be changed, where nobody has said that there are others."""
        if backups is False:
            return
        if backups is None:
            raise StateError(
                f"{self}: has an older schema ({found}, this version needs {coming}), and is not changed without a "
                "copy of it: name a folder in `backups`, or make one yourself (pg_dump) and write `backups: false`"
            )
        try:
            backups.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StateError(
                f"{backups}: the folder for backups cannot be made ({(error.strerror or '').lower()}), so nothing was "
                "migrated; make it, or name another in `backups`"
            ) from error
        name = urlsplit(self._url).path.strip("/").replace("/", "-")
        self.backup(schema.backup_name(backups / f"{name}.db", coming, now), migrations)

    def close(self) -> None:
        """Nothing of it is here."""

    def _engine(self, *, write: bool, busy: timedelta = timedelta(seconds=1), locked: bool = False) -> Engine:
        def connection() -> Any:
            made = sessions.connect(self._url, name=self._name)
            if locked and not sessions.takes(made, shared=self._shared):
                found = sessions.holder(made)
                made.close()
                raise _Taken(self, found["pid"] if found else None)
            made.execute(f"SET lock_timeout = {int(busy.total_seconds() * 1000)}")
            if self._shared:
                made.execute(f"SET idle_in_transaction_session_timeout = {sessions.frozen()}")
            made.commit()
            return made

        engine = create_engine(
            "postgresql+psycopg://",
            creator=connection,
            poolclass=QueuePool,
            pool_size=1,
            max_overflow=0,
            pool_pre_ping=True,  # one that the server closed since the last use is replaced before anything begins
            paramstyle="format",  # rows go to the driver as plain tuples
            hide_parameters=True,
            isolation_level="READ COMMITTED" if write else "REPEATABLE READ",
        )
        if locked:  # whoever comes next finds it free
            event.listen(engine, "close", lambda made, _: sessions.leave(made))
        # A view is one statement's where writes wait for each other first: it must not be older than the wait.
        begin = _TAKE_WRITES if write else "SET TRANSACTION READ ONLY"
        event.listen(engine, "begin", lambda conn: conn.exec_driver_sql(begin))
        return engine

    def _look(self) -> str | None:
        engine = self._engine(write=False)
        try:
            with engine.begin() as conn:
                return self._revision(conn)
        except DBAPIError as error:
            raise self.refusal(error) from error
        finally:
            engine.dispose()

    def _revision(self, conn: Connection) -> str | None:
        """The schema's revision; None where there is nothing at all. Raises StateError for what is not ours."""
        if (encoding := conn.exec_driver_sql("SHOW server_encoding").scalar()) != "UTF8":
            raise StateError(f"{self}: its encoding is {encoding}; make it anew: createdb --encoding=UTF8 -T template0")
        names = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
        tables = set(conn.exec_driver_sql(names).scalars())
        if not tables:
            return None
        if not {"meta", "alembic_version"} <= tables:
            raise StateError(f"{self}: holds another program's tables; name an empty database for watcher's")
        found = conn.exec_driver_sql("SELECT version_num FROM alembic_version").scalars().all()
        return str(found[0]) if len(found) == 1 else "unknown"


class Session:
    """A held lock: that of a connection."""

    def __init__(self, server: Server, engine: Engine) -> None:
        self._server = server
        self._engine = engine

    def record(self, address: str | None) -> None:
        """Rename the connection, which says who holds it and where that one answers."""
        name = self._server._name = sessions.name_of(address)  # noqa: SLF001  a session is its server's
        with self._engine.connect() as conn:
            raw = conn.connection.dbapi_connection
            assert raw is not None
            raw.cursor().execute("SELECT set_config('application_name', %s, false)", (name,))
            raw.commit()

    def release(self) -> None:
        """Close the connection, and with it the lock."""
        self._engine.dispose()


class _Taken(StateError):  # noqa: N818  what is the case, and no error where it is waited for
    """Another process has the lock: it was there first, or it came while our connection was broken."""

    def __init__(self, server: Server, pid: int | None) -> None:
        self.pid = "unknown" if pid is None else pid
        super().__init__(
            f"{server}: another watcher (pid {self.pid}) has run on it since the connection broke; stop one of the two"
        )


def _code(error: DBAPIError) -> str:
    """The server's five-letter code; "08" when it was not reached and said nothing."""
    found = getattr(error.orig, "sqlstate", None)
    return found or ("08" if type(error.orig).__name__ == "OperationalError" else "")


def _order_by_code_point(conn: Connection) -> None:
    """Have text ordered and compared as a file does it, whatever language the database was made for."""
    found = conn.exec_driver_sql(
        "SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod) "
        "FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid "
        "WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace AND a.attnum > 0 "
        "AND NOT a.attisdropped AND a.attcollation <> 0 AND a.attcollation <> '\"C\"'::regcollation"
    )
    changes: dict[str, list[str]] = {}
    for table, column, kind in found.all():
        changes.setdefault(table, []).append(f'ALTER "{column}" TYPE {kind} COLLATE "C"')
    for table, each in changes.items():
        conn.exec_driver_sql(f'ALTER TABLE "{table}" {", ".join(each)}')
