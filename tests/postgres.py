"""A real PostgreSQL server for the tests: Debian's programs, in a folder of their own, on a socket."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from tests.builders import NOW
from watcher.store import Store

MADE = "made"
"""The database that each test gets a copy of: with watcher's tables, and empty."""
QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_wal_size=4GB", "shared_buffers=32MB")
QUIET = ("listen_addresses=", "log_checkpoints=off", "lc_messages=C", "max_connections=50")


def programs() -> Path | None:
    """The folder with the newest server's programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda one: int(one.parent.parent.name))
    return found[-1].parent if found else None


class Server:
    """A running server."""

    def __init__(self, sockets: Path, listen: tuple[str, int] | None = None) -> None:
        self._where = f"host={sockets}" + (f"&port={listen[1]}" if listen else "")
        self._listen = listen
        self._numbers = count(1)

    def url(self, name: str) -> str:
        """A database's address, as a user writes it."""
        return f"postgresql+psycopg://watcher@/{name}?{self._where}"

    def url_from_elsewhere(self, url: str) -> str:
        """The same database's address as another machine has it."""
        assert self._listen is not None
        name = url.rpartition("/watcher@/")[2].partition("?")[0]
        return f"postgresql+psycopg://watcher@{self._listen[0]}:{self._listen[1]}/{name}"

    def empty(self) -> str:
        """The address of a new database without anything in it."""
        return self._new("template1")

    def ready(self) -> str:
        """The address of a new database with watcher's tables."""
        return self._new(MADE)

    def drop(self, url: str) -> None:
        """Remove a database, whoever is still connected to it."""
        self.run("DROP DATABASE {} WITH (FORCE)", url.rpartition("/watcher@/")[2].partition("?")[0])

    def run(self, statement: LiteralString, *names: str) -> list[tuple[Any, ...]]:
        """Run a statement with these names as the owner of all."""
        with psycopg.connect(f"postgresql://watcher@/postgres?{self._where}", autocommit=True) as conn:
            done = conn.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
            return done.fetchall() if done.description else []

    def do(self, url: str, statement: str) -> list[tuple[Any, ...]]:
        """Run a statement of ours in a database."""
        with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as conn:
            done = conn.execute(sql.SQL(statement))
            return done.fetchall() if done.description else []

    def make_template(self) -> None:
        """Make the database that tests copy; it sorts as English does, which ours must not mind."""
        self.run("CREATE DATABASE {} TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US'", MADE)
        Store.open(self.url(MADE), now=NOW).close()

    def _new(self, template: str) -> str:
        name = f"test{next(self._numbers)}"
        self.run("CREATE DATABASE {} TEMPLATE {}", name, template)
        return self.url(name)


@contextmanager
def running(bin_: Path, *, listen: tuple[str, int] | None = None) -> Iterator[Server]:
    """A server of one's own, gone at the end. It refuses to be run by root, who lends it an ordinary user.

    ``listen``: an address and a port where it takes connections too, from whoever asks.
    """
    folder = Path(tempfile.mkdtemp(prefix="wpg-"))
    user = pwd.getpwnam("postgres" if _known("postgres") else "nobody") if os.getuid() == 0 else None
    as_user: dict[str, Any] = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
    if user:
        os.chown(folder, user.pw_uid, user.pw_gid)
    data, settings = folder / "data", [part for one in (*QUICK, *QUIET) for part in ("-c", one)]
    made: list[str | Path] = [
        bin_ / "initdb",
        "-D",
        data,
        "-U",
        "watcher",
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--locale=C.UTF-8",
        "--no-sync",
    ]
    try:
        subprocess.run(made, check=True, capture_output=True, cwd=folder, timeout=120, **as_user)
        start: list[str | Path] = [bin_ / "postgres", "-D", data, "-k", folder, *settings]
        if listen is not None:
            with (data / "pg_hba.conf").open("a") as rules:
                rules.write("host all all 0.0.0.0/0 trust\n")
            start += ["-c", f"listen_addresses={listen[0]}", "-p", str(listen[1])]
        with subprocess.Popen(start, stderr=subprocess.PIPE, text=True, cwd=folder, **as_user) as server:
            try:
                rest = _wait_until_ready(server)
                found = Server(folder, listen)
                found.make_template()
                yield found
            finally:
                server.send_signal(signal.SIGQUIT)  # at once, since nothing is to be kept
                server.wait(60)
            rest.join(60)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _wait_until_ready(server: subprocess.Popen[str]) -> threading.Thread:
    """Returns what reads the rest of the log: a full pipe would stop the server."""
    assert server.stderr is not None
    said = []
    for line in server.stderr:
        said.append(line)
        if "ready to accept connections" in line:
            rest = threading.Thread(target=server.stderr.read, daemon=True)
            rest.start()
            return rest
    raise AssertionError("".join(said))


def _known(user: str) -> bool:
    try:
        pwd.getpwnam(user)
    except KeyError:
        return False
    return True
