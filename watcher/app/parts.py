"""The parts of an App that commands also need by themselves."""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

import structlog
from rich.console import Console

from watcher.config import Config, Secrets
from watcher.data import background, subjects
from watcher.errors import ConfigError, Problem
from watcher.fetch import Fetcher, user_agent
from watcher.notifiers import Notifier
from watcher.notifiers.console import ConsoleNotifier
from watcher.notifiers.slack import SlackNotifier
from watcher.notifiers.webhook import WebhookNotifier
from watcher.relevance import Scorer, scorer_factory
from watcher.relevance.features import Document, document_terms
from watcher.relevance.stream import RAREST, Stream
from watcher.seeds import load
from watcher.types import Article, Example, Seed, Sensitivity, TermShares, Trouble
from watcher.workers.confined import give_back, keep_little

log = structlog.get_logger("watcher.app")

COLLECT_AFTER = 10_000
"""New objects after which the youngest are looked through; Python's own 700 is meant for small programs."""

Topics = Mapping[str, tuple[tuple[Seed, ...], Sensitivity]]


def utc_now() -> datetime:
    """The service's clock."""
    return datetime.now(UTC)


def spare_collector() -> None:
    """Let the garbage collector leave alone what was made at the start, which stays, and look at the rest more rarely.

    For a process that polls: each poll makes thousands of small objects, and looking through the tables and libraries
    each time was a third of what a 304 cost.
    """
    keep_little()
    give_back()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER, 10, 10)


def load_seeds(config: Config) -> tuple[Topics, tuple[Problem, ...]]:
    """The seeds of every topic, and what is doubtful about them. Raises ConfigError with the faults of all topics."""
    topics: dict[str, tuple[tuple[Seed, ...], Sensitivity]] = {}
    faults: list[Problem] = []
    doubts: list[Problem] = []
    for name, topic in config.topics.items():
        try:
            seeds, problems = load(topic.seeds, extract=extract)
        except ConfigError as error:
            faults += error.problems
            continue
        topics[name] = (seeds, topic.sensitivity)
        doubts += problems
    if faults:
        raise ConfigError(faults)
    return topics, tuple(doubts)


def extract(page: bytes, url: str | None) -> Article:
    """Read a saved page's text; the library it takes is only loaded when a seed is such a page."""
    from watcher.article import extract as read  # noqa: PLC0415 38 MB that most configurations never need

    return read(page, url)


def make_scorer(
    topics: Topics,
    stream: Stream,
    *,
    examples: Mapping[str, Sequence[Example]] | None = None,
    now: datetime | None = None,
    analyse: Callable[[Document, str], list[str]] = document_terms,
) -> Scorer:
    """The scorer over these seeds, what readers answered, and what was polled so far. ``analyse`` reads documents."""
    scorer: Scorer = scorer_factory("tfidf")(
        topics, background(), stream, subjects=subjects(), examples=examples, now=now or utc_now(), analyse=analyse
    )
    return scorer


def shares_polled(stream: Stream, now: datetime) -> dict[str, TermShares]:
    """How common words are in what was polled so far, by language."""
    return {one: stream.shares(one, now, at_least=RAREST) for one in stream.languages}


def make_fetcher(config: Config, *, also_allowed: Sequence[str] = ()) -> Fetcher:
    """The client for feeds and articles, with the configuration's bounds."""
    settings = config.fetch
    return Fetcher(
        user_agent=user_agent(settings.contact),
        timeout=settings.timeout,
        max_body=settings.max_body,
        per_host=settings.per_host,
        allow_networks=[*settings.allow_networks, *also_allowed],
        proxy=settings.proxy,
    )


def make_notifiers(config: Config, console: Console, *, printing: bool) -> dict[str, Notifier]:
    """The notifiers of the configuration; ``printing`` prints on the console what would be posted."""
    if printing or config.notify == "console":
        printer = ConsoleNotifier(console=console)
        return {"console": printer, "slack": printer}
    known, proxy = config.secrets, config.fetch.proxy
    if known.bot_token is None:
        # Destinations are called slack: either way; a webhook is the same place by a narrower door.
        return {"slack": WebhookNotifier(lambda: reread(known).webhook_url or "", proxy=proxy)}
    slack = SlackNotifier(lambda: reread(known).bot_token or "", base_url=known.api_url, proxy=proxy)
    return {"slack": slack}


def say_suspended(before: Trouble | None, now: Trouble | None, *, pending: int) -> None:
    """Log that the token is refused, once, and that it is taken again."""
    if now is not None and before is None:
        log.error("deliver.token_refused", code=now.what, since=now.since.isoformat(), pending=pending)
    elif now is None and before is not None:
        log.info("deliver.token_taken", code=before.what, since=before.since.isoformat(), pending=pending)


def say_restored(keys: Sequence[str]) -> None:
    """Log that the channels hold messages that the database has never heard of, if so."""
    if keys:
        log.warning("deliver.restored", unknown=len(keys), reason="the database is older than what was posted")


def reread(known: Secrets) -> Secrets:
    """The secrets with their files read again; while a file is being mended, the ones there were."""
    try:
        return known.reload()
    except ConfigError as error:
        log.warning("slack.token_unreadable", reason=str(error))
        return known
