"""What watcher tells about its feeds: in the log, in the ops channel, and in the channel of a topic that goes blind."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

import structlog

from watcher.config import Config
from watcher.notices import words
from watcher.notices.pace import PAST
from watcher.notices.plan import Scene, Sources, plan
from watcher.store import Store
from watcher.store.feeds import feed_states
from watcher.store.notices import known_troubles, put_notices
from watcher.store.topics import alert_times, topics_since
from watcher.types import Destination, Notice, Trouble

log = structlog.get_logger("watcher.notices")

OFF = timedelta(hours=1)
"""So long nothing was polled before anybody is told; a restart or an upgrade is no outage."""


SAME = timedelta(minutes=10)
"""Within so long several processes have seen what one of them saw."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notices:
    """Queues notices in the outbox, from where they go as alerts do; without a channel for them the log has them."""

    store: Store
    clock: Callable[[], datetime]

    async def say(self, config: Config) -> int:
        """Look at the feeds once; returns how many notices there were. How often it is called does not matter."""
        now = self.clock()
        feeds = {one.id: one for one in config.feeds}
        alerts = await self.store.read(alert_times, since=now - 2 * PAST)
        known = await self.store.read(topics_since)
        scene = Scene(
            feeds=feeds,
            states=await self.store.read(feed_states, list(feeds)),
            troubles=await self.store.read(known_troubles),
            topics={
                name: Sources(
                    title=topic.title,
                    feeds=tuple(one.id for one in config.feeds if one.serves(name)),
                    alerts=alerts.get(name, ()),
                    known_since=known.get(name),
                )
                for name, topic in config.topics.items()
                if not topic.paused
            },
            now=now,
            zone=config.timezone,
        )
        told = plan(scene)
        if told.notices or told.standing or told.over:
            await self._put(config, told.notices, standing=told.standing, over=told.over)
        for notice in told.notices:
            for line in notice.text.splitlines():
                log.warning("feeds.notice", topic=notice.topic or None, reason=line)
        return len(told.notices)

    async def say_off(self, config: Config) -> int:
        """Tell each topic that nothing was watched for a while, if so; returns how many topics there are to tell."""
        now = self.clock()
        states = await self.store.read(feed_states, [one.id for one in config.feeds])
        since = max((one.last_polled for one in states.values() if one.last_polled is not None), default=None)
        usual = config.health.polls * min(one.every for one in config.feeds)
        if since is None or now - since < max(OFF, usual):
            return 0
        told = [
            Notice(
                name=sha256(f"off\n{since.isoformat()}\n{name}".encode()).hexdigest()[:16],
                text=words.was_off(topic.title, since, now, config.timezone),
                topic=name,
            )
            for name, topic in config.topics.items()
            if not topic.paused
        ]
        await self._put(config, told)
        log.warning("service.was_off", since=since.isoformat(), until=now.isoformat())
        return len(told)

    async def tell(self, config: Config, text: str) -> None:
        """Tell the ops channel of something that happened just now, if there is such a channel.

        Of several processes that share the database, each sees it: the same within ten minutes is told once.
        """
        if "" in destinations(config):
            now = self.clock()
            name = sha256(f"{now.isoformat()}\n{text}".encode()).hexdigest()[:16]
            since = now - SAME if self.store.shared else None
            await self._put(config, [Notice(name=name, text=text)], since=since)

    async def _put(
        self,
        config: Config,
        told: Sequence[Notice],
        *,
        standing: Sequence[Trouble] = (),
        over: Collection[str] = (),
        since: datetime | None = None,
    ) -> None:
        await self.store.write(
            put_notices,
            told,
            destinations=destinations(config),
            installation=self.store.installation,
            standing=standing,
            over=over,
            now=self.clock(),
            since=since,
        )


def destinations(config: Config) -> dict[str, tuple[str, ...]]:
    """A notice's topic → where it goes; "" is the ops channel, if there is one."""
    places = {name: tuple(map(str, topic.destinations)) for name, topic in config.topics.items()}
    webhook = config.notify == "slack" and config.secrets.bot_token is None
    if config.slack.ops_channel is not None and not webhook:
        places[""] = (str(Destination(notifier=config.notify, channel=config.slack.ops_channel)),)
    return places
