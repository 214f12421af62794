"""When what happens in a month; a shorter one has all of it, closer together. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

CLOCKS_GO_FORWARD = datetime(2026, 3, 29, tzinfo=UTC)
"""The day on which Europe's clocks are put forward, an hour after this moment."""
ZONE = "Europe/Berlin"
DAY = timedelta(days=1)
MONTH = 30


@dataclass(frozen=True, slots=True)
class Span:
    """From ``begin`` until just before ``end``."""

    begin: datetime
    end: datetime

    def __contains__(self, moment: datetime) -> bool:
        return self.begin <= moment < self.end


@dataclass(frozen=True, slots=True)
class Calendar:
    """The days of one run. Everything is told in days of a whole month, and shrinks with a shorter one."""

    days: int

    @property
    def start(self) -> datetime:
        """Midnight, so that the clocks go forward when almost three quarters have passed."""
        return CLOCKS_GO_FORWARD - round(self.days * 0.73) * DAY

    @property
    def end(self) -> datetime:
        return self.start + self.days * DAY

    @property
    def finish(self) -> datetime:
        """Until then nothing is published any more, and what waited for the morning is told."""
        return self.end + timedelta(hours=9)

    def at(self, day: float) -> datetime:
        """A moment, by its day in a month of thirty."""
        return self.start + (self.days / MONTH) * day * DAY

    def span(self, day: float, length: float) -> Span:
        """A stretch of so many days of thirty."""
        return Span(self.at(day), self.at(day + length))

    @property
    def outage(self) -> Span:
        """Slack takes nothing for a day."""
        return self.span(13.4, 1)

    @property
    def off(self) -> tuple[Span, ...]:
        """When watcher is not running: three short nights and one long."""
        return tuple(self.span(day, hours / 24) for day, hours in ((4.1, 0.1), (9.12, 0.2), (17.08, 5), (24.1, 0.1)))

    @property
    def rush(self) -> datetime:
        """When many events come within minutes."""
        return self.at(7.6)

    @property
    def reload(self) -> datetime:
        """When the file gets new feeds, loses some, and becomes stricter for one topic."""
        return self.at(11.5)

    @property
    def broken(self) -> Span:
        """When the file is broken."""
        return self.span(19.4, 0.1)

    @property
    def rename(self) -> datetime:
        """When a topic gets another name."""
        return self.at(21.3)

    @property
    def new_ids(self) -> datetime:
        """When one feed gives all its entries other ids and links."""
        return self.at(9)

    @property
    def retention(self) -> tuple[timedelta, timedelta]:
        """How long articles and entries are kept, so that a month sees it through. Open stories keep their articles."""
        return self.days * DAY / (5 if self.days >= MONTH else 3), self.days * DAY / 3

    @property
    def measured(self) -> tuple[float, ...]:
        """Days of thirty on which memory and database are measured."""
        return (5, 10, 15, 20, 25, 30)
