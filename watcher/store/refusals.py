"""Why a database cannot be used, as sentences; and the look that finds out before anything touches the file.

Rule: looking never writes. A database that is refused is left as it was, byte for byte.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from watcher.errors import StateError, WatcherError

APPLICATION_ID = 0x77746368
"""In the header of every database of ours ("wtch"): the file of another program is never migrated."""
_MAGIC = b"SQLite format 3\0"
_RESTORE = "put a backup in its place, or move the file away to start anew"
_ANOTHER = "take another backup"


class NotAllowed(WatcherError):  # noqa: N818  a plain no, not an error of ours
    """What would be written is in the way of something; the text says what to name or to add."""

    exit_code = 2


def connect(path: Path, *, write: bool = False, still: bool = False) -> sqlite3.Connection:
    """A plain connection that never makes a database; read-only unless asked otherwise."""
    uri = address(path, write=write, still=still)
    return sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)


def address(path: Path, *, write: bool, still: bool = False) -> str:
    """The ``file:`` URI. A reader on a volume it cannot write reads the file as it lies.

    So does one of a file that nobody writes (``still``): no log is made beside it then.
    """
    uri = path.absolute().as_uri()
    if write:
        return f"{uri}?mode=rw"
    wal = path.with_name(path.name + "-wal")
    frozen = (still or not os.access(path.parent, os.W_OK)) and not wal.exists()
    return f"{uri}?mode=ro{'&immutable=1' if frozen else ''}"


def exists(path: Path) -> bool:
    """Whether there is a database, or something in its place. Raises StateError when nobody lets us look."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise _unreadable(path, error) from error
    return True


def look(path: Path, known: Sequence[str], *, thorough: bool, backup: bool = False) -> str:
    """Tell an existing database's revision. Raises StateError when it is not a sound database of ours.

    ``known`` are the revisions this version has, oldest first. ``thorough`` also reads every page. ``backup``: it is
    not in use, and a better one is the remedy.
    """
    remedy = _ANOTHER if backup else _RESTORE
    _look_at_the_file(path, remedy)
    with told(path, remedy), closing(connect(path, still=backup)) as reader:
        revision = _look_inside(reader, path, remedy, thorough=thorough)
    return known_revision(path, revision, known)


def known_revision(place: object, revision: str, known: Sequence[str]) -> str:
    """This revision, if this version knows it. Raises StateError."""
    if revision not in known:
        raise StateError(
            f"{place}: made by a newer version of watcher (schema {revision}, this version knows up to {known[-1]}); "
            "run that version, or restore the backup that was made before the upgrade"
        )
    return revision


@contextmanager
def told(path: Path, remedy: str = _ANOTHER) -> Iterator[None]:
    """Turn what SQLite says of a file into a StateError; of one that is broken with this remedy."""
    try:
        yield
    except (sqlite3.Error, UnicodeDecodeError) as error:  # names that are no text: pages were overwritten
        said = refusal(error, path)
        raise StateError(str(said).replace(_RESTORE, remedy)) from error


def _look_at_the_file(path: Path, remedy: str) -> None:
    if path.is_dir():
        raise StateError(f"{path}: is a folder, not a database; name a file in it, such as {path / 'watcher.db'}")
    try:
        with path.open("rb") as file:
            start = file.read(len(_MAGIC))
    except OSError as error:
        raise _unreadable(path, error) from error
    if not start and remedy == _ANOTHER:
        raise StateError(f"{path}: is an empty file, not a backup; {remedy}")
    if not start:
        raise StateError(
            f"{path}: is an empty file, not a database; it is not filled, since everything would be told again: "
            "put a backup in its place, or delete the file to start anew"
        )
    if start != _MAGIC:
        raise StateError(f"{path}: is not a database; {remedy}")


def _unreadable(path: Path, error: OSError) -> StateError:
    return StateError(
        f"{path}: cannot be read ({(error.strerror or 'no reason given').lower()}); "
        f"let uid {os.getuid()} read and write it and its folder"
    )


def _look_inside(reader: sqlite3.Connection, path: Path, remedy: str, *, thorough: bool) -> str:
    ours = reader.execute("PRAGMA application_id").fetchone()[0]
    tables = {name for (name,) in reader.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if ours != APPLICATION_ID or not {"meta", "alembic_version"} <= tables:
        raise StateError(f"{path}: is another program's database; name another file for watcher's")
    if thorough:
        reader.set_progress_handler(lambda: 0, 100_000)  # lets signals be heard while a large file is read
        found = reader.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            raise StateError(f"{path}: is corrupt ({found.splitlines()[-1]}); {remedy}")
    rows = reader.execute("SELECT version_num FROM alembic_version").fetchall()
    return str(rows[0][0]) if len(rows) == 1 else "unknown"


_SENTENCES = {
    "SQLITE_FULL": "the disk is full; make room and watcher goes on by itself",
    "SQLITE_READONLY": "cannot be written; mount the volume writable and let this user write the file and its folder",
    "SQLITE_CANTOPEN": "cannot be opened; check that its folder exists and that this user may write there",
    "SQLITE_IOERR": "the disk cannot be read or written; check the disk (a network share will not do)",
    "SQLITE_CORRUPT": f"is corrupt; {_RESTORE}",
    "SQLITE_NOTADB": f"is not a database; {_RESTORE}",
    "SQLITE_BUSY": "another program holds it; close that one (a database browser, perhaps)",
    "SQLITE_LOCKED": "another program holds it; close that one (a database browser, perhaps)",
    "SQLITE_PERM": "may not be opened by this user; let it read and write the file and its folder",
}

_MISSING = ("42P01", "42703")
"""PostgreSQL's codes for tables and columns that are not there."""


def fault(error: BaseException | None) -> str:
    """SQLite's primary code by name, such as SQLITE_BUSY; "" for anything else."""
    if isinstance(error, UnicodeDecodeError) or "Could not decode to UTF-8" in str(error):
        return "SQLITE_CORRUPT"
    name = getattr(error, "sqlite_errorname", None) or ""
    return "_".join(name.split("_")[:2])


def not_copied(path: Path, error: BaseException | None) -> StateError:
    """The sentence for a copy that could not be written."""
    return StateError(
        f"{path}: the copy could not be written ({error}): its disk is full or fails; nothing was kept. "
        "Make room, or name a file on another disk"
    )


def of_tables(error: BaseException | None) -> bool:
    """Whether a table or a column is missing."""
    return fault(error) == "SQLITE_ERROR" or getattr(error, "sqlstate", None) in _MISSING


def refusal(error: BaseException | None, path: Path | str) -> StateError:
    """The sentence for what SQLite said."""
    known = _SENTENCES.get(fault(error))
    return StateError(f"{path}: {known}" if known else f"{path}: the database refused: {error}")
