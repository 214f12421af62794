"""The open stories of one destination, and where a new entry belongs among them.

A board may live as long as its process: it takes stories from the store with `add`, entries with `place`, and forgets
what has closed with `close`. Its cost per entry is bounded, however many stories are open.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from watcher.stories.copies import Copies, Print
from watcher.stories.events import Events
from watcher.stories.reading import Reading
from watcher.types import Placement, Story, StoryMember, TermShares
from watcher.urls import identity_hash

STAYS_OPEN = timedelta(hours=72)
"""A story closes this long after its last member."""

REMEMBERED = timedelta(days=30)
"""So long after its last member a closed story is remembered: news of its event founds a story that links back."""


def story_id(destination: str, identity: str) -> str:
    """16 hex digits that name the story founded by an entry at a destination; never a sequence."""
    return identity_hash(f"{destination} {identity}")


class Board:
    """The open stories of one destination, to which entries are added one after the other.

    ``background``: language → how common its words are in ordinary news; ``polled``: language → how common they are in
    what was polled (`Stream.shares`), of whatever topic. ``topics``: how many have their news there; ``topical``: word
    → in which share of the stories there it is expected. With ``follow_ups`` an entry that reports a story's event in
    other words joins it; without, only copies do, and nothing is kept that only follow-ups need.
    """

    def __init__(
        self,
        destination: str,
        stories: Iterable[Story],
        *,
        background: Mapping[str, TermShares] | None = None,
        polled: Mapping[str, TermShares] | None = None,
        follow_ups: bool = True,
        topics: int = 1,
        topical: Mapping[str, float] | None = None,
    ) -> None:
        self.destination = destination
        self._copies = Copies()
        common = background or {}
        self._events = Events(common, polled, topics=topics, topical=topical) if follow_ups else None
        self._past = Events(common, polled, topics=topics, topical=topical) if follow_ups else None
        self._of_entry: dict[str, str] = {}
        self._at: dict[str, str] = {}
        self._first_ends: datetime | None = None
        self._members: dict[str, list[str]] = {}
        self._last: dict[str, datetime] = {}
        for story in stories:
            self.add(story)

    def add(self, story: Story) -> None:
        """Take in a story as the store has it; members that are known already stay where they are."""
        for member in story.members:
            if member.entry not in self._of_entry:
                reading = self._events.read(member) if self._events is not None else None
                self._remember(member, story.id, Print.of(member.title, member.text), reading)

    def place(self, member: StoryMember, *, identity: str) -> Placement:
        """Say where an entry belongs and remember it there, so that the next one can join it.

        Stories that closed before the entry was ``seen`` take nothing in. ``similarity`` (0 to 1) is the share of the
        text that a copy has in common with its nearest member, the cosine of a follow-up to its story.
        """
        known = self._of_entry.get(member.entry)
        if known is not None:
            return Placement(story=known, relation="copy", nearest=member.entry, similarity=1.0)
        self.close(member.seen)
        print_ = Print.of(member.title, member.text)
        reading = self._events.read(member) if self._events is not None else None
        placement = self._same_page(member) or self._as_copy(print_) or self._as_follow_up(reading, member.seen)
        if placement is None:
            placement = Placement(
                story=story_id(self.destination, identity),
                relation="founder",
                nearest=None,
                similarity=0.0,
                earlier=self._earlier(reading, member.seen),
            )
        self._remember(member, placement.story, print_, reading)
        return placement

    def close(self, now: datetime) -> None:
        """Close the stories whose last member came longer ago than `STAYS_OPEN`: nothing joins them any more.

        What they reported is kept until `REMEMBERED` has passed, so that a later story of the event can link back.
        """
        if self._first_ends is None or now <= self._first_ends:
            return
        for story in [story for story, last in self._last.items() if now - last > STAYS_OPEN]:
            self._close(story)
        self._first_ends = min(self._last.values()) + STAYS_OPEN if self._last else None
        self._at = {address: entry for address, entry in self._at.items() if entry in self._of_entry}
        if self._past is not None:
            for story in self._past.older_than(now - REMEMBERED):
                self._past.remove(story)

    def _close(self, story: str) -> None:
        for entry in self._members.pop(story):
            self._copies.remove(entry)
            del self._of_entry[entry]
        last = self._last.pop(story)
        if self._events is not None and self._past is not None:
            for reading in self._events.remove(story):
                self._past.add(story, reading, seen=last)

    def _same_page(self, new: StoryMember) -> Placement | None:
        """An entry whose link, or whose article's redirects, lead where another's do."""
        entry = next((self._at[address] for address in new.addresses if address in self._at), None)
        if entry is None:
            return None
        return Placement(story=self._of_entry[entry], relation="copy", nearest=entry, similarity=1.0)

    def _earlier(self, new: Reading | None, seen: datetime) -> str | None:
        """The closed story that a founder takes up again."""
        if self._past is None or new is None:
            return None
        found = self._past.nearest(new, seen=seen)
        return found.story if found is not None and found.logit >= 0 else None

    def _as_copy(self, new: Print) -> Placement | None:
        found = self._copies.nearest(new)
        if found is None:
            return None
        entry, similarity = found
        return Placement(story=self._of_entry[entry], relation="copy", nearest=entry, similarity=similarity)

    def _as_follow_up(self, new: Reading | None, seen: datetime) -> Placement | None:
        if self._events is None or new is None:
            return None
        found = self._events.nearest(new, seen=seen)
        if found is None or found.logit < 0:
            return None
        return Placement(
            story=found.story, relation="follow_up", nearest=found.entry, similarity=min(1.0, found.likeness.cosine)
        )

    def _remember(self, member: StoryMember, story: str, print_: Print, reading: Reading | None) -> None:
        self._copies.add(member.entry, print_)
        self._of_entry[member.entry] = story
        for address in member.addresses:
            self._at.setdefault(address, member.entry)
        self._members.setdefault(story, []).append(member.entry)
        self._last[story] = max(self._last.get(story, member.seen), member.seen)
        ends = self._last[story] + STAYS_OPEN
        self._first_ends = ends if self._first_ends is None else min(self._first_ends, ends)
        if self._events is not None and reading is not None:
            self._events.add(story, reading, seen=member.seen)
