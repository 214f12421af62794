"""JSON Feed, versions 1 and 1.1 (feedparser does not read JSON).

Its one rule: every value may be of any type, missing, or a megabyte long; it is looked at before it is used, and what
is of the wrong type counts as missing. The bounds are those of every source.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from html import unescape
from typing import Any

from watcher import text, urls
from watcher.errors import ParseError
from watcher.sources import dates, html
from watcher.sources.bounds import ENTRY_CAP, LONGEST_GUID, LONGEST_NAME, LONGEST_TEXT, LONGEST_TITLE, language
from watcher.sources.refusals import why_no_feed
from watcher.types import FeedEntry, ParsedFeed

_VERSION = re.compile(r"\s*https?://(?:www\.)?jsonfeed\.org/version/(\d(?:\.\d)?)", re.IGNORECASE)
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE)
_MARKS_OF_A_FEED = ("content_html", "content_text", "date_published")
"""A document that does not say its version is a feed all the same when an item has one of these."""
_DECODER = json.JSONDecoder(strict=False)
"""Takes line breaks inside of strings, which some programs write."""
_MOST_AUTHORS = 5

Values = Mapping[str, Any]


def parse(body: bytes, content_type: str | None, base: str) -> ParsedFeed:
    """Read a JSON Feed found at ``base``. Raises ParseError when it is none, or no JSON at all."""
    decoded, warnings = _decoded(body, content_type)
    feed, rest = _loaded(decoded, body)
    items, version = _items(feed, body)
    if rest:
        warnings.append("something stands behind the document's end; it is left out")
    entries = [item for item in items if isinstance(item, dict) and item]
    if len(entries) < len(items):
        warnings.append(f"{len(items) - len(entries)} of the {len(items)} items are no JSON objects; they are left out")
    if len(entries) > ENTRY_CAP:
        warnings.append(f"the document holds {len(entries)} entries; the newest {ENTRY_CAP} are judged")
    if feed.get("expired") is True:
        warnings.append("the feed says that it has ended and brings nothing new; look for another one")
    site = urls.absolute(base, _string(feed, "home_page_url"))
    authors = _authors(feed)
    return ParsedFeed(
        title=_line(_string(feed, "title"), LONGEST_TITLE),
        site=site,
        language=language(_string(feed, "language")[:40]),
        version=version,
        entries=tuple(_capped(entries, site or base, authors)),
        warnings=tuple(warnings),
    )


def _decoded(body: bytes, content_type: str | None) -> tuple[str, list[str]]:
    """The text: UTF-8 or another Unicode form, as JSON has to be; else by the header's charset."""
    try:
        return body.decode(json.detect_encoding(body)).removeprefix("\ufeff"), []
    except UnicodeError:
        told = _CHARSET.search(content_type or "")
    try:
        if told and codecs.lookup(told[1]).name != "utf-8":
            return body.decode(told[1]), []
    except (LookupError, ValueError):  # no such charset, none for text, or not that of this document
        pass
    return body.decode("utf-8", "replace"), ["the document is not proper UTF-8; wrong characters became \ufffd"]


def _loaded(decoded: str, body: bytes) -> tuple[Values, str]:
    """The document's object, and what stands behind it."""
    decoded = decoded.lstrip("\ufeff \t\r\n\0")
    try:
        found, end = _DECODER.raw_decode(decoded)
    except json.JSONDecodeError as error:
        raise _unreadable(decoded, body, f"line {error.lineno}: {error.msg}") from error
    except RecursionError as error:
        raise _unreadable(decoded, body, "its values are nested too deeply") from error
    except ValueError as error:  # a number of thousands of digits
        raise _unreadable(decoded, body, "a number in it is too long") from error
    if not isinstance(found, dict):
        raise ParseError(why_no_feed(body))
    return found, decoded[end : end + 1000].strip(" \t\r\n\0")


def _unreadable(decoded: str, body: bytes, detail: str) -> ParseError:
    if decoded.startswith(("{", "[")):
        return ParseError(
            f"this is JSON that is not well-formed ({detail}); it may have been cut off on its way and pass by itself"
        )
    return ParseError(why_no_feed(body, detail))


def _items(feed: Values, body: bytes) -> tuple[Sequence[Any], str]:
    """The feed's items, and its version in feedparser's manner ("json11")."""
    told = _VERSION.match(_string(feed, "version"))
    items = feed.get("items")
    if not isinstance(items, list):
        raise ParseError(why_no_feed(body, "it has no list of items"))
    looks_so = any(isinstance(item, dict) and any(mark in item for mark in _MARKS_OF_A_FEED) for item in items)
    if told is None and not looks_so:
        raise ParseError(why_no_feed(body))
    return items, f"json{told[1].replace('.', '')}" if told else "json"


def _capped(items: Sequence[Values], base: str, authors: str) -> Iterator[FeedEntry]:
    """All entries; beyond the cap without their text. Some feeds have the newest at the end."""
    beyond = len(items) - ENTRY_CAP
    rising = beyond > 0 and _rising(items)
    for index, item in enumerate(items):
        yield _entry(item, base, authors, capped=index < beyond if rising else index >= ENTRY_CAP)


def _rising(items: Sequence[Values]) -> bool:
    first, last = (_time(item, "date_published") for item in (items[0], items[-1]))
    return first is not None and last is not None and first < last


def _entry(item: Values, base: str, authors: str, *, capped: bool) -> FeedEntry:
    guid = text.tidy(_identifier(item)[: 2 * LONGEST_GUID])[:LONGEST_GUID]
    published, updated = _time(item, "date_published"), _time(item, "date_modified")
    return FeedEntry(
        title=_line(_string(item, "title"), LONGEST_TITLE),
        text="" if capped else _longest(item),
        url=_link(item, base, guid),
        guid=guid or None,
        published=published or updated,
        updated=updated,
        author=_line(_authors(item) or authors, LONGEST_NAME) or None,
        capped=capped,
    )


def _identifier(item: Values) -> str:
    """The item's id; some programs write numbers."""
    value = item.get("id")
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value) if abs(value) < 10**40 else ""
    return value if isinstance(value, str) else ""


def _link(item: Values, base: str, guid: str) -> str | None:
    """The article's address: the item's own, else the page that it is about, else its id where that is an address."""
    told = [_string(item, "url"), _string(item, "external_url"), guid if urls.is_web(guid) else ""]
    return next((url for href in told if (url := urls.absolute(base, href))), None)


def _time(item: Values, name: str) -> datetime | None:
    value = item.get(name)
    if isinstance(value, str):
        return dates.from_text(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return dates.from_number(value)
    return None


def _authors(values: Values) -> str:
    """Names of the authors: a list of objects in 1.1, one object in 1, and in the wild plain names, too."""
    given = values.get("authors")
    listed = given if isinstance(given, list) and given else [values.get("author")]
    names = [_string(one, "name") if isinstance(one, dict) else one for one in listed[:_MOST_AUTHORS]]
    return ", ".join(name[:LONGEST_NAME] for name in names if isinstance(name, str) and name.strip())


def _longest(item: Values) -> str:
    """The fullest of the item's texts, plain."""
    plain = [unescape(_string(item, name)[: html.LONGEST]) for name in ("content_text", "summary")]
    longest = max((html.plain(_string(item, "content_html")), *plain), key=len)
    return text.cut(text.tidy(longest[: 3 * LONGEST_TEXT], lines=True), LONGEST_TEXT)


def _line(told: str, limit: int) -> str:
    return text.cut(text.tidy(unescape(told[: 20 * limit])[: 4 * limit]), limit)


def _string(values: Values, name: str) -> str:
    value = values.get(name)
    return value if isinstance(value, str) else ""
