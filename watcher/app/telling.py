"""Matches of a past grouped into stories by the line's own grouping, for a preview."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from watcher.config import TopicConfig
from watcher.data import background
from watcher.poll.assemble import Match, destinations_of
from watcher.poll.boards import KeyTerms, board_of
from watcher.poll.group import Grouper
from watcher.poll.judge import Judged
from watcher.poll.sift import Candidate
from watcher.preview import Source, Told
from watcher.preview.plan import Hit
from watcher.preview.scores import moment
from watcher.stories import Board
from watcher.types import Feed, FirstPoll, NewMember, TermShares

INSTALLATION = "preview"


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """Tells a past's matches, as batches that were decided together."""

    topics: Mapping[str, TopicConfig]
    feeds: Mapping[str, Feed]
    source: Source
    key_terms: KeyTerms
    polled: Mapping[str, TermShares]
    first_poll: FirstPoll
    max_age: timedelta

    def __call__(self, hits: Sequence[Hit]) -> list[Told]:
        """What each match comes to at each destination, in the order given."""
        boards: dict[str, Board] = {}
        texts: dict[str, list[str]] = {}
        known: set[str] = set()
        found: list[Told] = []
        for at, batch in groupby(hits, key=lambda hit: hit.at):
            given = list(batch)
            found += self._grouped([one for one in given if one.past.worded], at, boards, texts)
            for one in given:
                found += [] if one.past.worded else self._by_event(one, known)
        return found

    def _grouped(
        self, hits: Sequence[Hit], at: datetime, boards: dict[str, Board], texts: dict[str, list[str]]
    ) -> list[Told]:
        matches = [self._match(hit) for hit in hits]
        for destination in sorted(destinations_of(matches, self.topics) - boards.keys()):
            stories = self.source.stories(destination)
            boards[destination] = board_of(
                destination,
                stories,
                topics=self.topics,
                key_terms=self.key_terms,
                background=background(),
                polled=self.polled,
            )
            for story in stories:
                texts[story.id] = [f"{member.title}\n\n{member.text}" for member in story.members]
        grouper = Grouper(
            topics=self.topics,
            boards=boards,
            installation=INSTALLATION,
            key_terms=lambda _: {},
            first_poll=self.first_poll,
            now=at,
            told=texts,
        )
        decisions = [decision for match in matches for decision in match.decisions]
        made = grouper.group(grouper.place(matches), decisions)
        by_entry = {hit.past.entry.id: hit for hit in hits}
        news = {(item.destination, item.entry) for item in made.outbox}
        return [self._told(by_entry[one.entry], one, news=(one.destination, one.entry) in news) for one in made.members]

    def _match(self, hit: Hit) -> Match:
        feed = next(self.feeds[one] for one in hit.past.feeds if one in self.feeds)
        candidate = Candidate(
            entry=hit.past.entry,
            feed=feed,
            topics=frozenset(one.topic for one in hit.decisions),
            new=True,
            first=hit.first,
        )
        return Match(judged=Judged(candidate=candidate, entry=hit.past.entry, judgements={}), decisions=hit.decisions)

    def _told(self, hit: Hit, member: NewMember, *, news: bool) -> Told:
        return Told(
            entry=member.entry,
            destination=member.destination,
            topics=member.topics,
            story=member.story,
            relation=member.relation,
            news=news,
            strength=max(one.strength or 0.0 for one in hit.decisions if one.topic in member.topics),
            at=moment(hit.past, self.max_age),
        )

    def _by_event(self, hit: Hit, known: set[str]) -> list[Told]:
        """Without words: the story that it really belonged to, or one of its own."""
        found = []
        places = {str(place): None for one in hit.decisions for place in self.topics[one.topic].destinations}
        for destination in places:
            here = [one for one in hit.decisions if destination in map(str, self.topics[one.topic].destinations)]
            story = f"{destination} {hit.past.event or hit.past.entry.id}"
            found.append(
                Told(
                    entry=hit.past.entry.id,
                    destination=destination,
                    topics=tuple(sorted(one.topic for one in here)),
                    story=story,
                    relation="follow_up" if story in known else "founder",
                    news=story not in known,
                    strength=max(one.strength or 0.0 for one in here),
                    at=moment(hit.past, self.max_age),
                )
            )
            known.add(story)
        return found
