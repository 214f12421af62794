"""What becomes of topics that came, went or changed their name; and what is said of a changed configuration.

Rule: a topic that is gone is forgotten as known, so that one that comes back catches up as a new one does. Of several
processes some read a changed file seconds before the others: a topic is gone when none has it any more, and new when
all have it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

import structlog

from watcher.config import Config
from watcher.errors import ConfigError
from watcher.notices import words
from watcher.store import Store
from watcher.store.fellows import HELD, say_topics, topics_held
from watcher.store.topics import forget_topics, known_topics, rename_topic

if TYPE_CHECKING:
    from watcher.app import App

log = structlog.get_logger("watcher.app")


def take_names(config: Config, store: Store, *, owner: str, now: datetime) -> None:
    """Give what is remembered of renamed topics to their present names; before anything of it is read."""
    if store.shared:  # said first, so that nobody takes what has a new name for left over
        store.write_now(say_topics, owner, config.topics, now=now)
    known = store.read_now(known_topics)
    for was, name in former_names(config).items():
        if was in known:
            store.write_now(rename_topic, was, name)
            log.info("topic.renamed", topic=name, was=was)


async def take_new_names(app: App, config: Config) -> None:
    """The same while it runs."""
    await say_held(app, config.topics)
    known = await app.store.read(known_topics)
    for was, name in former_names(config).items():
        if was in known:
            await app.store.write(rename_topic, was, name)
            _rename_scores(app, was, name)
            log.info("topic.renamed", topic=name, was=was)


async def remember_topics(app: App) -> tuple[str, ...]:
    """Forget the topics that left the configuration; returns those of it that are new to the database."""
    await say_held(app)
    known = await app.store.read(known_topics)
    kept = frozenset(app.config.topics).union(*(await _held(app)).values())
    if known - kept:
        for gone in await app.store.write(forget_topics, sorted(kept)):
            log.info("topic.removed", topic=gone)
    return await new_topics(app)


async def new_topics(app: App) -> tuple[str, ...]:
    """Topics that the database does not know yet, once all that run have them: no poll leaves them out any more."""
    new = app.config.topics.keys() - await app.store.read(known_topics)
    for topics in (await _held(app)).values() if new else ():
        new &= topics
    return tuple(sorted(new))


async def say_held(app: App, coming: Collection[str] = ()) -> None:
    """Tell the other processes which topics this one has, and which it has in a moment: before anything bears them."""
    if app.store.shared:
        await app.store.write(say_topics, app.owner, {*app.config.topics, *coming}, now=app.clock())


async def differing(app: App) -> frozenset[str]:
    """Topics that some of the processes that run have and others do not."""
    held = (await _held(app)).values()
    return frozenset().union(*held) - frozenset(app.config.topics).intersection(*held)


async def _held(app: App) -> dict[str, frozenset[str]]:
    if not app.store.shared:
        return {}
    return await app.store.read(topics_held, app.clock() - HELD)


def former_names(config: Config) -> dict[str, str]:
    """Former names of topics, with the present ones."""
    return {topic.was: name for name, topic in config.topics.items() if topic.was is not None}


def _rename_scores(app: App, was: str, name: str) -> None:
    """The scores that a topic's threshold is placed by."""
    histograms = app.stream.histograms
    for topic, mode in [key for key in histograms if key[0] == was]:
        histograms.setdefault((name, mode), histograms.pop((topic, mode)))


async def say_dropped(app: App, dropped: Mapping[str, int]) -> None:
    """Count and tell what waited for topics that are gone."""
    for topic, count in sorted(dropped.items()):
        app.metrics.dropped.inc(count)
        log.warning("deliver.topic_removed", topic=topic, dropped=count)
        await app.notices.tell(app.config, words.left_behind(topic, count))


async def say_taken_up(app: App, before: Config) -> None:
    """Tell the ops channel that a changed configuration is in use."""
    was, now = (
        words.Named(topics=list(one.topics), feeds=[feed.name for feed in one.feeds]) for one in (before, app.config)
    )
    await app.notices.tell(app.config, words.taken_up(was, now, former_names(app.config)))


async def say_not_taken_up(app: App, error: ConfigError) -> None:
    """Tell the ops channel that a changed configuration is broken."""
    await app.notices.tell(app.config, words.not_taken_up([str(one) for one in error.problems]))
