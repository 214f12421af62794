"""``watcher try``: two links and go. Cards, feeds and what would be sent, without configuration, token or trace."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from watcher.cli.common import LogLevel, configure_logging, options
from watcher.cli.query import search_address, search_query
from watcher.cli.reading import own_networks, refusal
from watcher.errors import ConfigError, FetchError, Problem, WorkerError
from watcher.urls import host, is_web

if TYPE_CHECKING:
    from rich.console import Console

    from watcher.fetch import Fetcher
    from watcher.store.report import Judged
    from watcher.types import Seed
    from watcher.workers import Workers

TERMS = 12
CLOSEST = 5
"""Entries shown that just missed."""


@dataclass(slots=True)
class Trial:
    """What the given articles lead to."""

    topic: str
    seeds: list[Seed] = field(default_factory=list)
    feeds: list[str] = field(default_factory=list)
    terms: list[str] = field(default_factory=list)


def try_links(
    ctx: typer.Context,
    articles: Annotated[list[str], typer.Argument(metavar="URL|FILE…", help="One to five articles.")],
    feed: Annotated[list[str] | None, typer.Option(help="A feed to poll, beside those suggested.")] = None,
    suggest: Annotated[bool, typer.Option(help="Also try the sites' own feeds and a news search.")] = True,
    topic: Annotated[str | None, typer.Option(help="The topic's name; left out: made of its strongest terms.")] = None,
    write: Annotated[bool, typer.Option("--write", help="Save the seeds as cards, and a configuration.")] = False,
    folder: Annotated[Path, typer.Option(help="Where --write puts config/ and seeds/.")] = Path(),
) -> None:
    """Show what watcher makes of one to five articles: the topic's terms, feeds, what would be sent, and why."""
    from rich.console import Console

    if topic is not None and not re.fullmatch(r"[a-z0-9-]{1,40}", topic):
        raise typer.BadParameter("a topic's name is made of a-z, 0-9 and -, at most 40", param_hint="--topic")
    if options(ctx).log_level is LogLevel.info:
        configure_logging(LogLevel.error)
    target = folder / "config" / "watcher.yaml"
    if write and target.exists():
        what = "exists already, and nothing of it is overwritten"
        raise ConfigError([Problem(file=str(target), what=what, remedy="name another --folder")])
    typed = tuple(dict.fromkeys(feed or ()))
    for one in typed:
        if not is_web(one):
            raise typer.BadParameter(f"{one} is no http(s) address", param_hint="--feed")
    asyncio.run(
        _try(Console(highlight=False), articles, typed, topic, suggest=suggest, target=target if write else None)
    )


async def _try(
    console: Console,
    articles: list[str],
    typed: tuple[str, ...],
    topic: str | None,
    *,
    suggest: bool,
    target: Path | None,
) -> None:
    networks = own_networks([*articles, *typed])
    trial = await gather(articles, typed, topic, networks, suggest=suggest)
    console.print(f"[bold]{trial.topic}[/bold] is carried by: {', '.join(trial.terms)}")
    for seed in trial.seeds:
        console.print(f"  {seed.name}: {seed.words} words, {len(seed.dropped)} left-over lines dropped", markup=False)
    console.print(f"\nPolling {len(trial.feeds)} feeds …")
    with TemporaryDirectory(prefix="watcher-try-") as scratch:
        path = _save(trial, Path(scratch) / "config" / "watcher.yaml", networks)
        await _poll(path, console)
    if target is not None:
        _save(trial, target, networks)
        console.print(
            f"\nSaved {target} and {len(trial.seeds)} cards. Next: watcher --config {target} check", markup=False
        )


async def gather(
    articles: list[str], typed: tuple[str, ...], topic: str | None, networks: tuple[str, ...], *, suggest: bool
) -> Trial:
    """Read the articles and collect the feeds that may cover them."""
    from watcher.app import make_scorer
    from watcher.fetch import Fetcher, user_agent
    from watcher.relevance.stream import Stream
    from watcher.types import Sensitivity
    from watcher.workers import Workers

    fetcher, workers = Fetcher(user_agent=user_agent(None), allow_networks=networks), Workers()
    trial = Trial(topic=topic or "", feeds=list(typed))
    try:
        for article in articles:
            trial.seeds.append(await _seed(article, trial, fetcher, workers, suggest=suggest))
    finally:
        await workers.close()
        await fetcher.close()
    scorer = make_scorer({"trial": (tuple(trial.seeds), Sensitivity())}, Stream())
    trial.terms = [term for term, _ in scorer.key_terms("trial", TERMS)]
    trial.topic = topic or _slug(trial.terms[:2])
    if suggest:
        trial.feeds.append(search_address(None, search_query(trial.terms)))
    if not trial.feeds:
        what = "no feeds were given and none suggested"
        raise ConfigError([Problem(file="try", what=what, remedy="give some with --feed URL")])
    return trial


async def _seed(source: str, trial: Trial, fetcher: Fetcher, workers: Workers, *, suggest: bool) -> Seed:
    from watcher.app import extract
    from watcher.fetch import NotModified
    from watcher.seeds import from_article, read_file
    from watcher.sources.discovery import linked_feeds

    if not is_web(source):
        return read_file(Path(source), extract=extract)
    try:
        answer = await fetcher.get(source, kind="page")
        assert not isinstance(answer, NotModified), "nothing was fetched before, so nothing can be unchanged"
        if suggest:
            trial.feeds += [one for one in linked_feeds(answer.body, answer.url) if one not in trial.feeds]
        article = await workers.extract(answer.body, answer.url)
    except (FetchError, WorkerError) as error:
        raise refusal(source, error, "save the article as a text file and give that") from error
    return from_article(article, name=urlsplit(source).path.rsplit("/", 1)[-1] or host(source), url=source)


def _slug(terms: list[str]) -> str:
    return re.sub(r"[^a-z0-9]+", "-", " ".join(terms)).strip("-")[:40].strip("-") or "my-topic"


def _save(trial: Trial, path: Path, networks: tuple[str, ...]) -> Path:
    """Write cards and a configuration that polls the trial's feeds and prints its alerts."""
    from watcher.seeds import write_card

    cards = path.parent.parent / "seeds" / trial.topic
    cards.mkdir(parents=True, exist_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    for seed in trial.seeds:
        write_card(seed, cards)
    lines = ["# Made by `watcher try`. Every key is explained in docs/configuration.md.", "feeds:"]
    lines += [f"  - {json.dumps(url)}" for url in trial.feeds]
    lines += [
        "topics:",
        f"  {trial.topic}:",
        f"    seeds: ../seeds/{trial.topic}",
        '    channel: "#your-channel"      # the Slack channel that gets the alerts',
        "fetch:",
        "  max_age: 7d",
        *([f"  allow_networks: {json.dumps(list(networks))}"] if networks else []),
        "notify: console                    # leave this line out to post to Slack",
        "",
    ]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


async def _poll(path: Path, console: Console) -> None:
    from watcher.app import build
    from watcher.config import load
    from watcher.once import once
    from watcher.store import Store
    from watcher.store.report import recent_decisions

    config = load(path, {})
    with Store.open("sqlite://") as store:
        app = build(config, store, console=console)
        try:
            report = await once(app)
            rows = await store.read(recent_decisions, app.started)
        finally:
            await app.close()
    console.print(f"\n{report.entries_new} entries in {report.feeds} feeds; {report.matches} of them match.")
    for error in report.errors:
        console.print(f"  {error['name']}: {error['message']}", markup=False, style="dim")
    _closest(rows, console)


def _closest(rows: list[Judged], console: Console) -> None:
    """Show what came nearest to the threshold without reaching it, so that one sees whether it lies right."""
    below = [row for row in rows if row.decision.state == "below" and row.decision.score]
    below.sort(key=lambda row: -(row.decision.score or 0) / (row.decision.threshold or 1))
    if below:
        console.print("\nClosest of what would not have been told:")
    for row in below[:CLOSEST]:
        decision = row.decision
        console.print(f"  {decision.score:.2f} of {decision.threshold:.2f}  {row.entry.title}", markup=False)
