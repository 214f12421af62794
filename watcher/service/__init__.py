"""The service: ticks that ask the database who is due, reload, and a stop that loses nothing. No logic of its own.

``Service`` does all of it in one process; ``worker.Worker`` does its share of it beside others.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from http import HTTPStatus
from typing import Any

import structlog
from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MAX_INSTANCES, EVENT_JOB_MISSED, JobExecutionEvent
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from watcher import gauges, ticks
from watcher.app import App, utc_now
from watcher.app.line import count_anew
from watcher.app.reloading import say_not_taken_up, say_taken_up
from watcher.app.scene import scene_of
from watcher.app.upgrading import say_upgraded
from watcher.config import Config
from watcher.config.watching import fingerprint
from watcher.desk.listening import listen
from watcher.errors import ConfigError, FetchError, StateError
from watcher.readiness import Setback, Stall, set_back
from watcher.service.condition import stalled
from watcher.store.feeds import due_feeds
from watcher.web import Access, Server, serve, site

log = structlog.get_logger("watcher.service")

POLL_EVERY, DELIVER_EVERY, WATCH_EVERY, NOTICE_EVERY, PING_EVERY, TIDY_EVERY = 1, 1, 2, 60, 60, 3600
"""Seconds between ticks."""
TAKEN = 2_000
"""Due feeds taken on at most, in flight (``watcher.poll.IN_FLIGHT`` of them) or waiting for that."""
FINISH = 5
"""Seconds that a message on its way gets at the end; what is not finished then is looked up at the next start."""

PUT_BACK = timedelta(minutes=1)
"""A wall clock that goes back by less than this costs a poll no more than this."""

Tick = Callable[[], Coroutine[Any, Any, None]]

EVENTS = {EVENT_JOB_MISSED: "missed", EVENT_JOB_MAX_INSTANCES: "overlapping", EVENT_JOB_ERROR: "failed"}


@dataclass(slots=True, kw_only=True)
class Service:
    """Runs an App until it is told to stop. ``reread`` gives the configuration anew, or raises ConfigError."""

    app: App
    reread: Callable[[], Config]
    seen: str = ""
    """The fingerprint of the files that the configuration was read from; left out: as they are when it begins."""
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    wall: Callable[[], datetime] = utc_now
    """The clock that the scheduler goes by."""
    _last_tick: datetime | None = None
    _polls: set[asyncio.Task[None]] = field(default_factory=set)
    _delivery: asyncio.Task[None] | None = None
    _background: set[asyncio.Task[None]] = field(default_factory=set)
    _setback: Setback | None = None
    """The database cannot be written: polls and posts rest, and are tried again by and by."""
    _one_reload: asyncio.Lock = field(default_factory=asyncio.Lock)
    _one_catch_up: asyncio.Lock = field(default_factory=asyncio.Lock)
    _fixed: dict[str, object] = field(default_factory=dict)
    """Settings that were taken at the start and stay until the end."""

    async def run(self) -> None:
        """Serve until ``stop`` is set or a signal comes; then finish what is on its way, within ten seconds.

        Raises ConfigError when the address is taken or not this machine's.
        """
        self._listen_to_signals()
        app, config = self.app, self.app.config
        self._fixed = _fixed(config)
        server = await self._listen()
        app.store.record_address(server.address)
        log.info("service.listening", address=server.address)
        scheduler = self._scheduler()
        try:
            self.seen = self.seen or fingerprint(config.watched)
            new_topics = await app.start()
            await app.say_off()
            self._begin(new_topics)
            scheduler.start()
            self._spawn(partial(ticks.keep, scheduler, wall=self.wall, every=POLL_EVERY))
            self._go_to_work()
            log.info("service.started", feeds=len(config.feeds), topics=len(config.topics), notify=config.notify)
            await self.stop.wait()
        finally:
            if scheduler.running:
                scheduler.shutdown(wait=False)
            await self._finish()
            await server.close()
            log.info("service.stopped")

    async def _listen(self) -> Server:
        config = self.app.config
        host, port = config.server.host, config.server.port
        try:
            access = Access(token=config.secrets.server_token, listen=host, hosts=lambda: self.app.config.server.hosts)
            return await serve(site(self, access=access, scene=lambda: scene_of(self.app)), host=host, port=port)
        except OSError as error:
            what = f"cannot listen at {host}:{port} ({_why(error)})"
            remedy = "stop what listens there, or name another address (port 0 takes any free one)"
            raise ConfigError([config.problem("server.listen", what, remedy)]) from error

    def _listen_to_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop.set)
        loop.add_signal_handler(signal.SIGHUP, lambda: self._spawn(lambda: self._reload("SIGHUP")))

    def _scheduler(self) -> AsyncIOScheduler:
        # The defaults drop a tick that is a second late; ours are made up for, once.
        scheduler = AsyncIOScheduler(
            timezone="UTC", job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
        )
        for tick, seconds in self._ticks():
            beat = ticks.Beat(seconds=seconds, timezone="UTC")
            scheduler.add_job(self._scheduled, beat, args=[tick], id=tick.__name__.strip("_"))
        scheduler.add_listener(self._count_event, EVENT_JOB_MISSED | EVENT_JOB_MAX_INSTANCES | EVENT_JOB_ERROR)
        return scheduler

    def _ticks(self) -> Sequence[tuple[Tick, int]]:
        """What is done at all, and every how many seconds."""
        return (
            (self._poll_tick, POLL_EVERY),
            (self._deliver_tick, DELIVER_EVERY),
            (self._watch_tick, WATCH_EVERY),
            (self._notice_tick, NOTICE_EVERY),
            (self._ping_tick, PING_EVERY),
            (self._tidy_tick, TIDY_EVERY),
        )

    def _go_to_work(self) -> None:
        """Begin what runs beside the ticks."""
        if (socket := listen(self.app, self._spawn)) is not None:
            self._spawn(socket.run)
        self._spawn(partial(say_upgraded, self.app))

    def _count_event(self, event: JobExecutionEvent) -> None:
        self.app.metrics.ticks.labels(EVENTS.get(event.code, "other")).inc()

    async def _scheduled(self, tick: Tick) -> None:
        # Only the scheduler's own end cancels a job, and the scheduler would log that as a fault, with a trace.
        with contextlib.suppress(asyncio.CancelledError):
            await self.guarded(tick)

    async def guarded(self, tick: Tick) -> None:
        """The job boundary: a fault is logged and counted, and the next tick comes all the same."""
        try:
            await tick()
        except StateError as error:
            self.app.metrics.ticks.labels("failed").inc()
            before, self._setback = self._setback, set_back(self._setback, str(error), self.app.clock())
            if before is None or before.error != str(error):  # said once, however often it is tried
                log.error("service.state", tick=_name(tick), reason=str(error))  # noqa: TRY400 a sentence, not a trace
        except Exception:
            self.app.metrics.ticks.labels("failed").inc()
            log.exception("service.tick_failed", tick=_name(tick))

    async def _poll_tick(self) -> None:
        app = self.app
        await self._notice_the_clock()
        if self._setback is not None:
            if self._rests() or self._polls:
                return
            await count_anew(app)
        room = TAKEN - len(app.poller.busy)
        ids = {one.id for one in app.config.feeds} - app.poller.busy
        if room <= 0 or not ids:
            return
        due = await app.store.read(due_feeds, ids=ids, now=app.clock(), limit=room)
        if due:
            self._spawn_poll([state.id for state in due])
        elif self._setback is not None:
            await app.store.try_to_write()
            await self._mended()

    def _rests(self) -> bool:
        """Whether the database could not be written a moment ago: then nobody is asked for what cannot be kept."""
        return self._setback is not None and self.app.clock() < self._setback.again_at

    async def _mended(self) -> None:
        """The database was written: say so if it could not be before, and take up what was given up meanwhile."""
        before, self._setback = self._setback, None
        if before is not None:
            log.info("service.state_mended", reason=before.error, tries=before.tries)
            self._begin(await self.app.new_topics())

    async def _notice_the_clock(self) -> None:
        """What was put off to a time of the old clock would wait for hours, were the clock put back."""
        now = self.app.clock()
        back = (self._last_tick or now) - now
        if back > PUT_BACK:
            log.warning("service.clock_put_back", seconds=round(back.total_seconds()))
            if self._setback is not None:
                self._setback = replace(self._setback, again_at=now)
            await self.app.clock_put_back()
        self._last_tick = now

    def _spawn_poll(self, ids: list[str]) -> None:
        task = asyncio.create_task(self._poll(ids))
        self._polls.add(task)
        task.add_done_callback(self._polls.discard)

    async def _poll(self, ids: list[str]) -> None:
        async def poll() -> None:
            with self.app.metrics.tick_seconds.labels("poll").time():
                self.app.count_poll(await self.app.poller.poll(ids))
            await self._mended()

        await self.guarded(poll)

    async def _deliver_tick(self) -> None:
        if (self._delivery is None or self._delivery.done()) and not self._rests():
            self._delivery = asyncio.create_task(self._deliver())

    async def _deliver(self) -> None:
        async def deliver() -> None:
            with self.app.metrics.tick_seconds.labels("deliver").time():
                await self.app.deliver()

        await self.guarded(deliver)

    async def _notice_tick(self) -> None:
        await self.app.say_notices()

    async def _ping_tick(self) -> None:
        """Ask the watchdog's address while all is well: its silence is the alarm."""
        url = self.app.config.health.ping
        if url is None or await self.not_ready():
            return
        try:
            await self.app.fetcher.get(url)
        except FetchError as error:
            if error.status is None or not HTTPStatus.OK <= error.status < HTTPStatus.MULTIPLE_CHOICES:
                # the address holds its key, and the error the address
                log.warning("service.ping_failed", reason=f"HTTP {error.status}" if error.status else error.fault)

    async def _tidy_tick(self) -> None:
        await self.app.tidy()
        await self.app.say_quiet()

    async def _watch_tick(self) -> None:
        seen = await asyncio.to_thread(fingerprint, self.app.config.watched)
        if seen != self.seen:
            await self._reload("the file changed")

    async def _reload(self, cause: str) -> None:
        """Take the new configuration whole, or keep the last good one and say why."""
        async with self._one_reload:
            await self._reread(cause)

    async def _reread(self, cause: str) -> None:
        self.seen = await asyncio.to_thread(fingerprint, self.app.config.watched)
        before = self.app.config
        try:
            config = await asyncio.to_thread(self.reread)
            new_topics = await self.app.reconfigure(config)
        except ConfigError as error:
            self.app.metrics.reloads.labels("refused").inc()
            log.error(  # noqa: TRY400 the problems are the message
                "service.reload_refused", cause=cause, kept="the last good configuration", problems=str(error)
            )
            await say_not_taken_up(self.app, error)
            return
        self.app.metrics.reloads.labels("ok").inc()
        self.seen = await asyncio.to_thread(fingerprint, config.watched)
        log.info("service.reloaded", cause=cause, feeds=len(config.feeds), topics=len(config.topics))
        for key, value in _fixed(config).items():
            if value != self._fixed[key]:
                log.warning("service.restart_needed", key=key, reason="it takes effect at the next start")
        await say_taken_up(self.app, before)
        self._begin(new_topics)

    def _begin(self, new_topics: tuple[str, ...]) -> None:
        """Let new topics judge what is stored, beside the ticks: nobody has to wait for it, least of all SIGTERM."""

        async def catch_up() -> None:
            async with self._one_catch_up:
                self.app.count_poll(await self.app.catch_up(new_topics))

        if new_topics:
            self._spawn(catch_up)

    def _spawn(self, work: Tick) -> None:
        task = asyncio.create_task(self.guarded(work))
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def _finish(self) -> None:
        """Give polls back (their feeds stay due); let a message on its way be settled, for a while."""
        self.app.store.hurry()
        for task in [*self._polls, *self._background]:
            task.cancel()
        if self._delivery is not None and not self._delivery.done():
            await asyncio.wait([self._delivery], timeout=FINISH)
            self._delivery.cancel()
        for task in [*self._polls, *self._background, *([self._delivery] if self._delivery else [])]:
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def not_ready(self) -> tuple[str, ...]:
        """For ``/readyz``: sentences that say which work has stalled."""
        return tuple((await self.stalled()).values())

    async def stalled(self) -> dict[Stall, str]:
        """Which work has stalled, and a sentence about each."""
        return await stalled(self.app, self._setback)

    async def metrics(self) -> bytes:
        """For ``/metrics``: what is true at this moment is put into the gauges first."""
        await gauges.read(self.app, await self.stalled())
        return self.app.metrics.render()


def _name(tick: Callable[..., object]) -> str:
    return tick.func.__name__ if isinstance(tick, partial) else tick.__name__


def _fixed(config: Config) -> dict[str, object]:
    """Settings that a running service cannot take up anew."""
    return {"database": config.database, "server.listen": (config.server.host, config.server.port)}


def _why(error: OSError) -> str:
    return (os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)).lower()
