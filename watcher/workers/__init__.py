"""Processes that may be killed: feeds are parsed and articles extracted there.

Its one rule: whatever a document does to the code that reads it (run for ever, fill the memory, crash the interpreter),
it costs that document a ``WorkerError`` and nobody else anything. Threads cannot promise that: a regular expression
holds the interpreter's lock, and nothing can stop it.

What is run is named by strings (``module:name``), looked up in the worker: this module and the main process import none
of it, and each worker only what it needs.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import cast

from watcher.errors import WorkerError
from watcher.types import Article, Outline, ParsedFeed
from watcher.workers.confined import HEAVY_FEED
from watcher.workers.pool import Pool, TooSlowError

_MIB = 1024**2
_HEAVY_PAGE = 512 * 1024
"""Bytes of a page from which on it is read alone, as feeds are from `HEAVY_FEED` on: with two at once the whole service
could exceed 500 MB."""

_HUGE_FEED = _MIB
"""Bytes of a feed from which on it honestly takes seconds: it is read once, alone, with the whole limit."""

_SET_ASIDE = 8
"""Feeds that wait for the slow lane at most: they stay in memory, and each may take the whole limit there."""


class Workers:
    """Parsing (``parsers`` at once) and extraction (one at a time) in processes that are started on first use.

    Limits are seconds per document, memory is bytes beyond what an idle worker needs: 144 MiB read 50,000 entries.
    A feed that takes longer than ``first_limit`` is set aside and read again in a slow lane of its own, one at a time
    and up to ``parse_limit``, so that documents made to harm never hold all parsers. Large documents are read one after
    the other. ``reader``, ``extractor`` and ``outliner`` name functions (``module:function``) that are looked up in the
    workers.
    """

    def __init__(
        self,
        *,
        parse_limit: float = 20,
        first_limit: float = 1,
        extract_limit: float = 15,
        parsers: int = 2,
        reader: str = "watcher.sources:parse",
        extractor: str = "watcher.article:extract",
        outliner: str = "watcher.sources.delta:outline",
        parse_memory: int = 144 * _MIB,
        extract_memory: int = 320 * _MIB,
    ) -> None:
        self._reader = reader
        self._extractor = extractor
        self._outliner = outliner
        self._first_limit = min(first_limit, parse_limit)
        self._parsing = Pool(what="this feed", workers=parsers, limit=parse_limit, memory=parse_memory)
        self._slow = Pool(what="this feed", workers=1, limit=parse_limit, memory=parse_memory // 2, nice=19)
        self._extracting = Pool(what="this page", workers=1, limit=extract_limit, memory=extract_memory)
        self._aside = 0
        self._alone = asyncio.Semaphore(1)

    async def parse(
        self,
        source: str,
        body: bytes,
        content_type: str | None,
        base: str,
        *,
        aside: Callable[[], Awaitable[object]] | None = None,
    ) -> ParsedFeed:
        """Read a feed document; raises ParseError (no feed) or WorkerError (killed at its limit, or crashed).

        ``source`` is what the document is taken for unless it shows that it is another kind. ``aside`` is awaited when
        the document is set aside: whoever waits for its room has it then.
        """
        args = (source, body, content_type, base)
        try:
            async with self._alone if len(body) > HEAVY_FEED else contextlib.nullcontext():
                return cast("ParsedFeed", await self._parsing.run(self._reader, args, limit=self._first(body)))
        except TooSlowError:
            if self._first(body) is None:
                raise
        if aside is not None:
            await aside()
        return await self._slowly(args)

    def _first(self, body: bytes) -> float | None:
        """The limit of a document's first try; None where it is the only one."""
        once = len(body) > _HUGE_FEED or self._first_limit >= self._slow.limit
        return None if once else self._first_limit

    async def _slowly(self, args: tuple[object, ...]) -> ParsedFeed:
        if self._aside >= _SET_ASIDE:
            raise WorkerError(
                f"this feed took longer than {self._first_limit:g} s to read, and so did {_SET_ASIDE} others that are "
                "tried again before it; it is asked again later"
            )
        self._aside += 1
        try:
            return cast("ParsedFeed", await self._slow.run(self._reader, args))
        finally:
            self._aside -= 1

    async def outline(self, body: bytes, content_type: str | None, salt: str) -> Outline | None:
        """Tell the items of a feed document apart; None when it has to be parsed whole. Raises WorkerError."""
        async with self._alone if len(body) > HEAVY_FEED else contextlib.nullcontext():
            args = (body, content_type, salt)
            return cast("Outline | None", await self._parsing.run(self._outliner, args, limit=self._first(body)))

    async def extract(self, page: bytes, url: str | None) -> Article:
        """Read an article's page; raises FetchError (no article in it) or WorkerError."""
        async with self._alone if len(page) > _HEAVY_PAGE else contextlib.nullcontext():
            return cast("Article", await self._extracting.run(self._extractor, (page, url)))

    async def close(self) -> None:
        """Kill the processes; what still waits for one gets a WorkerError."""
        await asyncio.gather(self._parsing.close(), self._slow.close(), self._extracting.close())
