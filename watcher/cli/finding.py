"""Find a site's feeds: candidates from the page and from the usual places, each of them really read."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from watcher.errors import FetchError, ParseError, WorkerError
from watcher.urls import redact

if TYPE_CHECKING:
    from watcher.fetch import Fetched, Fetcher
    from watcher.types import ParsedFeed
    from watcher.workers import Workers

How = Literal["itself", "named", "linked", "usual"]

HOW: dict[How, str] = {
    "itself": "the address itself is a feed",
    "named": "named by the page as its feed",
    "linked": "linked on the page",
    "usual": "found at a usual place",
}
ORDER: tuple[How, ...] = ("itself", "named", "linked", "usual")
_GIVES_UP = frozenset({"dns", "connect", "tls", "refused_address", "scheme", "timeout"})
"""Faults of a whole site: nothing else of it is asked for."""
_TELLING = 20
"""Headlines that tell a feed's language."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A feed that was really read."""

    url: str
    how: How
    title: str
    entries: int
    newest: datetime | None
    language: str | None
    final: str
    """Where it was in the end, after redirects: one feed may be found by several addresses."""

    @property
    def worth(self) -> tuple[bool, int, float]:
        """For sorting, best first: with entries; how it was found; the freshest."""
        return not self.entries, ORDER.index(self.how), -(self.newest.timestamp() if self.newest else 0.0)

    def row(self) -> dict[str, Any]:
        """What ``--json`` prints of it. Its address is whole: it is there to be used."""
        return {
            "url": self.url,
            "found": self.how,
            "title": self.title,
            "entries": self.entries,
            "newest": self.newest.isoformat(timespec="seconds") if self.newest else None,
            "language": self.language,
        }


@dataclass(slots=True)
class Search:
    """What looking for a site's feeds came to: the feeds, best first, and what else was tried and why it is none."""

    url: str
    feeds: list[Found] = field(default_factory=list)
    tried: list[tuple[str, How, str]] = field(default_factory=list)

    def tried_in_words(self) -> str:
        """What was tried, for a sentence."""
        number = {how: sum(one == how for _, one, _ in self.tried) for how in ORDER}
        parts = [f"the page itself ({reason})" for _, how, reason in self.tried if how == "itself"]
        parts += [f"{number['named']} that the page names"] if number["named"] else []
        parts += [f"{number['linked']} of its links"] if number["linked"] else []
        parts += [f"{number['usual']} usual places"] if number["usual"] else []
        return ", ".join(parts)


async def find_feeds(url: str, fetcher: Fetcher, workers: Workers) -> Search:
    """Look for feeds at an address. Guesses are made only where the page leads to none: each is a request."""
    from watcher.sources.discovery import links, usual_places

    search = Search(url=url)
    page, error = await _fetched(url, fetcher)
    if page is None:
        assert error is not None, "what was not fetched has an error"
        search.tried.append((url, "itself", _reason(url, error)))
        if error.fault in _GIVES_UP:
            return search
    elif await _is_feed(page, search, workers):
        return search
    at = page.url if page else url
    if page is not None:
        given = links(page.body, page.url)
        await _verify(given.named, "named", search, fetcher, workers)
        await _verify(given.likely, "linked", search, fetcher, workers)
    if not search.feeds:
        await _verify(usual_places(at), "usual", search, fetcher, workers)
    search.feeds.sort(key=lambda one: one.worth)
    return search


async def read_feed(url: str, how: How, fetcher: Fetcher, workers: Workers) -> Found:
    """Fetch and parse a feed. Raises FetchError, ParseError or WorkerError."""
    answer, error = await _fetched(url, fetcher)
    if answer is None:
        raise error or AssertionError
    return _found(answer, url, how, await workers.parse("rss", answer.body, answer.content_type, answer.url))


async def _fetched(url: str, fetcher: Fetcher) -> tuple[Fetched | None, FetchError | None]:
    from watcher.fetch import NotModified

    try:
        answer = await fetcher.get(url)
    except FetchError as error:
        return None, error
    if isinstance(answer, NotModified):
        told = "the server says that nothing has changed since nothing was fetched"
        return None, FetchError(told, fault="protocol")
    return answer, None


async def _is_feed(page: Fetched, search: Search, workers: Workers) -> bool:
    try:
        parsed = await workers.parse("rss", page.body, page.content_type, page.url)
    except (ParseError, WorkerError) as error:
        search.tried.append((page.url, "itself", str(error).partition(";")[0]))
        return False
    search.feeds.append(_found(page, search.url, "itself", parsed))
    return True


async def _verify(candidates: Iterable[str], how: How, search: Search, fetcher: Fetcher, workers: Workers) -> None:
    """Read the candidates; one host is asked for few at a time, which the fetcher sees to."""
    known = {one.url for one in search.feeds} | {url for url, _, _ in search.tried}
    asked = [url for url in candidates if url not in known]
    outcomes = await asyncio.gather(*(_read(url, how, fetcher, workers) for url in asked))
    for url, outcome in zip(asked, outcomes, strict=True):
        if isinstance(outcome, Found):
            if all(one.final != outcome.final for one in search.feeds):  # several addresses may lead to one
                search.feeds.append(outcome)
        else:
            search.tried.append((url, how, _reason(url, outcome)))


async def _read(
    url: str, how: How, fetcher: Fetcher, workers: Workers
) -> Found | FetchError | ParseError | WorkerError:
    try:
        return await read_feed(url, how, fetcher, workers)
    except (FetchError, ParseError, WorkerError) as error:
        return error


def _reason(url: str, error: Exception) -> str:
    return str(error).removeprefix(f"{redact(url)}: ")


def _found(answer: Fetched, url: str, how: How, parsed: ParsedFeed) -> Found:
    from watcher.relevance.language import detect

    headlines = ". ".join(one.title for one in parsed.entries[:_TELLING])
    dates = [at for one in parsed.entries if (at := one.published or one.updated)]
    language = detect(headlines, parsed.language)
    return Found(
        url=answer.moved or url,
        final=answer.url,
        how=how,
        title=parsed.title,
        entries=len(parsed.entries),
        newest=max(dates, default=None),
        language=None if language == "und" else language,
    )
