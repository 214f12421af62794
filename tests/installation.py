"""A whole installation in this process: feeds on loopback, a clock that tests move, the service's own ticks."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from html import escape
from io import StringIO
from pathlib import Path
from typing import Any

from rich.console import Console

from tests.fakes import FakeClock, FakeNotifier
from tests.line import SEEDS
from tests.loopback import Answer, Request, Server, response, serve
from watcher.app import App, build
from watcher.config import Config, load
from watcher.deliver import DeliverReport
from watcher.service import Service
from watcher.store import Store
from watcher.store.feeds import feed_states
from watcher.types import FeedState

MINUTE = timedelta(minutes=1)
RSS = "application/rss+xml"


def item(title: str, text: str, *, extra: Mapping[str, str] | None = None) -> str:
    """One RSS item; ``extra``: its other elements."""
    more = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in (extra or {}).items())
    return f"<item><title>{escape(title)}</title><description>{escape(text)}</description>{more}</item>"


def rss(*items: str) -> bytes:
    """A feed document."""
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>F</title>{"".join(items)}</channel></rss>'.encode()


@dataclass(slots=True)
class Installation:
    """``pages``: path → whole response, or who writes it; everything else is 404."""

    folder: Path
    clock: FakeClock
    server: Server
    pages: dict[str, bytes | Answer]
    notifier: FakeNotifier
    app: App
    service: Service
    jitter: list[float] = field(default_factory=lambda: [0.5])
    """Given out in turn."""

    def feed(self, path: str, *items: str, **headers: str) -> None:
        """Let a feed hold these items."""
        self.pages[path] = response(rss(*items), **{"Content_Type": RSS, **headers})

    async def tick(self) -> None:
        """One tick of the service, to its end."""
        await self.service._poll_tick()
        await asyncio.gather(*self.service._polls)

    async def pass_(self, span: timedelta, *, step: timedelta = MINUTE) -> list[int]:
        """Let time pass with a tick every ``step``; returns how many requests each of them made."""
        made = []
        for _ in range(span // step):
            before = len(self.server.requests)
            self.clock.pass_(seconds=step.total_seconds())
            await self.tick()
            made.append(len(self.server.requests) - before)
        return made

    async def deliver(self) -> DeliverReport:
        """One pass over the outbox."""
        return await self.app.deliver()

    def states(self) -> dict[str, FeedState]:
        """Name → what is remembered of the feed."""
        return {one.name: one for one in self.app.store.read_now(feed_states).values()}

    @property
    def told(self) -> list[str]:
        """Headlines of all that was told, digests' members one by one."""
        return [one.headline for post in self.notifier.posts for one in post.message.items]

    def asked(self, path: str) -> list[Request]:
        """The requests for a path."""
        return [one for one in self.server.requests if one.path == path]


def configured(folder: Path, base: str, names: list[str], **fetch: Any) -> Config:
    """A configuration of these feeds and one topic."""
    seeds = folder / "seeds"
    seeds.mkdir(exist_ok=True)
    for number, text in enumerate(SEEDS):
        (seeds / f"{number}.txt").write_text(text)
    given = {"allow_networks": ["127.0.0.0/8"], "first_poll": "alert", "full_text": "never", **fetch}
    config = {
        "feeds": [{"url": f"{base}/{name}", "name": name} for name in names],
        "topics": {"alliance": {"title": "The alliance", "seeds": "seeds"}},
        "fetch": given,
        "notify": "console",
        "database": "sqlite:///watcher.db",
    }
    path = folder / "watcher.yaml"
    path.write_text(json.dumps(config))  # JSON is YAML
    return load(path, {})


@asynccontextmanager
async def installed(
    folder: Path, *names: str, step: Callable[[str], None] | None = None, clock: FakeClock | None = None, **fetch: Any
) -> AsyncIterator[Installation]:
    """An installation that was started: feeds ``names`` at ``/<name>``, empty until the test says what they hold."""
    pages: dict[str, bytes | Answer] = {}
    jitter, clock = [0.5], clock or FakeClock()

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        page = pages.get(request.path, response(b"", "404 Not Found"))
        if isinstance(page, bytes):
            writer.write(page)
        else:
            await page(request, writer)

    def draw() -> float:
        jitter.append(jitter.pop(0))
        return jitter[-1]

    async with serve(answer) as server:
        config = configured(folder, server.url(""), list(names), **fetch)
        store = Store.open(config.database, mode="write", now=clock.now)
        app = build(config, store, clock=clock, on_step=step, jitter=draw, console=Console(file=StringIO()))
        notifier = FakeNotifier(remote=False, clock=clock)
        app.notifiers = {"console": notifier}
        made = Installation(
            folder=folder,
            clock=clock,
            server=server,
            pages=pages,
            notifier=notifier,
            app=app,
            service=Service(app=app, reread=lambda: config),
            jitter=jitter,
        )
        for name in names:
            made.feed(f"/{name}")
        try:
            await app.start()
            yield made
        finally:
            await app.close()
