"""``build(config) -> App``: the only place where objects are made and handed to each other."""

from __future__ import annotations

import asyncio
import os
import random
import secrets
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from rich.console import Console

from watcher import __version__
from watcher.app.counting import count_delivery, count_poll
from watcher.app.line import make_poller, steps
from watcher.app.parts import (
    Topics,
    extract,
    load_seeds,
    make_fetcher,
    make_notifiers,
    make_scorer,
    say_restored,
    say_suspended,
    spare_collector,
    utc_now,
)
from watcher.app.policy import policy_of
from watcher.app.reloading import remember_topics, say_dropped, take_names, take_new_names
from watcher.app.taught import Answers, Examples, add_stored, examples_of, load_answers, with_added
from watcher.app.tidying import tidy_all
from watcher.config import Config
from watcher.deliver import DeliverReport, Policy, deliver, release
from watcher.deliver.gate import Clock, Step
from watcher.deliver.restored import notice_restored
from watcher.deliver.sending import Sleep
from watcher.fetch import Fetcher
from watcher.learn import Learner
from watcher.metrics import Metrics
from watcher.notices import Notices
from watcher.notices.near import NearMisses
from watcher.notifiers import Notifier
from watcher.poll import Poller, PollReport
from watcher.poll.statistics import RareTerms
from watcher.quiet import Quiet
from watcher.relevance import Scorer
from watcher.relevance.stream import Stream, weight
from watcher.store import Store
from watcher.store.clock import pull_back
from watcher.store.feedback import labels, seeds_added
from watcher.store.feeds import feed_states, register_feeds
from watcher.store.outbox import mark_sending_unsure, retry_now
from watcher.store.stream import load_stream
from watcher.store.topics import register_topics
from watcher.types import Trouble
from watcher.urls import redact
from watcher.workers import Workers

__all__ = [
    "App",
    "Topics",
    "add_stored",
    "build",
    "extract",
    "load_answers",
    "load_seeds",
    "make_fetcher",
    "make_scorer",
    "spare_collector",
    "utc_now",
]

log = structlog.get_logger("watcher.app")

FIRST_POLL_WAITS = timedelta(minutes=2)
"""So long the first poll's digest waits for slow feeds."""


@dataclass(slots=True, kw_only=True)
class App:
    """One running watcher: every object it is made of."""

    config: Config
    store: Store
    stream: Stream
    scorer: Scorer
    fetcher: Fetcher
    workers: Workers
    poller: Poller
    notifiers: dict[str, Notifier]
    metrics: Metrics
    clock: Clock
    step: Step
    jitter: Callable[[], float]
    sleep: Sleep
    console: Console
    printing: bool
    started: datetime
    owner: str
    """Names this process in the outbox's leases."""
    topics: Topics
    """Seeds of files and those added in Slack."""
    answers: Answers
    """What lies in seed folders of answers to alerts."""
    learner: Learner
    quiet: Quiet
    notices: Notices
    compared: bool = False
    """Whether the channels were asked if they hold more than the database knows of."""
    suspended: Trouble | None = None
    """The token is refused: as the last pass over the outbox found it."""
    answered: Callable[[], bool]
    """Whether presses of buttons arrive: only then are there buttons."""
    retired: list[Fetcher]
    """Fetchers of former configurations: closed at the end, since polls may still use them."""

    async def start(self) -> tuple[str, ...]:
        """Take up what a former process left; returns the topics that are new to it: they have to ``catch_up``."""
        if self.store.shared:  # others send and learn: their leases are waited for, and the queue asks for lessons
            return await self._register()
        # What it was sending may have arrived. Once only: later on, what is being sent is being sent by us.
        await self.store.write(mark_sending_unsure)
        new = await self._register()
        waiting = {one.label.topic for one in await self.store.read(labels) if one.label.state == "new"}
        await self.learner.learn(waiting)  # a press that a crash came after
        return new

    async def _register(self) -> tuple[str, ...]:
        """Make the database know the feeds, try again what waits; returns the topics that are new to the database."""
        await self.store.write(retry_now)
        feeds = self.config.feeds
        urls = {one.id: redact(one.url) for one in feeds}
        await self.store.write(register_feeds, feeds, urls=urls, now=self.clock())
        await self._pull_back()
        return await self.new_topics()

    async def new_topics(self) -> tuple[str, ...]:
        """The topics that the database does not know yet."""
        return await remember_topics(self)

    async def clock_put_back(self) -> None:
        """The wall clock shows less than before: let nothing wait for a time that is hours away by now."""
        self.started = min(self.started, self.clock())
        await self.store.write(retry_now)
        await self._pull_back()

    async def _pull_back(self) -> None:
        every = {one.id: one.every for one in self.config.feeds}
        await self.store.write(pull_back, every=every, now=self.clock())

    async def catch_up(self, topics: Collection[str]) -> PollReport:
        """Let new topics judge what is stored. Only then are they known: after a crash in between they do it again."""
        report = await self.poller.catch_up(topics)
        await self.store.write(register_topics, sorted(topics), now=self.clock())
        return report

    async def reconfigure(self, config: Config) -> tuple[str, ...]:
        """Swap the configuration whole; returns the topics that are new. Raises ConfigError with nothing changed."""
        files, _ = load_seeds(config)
        self.answers, _ = load_answers(config)
        await take_new_names(self, config)
        topics = with_added(files, await self.store.read(seeds_added))
        taught = examples_of(topics, self.answers, await self.store.read(labels, standing=False))
        scorer = make_scorer(topics, self.stream, examples=taught, now=self.clock())
        fetcher = make_fetcher(config)
        self.retired.append(self.fetcher)
        self.config, self.topics, self.scorer, self.fetcher = config, topics, scorer, fetcher
        self.learner.in_use = dict(taught)
        former = self.poller
        self.poller = former.successor = make_poller(self)
        # Polls of the former one may still be under way: no feed is polled twice, and batches still take turns.
        self.poller.busy, self.poller.committer.one_batch = former.busy, former.committer.one_batch
        self.poller.committer.rare = former.committer.rare
        self.poller.committer.boards = former.committer.boards
        self.poller.committer.boards.clear()  # other topics, other words that tell stories apart
        for old in self.notifiers.values():
            await old.close()
        self.notifiers = make_notifiers(config, self.console, printing=self.printing)
        return await self._register()

    async def tidy(self) -> None:
        """Forget texts that are older than ``retention`` says (identities stay) and the stream's rarest terms."""
        await tidy_all(self.store, self.config.retention, now=self.clock())
        self.poller.committer.boards.clear()  # read anew with what was polled meanwhile
        if not self.poller.busy:
            while self.retired:
                await self.retired.pop().close()

    async def say_notices(self) -> None:
        """Tell what has become of the feeds: those that fail for a day, that moved, whose entries were missed."""
        await self.notices.say(self.config)
        await NearMisses(store=self.store, clock=self.clock).say(self.config)

    async def say_off(self) -> None:
        """Tell each topic from when to when nothing was watched, if that was long; at the start, before any poll."""
        await self.notices.say_off(self.config)

    async def say_quiet(self) -> None:
        """Let the log say which topics had no alert for a week."""
        await self.quiet.say([name for name, topic in self.config.topics.items() if not topic.paused])

    async def close(self) -> None:
        """Let go of everything; the store last, so that what was settled is written."""
        for notifier in self.notifiers.values():
            await notifier.close()
        for fetcher in (*self.retired, self.fetcher):
            await fetcher.close()
        await self.workers.close()
        self.store.close()

    async def release(self) -> None:
        """Let go of what has waited long enough, for those who deliver to single destinations."""
        policy = self._policy(await self._caught_up())
        await say_dropped(self, await release(self.store, policy, self.clock()))

    async def deliver(self, *, drain: timedelta | None = None, only: Collection[str] | None = None) -> DeliverReport:
        """One pass over the outbox (to ``only`` these destinations, releasing nothing).

        With ``drain`` it waits, so long in all, for pacing and for ``Retry-After``.
        """
        if not self.compared:
            self.compared = True
            say_restored(await notice_restored(self.store, self.notifiers, now=self.clock()))
        policy = self._policy(await self._caught_up())
        report = await deliver(
            self.store,
            self.notifiers,
            policy,
            owner=self.owner,
            clock=self.clock,
            sleep=self.sleep,
            on_step=self.step,
            drain=drain,
            only=only,
        )
        count_delivery(self.metrics, report)
        for problem in report.errors:
            log.warning("deliver.failed", channel=problem["name"], reason=problem["message"])
        await say_dropped(self, report.dropped)
        say_suspended(self.suspended, report.suspended, pending=report.pending)
        self.suspended = report.suspended
        return report

    def count_poll(self, report: PollReport) -> None:
        """Add a poll's figures to the metrics."""
        count_poll(self.metrics, report)

    def _policy(self, caught_up: frozenset[str]) -> Policy:
        remote = any(one.remote for one in self.notifiers.values())
        return policy_of(
            self.config,
            self.topics,
            remote=remote,
            buttons=self.answered(),
            first_poll_done=lambda topic: topic in caught_up,
        )

    async def _caught_up(self) -> frozenset[str]:
        """Topics whose first poll is over: each of their feeds was polled or has failed once, or they are late."""
        if self.clock() - self.started >= FIRST_POLL_WAITS:
            return frozenset(self.config.topics)
        states = await self.store.read(feed_states)
        waiting = {one.id for one in self.config.feeds if one.id in states and states[one.id].last_polled is None}
        busy = {
            topic
            for feed in self.config.feeds
            if feed.id in waiting
            for topic in (self.config.topics if feed.topics is None else feed.topics)
        }
        return frozenset(self.config.topics) - busy


def build(
    config: Config,
    store: Store,
    *,
    clock: Clock = utc_now,
    on_step: Step | None = None,
    jitter: Callable[[], float] = random.random,
    sleep: Sleep = asyncio.sleep,
    console: Console | None = None,
    printing: bool = False,
    topics: Topics | None = None,
    workers: Workers | None = None,
) -> App:
    """Make everything. Raises ConfigError (SeedError) when a topic has no usable seed.

    ``on_step`` hears the name of every step of the line before it begins; ``jitter`` gives numbers in [0, 1);
    ``sleep`` is how delivery waits; ``printing`` prints on the console what would be posted. ``topics``: the seeds,
    where they were loaded already; ``workers``: processes with other limits than the usual.
    """
    if topics is None:
        topics, _ = load_seeds(config)
    owner = f"{os.getpid()}-{secrets.token_hex(4)}"
    take_names(config, store, owner=owner, now=clock())
    topics, taught = add_stored(config, topics, store)
    metrics = Metrics()
    metrics.info.labels(__version__).set(1)
    stream = store.read_now(load_stream)
    console = console or Console(highlight=False)
    app = App(
        config=config,
        store=store,
        stream=stream,
        scorer=make_scorer(topics, stream, examples=taught, now=clock()),
        fetcher=make_fetcher(config),
        workers=workers or Workers(),
        poller=None,  # type: ignore[arg-type]  # made two lines below, from the app itself
        notifiers=make_notifiers(config, console, printing=printing),
        printing=printing,
        metrics=metrics,
        clock=clock,
        step=steps(metrics, on_step),
        jitter=jitter,
        sleep=sleep,
        console=console,
        started=clock(),
        owner=owner,
        topics=topics,
        answers=load_answers(config)[0],
        learner=None,  # type: ignore[arg-type]  # the same
        quiet=Quiet(store=store, clock=clock),
        notices=Notices(store=store, clock=clock),
        answered=lambda: False,
        retired=[],
    )
    app.poller = make_poller(app)
    app.learner = _learner(app, taught)
    app.poller.committer.rare = RareTerms.beside(stream, weight(clock()))
    return app


def _learner(app: App, taught: Examples) -> Learner:
    return Learner(
        store=app.store,
        scorer=lambda: app.scorer,
        clock=app.clock,
        from_files=lambda: app.answers,
        known=lambda: app.topics,
        in_use=dict(taught),
    )
