"""Decide, group, summarise: from judged entries to the batch that is saved. Pure but for the boards it fills."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from watcher.config import TopicConfig
from watcher.decide import Case, decide
from watcher.poll.judge import Judged
from watcher.stories import Board
from watcher.summary import summarise
from watcher.types import (
    Decision,
    Entry,
    FirstPoll,
    NewMember,
    OutboxItem,
    Rules,
    StoryMember,
    SummarySource,
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembled:
    """What grouping makes of a batch's matches."""

    decisions: tuple[Decision, ...]
    members: tuple[NewMember, ...]
    outbox: tuple[OutboxItem, ...]


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouper:
    """Places matches on the boards of their destinations and writes what is told of them."""

    topics: Mapping[str, TopicConfig]
    boards: Mapping[str, Board]
    installation: str
    key_terms: Callable[[str], Mapping[str, float]]
    first_poll: FirstPoll
    now: datetime

    def group(self, matches: Sequence[Match], decisions: Sequence[Decision]) -> Assembled:
        """Give every match its place; decisions whose story is told by another entry become ``grouped``."""
        members: list[NewMember] = []
        outbox: list[OutboxItem] = []
        states: dict[tuple[str, str], Decision] = {}
        for match in matches:
            placed = [self._place(match, destination) for destination in sorted(destinations_of([match], self.topics))]
            members += [member for member, _ in placed]
            told = [item for _, item in placed if item is not None]
            outbox += told
            for decision in match.decisions:
                states[decision.entry, decision.topic] = self._state(decision, told, members[-1])
        settled = tuple(states.get((one.entry, one.topic), one) for one in decisions)
        return Assembled(decisions=settled, members=tuple(members), outbox=tuple(outbox))

    def _place(self, match: Match, destination: str) -> tuple[NewMember, OutboxItem | None]:
        entry = match.entry
        here = [one for one in match.decisions if destination in map(str, self.topics[one.topic].destinations)]
        strongest = max(here, key=lambda one: (one.strength or 0.0, one.topic))
        text = entry.article or entry.text
        seen = StoryMember(
            entry=entry.id,
            outlet=entry.outlet,
            title=entry.title,
            text=text,
            seen=self.now,
            language=entry.language,
        )
        placement = self.boards[destination].place(seen, identity=entry.identity)
        summary, source = self._summary(entry, self.topics[strongest.topic])
        member = NewMember(
            story=placement.story,
            destination=destination,
            entry=entry.id,
            relation=placement.relation,
            nearest=placement.nearest,
            summary=summary,
            summary_source=source,
            at=self.now,
            topics=tuple(sorted(one.topic for one in here)),
        )
        if placement.relation == "copy":
            return member, None
        key = f"{self.installation}/{placement.story}"
        item = OutboxItem(
            # a follow-up is told under a key of its own: its story's first message has the other one
            key=key if placement.relation == "founder" else f"{key}/{entry.id}",
            destination=destination,
            kind="parent",
            topic=strongest.topic,
            story=placement.story,
            entry=entry.id,
            strength=strongest.strength or 0.0,
            created_at=self.now,
        )
        if match.judged.candidate.first and self.first_poll == "digest":
            item = replace(item, state="held", hold="first_poll")
        return member, item

    def _state(self, decision: Decision, told: Sequence[OutboxItem], last: NewMember) -> Decision:
        if not told:
            return replace(
                decision, state="grouped", reason=f"{decision.reason}; the same text as entry {last.nearest}"
            )
        if all(item.state == "held" for item in told):
            return replace(decision, state="held", reason=f"{decision.reason}; held for the first poll's digest")
        return decision

    def _summary(self, entry: Entry, topic: TopicConfig) -> tuple[str, SummarySource]:
        if topic.summary == "none":
            return "", "none"
        terms = self.key_terms(topic.name)
        if topic.summary == "article" and entry.article:
            from_article = summarise(entry.title, entry.article, terms=terms)
            if from_article:
                return from_article, "article"
        return summarise(entry.title, entry.text, terms=terms), "feed"


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
