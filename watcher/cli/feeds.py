"""``watcher feeds``: what the feeds of a configuration are doing."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from watcher.cli.common import options, print_json, read_config, yaml_item
from watcher.cli.discover import discover
from watcher.cli.feed_table import list_feeds
from watcher.cli.reading import own_networks
from watcher.cli.suggest import suggest
from watcher.urls import redact

if TYPE_CHECKING:
    from watcher.config import Config

commands = typer.Typer(no_args_is_help=True, help="Look at the feeds: what they are doing, what one brings now.")


commands.command("list")(list_feeds)


@commands.command("test")
def try_feed(
    ctx: typer.Context,
    url: Annotated[str, typer.Argument(help="The feed's address.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Fetch and parse one feed now, as the service would, and show what is in it."""
    from watcher.errors import FetchError, ParseError, WorkerError

    config = read_config(ctx)
    try:
        found = asyncio.run(_fetch(url, config))
    except (FetchError, ParseError, WorkerError) as error:
        if as_json:
            print_json({"url": redact(url), "error": str(error)})
        else:
            print(f"{redact(url)}: {str(error).removeprefix(redact(url) + ': ')}", file=sys.stderr)
        raise typer.Exit(1) from None
    if as_json:
        print_json(found)
        return
    print(f"{found['title'] or '(no title)'}: {len(found['entries'])} entries ({found['version']})")
    for entry in found["entries"][:20]:
        print(f"  {entry['published'] or 'no date':25}  {entry['title']}")


commands.command()(discover)
commands.command()(suggest)


@commands.command("import")
def import_opml(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="An OPML file of another reader.")],
) -> None:
    """Print the feeds of an OPML file as YAML lines for `feeds:`; folders named like a topic give the feed's topics."""
    from watcher import opml
    from watcher.errors import ConfigError, Problem

    try:
        found = opml.read(file.read_text("utf-8-sig"))
    except OSError as error:
        problem = Problem(file=str(file), what=f"cannot be read ({error.strerror})", remedy="name an OPML file")
        raise ConfigError([problem]) from error
    except ValueError as error:
        raise ConfigError([Problem(file=str(file), what=str(error))]) from error
    titles = _titles(ctx)
    for feed in found:
        keys: dict[str, Any] = {"url": feed.url} | ({"name": feed.title} if feed.title else {})
        served = opml.topics_of(feed, titles)
        print(yaml_item(keys | ({"topics": list(served)} if served else {})))


def _titles(ctx: typer.Context) -> dict[str, str]:
    """The topics' titles by name; none without a configuration that can be read: one may be in the making."""
    from watcher.errors import ConfigError

    if not options(ctx).config.exists():
        return {}
    try:
        return {name: topic.title for name, topic in read_config(ctx).topics.items()}
    except ConfigError as error:
        first = error.problems[0]
        print(f"warning: folders are not taken for topics, since the topics are not known: {first}", file=sys.stderr)
        return {}


@commands.command()
def export(ctx: typer.Context) -> None:
    """Print the configuration's feeds as OPML, in a folder per topic. Addresses are printed whole, secrets included."""
    from watcher import opml

    found = []
    for one in read_config(ctx).feeds:
        folders = [(topic,) for topic in one.topics or ()]
        first = folders[0] if folders else ()
        found.append(opml.OpmlFeed(title=one.name, url=one.url, folders=first, also=tuple(folders[1:])))
    print(opml.write(found))


async def _fetch(url: str, config: Config) -> dict[str, Any]:
    from watcher.app import make_fetcher
    from watcher.errors import FetchError
    from watcher.fetch import NotModified
    from watcher.workers import Workers

    fetcher, workers = make_fetcher(config, also_allowed=own_networks([url])), Workers()
    headers = next((dict(one.headers) for one in config.feeds if one.url == url), {})
    try:
        answer = await fetcher.get(url, headers=headers)
        if isinstance(answer, NotModified):
            raise FetchError("the server says that nothing has changed since nothing was fetched", fault="protocol")
        parsed = await workers.parse("rss", answer.body, answer.content_type, answer.url)
    finally:
        await workers.close()
        await fetcher.close()
    entries = [
        {"title": one.title, "url": one.url, "published": one.published.isoformat() if one.published else None}
        for one in parsed.entries
    ]
    return {
        "url": redact(answer.url),
        "title": parsed.title,
        "version": parsed.version,
        "warnings": list(parsed.warnings),
        "entries": entries,
    }
