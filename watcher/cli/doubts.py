"""What ``watcher check`` doubts of a configuration that is sound: languages that nothing can be compared with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from watcher.errors import Problem

if TYPE_CHECKING:
    from watcher.config import Config, TopicConfig
    from watcher.relevance import Scorer
    from watcher.types import Feed


def seedless_languages(config: Config, scorer: Scorer) -> Iterator[Problem]:
    """Languages that a topic is told to look at, and has no seed in."""
    for name, topic in config.topics.items():
        for language in topic.rules.languages or ():
            if language not in scorer.languages(name):
                key, whose = _languages_key(config, name)
                what = f"{language} is listed, but no seed{whose} is in {language}: such entries score 0"
                remedy = f"add a seed in {language}, or take {language} out"
                yield config.problem(key, what, remedy, warning=True)


def _languages_key(config: Config, topic: str) -> tuple[str, str]:
    """Where the topic's languages are listed; a place that is not its own does not say which topic is meant."""
    own = f"topics.{topic}.languages"
    return (own, "") if own in config.lines else ("defaults.languages", f" of {topic}")


def unheard_feeds(config: Config, scorer: Scorer, spoken: Mapping[str, str]) -> Iterator[Problem]:
    """Feeds in a language that no topic of theirs has a seed in. ``spoken``: feed → its language, where it is known."""
    for feed in config.feeds:
        language = spoken.get(feed.id)
        served = _served(config, feed)
        if language is None or not served or any(language in scorer.languages(name) for name in served):
            continue
        what = f'"{feed.name}": feed in {language}, no {language} seed: nothing can match'
        others = [name for name in config.topics if language in scorer.languages(name)]
        limit = f"let it serve {' or '.join(others)} alone" if others else "take the feed out"
        remedy = f"add a seed in {language} to {' or '.join(served)}, or {limit}"
        yield config.problem(config.feed_keys.get(feed.id, "feeds"), what, remedy, warning=True)


def _served(config: Config, feed: Feed) -> list[str]:
    """The topics that it serves and that judge at all."""
    topics: Mapping[str, TopicConfig] = config.topics
    return [name for name in feed.topics or topics if name in topics and not topics[name].paused]
