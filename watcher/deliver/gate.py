"""May a claimed row go now? Pacing, holds, budgets and the flood cap.

Rule: what is asked here is asked when a row is about to go, and nothing but the hold is written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypedDict

from watcher.deliver import holds
from watcher.deliver.holds import Hold
from watcher.deliver.policy import Policy
from watcher.notifiers import Notifier
from watcher.store import Store, outbox
from watcher.timing import day_around
from watcher.types import OutboxItem, Trouble

Step = Callable[[str], None]
Clock = Callable[[], datetime]

BURST = 3
"""Messages that a channel gets within as many seconds: one a second, with short bursts."""


class Problem(TypedDict):
    """One line of a report's errors."""

    kind: str
    name: str
    url: str | None
    message: str


@dataclass(kw_only=True)
class Tally:
    """What a pass has done so far."""

    sent: int = 0
    dead: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    """How often it was refused or went unanswered, by the service's own word."""
    lags: list[float] = field(default_factory=list)
    """Seconds from publication to post."""
    problems: dict[str, Problem] = field(default_factory=dict)
    waits: dict[str, datetime] = field(default_factory=dict)
    """Destination → when it may go on: it was paced, or asked us to slow down."""
    silences: dict[outbox.Silence, Trouble] = field(default_factory=dict)
    """Why nothing was taken lately. While the token is refused, one message at a time is tried until one is taken."""
    look_first: datetime | None = None
    """The database is a backup's: look for each key among what was posted since then, before sending it."""
    floods: dict[str, datetime] = field(default_factory=dict)
    """Destination → when its open flood window ends."""


@dataclass(frozen=True, kw_only=True)
class Gate:
    """All that the answer depends on; one per pass."""

    store: Store
    notifiers: Mapping[str, Notifier]
    policy: Policy
    clock: Clock
    on_step: Step
    tally: Tally

    async def paced(self, item: OutboxItem) -> bool:
        """Whether its channel got enough for this moment, or only others know its topic: it goes on a second later."""
        foreign = bool(item.topic) and item.topic not in self.policy.topics and item.kind != "update"
        if foreign and self.store.shared:
            self.tally.waits[item.destination] = self.clock() + timedelta(seconds=1)
            return True
        notifier = self.notifiers.get(item.destination.partition(":")[0])
        if notifier is not None and not notifier.remote:
            return False
        now = self.clock()
        since = now - timedelta(seconds=BURST)
        if await self.store.read(outbox.sent_between, destination=item.destination, since=since, now=now) < BURST:
            return False
        self.tally.waits[item.destination] = now + timedelta(seconds=1)
        return True

    async def held(self, item: OutboxItem) -> bool:
        """Whether it has to wait; then that is written down."""
        self.on_step("deliver.hold")
        now = self.clock()
        hold = holds.why_hold(item, self.policy, now) or await self._budget(item, now) or await self._flood(item, now)
        if hold is None:
            return False
        await self.store.write(outbox.hold, item.key, reason=hold.reason, until=hold.until)
        return True

    async def _budget(self, item: OutboxItem, now: datetime) -> Hold | None:
        """Over the topic's alerts of the day, until it ends."""
        topic = self.policy.topics.get(item.topic)
        if topic is None or topic.budget is None:
            return None
        midnight, _ = day_around(now, self.policy.zone)
        told = await self.store.read(outbox.told_since, destination=item.destination, topic=item.topic, since=midnight)
        return holds.over_budget(item, self.policy, told=told, now=now)

    async def _flood(self, item: OutboxItem, now: datetime) -> Hold | None:
        """Over the cap until the window's end; what comes meanwhile waits with it."""
        ends = self.tally.floods.get(item.destination)
        if ends is not None and ends > now:
            sent = self.policy.flood_count
        else:
            sent = await self._shown(item, now)
        if not holds.capped(item, self.policy, sent=sent):
            return None
        if ends is None or ends <= now:
            ends = self.tally.floods[item.destination] = now + self.policy.flood_window
        return Hold(reason="flood", until=ends)

    async def full(self, item: OutboxItem) -> bool:
        """Whether the channel had its fill: a reply then stays in its thread."""
        return await self._shown(item, self.clock()) >= self.policy.flood_count

    async def _shown(self, item: OutboxItem, now: datetime) -> int:
        """What its channel was shown within the flood cap's window."""
        since = now - self.policy.flood_window
        return await self.store.read(outbox.sent_between, destination=item.destination, since=since, now=now, loud=True)
