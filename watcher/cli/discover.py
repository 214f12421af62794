"""``watcher feeds discover``: the feeds of a site, each of them really read."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from watcher.cli.common import options, print_json, read_config
from watcher.cli.finding import HOW, Found, Search, find_feeds
from watcher.cli.reading import make_fetcher
from watcher.urls import is_web, redact

if TYPE_CHECKING:
    from watcher.config import FetchConfig

SHOWN = 12
"""Addresses in vain that are named one by one."""


def discover(
    ctx: typer.Context,
    url: Annotated[str, typer.Argument(help="A site, or any page of it.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Find the feeds of a site: those it names, those it links, those at the usual places. Exit code 1 without any."""
    if not is_web(url):
        raise typer.BadParameter(f"{redact(url)} is no http(s) address", param_hint="URL")
    search = asyncio.run(_search(url, fetch_settings(ctx)))
    if as_json:
        tried = [{"url": redact(one), "found": how, "error": reason} for one, how, reason in search.tried]
        print_json({"url": redact(url), "feeds": [one.row() for one in search.feeds], "tried": tried})
    else:
        _print(search)
    if not search.feeds:
        raise typer.Exit(1)


def fetch_settings(ctx: typer.Context) -> FetchConfig | None:
    """How the configuration says to fetch; None when there is no configuration yet."""
    return read_config(ctx).fetch if options(ctx).config.exists() else None


async def _search(url: str, settings: FetchConfig | None) -> Search:
    from watcher.workers import Workers

    fetcher, workers = make_fetcher(settings, [url]), Workers()
    try:
        return await find_feeds(url, fetcher, workers)
    finally:
        await workers.close()
        await fetcher.close()


def _print(search: Search) -> None:
    for one in search.feeds:
        print(f"{one.url}\n  {one.title or '(no title)'}: {figures(one)}; {HOW[one.how]}")
    if search.feeds:
        return
    place = redact(search.url)
    remedy = "look on the site for a feed's address, or let a news search stand in for it (search: in feeds)"
    print(f"{place}: no feed was found; tried: {search.tried_in_words()}; {remedy}", file=sys.stderr)
    for url, how, reason in search.tried[:SHOWN]:
        if how != "itself":
            print(f"  {redact(url)}: {reason}", file=sys.stderr)


def figures(one: Found) -> str:
    """How much a feed brings, how fresh, in which language."""
    newest = f"newest {one.newest:%Y-%m-%d %H:%M} UTC" if one.newest else "no dates"
    return ", ".join([f"{one.entries} {'entry' if one.entries == 1 else 'entries'}", newest, one.language or "?"])
