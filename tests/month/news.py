"""What the world publishes in a month: mostly ordinary news, and some events on the topics, told by several outlets.

All of it is invented and follows from the seed: words of ordinary news are drawn by how common they are, events are
sentences about a topic with names of their own. Nothing here knows watcher but for its table of common words.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from itertools import accumulate
from random import Random
from typing import Literal

from tests.bench.feeds import LITTLE
from tests.month.calendar import DAY, MONTH, Calendar, Span
from tests.month.subjects import NEAR, SUBJECTS, Names, Subject, Told
from watcher.data import background

Kind = Literal["plain", "near", "founder", "copy", "follow_up"]

EACH_DAY = 6
"""Entries of a feed."""
ON_TOPIC = 0.006
"""Share of the entries that are about a topic."""
CLOSE = 0.004
"""Share of the entries that are close to one."""
BEFORE = 4 * DAY
"""What the feeds hold when they are read first goes back so far."""
HOURS = (3, 2, 2, 2, 3, 5, 8, 12, 14, 14, 13, 12, 12, 13, 13, 13, 12, 12, 11, 10, 8, 6, 5, 4)
WEEKDAYS = (1.1, 1.15, 1.15, 1.1, 1.05, 0.75, 0.7)
HELD = 30
"""Entries that a feed holds."""
SECTIONS = 0.1
"""Share of the feeds that are another one's section: every third entry of it."""
EDITED = 0.02
FAILING = 0.03
"""Share of the feeds that fail for some days."""
LATE = 2
"""Feeds that are only read from the reload on, the first ones, and as many, the last ones, that are read until then.

No event is told in them: whether a report that is read days after the others is one story with them is not at issue.
"""
RUSH = 14
"""Events within minutes, once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One entry as an outlet publishes it."""

    number: int
    feed: int
    at: datetime
    kind: Kind = "plain"
    event: int | None = None
    told: Told | None = None
    """Its words; None: ordinary news, made up when it is asked for."""
    edited_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happens, about one topic."""

    number: int
    topic: str
    at: datetime


class News:
    """A month of it. ``feeds``: how many there are."""

    def __init__(self, calendar: Calendar, *, feeds: int, seed: int) -> None:
        self.calendar, self.feeds, self.seed = calendar, feeds, seed
        self.events: list[Event] = []
        self.items: list[Item] = []
        rng = Random(seed)
        self._names = Names(rng)
        self.sections = {feeds - 1 - n: rng.randrange(feeds // 2) for n in range(int(feeds * SECTIONS))}
        self.outlets = [feed for feed in range(feeds) if feed not in self.sections]
        self._ordinary(rng)
        self._happen(rng)
        self.failing = self._failing(rng)
        self.renumbered = self.outlets[len(self.outlets) // 3]
        """The feed that changes all its ids one day."""
        self.of_feed = self._by_feed()
        self._changes = {feed: self._changed(items, feed) for feed, items in self.of_feed.items()}

    # -- what is published

    def _ordinary(self, rng: Random) -> None:
        """Everyday news, by day and hour."""
        begin, days = self.calendar.start - BEFORE, self.calendar.days + BEFORE // DAY
        shape = [hours * WEEKDAYS[(begin + day * DAY).weekday()] for day in range(days) for hours in HOURS]
        own = len(self.outlets) + sum(1 for _ in self.sections) / 3
        count = round(own * EACH_DAY * days)
        for place in rng.choices(range(days * 24), shape, k=count):
            at = begin + timedelta(hours=place, seconds=rng.randrange(3600))
            self._publish(rng, at, "near" if rng.random() < CLOSE else "plain")

    def _publish(
        self,
        rng: Random,
        at: datetime,
        kind: Kind,
        *,
        event: int | None = None,
        told: Told | None = None,
        feed: int = -1,
    ) -> None:
        if kind == "near":
            told = NEAR.founder(rng, self._words, self._names)
        edited = at + timedelta(hours=rng.uniform(1, 6)) if rng.random() < EDITED else None
        feed = rng.choice(self.outlets) if feed < 0 else feed
        made = Item(number=len(self.items), feed=feed, at=at, kind=kind, event=event, told=told, edited_at=edited)
        self.items.append(made)

    def _happen(self, rng: Random) -> None:
        """Events, each told by some outlets within two days."""
        days = self.calendar.days
        entries = self.feeds * EACH_DAY * days
        count = max(3 * days, round(entries * ON_TOPIC / 3))
        last = self.calendar.end - timedelta(hours=6)
        for _ in range(count):
            at = self.calendar.start + timedelta(days=days * rng.random())
            self._event(rng, min(at, last), last)
        for moment in (self.calendar.outage.begin, *(one.begin for one in self.calendar.off)):
            self._event(rng, moment + timedelta(minutes=1), last, topic=SUBJECTS[0])
        for number in range(min(RUSH, 2 * self.feeds)):
            self._event(rng, self.calendar.rush + timedelta(seconds=30 * number), last, topic=SUBJECTS[0], alone=True)

    def _event(
        self, rng: Random, at: datetime, last: datetime, *, topic: Subject | None = None, alone: bool = False
    ) -> None:
        subject = topic or rng.choices(SUBJECTS, [one.share for one in SUBJECTS])[0]
        event = Event(number=len(self.events), topic=subject.name, at=at)
        self.events.append(event)
        always = [one for one in self.outlets if LATE <= one < self.feeds - LATE]
        outlets = rng.sample(always, min(len(always), 8))
        story = subject.story(rng, self._words, self._names)
        self._publish(rng, at, "founder", event=event.number, told=story.first, feed=outlets.pop())
        stretch = self.calendar.days / MONTH if self.calendar.days < MONTH / 3 else 1.0
        for _ in range(0 if alone else rng.choice((0, 0, 1, 1, 2, 3))):
            later = at + timedelta(hours=rng.uniform(0.2, 12) * stretch)
            if later < last:
                self._publish(rng, later, "copy", event=event.number, told=story.copy(rng), feed=outlets.pop())
        for _ in range(0 if alone else rng.choice((0, 0, 0, 1, 1, 2))):
            later = at + timedelta(hours=rng.uniform(4, 40) * stretch)
            if later < last:
                self._publish(
                    rng, later, "follow_up", event=event.number, told=story.follow_up(rng), feed=outlets.pop()
                )

    def _failing(self, rng: Random) -> dict[int, tuple[Span, int]]:
        """Feeds that fail for days, and with which status."""
        count = max(1, round(self.feeds * FAILING))
        chosen = rng.sample(range(self.feeds), count)
        return {
            feed: (self.calendar.span(rng.uniform(2, 25), rng.uniform(1, 3)), rng.choice((500, 503, 404, 403)))
            for feed in chosen
        }

    def _by_feed(self) -> dict[int, list[Item]]:
        found: defaultdict[int, list[Item]] = defaultdict(list)
        for item in sorted(self.items, key=lambda one: (one.at, one.number)):
            found[item.feed].append(item)
        for section, whole in self.sections.items():
            found[section] = found[whole][::3]
        return {feed: found[feed] for feed in range(self.feeds)}

    # -- how a feed stands at a moment

    def _changed(self, items: Sequence[Item], feed: int) -> list[datetime]:
        """When its document becomes another one."""
        new_ids = [self.calendar.new_ids] if feed == self.renumbered else []
        return sorted([one.at for one in items] + [one.edited_at for one in items if one.edited_at] + new_ids)

    def version(self, feed: int, now: datetime) -> int:
        """A number that changes with the document."""
        return bisect_right(self._changes[feed], now)

    def held(self, feed: int, now: datetime) -> list[Item]:
        """What it holds, the latest first."""
        items = self.of_feed[feed]
        end = bisect_right(items, now, key=lambda one: one.at)
        return items[max(0, end - HELD) : end][::-1]

    def published(self, feed: int, since: datetime, until: datetime) -> Iterator[Item]:
        """What came in between."""
        return (one for one in self.of_feed[feed] if since <= one.at < until)

    def down(self, feed: int, now: datetime) -> int | None:
        """The status with which it fails now; for a moment now and then, and some of them for days."""
        if feed in self.failing and now in self.failing[feed][0]:
            return self.failing[feed][1]
        hour = int(now.timestamp()) // 3600
        return 503 if Random(hour * 1009 + feed * 7919 + self.seed).random() < 0.004 else None

    def words(self, item: Item, now: datetime) -> Told:
        """Headline and text as they stand at a moment."""
        told = item.told or self._prose(item)
        if item.edited_at is None or now < item.edited_at:
            return told
        if item.number % 3:
            return replace(told, text=f"{told.text} This report was updated.")
        return replace(told, title=f"{told.title} today")

    # -- ordinary news

    @cached_property
    def _words(self) -> list[str]:
        """Words that stand in a fair share of the news, to tell events by."""
        return [word for word, share in self._known if 0.002 < share < 0.01]

    @cached_property
    def _known(self) -> list[tuple[str, float]]:
        shares = background()["en"].shares.items()
        return [(word, share) for word, share in shares if word.isascii() and word.isalpha() and len(word) > 3]

    @cached_property
    def _drawn(self) -> tuple[list[str], list[float]]:
        return [word for word, _ in self._known], list(accumulate(share for _, share in self._known))

    def _prose(self, item: Item) -> Told:
        """Ordinary news: some of its words go together, the others are drawn by how common they are."""
        rng = Random(item.number * 1_000_003 + self.seed)
        words, weights = self._drawn
        beat = Random(item.number % 60).sample(words, 60)
        drawn = rng.choices(words, cum_weights=weights, k=22) + rng.choices(beat, k=18)
        rng.shuffle(drawn)
        title = " ".join([drawn[0].title(), *drawn[1:3], rng.choice(LITTLE), *drawn[3:6]])
        sentences = []
        for first in range(6, 40, 9):
            part = [word for one in drawn[first : first + 9] for word in (rng.choice(LITTLE), one)]
            sentences.append(" ".join(part[1:]).capitalize() + ".")
        return Told(title=title, text=" ".join(sentences))
