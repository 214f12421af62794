"""Group, summarise: where each match belongs among its destination's stories, and what is told of it.

Pure but for the boards it fills. First all matches get their places, then their texts are compared with what their
stories told: in between, the caller reads those texts.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from watcher.config import TopicConfig
from watcher.poll.assemble import Match, destinations_of
from watcher.stories import Board, content_stems, new_sentences
from watcher.summary import summarise
from watcher.types import (
    Broadcast,
    Decision,
    Entry,
    FirstPoll,
    NewMember,
    OutboxItem,
    Placement,
    StoryMember,
    SummarySource,
)

ADDED = 0.5
"""Share of new words from which on a sentence of a copy was added to it, and not just edited."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembled:
    """What grouping makes of a batch's matches."""

    decisions: tuple[Decision, ...]
    members: tuple[NewMember, ...]
    outbox: tuple[OutboxItem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A match at one of its destinations. ``decisions``: of the topics that send there, the strongest first."""

    match: Match
    destination: str
    decisions: tuple[Decision, ...]
    placement: Placement

    @property
    def entry(self) -> Entry:
        """The entry that matched."""
        return self.match.entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouper:
    """Places matches on the boards of their destinations and writes what is told of them."""

    topics: Mapping[str, TopicConfig]
    boards: Mapping[str, Board]
    installation: str
    key_terms: Callable[[str], Mapping[str, float]]
    first_poll: FirstPoll
    now: datetime
    told: dict[str, list[str]] = field(default_factory=dict)
    """Story → the texts it has told so far; grows with the batch."""

    def place(self, matches: Sequence[Match]) -> list[Placed]:
        """Give every match its place, in the order given."""
        return [
            self._place(match, destination)
            for match in matches
            for destination in sorted(destinations_of([match], self.topics))
        ]

    def group(self, placed: Sequence[Placed], decisions: Sequence[Decision]) -> Assembled:
        """Tell what has to be told; decisions whose story is told by other messages become ``grouped``."""
        members: list[NewMember] = []
        outbox: list[OutboxItem] = []
        told: dict[tuple[str, str], list[tuple[NewMember, OutboxItem | None]]] = {}
        for one in placed:
            member, item = self._tell(one)
            members.append(member)
            outbox += [item] if item else []
            for matched in one.decisions:
                told.setdefault((matched.entry, matched.topic), []).append((member, item))
        settled = tuple(self._settled(one, told.get((one.entry, one.topic), ())) for one in decisions)
        return Assembled(decisions=settled, members=tuple(members), outbox=tuple(outbox))

    def _place(self, match: Match, destination: str) -> Placed:
        entry = match.entry
        here = [one for one in match.decisions if destination in map(str, self.topics[one.topic].destinations)]
        here.sort(key=lambda one: (-(one.strength or 0.0), one.topic))
        seen = StoryMember(
            entry=entry.id,
            outlet=entry.outlet,
            title=entry.title,
            text=entry.article or entry.text,
            seen=self.now,
            language=entry.language,
            addresses=(entry.identity, entry.landed) if entry.landed else (entry.identity,),
            topic=here[0].topic,
        )
        return Placed(
            match=match,
            destination=destination,
            decisions=tuple(here),
            placement=self.boards[destination].place(seen, identity=entry.identity),
        )

    def _tell(self, one: Placed) -> tuple[NewMember, OutboxItem | None]:
        entry, placement = one.entry, one.placement
        before = self.told.setdefault(placement.story, [])
        news = () if placement.relation == "founder" else self._news(one, before)
        summary, source = self._summary(one, news)
        member = NewMember(
            story=placement.story,
            destination=one.destination,
            entry=entry.id,
            relation=placement.relation,
            nearest=placement.nearest,
            summary=summary,
            summary_source=source,
            at=self.now,
            topics=tuple(sorted(decision.topic for decision in one.decisions)),
            earlier=placement.earlier,
        )
        item = None
        if placement.relation == "founder":
            item = self._parent(one)
        elif news:
            item = self._reply(one, self._broadcast(one, before))
        before.append(_said(entry))
        return member, item

    def _news(self, one: Placed, before: Sequence[str]) -> tuple[str, ...]:
        """What an entry says beyond what its story told; nothing where follow-ups are not told at all."""
        baseline = one.match.judged.candidate.first and self.first_poll == "digest"
        if baseline or self._topic(one).follow_ups == "none":
            return ()
        entry = one.entry
        text, language = entry.article or entry.text, entry.language
        if one.placement.relation == "copy":
            return _added(before, new_sentences(before, text, language=language), language)
        return new_sentences(before, text, language=language) or new_sentences(before, entry.title, language=language)

    def _broadcast(self, one: Placed, before: Sequence[str]) -> Broadcast | None:
        """Whether the channel should see it, too: when the headline itself says something new."""
        entry = one.entry
        if self._topic(one).follow_ups == "channel":
            return "always"
        if not new_sentences(before, entry.title, language=entry.language):
            return None
        return "daily"

    def _topic(self, one: Placed) -> TopicConfig:
        return self.topics[one.decisions[0].topic]

    def _parent(self, one: Placed) -> OutboxItem:
        item = replace(self._item(one), key=f"{self.installation}/{one.placement.story}", kind="parent")
        if one.match.judged.candidate.first and self.first_poll == "digest":
            return replace(item, state="held", hold="first_poll")
        return item

    def _reply(self, one: Placed, broadcast: Broadcast | None) -> OutboxItem:
        return replace(self._item(one), broadcast=broadcast)

    def _item(self, one: Placed) -> OutboxItem:
        strongest = one.decisions[0]
        return OutboxItem(
            key=f"{self.installation}/{one.placement.story}/{one.entry.id}",
            destination=one.destination,
            kind="reply",
            topic=strongest.topic,
            story=one.placement.story,
            entry=one.entry.id,
            strength=strongest.strength or 0.0,
            created_at=self.now,
        )

    def _settled(self, decision: Decision, told: Sequence[tuple[NewMember, OutboxItem | None]]) -> Decision:
        """A decision with what became of its entry, at all destinations of its topic together."""
        items = [item for _, item in told if item is not None]
        if not told:
            return decision
        if not items:
            return replace(decision, state="grouped", reason=f"{decision.reason}; {_why_grouped(told[-1][0])}")
        if all(item.state == "held" for item in items):
            return replace(decision, state="held", reason=f"{decision.reason}; held for the first poll's digest")
        return decision

    def _summary(self, one: Placed, news: Sequence[str]) -> tuple[str, SummarySource]:
        """What the message says of the entry: of a follow-up only what is new."""
        entry, topic = one.entry, self._topic(one)
        if topic.summary == "none":
            return "", "none"
        terms = self.key_terms(topic.name)
        if news:
            told = summarise(entry.title, entry.article or entry.text, terms=terms, only=news)
            return told, "article" if entry.article else "feed"
        if topic.summary == "article" and entry.article:
            from_article = summarise(entry.title, entry.article, terms=terms)
            if from_article:
                return from_article, "article"
        return summarise(entry.title, entry.text, terms=terms), "feed"


def stories_to_read(placed: Collection[Placed]) -> set[str]:
    """Stories whose texts ``group`` needs: those that an entry joined."""
    return {one.placement.story for one in placed if one.placement.relation != "founder"}


def _added(before: Sequence[str], news: Sequence[str], language: str) -> tuple[str, ...]:
    """Of a copy's new sentences those that were added: an editor's touch leaves most words as they were."""
    known = frozenset[str]().union(*(content_stems(text, language) for text in before))
    stems = {sentence: content_stems(sentence, language) for sentence in news}
    return tuple(one for one in news if len(stems[one] - known) >= ADDED * len(stems[one]))


def _said(entry: Entry) -> str:
    return f"{entry.title}\n\n{entry.article or entry.text}"


def _why_grouped(member: NewMember) -> str:
    if member.relation == "copy":
        return f"the same text as entry {member.nearest}"
    return f"the same event as entry {member.nearest}, and nothing new about it"
