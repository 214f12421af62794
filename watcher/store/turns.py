"""Taking turns at a destination's stories, where several processes add to them.

Rule: a turn spares others work that would come to nothing; that nothing is placed twice is what versions are for.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, asynccontextmanager
from zlib import crc32

from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from watcher.store.sessions import PLACES

_TAKE = text(f"SELECT pg_advisory_xact_lock({PLACES}, :place)")


class Turns:
    """Locks on a connection of their own, since a write that waits for one would hold up all other writes."""

    def __init__(
        self, engine: Engine, held: Callable[[DBAPIError], bool], refusal: Callable[[DBAPIError], Exception]
    ) -> None:
        self._engine = engine
        self._held = held
        self._refusal = refusal
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="store-turn")
        self._open = ExitStack()
        self._closing = False

    @asynccontextmanager
    async def at(self, destinations: Collection[str]) -> AsyncIterator[None]:
        """Be the only one at these destinations; one turn of a process at a time. Raises StateError."""
        try:
            await asyncio.wrap_future(self._thread.submit(self._take, sorted(destinations)))
            yield
        finally:
            if not self._closing:
                self._thread.submit(self._open.close)  # on the same thread, so after whatever it has just taken

    def close(self) -> None:
        """Wait for nobody any more, and end the turn."""
        if not self._closing:
            self._thread.submit(self._open.close)
        self._closing = True
        self._thread.shutdown()
        self._engine.dispose()

    def _take(self, destinations: list[str]) -> None:
        """In one order for all, so that no two wait for each other."""
        while True:
            try:
                conn = self._open.enter_context(self._engine.connect())
                for one in destinations:
                    conn.execute(_TAKE, {"place": crc32(one.encode()) - 2**31})
            except DBAPIError as error:
                self._open.close()
                if self._closing or not self._held(error):
                    raise self._refusal(error) from error
            else:
                return
