"""Ticks that come whatever is done to the wall clock.

Its one rule: APScheduler times its jobs by the wall clock, which is put forward and back; what looks after them is
timed by the event loop, whose clock only goes on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger


class Beat(IntervalTrigger):  # type: ignore[misc]  # the library has no types
    """Every so many seconds. What a jump of the clock left out is left out at once.

    The library's own trigger counts every interval in between: after a jump of a year that takes a minute, in which
    nothing else happens.
    """

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        """The next beat, always ahead of ``now``."""
        following: datetime = super().get_next_fire_time(previous_fire_time, now)
        return following if following > now else now + self.interval


def rearm(scheduler: AsyncIOScheduler, now: datetime) -> int:
    """Bring back the ticks that lie more than two intervals ahead, for the clock was put back; returns how many."""
    late = [job for job in scheduler.get_jobs() if job.next_run_time - now > 2 * job.trigger.interval]
    for job in late:
        job.modify(next_run_time=now)
    return len(late)


async def keep(scheduler: AsyncIOScheduler, *, wall: Callable[[], datetime], every: float) -> None:
    """Look every so many seconds of the event loop's own time, for ever."""
    while True:
        await asyncio.sleep(every)
        rearm(scheduler, wall())
