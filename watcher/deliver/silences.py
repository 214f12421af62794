"""When the service takes nothing at all, or takes messages again.

Rule: it is written down when it begins, so that a restart knows it, and ends with the first message that is taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from watcher.deliver import telling
from watcher.deliver.gate import Clock, Tally
from watcher.deliver.policy import Policy
from watcher.errors import DeliveryError
from watcher.store import Store, outbox
from watcher.types import OutboxItem

OUTAGE = timedelta(hours=1)
"""From here on each topic is told from when to when nothing could be posted."""


@dataclass(frozen=True, kw_only=True)
class Silences:
    """Keeps ``tally.silences`` and the store in step; one per pass."""

    store: Store
    policy: Policy
    clock: Clock
    tally: Tally

    async def refused(self, item: OutboxItem, error: DeliveryError, *, text: str, at: datetime) -> None:
        """Write down that a message was refused for the token's sake, or that nobody could be reached."""
        name, now = item.destination.partition(":")[0], self.clock()
        if error.scope == "token":
            # Nothing of this notifier can be sent: no other channel has to find that out for itself.
            await self.store.write(outbox.token_refused, name, code=error.code, error=text, at=at, now=now)
        elif error.scope == "retry" and error.retry_after is None and "outage" not in self.tally.silences:
            await self.store.write(outbox.unreachable, name, code=error.code, now=now)
        else:
            return
        self.tally.silences = await self.store.read(outbox.silences, name)

    async def ended(self, item: OutboxItem) -> None:
        """A message was taken: what waited for that goes on, and is told how long it was."""
        known, now, zone = self.tally.silences, self.clock(), self.policy.zone
        if not known:
            return
        self.tally.silences = {}
        since = min(trouble.since for trouble in known.values())
        topics = self.policy.topics if now - since >= OUTAGE else {}
        await self.store.write(
            outbox.taken,
            item.destination.partition(":")[0],
            ops=self.policy.ops,
            ops_text=telling.token_taken(known["token"], now, zone) if "token" in known else None,
            topic_texts={name: telling.was_silent(topic.title, since, now, zone) for name, topic in topics.items()},
            installation=self.store.installation,
            now=now,
        )
