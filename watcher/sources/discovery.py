"""Where a page's feeds may be: what it names as its own, its links that look so, and the usual places. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from watcher.urls import absolute

TYPES = frozenset({"application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/feed+json"})
MOST = 10
"""More links than this are a directory, not a site's own feeds."""
LOOKED_AT = 512 * 1024
"""Bytes of a page that are searched: the links stand in its head."""
USUAL = ("/feed", "/rss", "/rss.xml", "/feed.xml", "/atom.xml", "/index.xml", "/feed.json")
"""Where most programs that make sites put their feed."""

_LIKE_A_FEED = re.compile(
    r"(?:^|[/._?=&-])(?:rss|atom|feeds?|rdf)(?:$|[/._?=&0-9-])|\.(?:rss|atom|rdf)$|(?:rss|atom|feed|index)\.(?:xml|json)$",
    re.IGNORECASE,
)
_NO_FEED = re.compile(r"feedback|feed-?back|comments?\b|\.(?:html?|png|jpe?g|gif|svg|css|js|pdf)$", re.IGNORECASE)


@dataclass(slots=True)
class Links:
    """What a page links, each address once, in its order."""

    named: dict[str, str] = field(default_factory=dict)
    """Feeds that it names as its own (``<link rel="alternate">``), with their titles."""
    likely: dict[str, str] = field(default_factory=dict)
    """Its other links that look like feeds."""


class _Reader(HTMLParser):
    def __init__(self, base: str) -> None:
        super().__init__(convert_charrefs=True)
        self.base = base
        self.found = Links()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "base" and given.get("href"):
            self.base = absolute(self.base, given["href"]) or self.base
        elif tag == "link" and "alternate" in given.get("rel", "").lower().split():
            if given.get("type", "").lower().partition(";")[0].strip() in TYPES:
                self._add(self.found.named, given.get("href", ""), given.get("title", "").strip())
        elif tag == "a" and _LIKE_A_FEED.search(given.get("href", "")) and not _NO_FEED.search(given["href"]):
            self._add(self.found.likely, given["href"], "")

    def _add(self, to: dict[str, str], href: str, title: str) -> None:
        address = absolute(self.base, href)
        if address is not None and len(to) < MOST:
            to.setdefault(address.partition("#")[0], title)


def links(page: bytes, base: str) -> Links:
    """Read a page's links; comments' feeds are left out."""
    reader = _Reader(base)
    reader.feed(page[:LOOKED_AT].decode("utf-8", "replace"))
    reader.close()
    found = reader.found
    found.named = {url: title for url, title in found.named.items() if "comment" not in f"{url} {title}".lower()}
    found.likely = {url: title for url, title in found.likely.items() if url not in found.named}
    return found


def linked_feeds(page: bytes, base: str) -> tuple[str, ...]:
    """The addresses of the feeds that the page names as its own, in its order; comments' feeds left out."""
    return tuple(links(page, base).named)


def usual_places(url: str) -> tuple[str, ...]:
    """Where the site of this address would have its feed if it were made like most."""
    parts = urlsplit(url)
    root = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    return tuple(urljoin(root, path) for path in USUAL)
