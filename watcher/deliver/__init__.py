"""The outbox to its destinations: claim → hold? → render → send → settle.

Rule: a destination gets its messages one at a time and in order, and no destination waits for another. A pass does what
can be done now and leaves the rest in the outbox; the next tick is another pass. Several processes may send at once,
but what has waited long enough is released by one at a time.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from watcher.deliver import holds
from watcher.deliver.gate import Clock, Gate, Problem, Step, Tally
from watcher.deliver.muted import drop_muted
from watcher.deliver.policy import Policy, TopicPolicy
from watcher.deliver.removed import drop_removed
from watcher.deliver.sending import Courier, Sleep
from watcher.deliver.silences import Silences
from watcher.notifiers import Notifier
from watcher.store import Store, outbox
from watcher.timing import day_around
from watcher.types import OutboxItem, Trouble

__all__ = ["STAGES", "DeliverReport", "Policy", "Problem", "TopicPolicy", "deliver", "release"]

STAGES: tuple[str, ...] = (
    "deliver.claim",
    "deliver.hold",
    "deliver.render",
    "deliver.send.before",
    "deliver.send.after",
    "deliver.settle",
)
"""What is announced to ``on_step``, in the order of one message."""

LEASE = timedelta(seconds=60)
LOOK_AGAIN = 1.0
"""Seconds after which a pass whose sends hang looks for what has come in for other destinations."""
AT_ONCE = 16
"""Destinations served at the same time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverReport:
    """What a pass did: messages posted, messages still in the outbox (held ones too), messages given up, problems."""

    sent: int
    pending: int
    dead: int
    errors: tuple[Problem, ...] = ()
    dropped: Counter[str] = field(default_factory=Counter)
    """Topic that is no longer configured → messages that waited for it and are not sent."""
    codes: Mapping[str, int] = field(default_factory=dict, compare=False)
    """The services' own words for what did not work, and how often each was said."""
    lags: tuple[float, ...] = field(default=(), compare=False)
    """Seconds from an entry's publication to its message, of those sent singly."""
    suspended: Trouble | None = None
    """The token is refused, since when and with which code: nothing is sent."""


def _silent(step: str) -> None:
    del step


async def deliver(
    store: Store,
    notifiers: Mapping[str, Notifier],
    policy: Policy,
    *,
    owner: str,
    clock: Clock,
    sleep: Sleep,
    on_step: Step = _silent,
    drain: timedelta | None = None,
    only: Collection[str] | None = None,
) -> DeliverReport:
    """Send what is due. With ``drain``, also wait (so long in all) for pacing and for a service that asks for patience.

    ``only``: these destinations, and release nothing, since somebody else does. Raises StateError when the outbox
    cannot be written; a destination's faults are in the report, never raised.
    Cancelled, it gives back what it holds.
    """
    tally = await _begun(store, notifiers, clock())
    courier = Courier(
        store=store,
        notifiers=notifiers,
        policy=policy,
        owner=owner,
        clock=clock,
        sleep=sleep,
        on_step=on_step,
        tally=tally,
        gate=Gate(store=store, notifiers=notifiers, policy=policy, clock=clock, on_step=on_step, tally=tally),
        silences=Silences(store=store, policy=policy, clock=clock, tally=tally),
    )
    ends = clock() + (drain or timedelta())
    while True:
        if only is None:
            tally.dropped += await release(store, policy, clock())
        tally.floods.update(_open_floods(await store.read(outbox.held), clock()))
        await _send_due(courier, only)
        following = min((at for at in tally.waits.values()), default=None)
        if drain is None or following is None or following > ends:
            break
        await courier.sleep(max(0.0, (following - clock()).total_seconds()))
        tally.waits = {name: at for name, at in tally.waits.items() if at > clock()}
    pending = await store.read(outbox.pending_count)
    return DeliverReport(
        sent=tally.sent,
        pending=pending,
        dead=tally.dead,
        errors=tuple(tally.problems.values()),
        dropped=tally.dropped,
        codes=tally.codes,
        lags=tuple(tally.lags),
        suspended=tally.silences.get("token"),
    )


async def _begun(store: Store, notifiers: Mapping[str, Notifier], now: datetime) -> Tally:
    """A tally with what earlier passes found out."""
    tally = Tally()
    tally.look_first = await store.read(outbox.look_first, now)
    for name, notifier in notifiers.items():
        if notifier.remote:
            tally.silences |= await store.read(outbox.silences, name)
    return tally


async def release(store: Store, policy: Policy, now: datetime) -> Counter[str]:
    """Leave out what was muted or whose topic is gone, release what has waited long enough, and make its digests.

    Returns how much was left out of each topic that is gone. One process at a time.
    """
    await drop_muted(store, now)
    dropped = await drop_removed(store, policy, now)
    waiting = await store.read(outbox.held)
    if not waiting:
        return dropped
    rooms = await _rooms(store, policy, waiting, now)
    plan = holds.plan(waiting, policy, installation=store.installation, now=now, rooms=rooms)
    for digest in plan.digests:
        await store.write(
            outbox.make_digest,
            key=digest.key,
            destination=digest.destination,
            topic=digest.topic,
            members=digest.members,
            now=now,
        )
    for key, hold in plan.hold_again:
        await store.write(outbox.hold, key, reason=hold.reason, until=hold.until)
    if plan.release:
        await store.write(outbox.release, plan.release, now=now)
    return dropped


async def _rooms(store: Store, policy: Policy, waiting: list[OutboxItem], now: datetime) -> dict[holds.Group, int]:
    """What the budgets that hold something back have room for by now."""
    midnight, _ = day_around(now, policy.zone)
    rooms = {}
    for group in {(item.destination, item.topic) for item in waiting if item.hold == "budget"}:
        destination, topic = group
        told = await store.read(outbox.told_since, destination=destination, topic=topic, since=midnight)
        rooms[group] = holds.room(policy, topic, told)
    return rooms


def _open_floods(waiting: list[OutboxItem], now: datetime) -> dict[str, datetime]:
    """Destination → end of the flood window that is open there."""
    return {
        item.destination: item.held_until
        for item in waiting
        if item.hold == "flood" and item.held_until is not None and item.held_until > now
    }


async def _send_due(courier: Courier, only: Collection[str] | None) -> None:
    """Claim and tell until nothing is left that may go now; destinations side by side."""
    under_way: dict[asyncio.Task[None], str] = {}
    try:
        while True:
            for item in await _claim(courier, set(under_way.values()), only):
                under_way[asyncio.create_task(courier.tell(item))] = item.destination
            if not under_way:
                return
            done, _ = await asyncio.wait(under_way, timeout=LOOK_AGAIN, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                del under_way[task]
                task.result()
    finally:
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)


async def _claim(courier: Courier, serving: set[str], only: Collection[str] | None) -> list[OutboxItem]:
    courier.on_step("deliver.claim")
    now = courier.clock()
    most = 1 if "token" in courier.tally.silences else AT_ONCE
    return await courier.store.write(
        outbox.claim,
        owner=courier.owner,
        now=now,
        lease=LEASE,
        limit=max(0, most - len(serving)),
        destinations_busy=serving | {name for name, at in courier.tally.waits.items() if at > now},
        only=only,
    )
