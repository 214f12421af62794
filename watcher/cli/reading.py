"""Read one article from the web for a command, with the service's own bounds and address guard."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable
from datetime import timedelta
from ipaddress import ip_network
from typing import TYPE_CHECKING

from watcher.errors import ConfigError, Problem, WatcherError
from watcher.types import Article
from watcher.urls import host, is_web, redact

if TYPE_CHECKING:
    from watcher.config import FetchConfig
    from watcher.fetch import Fetcher

TIMEOUT = timedelta(seconds=20)
MAX_BODY = 8 * 1024 * 1024


def read_article(url: str, settings: FetchConfig | None) -> Article:
    """Fetch a page and extract its text. Raises FetchError or WorkerError."""
    return asyncio.run(_read(url, settings))


def make_fetcher(settings: FetchConfig | None, typed: Iterable[str] = ()) -> Fetcher:
    """The client with the configuration's bounds, or with the usual ones; it may ask the addresses that were typed."""
    from watcher.fetch import Fetcher, user_agent

    return Fetcher(
        user_agent=user_agent(settings.contact if settings else None),
        timeout=settings.timeout if settings else TIMEOUT,
        max_body=settings.max_body if settings else MAX_BODY,
        per_host=settings.per_host if settings else 2,
        allow_networks=[*(settings.allow_networks if settings else ()), *own_networks(typed)],
        proxy=settings.proxy if settings else None,
    )


async def _read(url: str, settings: FetchConfig | None) -> Article:
    from watcher.errors import FetchError
    from watcher.fetch import NotModified
    from watcher.workers import Workers

    fetcher = make_fetcher(settings, [url])
    workers = Workers()
    try:
        answer = await fetcher.get(url, kind="page")
        if isinstance(answer, NotModified):
            raise FetchError("the server says that nothing has changed since nothing was fetched", fault="protocol")
        return await workers.extract(answer.body, answer.url)
    finally:
        await workers.close()
        await fetcher.close()


def refusal(url: str, error: WatcherError, remedy: str | None = None) -> ConfigError:
    """What a command says of an address that it was given and could not read; without the address's secrets."""
    place = redact(url)
    return ConfigError([Problem(file=place, what=str(error).removeprefix(f"{place}: "), remedy=remedy)])


def own_networks(addresses: Iterable[str]) -> tuple[str, ...]:
    """Networks of the private addresses that the user typed: what one asks for by hand is not refused.

    Only addresses written as numbers, and ``localhost``, count; a name that leads to a private address does not.
    """
    found: dict[str, None] = {}
    for address in addresses:
        name = host(address) if is_web(address) else ""
        if name == "localhost":
            found.update({"127.0.0.0/8": None, "::1/128": None})
        with contextlib.suppress(ValueError):
            found[str(ip_network(name.strip("[]")))] = None
    return tuple(found)
