"""``watcher check``: everything that is wrong with a configuration, at once; then what carries each topic."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from watcher.cli.common import print_json, read_config, stored
from watcher.cli.doubts import seedless_languages, unheard_feeds
from watcher.cli.seed_doubts import breadth, doubts, look
from watcher.errors import ConfigError, Problem
from watcher.urls import redact

if TYPE_CHECKING:
    from watcher.config import Config, TopicConfig
    from watcher.relevance import Scorer
    from watcher.relevance.review import Review
    from watcher.store.report import NearMiss, QuietTopic

TERMS = 15


def check(ctx: typer.Context, as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Check configuration, seeds, rules and each topic's own examples; print what carries every topic."""
    try:
        config = read_config(ctx)
        known = _look(config)
    except ConfigError as error:
        if as_json:
            print_json({"ok": False, "errors": [str(one) for one in error.problems], "warnings": [], "topics": {}})
        else:
            print("\n".join(str(one) for one in error.problems), file=sys.stderr)
        raise typer.Exit(error.exit_code) from None
    warnings = [*config.warnings, *known.doubts]
    topics = {name: _topic(name, topic, known) for name, topic in config.topics.items()}
    failed = [one for topic in topics.values() for one in topic["failed"]]
    if as_json:
        told = [str(one) for one in warnings]
        print_json({"ok": not failed, "errors": failed, "warnings": told, "topics": topics})
    else:
        _print(config, warnings, topics, known)
    if failed:
        raise typer.Exit(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """The scorer as the service would start with it, what is doubtful about seeds and languages, and quiet topics."""

    scorer: Scorer
    doubts: tuple[Problem, ...]
    quiet: Mapping[str, QuietTopic]
    reviews: Mapping[str, Review]


def _look(config: Config) -> _Known:
    """Read the seeds, and what the service has learned so far, if there is a database."""
    from watcher.app import add_stored, load_answers, load_seeds, make_scorer, utc_now
    from watcher.quiet import WEEK
    from watcher.relevance.stream import Stream
    from watcher.store.report import QuietTopic, feed_languages, quiet_topics
    from watcher.store.stream import load_stream

    topics, about_seeds = load_seeds(config)
    _, about_answers = load_answers(config)
    stream, spoken, quiet = Stream(), dict[str, str](), dict[str, QuietTopic]()
    at_work = [name for name, topic in config.topics.items() if not topic.paused]
    store = stored(config)
    if store is not None:
        with store:
            stream = store.read_now(load_stream)
            spoken = store.read_now(feed_languages, [feed.id for feed in config.feeds])
            quiet = store.read_now(quiet_topics, at_work, since=utc_now() - WEEK)
            topics, examples = add_stored(config, topics, store)
    else:
        topics, examples = add_stored(config, topics, None)
    scorer = make_scorer(topics, stream, examples=examples)
    about_languages = (*seedless_languages(config, scorer), *unheard_feeds(config, scorer, spoken))
    reviews = {name: look(scorer, name) for name in config.topics}
    reviewed = [
        one
        for name, topic in config.topics.items()
        for one in doubts(topic.seeds, reviews[name], topic.rules.languages)
    ]
    found = (*about_seeds, *reviewed, *about_answers, *about_languages)
    return _Known(scorer=scorer, doubts=found, quiet=quiet, reviews=reviews)


def _topic(name: str, topic: TopicConfig, known: _Known) -> dict[str, Any]:
    scorer, quiet, review = known.scorer, known.quiet.get(name), known.reviews[name]
    return {
        "title": topic.title,
        "terms": [[term, round(weight, 3)] for term, weight in scorer.key_terms(name, TERMS)],
        "languages": sorted(scorer.languages(name)),
        "ordinary": {"matched": review.matched, "of": review.of},
        "near_misses": [_near(miss) for miss in quiet.closest] if quiet else [],
        "failed": _unexpected(name, topic, scorer),
    }


def _near(miss: NearMiss) -> dict[str, Any]:
    return {
        "headline": miss.headline,
        "outlet": miss.outlet,
        "url": redact(miss.url) if miss.url else None,
        "score": miss.score,
        "threshold": miss.threshold,
        "ratio": miss.ratio,
    }


def _unexpected(name: str, topic: TopicConfig, scorer: Scorer) -> list[str]:
    """The examples of ``expect.jsonl`` that come out otherwise than the user says."""
    path = Path(topic.seeds, "expect.jsonl")
    if not path.exists():
        return []
    from watcher.cli.score import Line, judge_line

    found = []
    for number, text in enumerate(path.read_text("utf-8-sig").splitlines(), 1):
        if not text.strip():
            continue
        try:
            wanted = json.loads(text)
            got = judge_line(scorer, name, topic.rules, Line.read(wanted, str(number)))["match"]
            if got is not bool(wanted["match"]):
                word = "matches" if got else "does not match"
                found.append(f"{path}:{number}: {wanted.get('title', '')!r} {word}; expected match: {wanted['match']}")
        except (ValueError, KeyError, TypeError) as error:
            found.append(f'{path}:{number}: not an example ({error}); write {{"title": …, "text": …, "match": true}}')
    return found


def _print(config: Config, warnings: list[Problem], topics: dict[str, dict[str, Any]], known: _Known) -> None:
    for one in warnings:
        print(f"warning: {one}", file=sys.stderr)
    print(f"{config.path}: feeds: {len(config.feeds)}, topics: {len(topics)}, alerts go to: {config.notify}")
    for name, topic in topics.items():
        print(f"\n{name} — {topic['title']} ({', '.join(topic['languages'])})")
        print("  carried by: " + ", ".join(term for term, _ in topic["terms"]))
        if (line := breadth(known.reviews[name])) is not None:
            print(f"  {line}")
        if topic["near_misses"]:
            print(f"  no alert {'yet' if known.quiet[name].new else 'for a week'}; closest:")
        for miss in topic["near_misses"]:
            address = f" {miss['url']}" if miss["url"] else ""
            print(f"    {miss['ratio']:.2f} × the threshold: {miss['headline']} ({miss['outlet']}){address}")
        for sentence in topic["failed"]:
            print(f"  {sentence}", file=sys.stderr)
