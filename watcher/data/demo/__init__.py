"""Two days of invented news for ``watcher demo``: feeds and article pages as a web server would hand them out.

Pure but for reading the files beside it; the same arguments always give the same bytes. README.md says what is what.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from watcher.data.demo import render
from watcher.data.demo.sample import Meaning, SampleEntry, SampleFeed, describe, feeds, seeds

__all__ = ["AGO", "STEPS", "Meaning", "SampleEntry", "SampleFeed", "describe", "documents", "feeds", "seeds", "status"]

STEPS = (1, 2, 3, 4)
"""The polls that the sample is made for: a baseline, the news of the next morning, that of its evening, and that of the
night after, when one false alarm has been answered."""
AGO = {1: timedelta(days=1), 2: timedelta(hours=6), 3: timedelta(), 4: -timedelta(hours=3)}
"""How long before the evening's poll each of them is."""

_TYPES = {"rss": "application/rss+xml; charset=utf-8", "atom": "application/atom+xml; charset=utf-8"}
_HTML = "text/html; charset=utf-8"


def documents(now: datetime, base_url: str, step: int) -> dict[str, tuple[str, bytes]]:
    """Everything served at the poll number ``step``: path → (content type, body).

    ``now`` (aware) is the moment of the evening's poll, for all steps: an entry's date must not change between them.
    ``base_url`` has no slash at its end. Feeds keep their old entries; ``status`` tells which path answers 500.
    """
    found: dict[str, tuple[str, bytes]] = {}
    for source in feeds():
        found[source.path] = _document(source, now=now, base_url=base_url, step=step)
        for entry in _visible(source, step):
            found[entry.path] = (_HTML, render.page(source, entry, now=now, base_url=base_url, step=step))
    return found


def status(path: str) -> int:
    """The HTTP status for a path of ``documents``: 500 for the feed that fails, else 200."""
    return 500 if any(source.path == path and source.fault == "500" for source in feeds()) else 200


def _visible(source: SampleFeed, step: int) -> list[SampleEntry]:
    return [entry for entry in describe() if entry.feed == source.id and entry.step <= step]


def _document(source: SampleFeed, *, now: datetime, base_url: str, step: int) -> tuple[str, bytes]:
    if source.fault == "login":
        return _HTML, render.LOGIN_PAGE.encode()
    if source.fault == "500":
        return "text/plain; charset=utf-8", render.FAILURE.encode()
    entries = render.newest_first(_visible(source, step))
    return _TYPES[source.format], render.feed(source, entries, now=now, base_url=base_url, step=step)
