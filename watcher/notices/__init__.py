"""What watcher tells about its feeds: in the log, in the ops channel, and in the channel of a topic that goes blind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog

from watcher.config import Config
from watcher.notices.plan import Scene, Sources, plan
from watcher.store import Store
from watcher.store.feeds import feed_states
from watcher.store.notices import known_troubles, put_notices
from watcher.types import Destination

log = structlog.get_logger("watcher.notices")


@dataclass(frozen=True, slots=True, kw_only=True)
class Notices:
    """Queues notices in the outbox, from where they go as alerts do; without a channel for them the log has them."""

    store: Store
    clock: Callable[[], datetime]

    async def say(self, config: Config) -> int:
        """Look at the feeds once; returns how many notices there were. How often it is called does not matter."""
        now = self.clock()
        feeds = {one.id: one for one in config.feeds}
        scene = Scene(
            feeds=feeds,
            states=await self.store.read(feed_states, list(feeds)),
            troubles=await self.store.read(known_troubles),
            topics={
                name: Sources(title=topic.title, feeds=tuple(one.id for one in config.feeds if one.serves(name)))
                for name, topic in config.topics.items()
                if not topic.paused
            },
            now=now,
            zone=config.timezone,
        )
        told = plan(scene)
        if told.notices or told.standing or told.over:
            await self.store.write(
                put_notices,
                told.notices,
                destinations=destinations(config),
                installation=self.store.installation,
                standing=told.standing,
                over=told.over,
                now=now,
            )
        for notice in told.notices:
            for line in notice.text.splitlines():
                log.warning("feeds.notice", topic=notice.topic or None, reason=line)
        return len(told.notices)


def destinations(config: Config) -> dict[str, tuple[str, ...]]:
    """A notice's topic → where it goes; "" is the ops channel, if there is one."""
    places = {name: tuple(map(str, topic.destinations)) for name, topic in config.topics.items()}
    webhook = config.notify == "slack" and config.secrets.bot_token is None
    if config.slack.ops_channel is not None and not webhook:
        places[""] = (str(Destination(notifier=config.notify, channel=config.slack.ops_channel)),)
    return places
