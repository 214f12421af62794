"""``watcher feeds suggest``: feeds that may cover a topic, from its seeds. Prints lines to paste; writes nothing."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import typer

from watcher.cli.common import options, print_json, read_config, yaml_item
from watcher.cli.discover import figures
from watcher.cli.finding import HOW, Found, Search, find_feeds, read_feed
from watcher.cli.query import search_address, search_query
from watcher.cli.reading import make_fetcher
from watcher.errors import ConfigError, FetchError, ParseError, Problem, WorkerError
from watcher.urls import host, is_web, redact

if TYPE_CHECKING:
    from watcher.config import Config
    from watcher.fetch import Fetcher
    from watcher.types import Seed
    from watcher.workers import Workers

TERMS = 12


@dataclass(slots=True, kw_only=True)
class Suggestion:
    """What the seeds lead to."""

    terms: list[str]
    query: str
    address: str
    """Of the search feed."""
    feeds: list[Found] = field(default_factory=list)
    listed: list[Found] = field(default_factory=list)
    """Those that the configuration has already."""
    search: Found | None = None
    errors: list[tuple[str, str]] = field(default_factory=list)


def suggest(
    ctx: typer.Context,
    topic: Annotated[str | None, typer.Option(help="A topic of the configuration.")] = None,
    seeds: Annotated[Path | None, typer.Option(help="A folder of seeds; needs no configuration.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Suggest feeds for a topic: those of its seeds' sites, and a news search for its strongest terms."""
    if (topic is None) == (seeds is None):
        raise typer.BadParameter("give either --topic or --seeds")
    config = read_config(ctx) if topic is not None or options(ctx).config.exists() else None
    found = asyncio.run(_suggest(_seeds(config, topic, seeds), config))
    if as_json:
        print_json(_report(topic, found))
    else:
        _print(topic, found)


def _seeds(config: Config | None, topic: str | None, folder: Path | None) -> tuple[Seed, ...]:
    from watcher.app import extract
    from watcher.seeds import load

    if folder is None:
        assert config is not None, "a topic stands in a configuration"
        assert topic is not None, "either is given"
        if topic not in config.topics:
            what = f"no topic is named {topic!r}"
            raise ConfigError([Problem(file=str(config.path), what=what, remedy=f"known: {', '.join(config.topics)}")])
        folder = config.topics[topic].seeds
    seeds, problems = load(folder, extract=extract)
    for problem in problems:
        print(f"warning: {problem}", file=sys.stderr)
    return seeds


async def _suggest(seeds: tuple[Seed, ...], config: Config | None) -> Suggestion:
    from watcher.app import make_scorer
    from watcher.relevance.stream import Stream
    from watcher.types import Sensitivity
    from watcher.workers import Workers

    terms = [term for term, _ in make_scorer({"topic": (seeds, Sensitivity())}, Stream()).key_terms("topic", TERMS)]
    query = search_query(terms)
    found = Suggestion(
        terms=terms, query=query, address=search_address(config.fetch.search_url if config else None, query)
    )
    known = {one.url for one in config.feeds} if config else set()
    fetcher, workers = make_fetcher(config.fetch if config else None), Workers()
    try:
        for url in _one_a_site(seeds):
            search = await _of_site(url, fetcher, workers)
            fresh = [one for one in search.feeds if one.url not in {other.url for other in found.feeds}]
            found.feeds += [one for one in fresh if one.url not in known]
            found.listed += [one for one in fresh if one.url in known]
            if not search.feeds:
                found.errors.append((url, f"no feed was found; tried: {search.tried_in_words()}"))
        try:
            found.search = await read_feed(found.address, "usual", fetcher, workers)
        except (FetchError, ParseError, WorkerError) as error:
            found.errors.append((found.address, str(error).removeprefix(f"{redact(found.address)}: ")))
    finally:
        await workers.close()
        await fetcher.close()
    return found


def _one_a_site(seeds: tuple[Seed, ...]) -> list[str]:
    """The seeds' addresses, one of each site: each site is asked once."""
    sites: dict[str, str] = {}
    for seed in seeds:
        if seed.url is not None and is_web(seed.url):
            sites.setdefault(host(seed.url), seed.url)
    return list(sites.values())


async def _of_site(url: str, fetcher: Fetcher, workers: Workers) -> Search:
    """The feeds that the article's page leads to; else those of the site's first page."""
    search = await find_feeds(url, fetcher, workers)
    parts = urlsplit(url)
    first = f"{parts.scheme}://{parts.netloc}/"
    return search if search.feeds or url == first else await find_feeds(first, fetcher, workers)


def _report(topic: str | None, found: Suggestion) -> dict[str, Any]:
    return {
        "topic": topic,
        "terms": found.terms,
        "query": found.query,
        "search_url": found.address,
        "search_entries": found.search.entries if found.search else None,
        "feeds": [one.row() for one in found.feeds],
        "listed": [one.row() for one in found.listed],
        "errors": [{"url": redact(url), "error": reason} for url, reason in found.errors],
    }


def _print(topic: str | None, found: Suggestion) -> None:
    print(f"# Strongest terms: {', '.join(found.terms)}")
    titles = Counter(one.title for one in found.feeds)
    serves = {"topics": [topic]} if topic else {}
    for one in found.feeds:
        name = {"name": one.title} if one.title and titles[one.title] == 1 else {}  # no two feeds may share one
        print(f"{yaml_item({'url': one.url, **name, **serves})}  # {figures(one)}; {HOW[one.how]}")
    told = f"{found.search.entries} entries now" if found.search else "could not be read now"
    print(f"{yaml_item({'search': found.query, **serves})}  # {told}")
    for one in found.listed:
        print(f"# listed already: {one.url}")
    for url, reason in found.errors:
        print(f"{redact(url)}: {reason}", file=sys.stderr)
