"""Whether the work goes on, for ``/readyz``."""

from __future__ import annotations

from watcher.app import App
from watcher.errors import StateError
from watcher.readiness import Pulse, Setback, Stall, stalls
from watcher.store.feeds import feed_states
from watcher.store.outbox import oldest_due, silences


async def stalled(app: App, setback: Setback | None) -> dict[Stall, str]:
    """Which work has stalled, and a sentence about each. ``setback``: the database could not be written lately."""
    now = app.clock()
    try:
        states = await app.store.read(feed_states, [one.id for one in app.config.feeds])
        oldest = await app.store.read(oldest_due, now)
        refused = (await app.store.read(silences, app.config.notify)).get("token")
    except StateError as error:
        return {"database": str(error)}
    counted = [one for one in states.values() if not one.gone and not one.told_to_wait]
    successes = [one.last_success for one in states.values() if one.last_success is not None]
    pulse = Pulse(
        started=app.started,
        last_success=max(successes, default=None),
        overdue_since=min((one.next_due for one in counted if one.next_due <= now), default=None),
        failed_at=max((one.last_polled for one in counted if one.failures and one.last_polled), default=None),
        shortest_interval=min(one.every for one in app.config.feeds),
        polls=app.config.health.polls,
        oldest_alert=oldest,
        outbox=app.config.health.outbox,
        database_error=setback.error if setback else None,
        token_refused=f"{refused.what}, since {refused.since:%Y-%m-%d %H:%M} UTC" if refused else None,
    )
    return stalls(pulse, now)
