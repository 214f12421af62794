"""RSS and Atom, all versions, by feedparser.

Its one rule: bytes in, plain values out. Nothing of feedparser's HTML reaches anybody (its sanitiser is not relied on),
nothing it raises gets out but as ``ParseError``, and every field has a bound.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from html import unescape
from typing import Any, cast

import feedparser

from watcher import text, urls
from watcher.errors import ParseError
from watcher.sources import dates, html
from watcher.sources.bounds import ENTRY_CAP, LONGEST_GUID, LONGEST_NAME, LONGEST_TEXT, LONGEST_TITLE, language
from watcher.sources.refusals import why_no_feed
from watcher.types import FeedEntry, ParsedFeed

_HARMLESS = (feedparser.CharacterEncodingOverride, feedparser.NonXMLContentType)
"""Complaints about the HTTP header, not about the document."""


def parse(body: bytes, content_type: str | None, base: str) -> ParsedFeed:
    """Read a feed document. ``content_type`` is the HTTP header (its charset counts), ``base`` where it was found.

    A document that breaks off or is not well-formed gives the entries that could be read, and a warning. Raises
    ParseError when it is no feed at all.
    """
    read = _read(body, content_type)
    entries: Sequence[Mapping[str, Any]] = read["entries"]
    version = str(read.get("version") or "")
    complaint = _complaint(read)
    if not version and not entries:
        raise ParseError(why_no_feed(body, complaint))
    feed: Mapping[str, Any] = read["feed"]
    site = urls.absolute(base, _string(feed, "link"))
    link_base = base if version.startswith("atom") else site or base
    return ParsedFeed(
        title=_line(_string(feed, "title"), LONGEST_TITLE, markup=_is_markup(feed, "title")),
        site=site,
        language=language(_string(feed, "language")),
        version=version,
        entries=tuple(_capped(entries, link_base, broken=bool(complaint))),
        warnings=tuple(_warnings(complaint, len(entries))),
    )


def _read(body: bytes, content_type: str | None) -> Mapping[str, Any]:
    headers = {"content-type": content_type} if content_type else {}
    try:
        # a stream, not the bytes: those might be taken for the name of a file, and opened
        read: Mapping[str, Any] = feedparser.parse(
            io.BytesIO(body), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
        )
    except MemoryError:
        raise
    except Exception as error:
        # some documents make feedparser raise ValueError, UnicodeError, LookupError, AttributeError …
        raise ParseError(
            f"this cannot be read as a feed: it breaks the parser ({type(error).__name__}); tell the publisher"
        ) from error
    return read


def _complaint(read: Mapping[str, Any]) -> str:
    """What feedparser holds against the document, as "line 7: mismatched tag"; "" for nothing that matters."""
    error = read.get("bozo_exception") if read.get("bozo") else None
    if error is None or isinstance(error, _HARMLESS):
        return ""
    message = text.tidy(getattr(error, "getMessage", error.__str__)())[:100] or type(error).__name__
    line = getattr(error, "getLineNumber", lambda: None)()
    return f"line {line}: {message}" if line else message


def _warnings(complaint: str, count: int) -> Iterator[str]:
    if complaint:
        yield f"the document is not well-formed ({complaint}); what could be read of it is used"
    if count > ENTRY_CAP:
        yield f"the document holds {count} entries; the newest {ENTRY_CAP} are judged"


def _capped(entries: Sequence[Mapping[str, Any]], base: str, *, broken: bool) -> Iterator[FeedEntry]:
    """All entries; beyond the cap without their text. Some feeds have the newest at the end."""
    beyond = len(entries) - ENTRY_CAP
    rising = beyond > 0 and _rising(entries)
    for index, entry in enumerate(entries):
        over = index < beyond if rising else index >= ENTRY_CAP
        read = _entry(entry, base, capped=over)
        if broken and index == len(entries) - 1 and not (read.url or read.guid):
            # the document breaks off inside this one: the next, whole one would be taken for another entry
            read = replace(read, text="", capped=True)
        yield read


def _rising(entries: Sequence[Mapping[str, Any]]) -> bool:
    first, last = (_times(entry)[0] for entry in (entries[0], entries[-1]))
    return first is not None and last is not None and first < last


def _entry(entry: Mapping[str, Any], base: str, *, capped: bool) -> FeedEntry:
    published, updated = _times(entry)
    source = _own(entry, "source")
    guid = _string(entry, "id")
    return FeedEntry(
        title=_line(_string(entry, "title"), LONGEST_TITLE, markup=_is_markup(entry, "title")),
        text="" if capped else _longest(_texts(entry)),
        url=_link(entry, base),
        guid=text.tidy(guid[: 2 * LONGEST_GUID])[:LONGEST_GUID] or None,
        published=published,
        updated=updated,
        author=_line(_author(entry), LONGEST_NAME, markup=True) or None,
        source=_line(_string(source, "title"), LONGEST_NAME, markup=True) or None if isinstance(source, dict) else None,
        capped=capped,
    )


def _author(entry: Mapping[str, Any]) -> str:
    detail = _own(entry, "author_detail")
    return (_string(detail, "name") if isinstance(detail, dict) else "") or _string(entry, "author")


def _times(entry: Mapping[str, Any]) -> tuple[Any, Any]:
    """(published, updated); what gives only the one date was published then."""
    updated = dates.from_fields(_own(entry, "updated_parsed"))
    published = dates.from_fields(_own(entry, "published_parsed"))
    created = dates.from_fields(_own(entry, "created_parsed"))
    return published or created or updated, updated


def _texts(entry: Mapping[str, Any]) -> Iterator[str]:
    """The summary and every content, as plain text."""
    if _string(entry, "summary"):
        yield _plain(_string(entry, "summary"), markup=_is_markup(entry, "summary"))
    contents = _own(entry, "content")
    for content in contents if isinstance(contents, list) else ():
        yield _plain(_string(content, "value"), markup=_string(content, "type") != "text/plain")


def _longest(texts: Iterable[str]) -> str:
    longest = max(texts, key=len, default="")
    return text.cut(text.tidy(longest[: 3 * LONGEST_TEXT], lines=True), LONGEST_TEXT)


def _link(entry: Mapping[str, Any], base: str) -> str | None:
    """The article's address: what a feed service says is the original, else the alternate link, else the guid."""
    links = _own(entry, "links")
    alternates = [
        link
        for link in (links if isinstance(links, list) else ())
        if isinstance(link, dict) and link.get("rel", "alternate") == "alternate"
    ]
    alternates.sort(key=lambda link: link.get("type") not in {None, "", "text/html", "application/xhtml+xml"})
    told = [
        _string(entry, "feedburner_origlink"),
        *(_string(link, "href") for link in alternates),
        _string(entry, "link"),
    ]
    if _own(entry, "guidislink"):
        told.append(_string(entry, "id"))
    return next((url for href in told if (url := urls.absolute(base, href))), None)


def _own(values: Mapping[str, Any], name: str) -> Any:
    """What stands under this very name: feedparser's own look-up answers "updated" with "published", and warns."""
    return dict.get(cast("dict[str, Any]", values), name)


def _string(values: Mapping[str, Any], name: str) -> str:
    value = _own(values, name)
    return value if isinstance(value, str) else ""


def _is_markup(values: Mapping[str, Any], name: str) -> bool:
    detail = _own(values, f"{name}_detail")
    return not isinstance(detail, dict) or detail.get("type") != "text/plain"


def _line(told: str, limit: int, *, markup: bool) -> str:
    return text.cut(text.tidy(_plain(told[: 20 * limit], markup=markup)[: 4 * limit]), limit)


def _plain(told: str, *, markup: bool) -> str:
    """Text; entities are decoded either way, since feeds escape plain text twice, too."""
    return html.plain(told) if markup else unescape(told[: html.LONGEST])
