"""One of several processes on one database: it asks for jobs, and does those that the queue gives it.

Rule: a job calls what a tick of the one process calls, with the same ids.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

import structlog

from watcher import __version__
from watcher.app.fellows import Fellows, shards
from watcher.app.line import count_anew
from watcher.app.reloading import new_topics
from watcher.app.upgrading import say_upgraded
from watcher.config import Config
from watcher.desk.listening import listen
from watcher.errors import StateError
from watcher.feedback.socket import Socket
from watcher.service import NOTICE_EVERY, PING_EVERY, POLL_EVERY, TAKEN, TIDY_EVERY, WATCH_EVERY, Service, Tick
from watcher.service.queue import WORKS, Job, Queue, Wanted
from watcher.store.feedback import labels
from watcher.store.feeds import due_since
from watcher.store.versions import last_version

log = structlog.get_logger("watcher.service")

LOOK_EVERY, MEND_EVERY = 2, 10
"""Seconds between looks at what others did, and at whether one of them has died."""
WORTH = 100
"""Due feeds of a shard that are worth a job at once."""
PATIENCE = timedelta(seconds=5)
"""So long fewer wait, or a quarter of the shortest interval: a job is as much work for the queue as several feeds."""
FORGOTTEN = timedelta(seconds=30)
"""A press that was not learned by then never will be by the process that took it."""
AGAIN = 2.0
"""Seconds after which a queue that could not be reached is tried again."""


@dataclass(slots=True, kw_only=True)
class Worker(Service):
    """Runs an App beside others. ``name`` tells it from them; ``serves``: the kinds of work that it takes part in."""

    name: str
    serves: Collection[str] = WORKS
    at_once: int = 8
    queue: Queue = field(init=False)
    fellows: Fellows = field(init=False)
    socket: Socket | None = field(init=False, default=None)
    _shards: tuple[Config, Mapping[int, frozenset[str]], timedelta] | None = field(init=False, default=None)
    """The feeds' parts, and how long few due ones of a part wait; of a configuration."""
    _asked_of_upgrade: bool = field(init=False, default=False)
    """At its start a process asks once: were two versions side by side to go on asking, each would undo the other."""

    def __post_init__(self) -> None:
        """Make the queue's end, and have the app know that it is not alone."""
        app = self.app
        self.fellows = Fellows(app=app)
        self.queue = Queue(
            url=app.config.database,
            name=self.name,
            kinds=self._kinds(),
            serves=self.serves,
            at_once=self.at_once,
            ran=lambda kind: app.metrics.jobs.labels(kind).inc(),
        )
        app.answered = self.fellows.answered
        app.learner.turn = lambda topic: self.queue.turn(("learn", topic))
        app.metrics.worker = self.name

    async def run(self) -> None:
        """The same; at the end the others hear that it is one less."""
        try:
            await Service.run(self)  # no super(): a class with slots is made twice
        finally:
            with suppress(StateError):
                await self.fellows.leave()

    def _kinds(self) -> tuple[Job, ...]:
        def every(kind: str, seconds: int, tick: Tick, *, alone: bool = True) -> Job:
            return Job(kind=kind, work="tick", every=seconds, alone=alone, run=lambda _: self._do(tick))

        return (
            every("tick", POLL_EVERY, self._ask),
            every("mend", MEND_EVERY, self._mend_queue, alone=False),
            every("notices", NOTICE_EVERY, self._notice_tick),
            every("ping", PING_EVERY, self._ping_tick),
            every("tidy", TIDY_EVERY, self._tidy_tick),
            Job(kind="upgraded", work="tick", run=lambda version: self._do(partial(self._upgraded, version))),
            Job(kind="poll", work="poll", run=lambda shard: self._do(partial(self._poll_shard, int(shard)))),
            Job(kind="catch up", work="poll", run=lambda _: self._do(self._catch_up)),
            Job(kind="deliver", work="deliver", run=lambda place: self._do(partial(self._deliver_at, place))),
            Job(kind="learn", work="learn", run=lambda topic: self._do(partial(self._learn, topic))),
        )

    async def _do(self, tick: Tick) -> None:
        """One job, unless the database could not be written a moment ago; then the next tick asks again."""

        async def work() -> None:
            await self._notice_the_clock()
            if await self._fit():
                await tick()

        await self.guarded(work)

    async def _fit(self) -> bool:
        if self._setback is None:
            return True
        if self._rests():
            return False
        await self.app.store.try_to_write()
        await count_anew(self.app)
        await self._mended()
        return True

    def _ticks(self) -> Sequence[tuple[Tick, int]]:
        """What each process does for itself."""
        return ((self._watch_tick, WATCH_EVERY), (self._look_tick, LOOK_EVERY))

    def _go_to_work(self) -> None:
        """Hear what people press, where this process asks for jobs; and do jobs."""
        if "tick" in self.serves and (socket := listen(self.app, self._spawn)) is not None:
            self.socket = socket
            self._spawn(socket.run)
        self.app.answered = self.fellows.answered
        self._spawn(self._do_jobs)

    async def _do_jobs(self) -> None:
        """Until the end; a database that is out of reach is tried again."""
        while not self.stop.is_set():
            await self.guarded(self.queue.run)
            if not self.stop.is_set():
                await asyncio.sleep(AGAIN)

    async def _look_tick(self) -> None:
        if self.socket is not None and self.socket.works:
            await self.fellows.say_heard()
        await self.fellows.look()

    def _begin(self, new_topics: tuple[str, ...]) -> None:
        """Nothing by itself: the tick sees which topics are new, and asks one process to let them catch up."""

    async def metrics(self) -> bytes:
        """For ``/metrics``: also what waits in the queue."""
        gauge = self.app.metrics.queue
        with suppress(StateError):
            waiting = await self.queue.waiting()
            gauge.clear()
            for kind, count in waiting.items():
                gauge.labels(kind).set(count)
        return await Service.metrics(self)  # the same

    # -- jobs

    async def _ask(self) -> None:
        """The tick: ask for what is due, each shard, destination and topic by itself."""
        app = self.app
        await app.release()
        due = self._due(await app.store.read(due_since, app.clock()))
        wanted: list[Wanted] = [("poll", str(shard)) for shard in due]
        wanted += [("deliver", place) for place in await self.fellows.waiting()]
        if await new_topics(app):
            wanted.append(("catch up", ""))
        if not self._asked_of_upgrade and await app.store.read(last_version) != __version__:
            wanted.append(("upgraded", __version__))
        self._asked_of_upgrade = True
        if wanted:
            await self.queue.want(wanted)

    def _due(self, due: Mapping[str, datetime]) -> list[int]:
        """The shards that are worth a job now."""
        parts, patience = self._split()
        long_ago = self.app.clock() - patience
        found = []
        for shard, ids in parts.items():
            waiting = [due[one] for one in ids & due.keys()]
            if len(waiting) >= WORTH or (waiting and min(waiting) <= long_ago):
                found.append(shard)
        return found

    def _split(self) -> tuple[Mapping[int, frozenset[str]], timedelta]:
        config = self.app.config
        if self._shards is None or self._shards[0] is not config:
            shortest = min((one.every for one in config.feeds), default=PATIENCE)
            self._shards = config, shards(config), min(PATIENCE, shortest / 4)
        return self._shards[1:]

    async def _poll_shard(self, shard: int) -> None:
        app = self.app
        ids = self._split()[0].get(shard, frozenset()) - app.poller.busy
        due = await app.store.read(due_since, app.clock(), ids)
        if due:
            await self._poll(sorted(due, key=lambda one: due[one])[:TAKEN])

    async def _deliver_at(self, destination: str) -> None:
        with self.app.metrics.tick_seconds.labels("deliver").time():
            await self.app.deliver(only=[destination])

    async def _learn(self, topic: str) -> None:
        await self.app.learner.learn_now(topic)  # this job is the topic's turn

    async def _catch_up(self) -> None:
        if new := await new_topics(self.app):
            self.app.count_poll(await self.app.catch_up(new))

    async def _upgraded(self, version: str) -> None:
        if version == __version__:  # asked for by a process of another version, while one is replaced by the other
            await say_upgraded(self.app)

    async def _notice_tick(self) -> None:
        await self.app.say_notices()
        late = self.app.clock() - FORGOTTEN
        stored = await self.app.store.read(labels)
        waiting = {one.label.topic for one in stored if one.label.state == "new" and one.label.at < late}
        await self.queue.want([("learn", topic) for topic in sorted(waiting)])

    async def _mend_queue(self) -> None:
        taken_over = await self.queue.mend()
        if taken_over:
            log.warning("service.jobs_taken_over", jobs=taken_over)
