"""``watcher seeds``: make cards of articles, and look at what a topic's seeds really hold."""

from __future__ import annotations

import sys
from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from watcher.cli.common import print_json, read_config, stored
from watcher.errors import ConfigError, Problem, WatcherError
from watcher.urls import is_web

if TYPE_CHECKING:
    from watcher.app import Topics
    from watcher.config import Config, TopicConfig
    from watcher.types import Seed

commands = typer.Typer(no_args_is_help=True, help="Make cards of seed articles; show what seeds really hold.")

TERMS = 25


@commands.command()
def add(
    ctx: typer.Context,
    source: Annotated[str, typer.Argument(metavar="FILE|URL", help="The article: .txt, .md, .html, or its address.")],
    topic: Annotated[str, typer.Option(help="The topic whose seed folder gets the card.")],
    title: Annotated[str | None, typer.Option(help="Its headline, where the text does not begin with it.")] = None,
    outlet: Annotated[str | None, typer.Option(help="Who published it.")] = None,
    published: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="When.")] = None,
    url: Annotated[str | None, typer.Option(help="Its address, when the source is a file.")] = None,
) -> None:
    """Write a term card of an article into the topic's seed folder: counts of its words, none of its sentences."""
    from watcher.seeds import write_card

    config = read_config(ctx)
    folder = _topic(config, topic).seeds
    seed = _read(source, config, title=title, outlet=outlet, published=published, url=url)
    folder.mkdir(parents=True, exist_ok=True)
    path = write_card(seed, folder)
    print(f"{path}: {seed.words} words{', ' + repr(seed.title) if seed.title else ', no headline'}")
    for line in seed.dropped:
        print(f"  left out: {line}")


@commands.command("check")
def check(
    ctx: typer.Context,
    topic: Annotated[str | None, typer.Option(help="This topic only.")] = None,
    seeds: Annotated[Path | None, typer.Option(help="A folder of seeds; needs no configuration.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show, per seed, what was left out as scraping's left-overs, and per topic the terms that carry it."""
    if seeds is not None:
        folders = {seeds.resolve().name: seeds}
    else:
        config = read_config(ctx)
        chosen = [_topic(config, topic)] if topic else list(config.topics.values())
        folders = {one.name: one.seeds for one in chosen}
    spoken = {} if seeds is not None else {one.name: one.rules.languages for one in chosen}
    reports = {name: _report(name, folder, spoken.get(name)) for name, folder in folders.items()}
    if as_json:
        print_json(reports)
    else:
        for name, report in reports.items():
            _print(name, report)


@commands.command()
def export(
    ctx: typer.Context,
    topic: Annotated[str, typer.Option(help="The topic whose seeds are written.")],
    to: Annotated[Path, typer.Option(help="The folder that gets the cards.")],
) -> None:
    """Write all seeds of a topic as cards, those added in Slack too, to keep or share without anybody's article."""
    from watcher.app import add_stored, extract
    from watcher.seeds import load, write_card

    config = read_config(ctx)
    files, _ = load(_topic(config, topic).seeds, extract=extract)
    alone: Topics = {topic: (files, config.topics[topic].sensitivity)}
    if (store := stored(config)) is not None:
        with store:
            alone, _ = add_stored(config, alone, store)
    found, _ = alone[topic]
    to.mkdir(parents=True, exist_ok=True)
    for seed in found:
        print(write_card(seed, to))


def _topic(config: Config, name: str) -> TopicConfig:
    if name in config.topics:
        return config.topics[name]
    what = f"no topic is named {name!r}"
    raise ConfigError([Problem(file=str(config.path), what=what, remedy=f"known: {', '.join(config.topics)}")])


def _read(
    source: str,
    config: Config,
    *,
    title: str | None,
    outlet: str | None,
    published: datetime | None,
    url: str | None,
) -> Seed:
    from watcher.seeds import from_article, read_file

    if is_web(source):
        from watcher.cli.reading import read_article, refusal

        try:
            article = read_article(source, config.fetch)
        except WatcherError as error:
            raise refusal(source, error, "save the article as a text file and give that") from error
        told = replace(
            article,
            title=title or article.title,
            outlet=outlet or article.outlet,
            published=published.replace(tzinfo=UTC) if published else article.published,
        )
        return from_article(told, name=source, url=url or source)
    from watcher.app import extract

    return read_file(Path(source), extract=extract, title=title, outlet=outlet, published=published, url=url)


def _report(name: str, folder: Path, languages: Collection[str] | None) -> dict[str, Any]:
    from watcher.app import extract, make_scorer
    from watcher.cli.seed_doubts import doubts, look
    from watcher.relevance.stream import Stream
    from watcher.seeds import load
    from watcher.types import Sensitivity

    found, problems = load(folder, extract=extract)
    scorer = make_scorer({name: (found, Sensitivity())}, Stream())
    review = look(scorer, name)
    by_others = {one.name: one.by_others for one in review.seeds}
    return {
        "folder": str(folder),
        "seeds": [
            {
                "name": seed.name,
                "title": seed.title,
                "outlet": seed.outlet,
                "published": seed.published.date().isoformat() if seed.published else None,
                "language": seed.counts.language,
                "words": seed.words,
                "by_others": _rounded(by_others.get(seed.name)),
                "dropped": list(seed.dropped),
            }
            for seed in found
        ],
        "warnings": [str(problem) for problem in (*problems, *doubts(folder, review, languages))],
        "ordinary": {"matched": review.matched, "of": review.of},
        "terms": [[term, round(weight, 3)] for term, weight in scorer.key_terms(name, TERMS)],
    }


def _rounded(ratio: float | None) -> float | None:
    return None if ratio is None else round(ratio, 2)


def _print(name: str, report: dict[str, Any]) -> None:
    print(f"{name} ({report['folder']})")
    for seed in report["seeds"]:
        origin = ", ".join(one for one in (seed["outlet"], seed["published"], seed["language"]) if one)
        print(f"  {seed['name']}: {seed['words']} words, {origin}")
        print(f"    {seed['title'] or '(no headline: its first sentence counts as one)'}")
        if seed["by_others"] is not None:
            print(f"    the other seeds alone would find it: {seed['by_others']:.1f} × the threshold")
        for line in seed["dropped"]:
            print(f"    left out: {line}")
    for warning in report["warnings"]:
        print(f"  warning: {warning}", file=sys.stderr)
    print("  carried by: " + ", ".join(term for term, _ in report["terms"]))
    matched, of = report["ordinary"]["matched"], report["ordinary"]["of"]
    if of:
        print(f"  would match {matched / of:.1%} of ordinary news ({matched} of {of:,} entries)")
