"""One claimed row on its way: hold? → render → send → settle.

Rule: a row whose send may have arrived is looked up by its key before it is sent again; where that is impossible it is
sent once more, marked as a possible repeat: a repeat is better than a loss.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from watcher.deliver import telling
from watcher.deliver.gate import Clock, Gate, Step, Tally
from watcher.deliver.policy import Policy
from watcher.deliver.silences import Silences
from watcher.errors import GONE_THREAD, DeliveryError
from watcher.notifiers import Notifier
from watcher.store import Store, outbox
from watcher.store.notices import notice_text
from watcher.timing import backoff
from watcher.types import Message, OutboxItem, Receipt

Sleep = Callable[[float], Awaitable[None]]

LOOK_AFTER = (timedelta(seconds=2), timedelta(seconds=4))
"""A message that arrived may take so long to show up in the channel's history."""
FAIL_OPEN = 3
"""Look-ups that were refused before the message is sent all the same."""
UPDATE_TRIES = 3
"""An update that a channel refuses more often is dropped: alerts wait behind it, and it is the smaller loss."""
CHANNEL_RETRY = (timedelta(seconds=20), timedelta(seconds=60))
"""A channel or token that needs mending is tried again so often; the second after ten minutes."""
LONG = timedelta(minutes=10)
_OPENED = "sent once more as a possible repeat"


@dataclass(kw_only=True)
class Trip:
    """One claimed row under way. ``doubtful``: a message may be out there that nobody has looked for."""

    item: OutboxItem
    notifier: Notifier
    channel: str
    doubtful: bool


@dataclass(frozen=True, kw_only=True)
class Courier:
    """All that sending needs; one per pass."""

    store: Store
    notifiers: Mapping[str, Notifier]
    policy: Policy
    owner: str
    clock: Clock
    sleep: Sleep
    on_step: Step
    tally: Tally
    gate: Gate
    silences: Silences

    async def tell(self, item: OutboxItem) -> None:
        """Bring a claim to its end: the row is sent, held, given back with an error, or buried."""
        if await self.gate.paced(item):
            await self.store.write(outbox.give_back, item.key, owner=self.owner)
            return
        trip: Trip | None = None
        try:
            notifier, channel = await self._address(item)
            if item.kind == "update":
                await self._update(item, notifier)
                return
            trip = Trip(item=item, notifier=notifier, channel=channel, doubtful=item.unsure)
            await self._travel(trip)
        except DeliveryError as error:
            if error.code in GONE_THREAD and item.kind == "reply" and item.thread is not None:
                await self._thread_gone(item, item.thread)
                return
            await self._failed(item, error, doubtful=trip.doubtful if trip else item.unsure)
        except asyncio.CancelledError:
            self._interrupted(item, doubtful=trip.doubtful if trip else item.unsure)
            raise

    async def _travel(self, trip: Trip) -> None:
        item = trip.item
        found = await self._look(trip) if item.unsure else await self._posted_already(trip)
        if found.receipt is None and await self.gate.held(item):
            return
        self.on_step("deliver.render")
        head, *rest = await self._render(item)
        if not head.items and (item.kind != "notice" or not head.title):
            await self._bury(item, "what it tells is no longer stored")
            return
        receipt = found.receipt or await self._post(trip, replace(head, possible_repeat=found.perhaps))
        await self._follow(trip, rest, receipt, known=found.receipt is not None)
        if receipt.channel != trip.channel:  # a person's id became that of the conversation with them
            await self.store.write(outbox.remember_channel, item.destination, receipt.channel)
        self.on_step("deliver.settle")
        await self.store.write(outbox.settle, item.key, receipt=receipt, now=self.clock())
        self.tally.sent += item.kind != "notice"
        if found.receipt is None:
            self._time(item, head)
        await self._taken(item)

    async def _update(self, item: OutboxItem, notifier: Notifier) -> None:
        """Bring a story's message up to date. Doing it twice is doing it once, so nothing has to be looked up."""
        self.on_step("deliver.render")
        parent = await self.store.read(outbox.parent_of, story=item.story or "", destination=item.destination)
        rows = await self.store.read(outbox.alerts, [parent.key] if parent else [])
        if parent is None or parent.receipt is None or not rows:
            await self.store.write(outbox.settle_update, item.key, now=self.clock(), error="its message is not there")
            return
        self.on_step("deliver.send.before")
        try:
            await notifier.update(telling.single(parent, rows[parent.key], self.policy), parent.receipt)
        except DeliveryError as error:
            hopeless = error.scope == "channel" and item.attempts >= UPDATE_TRIES
            if error.scope != "message" and not hopeless:
                raise
            self.tally.codes[error.code] += 1
            await self.store.write(outbox.settle_update, item.key, now=self.clock(), error=str(error))
            if error.code == "message_not_found":
                await self.store.write(outbox.message_gone, parent.receipt)
            return
        self.on_step("deliver.send.after")
        self.on_step("deliver.settle")
        await self.store.write(outbox.settle_update, item.key, now=self.clock())
        await self._taken(item)

    # -- where to, and what

    async def _address(self, item: OutboxItem) -> tuple[Notifier, str]:
        name, _, channel = item.destination.partition(":")
        notifier = self.notifiers.get(name)
        if notifier is None:
            raise DeliveryError(
                f"alerts wait for {name}, which is not set up now",
                outcome="not_sent",
                scope="channel",
                code="no_notifier",
                remedy=f"give {name} its token again, or retract the alerts",
            )
        known = await self.store.read(outbox.channel_id, item.destination)
        if known is None:
            known = await notifier.resolve(channel)
            await self.store.write(outbox.remember_channel, item.destination, known)
        return notifier, known

    async def _render(self, item: OutboxItem) -> tuple[Message, ...]:
        if item.kind == "notice":
            text = await self.store.read(notice_text, item.key)
            return (telling.notice(item, text or "", self.policy),)
        if item.kind != "digest":
            rows = await self.store.read(outbox.alerts, [item.key])
            found = rows.get(item.key)
            if found is None:
                return (Message(key=item.key, kind="alert"),)
            loud = item.broadcast is not None and not await self.gate.full(item)
            return (telling.single(item, found, self.policy, broadcast=loud),)
        members = await self.store.read(outbox.in_digest, item.key)
        rows = await self.store.read(outbox.alerts, [member.key for member in members])
        return telling.parts(telling.digest(item, members, rows, self.policy))

    # -- send, and look for what may have been sent

    async def _post(self, trip: Trip, message: Message) -> Receipt:
        before, trip.doubtful = trip.doubtful, True
        self.on_step("deliver.send.before")
        try:
            receipt = await trip.notifier.send(message, trip.channel)
        except DeliveryError as error:
            trip.doubtful = before or error.outcome == "unsure"
            if message.possible_repeat and error.outcome == "unsure":
                raise _again(error) from error
            raise
        self.on_step("deliver.send.after")
        return receipt

    async def _posted_already(self, trip: Trip) -> Found:
        """Look for what a backup that was put in place of the database may not know of."""
        since, item = self.tally.look_first, trip.item
        if since is None or item.kind == "notice":
            return Found(receipt=None)
        try:
            return Found(receipt=await trip.notifier.find(item.key, trip.channel, since, item.thread))
        except DeliveryError as error:
            if error.scope in {"retry", "token"}:
                raise
            return Found(receipt=None)  # it cannot be looked for, now or later

    async def _look(self, trip: Trip) -> Found:
        """Look twice for the row's message; where looking is refused again and again, give up on it."""
        item, now = trip.item, self.clock()
        since = min(item.claimed_at or item.created_at, now)  # the clock may have been put back since
        doubt = min(max(since, item.next_attempt or since), now)  # when the last try ended, if this is another one
        try:
            for after in LOOK_AFTER if trip.notifier.remote else (timedelta(),):
                await self._wait_until(doubt + after)
                receipt = await trip.notifier.find(item.key, trip.channel, since, item.thread)
                if receipt is not None:
                    return Found(receipt=receipt)
        except DeliveryError as error:
            refused = error.scope != "retry" or error.retry_after is not None
            if refused and item.attempts >= FAIL_OPEN and not _was_opened(item):
                return Found(receipt=None, perhaps=True)
            raise
        trip.doubtful = False
        return Found(receipt=None)

    async def _wait_until(self, moment: datetime) -> None:
        seconds = (moment - self.clock()).total_seconds()
        if seconds > 0:
            await self.sleep(seconds)

    async def _follow(self, trip: Trip, rest: Sequence[Message], head: Receipt, *, known: bool) -> None:
        """Send the rest of a digest into its thread, one a second; what an earlier try sent is not sent again."""
        since = trip.item.claimed_at or trip.item.created_at
        for part in rest:
            message = replace(part, thread=head)
            if known and await trip.notifier.find(message.key, head.channel, since, head) is not None:
                continue
            if trip.notifier.remote:
                await self.sleep(1)
            try:
                await self._post(trip, message)
            except DeliveryError as error:
                if error.code in GONE_THREAD:
                    return  # somebody has deleted the digest: its rest is not wanted either
                if error.scope != "message":
                    raise
                await self._post(trip, replace(message, plain=True))
            self.tally.sent += 1

    def _time(self, item: OutboxItem, message: Message) -> None:
        """Note how long it took from publication to this post; digests wait by design, changes are no news."""
        published = message.items[0].published if message.items else None
        if published is not None and item.kind in {"parent", "reply"} and item.note is None:
            self.tally.lags.append(max(0.0, (self.clock() - published).total_seconds()))

    async def _taken(self, item: OutboxItem) -> None:
        self.tally.problems.pop(item.destination, None)
        await self.silences.ended(item)

    # -- what did not work

    async def _failed(self, item: OutboxItem, error: DeliveryError, *, doubtful: bool) -> None:
        text = f"{error}; {error.remedy}" if error.remedy else str(error)
        if doubtful and _was_opened(item) and not text.startswith(_OPENED):
            text = f"{_OPENED}; {text}"
        now = self.clock()
        self.tally.codes[error.code] += 1
        name = item.destination.partition(":")[2]
        self.tally.problems[item.destination] = {"kind": "channel", "name": name, "url": None, "message": text}
        if error.scope == "message" and item.plain:
            await self._bury(item, text)
            return
        if error.scope == "message":
            await self.store.write(outbox.mark_plain, item.key)
        if error.code == "channel_not_found":
            await self._resolve_again(item)
        at = now + _pause(item, error)
        if error.retry_after is not None:
            self.tally.waits[item.destination] = at
        await self.silences.refused(item, error, text=text, at=at)
        await self.store.write(outbox.retry_later, item.key, at=at, error=text, unsure=doubtful, owner=self.owner)

    async def _thread_gone(self, item: OutboxItem, thread: Receipt) -> None:
        """Somebody has deleted what is answered: this reply becomes the story's next parent, at its next claim."""
        await self.store.write(outbox.message_gone, thread)
        await self.store.write(outbox.give_back, item.key, owner=self.owner)

    async def _resolve_again(self, item: OutboxItem) -> None:
        """The name may stand for another channel by now."""
        name, _, channel = item.destination.partition(":")
        known = await self.store.read(outbox.channel_id, item.destination)
        if known is None or name not in self.notifiers:
            return
        try:
            found = await self.notifiers[name].resolve(channel)
        except DeliveryError:
            return  # the first refusal is what the operator hears of
        if found != known:
            await self.store.write(outbox.remember_channel, item.destination, found)

    async def _bury(self, item: OutboxItem, reason: str) -> None:
        told = None
        if item.kind != "notice":  # of a notice that dies there is nothing more to tell
            rows = await self.store.read(outbox.alerts, [item.key])
            told = telling.buried(item, rows.get(item.key), reason)
        if await self.store.write(
            outbox.bury, item.key, reason=reason, now=self.clock(), ops=self.policy.ops, told=told
        ):
            self.tally.dead += 1

    def _interrupted(self, item: OutboxItem, *, doubtful: bool) -> None:
        """We are told to stop: give the row back, at once and without waiting for anything."""
        if not doubtful:
            self.store.write_now(outbox.give_back, item.key, owner=self.owner)
            return
        self.store.write_now(
            outbox.retry_later,
            item.key,
            at=self.clock(),
            error=item.error or "stopped while it was being sent",
            unsure=True,
            attempts_plus=0,
            owner=self.owner,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a look-up brought. ``perhaps``: nothing, because looking was refused."""

    receipt: Receipt | None
    perhaps: bool = False


def _was_opened(item: OutboxItem) -> bool:
    return (item.error or "").startswith(_OPENED)


def _again(error: DeliveryError) -> DeliveryError:
    """Remember in the row's error that it was sent as a possible repeat: that happens once."""
    return DeliveryError(
        f"{_OPENED}; {error}",
        outcome=error.outcome,
        scope=error.scope,
        code=error.code,
        remedy=error.remedy,
        retry_after=error.retry_after,
    )


def _pause(item: OutboxItem, error: DeliveryError) -> timedelta:
    """How long the row waits. A first lost answer is looked up right away, and refused blocks go as text right away."""
    if error.retry_after is not None:
        return error.retry_after
    if error.scope == "message" or (error.outcome == "unsure" and item.attempts == 0):
        return timedelta()
    tried = item.attempts + 1
    if error.scope == "retry":
        return backoff(
            tried, since_first=sum((backoff(n, since_first=timedelta()) for n in range(1, tried)), timedelta())
        )
    soon, late = CHANNEL_RETRY
    return late if tried * soon > LONG else soon
