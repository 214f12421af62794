"""The line's parts, put together for one configuration."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from watcher.app.parts import make_scorer, shares_polled
from watcher.data import background
from watcher.deliver.gate import Step
from watcher.fetch import Turns
from watcher.metrics import Metrics
from watcher.poll import Plan, Poller
from watcher.poll.assemble import rules_of
from watcher.poll.commit import Committer
from watcher.poll.intake import Intaker
from watcher.poll.judge import Judge
from watcher.poll.statistics import RareTerms
from watcher.relevance.stream import weight
from watcher.store.stream import load_stream

if TYPE_CHECKING:
    from watcher.app import App


def steps(metrics: Metrics, on_step: Step | None) -> Step:
    """Where steps are announced: to the metrics, and to whoever wants to hear of them."""
    if on_step is None:
        return metrics.step

    def both(name: str) -> None:
        metrics.step(name)
        on_step(name)

    return both


async def count_anew(app: App) -> None:
    """What was counted of polls that could not be saved comes again: forget it, as a restart would."""
    app.stream = await app.store.read(load_stream)
    topics, taught, now = app.topics, dict(app.learner.in_use), app.clock()
    scorer = await asyncio.to_thread(make_scorer, topics, app.stream, examples=taught, now=now)
    if app.topics is not topics:
        return  # a reload has made another one meanwhile
    for topic, examples in app.learner.in_use.items():
        if topic in topics and taught.get(topic) != examples:
            scorer.teach(topic, examples)
    app.scorer = app.poller.committer.scorer = scorer
    app.poller.judge = replace(app.poller.judge, scorer=scorer)
    app.poller.committer.rare = RareTerms.beside(app.stream, weight(now))


def make_poller(app: App) -> Poller:
    """A poller over what the app holds now."""
    config = app.config
    plan = Plan(
        feeds={one.id: one for one in config.feeds},
        topics=config.topics,
        first_poll=config.fetch.first_poll,
        max_age=config.fetch.max_age,
    )
    return Poller(
        store=app.store,
        plan=plan,
        intaker=Intaker(fetcher=app.fetcher, workers=app.workers, clock=app.clock, jitter=app.jitter, step=app.step),
        judge=Judge(
            scorer=app.scorer,
            fetcher=app.fetcher,
            workers=app.workers,
            rules=rules_of(config.topics),
            max_age=config.fetch.max_age,
            full_text=config.fetch.full_text,
            clock=app.clock,
            step=app.step,
        ),
        committer=Committer(
            store=app.store,
            scorer=app.scorer,
            plan=plan,
            clock=app.clock,
            step=app.step,
            background=background(),
            polled=lambda now: shares_polled(app.stream, now),
            judged=app.metrics.judged,
        ),
        clock=app.clock,
        step=app.step,
        # some that wait for their host's turn, so that it never has to wait for them
        hosts=Turns(each=4 * config.fetch.per_host, gap=0),
    )
