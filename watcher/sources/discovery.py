"""Feeds that a page names as its own (``<link rel="alternate" type="application/rss+xml" href=…>``). Pure."""

from __future__ import annotations

from html.parser import HTMLParser

from watcher.urls import absolute

TYPES = frozenset({"application/rss+xml", "application/atom+xml", "application/rdf+xml"})
MOST = 10
"""More links than this are a directory, not a site's own feeds."""
LOOKED_AT = 512 * 1024
"""Bytes of a page that are searched: the links stand in its head."""


class _Links(HTMLParser):
    def __init__(self, base: str) -> None:
        super().__init__(convert_charrefs=True)
        self.base = base
        self.found: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag != "link" or "alternate" not in given.get("rel", "").lower().split():
            return
        if given.get("type", "").lower().strip() in TYPES:
            address = absolute(self.base, given.get("href", ""))
            if address is not None and len(self.found) < MOST:
                self.found.setdefault(address, given.get("title", "").strip())


def linked_feeds(page: bytes, base: str) -> tuple[str, ...]:
    """The addresses of the feeds that the page links, in its order; comments' feeds left out."""
    parser = _Links(base)
    parser.feed(page[:LOOKED_AT].decode("utf-8", "replace"))
    parser.close()
    return tuple(url for url, title in parser.found.items() if "comment" not in f"{url} {title}".lower())
