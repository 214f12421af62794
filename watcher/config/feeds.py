"""The list of feeds: addresses, OPML files and searches become ``Feed`` values.

Its one rule: a feed's id comes from its address as the file writes it, so that a new password is no new feed. Places to
fill in are never filled in an OPML file's addresses: others write such files.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from watcher import opml, urls
from watcher.config import addresses
from watcher.config.checking import checked
from watcher.config.filling import filled
from watcher.config.findings import Findings, shown, suggest
from watcher.config.keys import Fetch, OpmlFeeds, SearchFeed, UrlFeed
from watcher.config.reading import Key, Plain, key_name
from watcher.config.values import Refused
from watcher.errors import Problem
from watcher.types import Feed

_MOST_BYTES = 5 * 1024 * 1024
_KINDS: dict[str, type[UrlFeed | OpmlFeeds | SearchFeed]] = {"url": UrlFeed, "opml": OpmlFeeds, "search": SearchFeed}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listed:
    """A feed and where it was listed. ``named``: the file gives its name, which must be its own."""

    feed: Feed
    key: Key
    named: bool
    source: str = ""
    """The OPML file; "" for the configuration itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What reading the list needs beside the list."""

    base: Path
    environ: Mapping[str, str]
    fetch: Fetch
    titles: Mapping[str, str]
    """The topics' titles by their names."""

    @property
    def topics(self) -> frozenset[str]:
        """The topics' names."""
        return frozenset(self.titles)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedList:
    """The feeds in order, the OPML files that were read for them, and the item of each feed, as problems name it."""

    feeds: tuple[Feed, ...] = ()
    files: tuple[Path, ...] = ()
    keys: Mapping[str, str] = field(default_factory=dict)


def read_feeds(raw: Plain, around: Surroundings, findings: Findings) -> FeedList:
    """Read the list and all that it names."""
    if raw is None or raw == []:
        findings.add(("feeds",), "there are no feeds", "list at least one: - https://example.org/feed.xml")
        return FeedList()
    if not isinstance(raw, list):
        findings.add(("feeds",), f"{shown(raw)} is no list", "write one feed a line: - https://example.org/feed.xml")
        return FeedList()
    listed: list[_Listed] = []
    files: list[Path] = []
    for index, item in enumerate(raw):
        key: Key = ("feeds", index)
        if isinstance(item, dict):
            listed.extend(_of_keys(item, key, around, findings, files))
        elif isinstance(item, str) and item:
            listed.extend(_of_url(UrlFeed(url=item), key, key, around, findings))
        elif not findings.at(key):
            what = "this item is empty" if item is None or item == "" else f"{shown(item)} is no feed"
            findings.add(key, what, "write an address, or keys: {url: https://example.org/feed.xml}")
    _refuse_twins(listed, findings)
    keys = {each.feed.id: key_name(each.key) for each in listed}
    return FeedList(feeds=tuple(_with_own_names(listed)), files=tuple(files), keys=keys)


def _of_keys(
    item: dict[str, Plain], key: Key, around: Surroundings, findings: Findings, files: list[Path]
) -> Iterator[_Listed]:
    kinds = [kind for kind in _KINDS if kind in item]
    if len(kinds) != 1:
        known = sorted({name for model in _KINDS.values() for name in model.model_fields})
        for name in (each for each in item if each not in known):
            findings.add((*key, name), "there is no such key here", suggest(name, known, "remove it"))
        what = f"{' and '.join(kinds)} stand in one item" if kinds else "the item says not where the feed is"
        findings.add(key, what, "write one of url, opml or search in each")
        return
    model = checked(_KINDS[kinds[0]], item, key, findings)
    if isinstance(model, UrlFeed):
        yield from _of_url(model, key, (*key, "url"), around, findings)
    elif isinstance(model, SearchFeed):
        url = around.fetch.search_url.replace("{query}", quote(model.search, safe=""))
        made = _feed(model, key, around, findings, url=url, name=model.name or f"Search: {model.search}")
        yield _Listed(feed=replace(made, query=model.search), key=key, named=model.name is not None)
    elif isinstance(model, OpmlFeeds):
        path = addresses.located(model.opml, around.base)
        files.append(path)
        yield from _of_opml(model, path, key, around, findings)


def _of_url(model: UrlFeed, key: Key, place: Key, around: Surroundings, findings: Findings) -> Iterator[_Listed]:
    """The feed of an address that stands at ``place``, in the item at ``key``."""
    try:
        url = addresses.web_address(filled(model.url, around.environ, around.base))
    except Refused as refused:
        findings.add(place, refused.what, refused.remedy)
        return
    made = _feed(model, key, around, findings, url=url, name=model.name or "")
    yield _Listed(feed=replace(made, id=urls.identity_hash(model.url.strip())), key=key, named=model.name is not None)


def _of_opml(model: OpmlFeeds, path: Path, key: Key, around: Surroundings, findings: Findings) -> Iterator[_Listed]:
    read = _read_opml(path, (*key, "opml"), findings)
    for each in read:
        made = _feed(model, key, around, findings, url=each.url, name=each.title[:200])
        topics = opml.topics_of(each, around.titles)
        yield _Listed(feed=replace(made, topics=topics or made.topics), key=key, named=False, source=str(path))


def _read_opml(path: Path, key: Key, findings: Findings) -> Sequence[opml.OpmlFeed]:
    try:
        with path.open("rb") as stream:
            raw = stream.read(_MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a path"
        findings.add(key, f"the file {path} cannot be read ({reason})", "name an OPML file, relative to this file")
        return ()
    what: str | None = None
    remedy, line, found = "export the list from your feed reader again", None, tuple[opml.OpmlFeed, ...]()
    try:
        if len(raw) > _MOST_BYTES:
            what, remedy = "the file is larger than 5 MiB", "split it"
        else:
            found = opml.read(raw.decode("utf-8-sig"))
            what = None if found else "the file lists no feeds"
    except UnicodeDecodeError as error:
        what, remedy, line = "the file is not UTF-8 text", "save it as UTF-8", raw[: error.start].count(b"\n") + 1
    except opml.OpmlError as error:
        what, _, told = str(error).partition("; ")
        remedy, line = told or remedy, error.line
    if what:
        findings.put(Problem(file=str(path), line=line, what=what, remedy=remedy))
    return found


def _feed(
    model: UrlFeed | OpmlFeeds | SearchFeed, key: Key, around: Surroundings, findings: Findings, **given: Any
) -> Feed:
    """What all kinds of items have in common."""
    for index, topic in enumerate(model.topics or ()):
        if topic not in around.topics:
            remedy = suggest(topic, around.topics, f"the topics are {', '.join(sorted(around.topics)) or 'missing'}")
            findings.add((*key, "topics", index), f'there is no topic "{topic}"', remedy)
    return Feed(
        id=urls.identity_hash(given["url"]),
        every=model.every or around.fetch.every,
        topics=tuple(dict.fromkeys(model.topics)) if model.topics is not None else None,
        headers=_headers(model.headers, key, around, findings),
        full_text=model.full_text or around.fetch.full_text,
        proxy=model.proxy,
        **given,
    )


def _headers(given: Mapping[str, str], key: Key, around: Surroundings, findings: Findings) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in given.items():
        try:
            text = filled(addresses.header_value(value), around.environ, around.base)
            headers[addresses.header_name(name)] = addresses.header_value(text)
        except Refused as refused:
            findings.add((*key, "headers", name), refused.what, refused.remedy)
    return headers


def _refuse_twins(listed: Sequence[_Listed], findings: Findings) -> None:
    """Refuse an address or a given name that stands twice."""
    addresses_seen: dict[str, _Listed] = {}
    names: dict[str, _Listed] = {}
    for each in listed:
        first = addresses_seen.setdefault(_folded(each.feed.url), each)
        if first is not each:
            what = f"{urls.redact(each.feed.url)} is listed already ({_place(first, findings)})"
            if each.source:
                what = f"{Path(each.source).name}: {what}"
            findings.add(each.key, what, "keep one; a feed can serve several topics: topics: [a, b]")
        elif each.named and (other := names.setdefault(each.feed.name.casefold(), each)) is not each:
            what = f"{shown(each.feed.name)} is the name of another feed ({_place(other, findings)})"
            findings.add((*each.key, "name"), what, "give each its own")


def _place(listed: _Listed, findings: Findings) -> str:
    return f"in {Path(listed.source).name}" if listed.source else f"line {findings.line(listed.key)}"


def _folded(url: str) -> str:
    """Addresses that differ only in what never matters are one."""
    parts = urlsplit(url)
    return urlunsplit(("https", parts.netloc.lower(), parts.path or "/", parts.query, ""))


def _with_own_names(listed: Sequence[_Listed]) -> Iterator[Feed]:
    """Every feed with a name of its own: the file's, else the site's, made longer where two would share it."""
    taken = {each.feed.name for each in listed if each.named}
    short = [each.feed.name or urls.outlet(each.feed.url) for each in listed]
    shared = Counter(short)
    for each, name in zip(listed, short, strict=True):
        if each.named:
            yield each.feed
            continue
        if shared[name] > 1 or name in taken:
            address = urls.redact(each.feed.url).partition("://")[2]
            name = f"{name} ({urls.outlet(each.feed.url)})" if each.feed.name else address  # noqa: PLW2901  the same, longer
        number, own = 1, name
        while own in taken:
            number += 1
            own = f"{name} ({number})"
        taken.add(own)
        yield replace(each.feed, name=own, named=False)
