"""The line's parts, put together for one configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from watcher.app.parts import shares_polled
from watcher.data import background
from watcher.deliver.gate import Step
from watcher.fetch import Turns
from watcher.metrics import Metrics
from watcher.poll import Plan, Poller
from watcher.poll.assemble import rules_of
from watcher.poll.commit import Committer
from watcher.poll.intake import Intaker
from watcher.poll.judge import Judge

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
