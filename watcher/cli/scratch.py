"""A scratch copy of the database: for dry runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from watcher.config import Config
from watcher.store import Store


@contextmanager
def scratch_copy(config: Config) -> Iterator[Store]:
    """A copy of the database that is gone afterwards; an empty one when there is none yet."""
    with TemporaryDirectory(prefix="watcher-") as folder:
        copy = Path(folder, "watcher.db")
        if Store.exists(config.database):
            with Store.open(config.database, mode="read") as original:
                original.backup(copy)
        with Store.open(f"sqlite:///{copy}", mode="write") as store:
            yield store
