"""What entries come from: one module per kind of document.

Its one rule: a source is one function, ``parse(body, content_type, base) -> ParsedFeed``, that raises ``ParseError``
and nothing else, needs no network and no clock, and runs in a worker process. To add one, write the module, name its
function here, say in ``kind`` how its documents are told, and give it a row in ``tests/contract/test_source.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module
from typing import Final

from watcher import urls
from watcher.types import FeedEntry, ParsedFeed

SOURCES: Final[Mapping[str, str]] = {
    "rss": "watcher.sources.rss:parse",
    "jsonfeed": "watcher.sources.jsonfeed:parse",
}
"""Kind of source → where its function is."""

_BLANK = b" \t\r\n\0\xef\xbb\xbf\xfe\xff"
"""White space, byte order marks, and the zeros of UTF-16 and UTF-32."""


def kind(body: bytes, content_type: str | None) -> str | None:
    """Which source reads this document; None when neither its first bytes nor its content type tell."""
    start = body[:256].lstrip(_BLANK)[:1]
    if start in {b"{", b"["}:
        return "jsonfeed"
    if start == b"<" or not start:  # servers say JSON of XML, too
        return "rss"
    return "jsonfeed" if "json" in (content_type or "").lower() else None


def parse(source: str, body: bytes, content_type: str | None, base: str) -> ParsedFeed:
    """Read a document by the source that it shows to be for, else by the one named. Raises ParseError."""
    module, _, name = SOURCES[kind(body, content_type) or source].partition(":")
    read: ParsedFeed = getattr(import_module(module), name)(body, content_type, base)
    return replace(read, entries=tuple(_direct(entry) for entry in read.entries))


def _direct(entry: FeedEntry) -> FeedEntry:
    """The entry with its publisher's link, where it holds a search engine's; no link rather than a consent page."""
    if entry.url is None:
        return entry
    url = urls.direct(entry.url)
    return replace(entry, url=None if urls.is_consent(url) else url)
