"""``watcher explain``: what became of an entry, per topic, and why."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from watcher.cli.common import print_json, read_config, stored
from watcher.urls import canonical, host, is_web, redact

if TYPE_CHECKING:
    from watcher.config import Config
    from watcher.store.trace import EntryTrace


TERMS = 8


def explain(
    ctx: typer.Context,
    needle: Annotated[str, typer.Argument(metavar="URL|ID", help="An entry's address, in any form, or its id.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Tell every stage an entry went through, per topic. Exit code 1: it was never seen (then it is scored live)."""
    from watcher.explain import as_json as told_json
    from watcher.explain import as_text

    config = read_config(ctx)
    report = _stored(config, needle)
    if report is not None:
        rules = {name: topic.rules for name, topic in config.topics.items()}
        if as_json:
            print_json(told_json(report, rules))
        else:
            print(as_text(report, rules))
        return
    unseen = _unseen(config, needle)
    if as_json:
        print_json(unseen)
    else:
        _print(unseen)
    raise typer.Exit(1)


def _stored(config: Config, needle: str) -> EntryTrace | None:
    from watcher.store.entries import find_entry
    from watcher.store.trace import entry_trace

    store = stored(config)
    if store is None:
        return None
    with store:
        entry = store.read_now(find_entry, needle, canonical(needle) if is_web(needle) else None)
        return store.read_now(entry_trace, entry.id) if entry else None


def _unseen(config: Config, needle: str) -> dict[str, Any]:
    """What can be said of an address that no feed has brought: who covers its site, and how it would score."""
    from watcher.errors import WatcherError

    name = redact(needle) if is_web(needle) else repr(needle)
    told: dict[str, Any] = {"entry": None, "message": f"{name} was never seen", "feeds": [], "topics": []}
    if not is_web(needle):
        return told
    site = host(needle).removeprefix("www.")
    told["feeds"] = [one.name for one in config.feeds if _covers(one.url, site)]
    try:
        told["topics"] = _live(config, needle)
    except WatcherError as error:
        why = str(error).removeprefix(f"{redact(needle)}: ")
        told["message"] += f", and could not be read now: {why}"
    return told


def _covers(feed: str, site: str) -> bool:
    """Whether a feed's host is the site's, a part of it (feeds.example.com), or the whole of it."""
    serves = host(feed).removeprefix("www.")
    return serves == site or serves.endswith(f".{site}") or site.endswith(f".{serves}")


def _live(config: Config, url: str) -> list[dict[str, Any]]:
    from watcher.app import add_stored, load_seeds, make_scorer
    from watcher.cli.reading import read_article
    from watcher.cli.score import Line, judge_line
    from watcher.relevance.stream import Stream
    from watcher.store.stream import load_stream

    article = read_article(url, config.fetch)
    stream = Stream()
    store = stored(config)
    topics, _ = load_seeds(config)
    if store is not None:
        with store:
            stream = store.read_now(load_stream)
            topics, examples = add_stored(config, topics, store)
    else:
        topics, examples = add_stored(config, topics, None)
    scorer = make_scorer(topics, stream, examples=examples)
    beginning = " ".join(article.text.split()[:60])
    line = Line(id=url, title=article.title, text=beginning, article=article.text, url=url)
    return [judge_line(scorer, name, topic.rules, line) for name, topic in config.topics.items()]


def _print(unseen: dict[str, Any]) -> None:
    print(unseen["message"], file=sys.stderr)
    covering = ", ".join(unseen["feeds"])
    print(f"feeds that cover its site: {covering}" if covering else "no feed of the configuration covers its site")
    for topic in unseen["topics"]:
        verdict = "would match" if topic["match"] else "would not match"
        line = f" of {topic['threshold']:.3f}" if topic["threshold"] is not None else ""
        rule = f"; {topic['excluded']}" if topic.get("excluded") else ""
        print(f"{topic['topic']}: {verdict} (score {topic['score']:.3f}{line}{rule})")
        if topic["terms"]:
            print("  terms: " + ", ".join(f"{term} {part:.3f}" for term, part in topic["terms"][:TERMS]))
