"""The service's life in a process of its own: its ticks are called, and its clock is moved from one to the next."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import multiprocessing
import os
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from io import StringIO
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from typing import Any

import structlog
from rich.console import Console

from tests.bench.cost import own, proportional, resident, spent
from tests.month.calendar import DAY, Calendar
from watcher.app import App, build, spare_collector
from watcher.cli.common import LogLevel, configure_logging
from watcher.config import load
from watcher.desk import Desk
from watcher.feedback import Command, Press
from watcher.service import Service, _fixed
from watcher.store import Store
from watcher.store.entries import find_entry
from watcher.store.outbox import oldest_due
from watcher.store.report import outbox_rows
from watcher.types.feedback import MUTE_STORY, NOT_RELEVANT, RELEVANT

MIB = 1024**2
STEP = timedelta(minutes=15)
"""Between two polls: feeds that come due in between are polled together."""
PASSES = 240
"""Seconds, at most, in which delivery goes on after a poll."""
LOOK = timedelta(minutes=30)
"""Between two looks at readiness and at the notices that are due."""
PRESSED_AT = 10
"""The hour at which readers press buttons."""
EXPECTED = {"service.reload_refused"}
"""Errors in the log that belong to the month."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """What the process needs to know. ``files``: when which text becomes the configuration."""

    config: Path
    environ: dict[str, str]
    calendar: Calendar
    files: tuple[tuple[datetime, str], ...]
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """The process tree and the database at a moment, in bytes; processor seconds since the start."""

    day: float
    own: int
    """Of the service's process without its readers, shared pages by shares."""
    proportional: int
    resident: int
    database: int
    cpu: float


@dataclass(slots=True)
class Lived:
    """What the process has to tell."""

    measured: list[Measured] = field(default_factory=list)
    unready: list[tuple[datetime, datetime, str]] = field(default_factory=list)
    """From when to when it was not ready, and the first reason."""
    pressed: int = 0
    starts: int = 0
    failures: list[str] = field(default_factory=list)
    cpu: float = 0.0


class Clock:
    """Shows the month's time here and, through shared memory, to the servers."""

    def __init__(self, now: datetime, hand: Any) -> None:
        self.hand = hand
        self.move(now)

    def __call__(self) -> datetime:
        return self.now

    def move(self, now: datetime) -> None:
        """Go on; never back."""
        self.now = max(now, getattr(self, "now", now))
        self.hand.value = self.now.timestamp()

    async def sleep(self, seconds: float) -> None:
        """Wait, at once."""
        self.move(self.now + timedelta(seconds=seconds))


class Silent:
    """Whom the desk answers: nobody listens."""

    async def tell(self, asked: Press | Command, text: str) -> None:
        """Say it."""

    async def members(self, group: str) -> frozenset[str]:
        """Groups have no people."""
        del group
        return frozenset()


@dataclass(slots=True)
class Life:
    """One run."""

    orders: Orders
    clock: Clock
    say: Callable[[str], None]
    lived: Lived = field(default_factory=Lived)
    app: App = None  # type: ignore[assignment]  # made at the start
    service: Service = None  # type: ignore[assignment]  # the same
    rng: Random = field(default_factory=Random)
    files: list[tuple[datetime, str]] = field(default_factory=list)

    async def live(self) -> Lived:
        """From the first day to the last."""
        calendar = self.orders.calendar
        self.rng.seed(self.orders.seed)
        self.files = sorted(self.orders.files)
        points = [(day, calendar.at(day)) for day in calendar.measured]
        await self._start()
        moment = calendar.start
        parent = multiprocessing.parent_process()
        while moment < calendar.finish and parent is not None and parent.is_alive():
            moment += STEP
            if any(self.clock.now < off.begin <= moment for off in calendar.off):
                moment = await self._restart(moment)
            self.clock.move(moment)
            await self._tick(moment)
            while points and moment >= points[0][1]:
                self._measure(points.pop(0)[0])
        await self._stop()
        self.lived.cpu = spent()
        return self.lived

    # -- on and off

    async def _start(self) -> None:
        config = load(self.orders.config, self.orders.environ)
        store = Store.open(config.database, now=self.clock())
        self.app = build(
            config,
            store,
            clock=self.clock,
            jitter=self.rng.random,
            sleep=self.clock.sleep,
            console=Console(file=StringIO()),
        )
        self.app.answered = lambda: True
        self.service = Service(app=self.app, reread=lambda: load(self.orders.config, self.orders.environ))
        self.service._fixed = _fixed(config)
        spare_collector()
        self.lived.starts += 1
        new = await self.app.start()
        await self.app.say_off()
        self.service._begin(new)
        await self._settled()

    async def _stop(self) -> None:
        failed = self.app.metrics.ticks.labels("failed")._value.get()
        if failed:
            self.lived.failures.append(f"{failed:.0f} ticks failed before {self.clock():%d %b %H:%M}")
        await self.service._finish()
        await self.app.close()
        gc.unfreeze()  # a new process would have nothing of it

    async def _restart(self, moment: datetime) -> datetime:
        """Stop, leave it off for a while, start again on the same database."""
        (off,) = [one for one in self.orders.calendar.off if self.clock.now < one.begin <= moment]
        self.clock.move(off.begin)
        await self._stop()
        self.clock.move(off.end)
        await self._start()
        return self.clock()

    # -- what a service does all day

    async def _tick(self, moment: datetime) -> None:
        service = self.service
        await self._reload(moment)
        await service.guarded(service._poll_tick)
        await self._settled()
        await self._deliver()
        begun = moment.replace(minute=0, second=0, microsecond=0)
        if moment - begun < STEP:
            await service.guarded(service._tidy_tick)
            if moment.hour == PRESSED_AT:
                await self._press()
            if moment.hour == 0:
                self.say(f"day {(moment - self.orders.calendar.start) // DAY} is over")
        if (moment - begun) % LOOK < STEP:
            await service.guarded(service._notice_tick)
            await self._look()

    async def _settled(self) -> None:
        """Until what was begun beside the ticks is done."""
        while tasks := [*self.service._polls, *self.service._background]:
            await asyncio.gather(*tasks)

    async def _deliver(self) -> None:
        """What is due, second by second, as long as something is sent."""
        for _ in range(PASSES):
            await self.service._deliver_tick()
            assert self.service._delivery is not None
            await self.service._delivery
            if self.clock() in self.orders.calendar.outage:
                return
            if await self.app.store.read(oldest_due, self.clock() + timedelta(seconds=1)) is None:
                return
            self.clock.move(self.clock() + timedelta(seconds=1))

    async def _reload(self, moment: datetime) -> None:
        while self.files and moment >= self.files[0][0]:
            self.orders.config.write_text(self.files.pop(0)[1])
            await self.service.guarded(self.service._watch_tick)
            await self._settled()

    async def _look(self) -> None:
        """Whether it is ready, and since when not."""
        reasons, now, spans = await self.service.not_ready(), self.clock(), self.lived.unready
        if reasons:
            if spans and now - spans[-1][1] <= LOOK + STEP:
                spans[-1] = (spans[-1][0], now, spans[-1][2])
            else:
                spans.append((now, now, reasons[0]))

    async def _press(self) -> None:
        """Readers answer yesterday's alerts: what is about no event is not relevant, and some of the others are."""
        store, now = self.app.store, self.clock()
        rows = [
            row
            for row in await store.read(outbox_rows, ["sent"])
            if row.kind == "parent" and now - DAY <= row.created_at
        ]
        desk = Desk(app=self.app, people=Silent(), works=lambda: "")
        for number, row in enumerate(rows):
            entry = await store.read(find_entry, row.entry or "", None)
            action = RELEVANT if entry is not None and "/event/" in (entry.url or "") else NOT_RELEVANT
            if action == RELEVANT and number % 4:
                continue
            if number % 20 == 8:
                action = MUTE_STORY
            press = Press(
                id=f"{row.key}-{action}",
                action=action,
                key=row.key,
                user="U1",
                name="Reader",
                channel="",
                response_url=None,
            )
            rest = await desk.take(press)
            if rest is not None:
                await rest()
                self.lived.pressed += 1

    def note(self, logger: Any, method: str, event: MutableMapping[str, Any]) -> str:
        """An error in the log; but for those that the calendar asks for, there should be none."""
        del logger, method
        if event["event"] not in EXPECTED:
            self.lived.failures.append(f"in the log at {self.clock():%d %b %H:%M}: {event}")
        raise structlog.DropEvent

    def _measure(self, day: float) -> None:
        gc.collect()  # what is held is measured, not what waits to be collected
        size = (self.orders.config.parent / "watcher.db").stat().st_size
        now = Measured(day=day, own=own(), proportional=proportional(), resident=resident(), database=size, cpu=spent())
        self.lived.measured.append(now)
        self.say(f"memory {now.own / MIB:.0f}, {now.proportional / MIB:.0f} MiB with all readers; {now.cpu:.0f} s")


def run(orders: Orders, hand: Any, wire: Connection) -> None:
    """The process: sends progress (a string), and at its end what it lived."""
    os.setpgrp()
    life = Life(orders=orders, clock=Clock(orders.calendar.start, hand), say=wire.send)
    configure_logging(LogLevel.error, to_terminal=False)
    structlog.configure(processors=[life.note])
    lived = asyncio.run(life.live())
    with contextlib.suppress(BrokenPipeError):  # whoever wanted to know has ended
        wire.send(lived)
