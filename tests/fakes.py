"""Stand-ins that keep the same promises as what they stand for: they pass the same contract tests."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from tests.builders import NOW
from watcher.errors import DeliveryError
from watcher.types import Message, Receipt


class FakeClock:
    """A clock that only ``sleep`` and ``pass_`` move."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now
        self.slept: list[float] = []

    def __call__(self) -> datetime:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)

    def pass_(self, **span: float) -> None:
        self.now += timedelta(**span)


def refusal(code: str = "channel_not_found", **over: object) -> DeliveryError:
    given = {"outcome": "not_sent", "scope": "channel", "code": code, "remedy": "invite the app"}
    return DeliveryError(f"refused: {code}", **{**given, **over})  # type: ignore[arg-type]  # keyword by keyword right


@dataclass
class Stored:
    message: Message
    channel: str
    ts: str
    at: datetime


@dataclass
class FakeNotifier:
    """Keeps what was sent; ``faults`` are raised in turn, per channel, before (or, when ``arrives``, after) storing."""

    name: str = "fake"
    remote: bool = True
    clock: FakeClock = field(default_factory=FakeClock)
    posts: list[Stored] = field(default_factory=list)
    faults: dict[str, list[DeliveryError | None]] = field(default_factory=lambda: defaultdict(list))
    arrives: bool = False
    """Whether a send that ends in an ``unsure`` fault was stored all the same."""
    find_faults: list[DeliveryError] = field(default_factory=list)
    channels: dict[str, str] = field(default_factory=dict)
    looked_up: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)

    async def send(self, message: Message, channel_id: str) -> Receipt:
        fault = self.faults[channel_id].pop(0) if self.faults[channel_id] else None
        arrives = self.arrives or (fault is not None and fault.code == "arrived")
        if fault is not None and not (arrives and fault.outcome == "unsure"):
            raise fault
        ts = f"{self.clock.now.timestamp():.0f}.{len(self.posts) + 1:06}"
        self.posts.append(Stored(message, channel_id, ts, self.clock.now))
        if fault is not None:
            raise fault
        return Receipt(channel=channel_id, ts=ts)

    async def update(self, message: Message, receipt: Receipt) -> None:
        fault = self.faults[receipt.channel].pop(0) if self.faults[receipt.channel] else None
        if fault is not None:
            raise fault
        for number, post in enumerate(self.posts):
            if (post.channel, post.ts) == (receipt.channel, receipt.ts):
                self.posts[number] = replace(post, message=message)
                self.updated.append(message.key)
                return
        raise refusal("message_not_found", scope="message")

    async def delete(self, receipt: Receipt) -> None:
        fault = self.faults[receipt.channel].pop(0) if self.faults[receipt.channel] else None
        if fault is not None:
            raise fault
        self.posts = [post for post in self.posts if (post.channel, post.ts) != (receipt.channel, receipt.ts)]

    async def find(self, key: str, channel_id: str, since: datetime, thread: Receipt | None) -> Receipt | None:
        self.looked_up.append(key)
        if self.find_faults:
            raise self.find_faults.pop(0)
        for post in self.posts:
            inside = thread is None or (post.message.thread is not None and post.message.thread.ts == thread.ts)
            if post.message.key == key and post.channel == channel_id and post.at >= since and inside:
                return Receipt(channel=channel_id, ts=post.ts)
        return None

    async def posted_keys(self, channel_id: str, since: datetime) -> list[str]:
        if self.find_faults:
            raise self.find_faults.pop(0)
        return [post.message.key for post in self.posts if post.channel == channel_id and post.at >= since]

    async def resolve(self, channel: str) -> str:
        if channel == "#missing":
            raise refusal()
        return self.channels.get(channel, "C" + channel.removeprefix("#").upper())

    async def close(self) -> None:
        """Nothing to let go of."""

    @property
    def keys(self) -> list[str]:
        return [post.message.key for post in self.posts]
