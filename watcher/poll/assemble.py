"""Decide: from judged entries to decisions and matches. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from watcher.config import TopicConfig
from watcher.decide import Case, decide
from watcher.poll.judge import Judged
from watcher.types import (
    Decision,
    Entry,
    FirstPoll,
    Rules,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """One entry with the decisions of the topics it matched."""

    judged: Judged
    decisions: tuple[Decision, ...]

    @property
    def entry(self) -> Entry:
        """The entry that matched."""
        return self.judged.entry


def decide_all(
    judged: Sequence[Judged],
    *,
    topics: Mapping[str, TopicConfig],
    version: Callable[[str], str],
    first_poll: FirstPoll,
    max_age: timedelta,
    now: datetime,
) -> list[Decision]:
    """One decision per entry and topic that has to judge it."""
    return [
        decide(
            Case(
                topic=topic,
                entry=one.entry,
                judgement=one.judgements.get(topic),
                rules=topics[topic].rules,
                model=version(topic),
                now=now,
                max_age=max_age,
                capped=one.candidate.capped,
                silent=one.candidate.first and first_poll == "silent",
                paused=topics[topic].paused,
            )
        )
        for one in judged
        for topic in sorted(one.candidate.topics & topics.keys())
    ]


def matches_of(judged: Sequence[Judged], decisions: Sequence[Decision]) -> list[Match]:
    """The entries that matched at least one topic, oldest publication first: the first report founds the story."""
    by_entry: dict[str, list[Decision]] = {}
    for decision in decisions:
        if decision.state == "pending":
            by_entry.setdefault(decision.entry, []).append(decision)
    found = [Match(judged=one, decisions=tuple(by_entry[one.entry.id])) for one in judged if one.entry.id in by_entry]
    return sorted(found, key=lambda match: (match.entry.published or match.entry.first_seen, match.entry.id))


def destinations_of(matches: Sequence[Match], topics: Mapping[str, TopicConfig]) -> set[str]:
    """Each destination once, though several topics may send there."""
    return {str(place) for match in matches for one in match.decisions for place in topics[one.topic].destinations}


def topics_served(feed_topics: tuple[str, ...] | None, topics: Mapping[str, TopicConfig]) -> frozenset[str]:
    """The topics a feed serves: those it names, or all of them."""
    if feed_topics is None:
        return frozenset(topics)
    return frozenset(feed_topics) & topics.keys()


def rules_of(topics: Mapping[str, TopicConfig]) -> dict[str, Rules]:
    """The rules alone, by topic."""
    return {name: topic.rules for name, topic in topics.items()}
