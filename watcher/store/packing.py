"""A tombstone as a few bytes: what is left of an entry that was forgotten and never told.

Rule: what comes out is what went in, but for words, and for figures beyond five digits (strengths: three). Bytes that
were once written are read for ever, so a change of the form is another first byte.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from watcher.store.columns import microseconds, moment
from watcher.types import Entry
from watcher.urls import canonical, identity_hash

FORM = b"\x01"
DIGITS, FEWER = 100_000, 1_000
"""Steps from 0 to 1 of a score or threshold, and of a strength."""
SHOWN = 3
"""Digits of a score that people are shown: rounding changes none of them."""
SECOND = 1_000_000
MOST = 1_000_000
"""Bytes that a packed form may come to: an address and a guid have bounds far below."""
_COMMON = (
    b"tag:atom.xml?guid=urn:uuid:/article/articles/story/stories/post/posts/blog/world/politics/business/technology/"
    b'/2031//2030//2029//2028//2027//2026/-the-of-in-to-and-on-for-a-with-us-is-new-.co.uk/.org/.net/news/.com/.htmlen"'
    b'],[1,0,0,0,0],[2,0,0,0,0],[3,0,0,0,0]]],null,[["https://www.'
)
"""Where the compressor begins to look for what it has seen; what is most common stands last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighted:
    """An entry in a feed, which is a number here."""

    feed: int
    guid: str | None
    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A decision: the number of what it has in common with others, and its own figures."""

    end: int
    score: float | None
    threshold: float | None
    strength: float | None
    at: datetime


def pack(entry: Entry, seen: Sequence[Sighted], ended: Sequence[Ended]) -> bytes:
    """Write it down. The entry's id and when it was first seen stand elsewhere."""
    base = microseconds(entry.first_seen)
    own = entry.url is not None and canonical(entry.url) == entry.identity
    said = [
        [_guid(one, entry, base) for one in seen],
        entry.url,
        None if own else entry.identity,
        entry.landed,
        entry.outlet,
        entry.language,
        None if entry.published is None else _time(microseconds(entry.published)),
        entry.content_hash,
        [[one.end, *_figures(one), microseconds(one.at) - base] for one in ended],
    ]
    told = json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    deflate = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS, 9, zlib.Z_DEFAULT_STRATEGY, _COMMON)
    return FORM + deflate.compress(told) + deflate.flush()


def unpack(packed: bytes, *, entry: str, first_seen: datetime) -> tuple[Entry, tuple[Sighted, ...], tuple[Ended, ...]]:
    """Read it again. Raises ValueError for bytes of a form that this version does not know."""
    if packed[:1] != FORM:
        raise ValueError(f"tombstone {entry}: written by another version")
    inflate = zlib.decompressobj(-zlib.MAX_WBITS, _COMMON)
    said = json.loads(inflate.decompress(packed[1:], MOST))
    seen, url, identity, landed, outlet, language, published, content_hash, ended = said
    base = microseconds(first_seen)
    left = Entry(
        id=entry,
        identity=_identity(entry, url) if identity is None else identity,
        url=url,
        title="",
        text="",
        outlet=outlet,
        language=language,
        published=_published(published),
        first_seen=first_seen,
        content_hash=content_hash,
        landed=landed,
    )
    return left, tuple(_sighted(one, url, base) for one in seen), tuple(_ended(one, base) for one in ended)


def _identity(entry: str, url: str) -> str:
    """The address in its canonical form; where that is another one by now, the id, which nothing else can be."""
    address = canonical(url)
    return address if identity_hash(address) == entry else entry


def _guid(one: Sighted, entry: Entry, base: int) -> list[Any]:
    """0 for none, 1 for the entry's own link: most guids are one of them."""
    guid = 0 if one.guid is None else 1 if one.guid == entry.url else one.guid
    first, last = microseconds(one.first), microseconds(one.last)
    return [one.feed, guid, first - base, last - first]


def _sighted(said: list[Any], url: str | None, base: int) -> Sighted:
    feed, guid, after, again = said
    named = None if guid == 0 else url if guid == 1 else guid
    return Sighted(feed=feed, guid=named, first=moment(base + after), last=moment(base + after + again))


def rounded(figure: float | None) -> float | None:
    """A score as it will be read."""
    return None if figure is None else _steps(figure) / DIGITS


def _steps(figure: float) -> int:
    near = round(figure * DIGITS)
    return min(
        range(near - 1, near + 2), key=lambda one: (round(one / DIGITS, SHOWN) != round(figure, SHOWN), one != near)
    )


def _figures(one: Ended) -> list[int | None]:
    score, threshold = (None if figure is None else _steps(figure) for figure in (one.score, one.threshold))
    return [score, threshold, None if one.strength is None else round(one.strength * FEWER)]


def _ended(said: list[Any], base: int) -> Ended:
    end, score, threshold, strength, after = said
    score, threshold = (None if one is None else one / DIGITS for one in (score, threshold))
    strong = None if strength is None else strength / FEWER
    return Ended(end=end, score=score, threshold=threshold, strength=strong, at=moment(base + after))


def _time(number: int) -> int | str:
    """Whole seconds as they mostly are; other times as a text of microseconds."""
    return str(number) if number % SECOND else number // SECOND


def _published(said: int | str | None) -> datetime | None:
    if said is None:
        return None
    return moment(int(said) if isinstance(said, str) else said * SECOND)
