"""A world for the whole line: a fake Slack and feeds on loopback, a configuration on disk, watcher in a child process.

The child is forked from a server process that has already loaded everything, so that it starts in an instant; a crash
is ``os._exit`` at a named step, which runs no cleanup, as ``kill -9`` would.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import threading
from collections import Counter
from collections.abc import Coroutine, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape
from pathlib import Path
from typing import Any, TypeVar

from tests.fake_slack import TOKEN, FakeSlack
from tests.fake_socket import FakeSocketSlack

CRASHED = 137

T = TypeVar("T")

_forkserver = multiprocessing.get_context("forkserver")
_forkserver.set_forkserver_preload(["watcher.app", "watcher.once", "watcher.relevance.scorer", "tests.line"])


@dataclass(slots=True)
class Item:
    """One entry of a feed."""

    title: str
    text: str
    path: str
    age: timedelta = timedelta(hours=1)
    page: str | None = None
    """The article's text; None: the link answers 404."""


@dataclass(slots=True)
class World:
    """Feeds by name, a Slack, and the folder of one installation."""

    folder: Path
    slack: FakeSlack
    base: str = ""
    feeds: dict[str, list[Item]] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    raw: dict[str, bytes] = field(default_factory=dict)
    """Path → body that is served as it is."""
    status: dict[str, int] = field(default_factory=dict)
    """Path → status that is answered, with nothing else."""
    moved: dict[str, str] = field(default_factory=dict)
    """Path → path where it is found for good."""
    server: str | None = None
    """The address of a database on a server; None: it is a file in the folder."""
    loop: asyncio.AbstractEventLoop | None = None

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        """Run something where feeds and Slack are served."""
        assert self.loop is not None
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(30)

    @property
    def config(self) -> Path:
        return self.folder / "watcher.yaml"

    @property
    def database(self) -> Path:
        """The file, where it is one."""
        return self.folder / "watcher.db"

    @property
    def url(self) -> str:
        """The database's address."""
        return self.server or f"sqlite:///{self.database}"

    def configure(self, **over: Any) -> None:
        """Write the configuration; keys given replace whole sections."""
        seeds = self.folder / "seeds"
        seeds.mkdir(exist_ok=True)
        for number, text in enumerate(SEEDS):
            (seeds / f"{number}.txt").write_text(text)
        config: dict[str, Any] = {
            "feeds": [{"url": f"{self.base}/{name}.xml", "name": name} for name in self.feeds],
            "topics": {"alliance": {"title": "The alliance", "seeds": "seeds", "channel": "C000DESK1"}},
            "fetch": {"allow_networks": ["127.0.0.0/8"], "first_poll": "alert", "full_text": "never"},
            "notify": "slack",
            "database": self.server or "sqlite:///watcher.db",
            "backups": False,
            "server": {"listen": "127.0.0.1:0"},
            "slack": {"flood": "100/1m"},
        }
        self.config.write_text(json.dumps({**config, **over}))  # JSON is YAML

    def change(self, statement: str) -> list[Any]:
        """Do in the database what no command does; returns the rows that are found."""
        from watcher.store import Store

        def done(conn: Any) -> list[Any]:
            found = conn.exec_driver_sql(statement)
            return list(found.all()) if found.returns_rows else []

        with Store.open(self.url, mode="beside") as store:
            return store.write_now(done)

    def environ(self) -> dict[str, str]:
        return {"SLACK_BOT_TOKEN": TOKEN, "SLACK_API_URL": self.slack.url}

    def once(self, *, crash_at: str | None = None, nth: int = 1) -> int:
        """Run one round in a child process; returns its exit code (137: it crashed where it was told to)."""
        child = _forkserver.Process(target=_run, args=(str(self.config), self.environ(), crash_at, nth), daemon=False)
        child.start()
        child.join(60)
        assert child.exitcode is not None, "the child hangs"
        return child.exitcode

    def told(self) -> Counter[str]:
        """Key → how often the fake Slack holds it."""
        return Counter(self.slack.keys())

    def document(self, name: str) -> bytes:
        now = datetime.now(UTC)
        items = "".join(
            f"<item><title>{escape(item.title)}</title><link>{self.base}{item.path}</link><guid>{item.path}</guid>"
            f"<pubDate>{format_datetime(now - item.age)}</pubDate><description>{escape(item.text)}</description></item>"
            for item in self.feeds[name]
        )
        return f'<?xml version="1.0"?><rss version="2.0"><channel><title>{name}</title>{items}</channel></rss>'.encode()


@contextmanager
def world(folder: Path, *, server: str | None = None) -> Iterator[World]:
    """Serve feeds and Slack from a thread of their own until the end of the block."""
    loop = asyncio.new_event_loop()
    ready: Future[World] = Future()
    stop = asyncio.Event()
    thread = threading.Thread(target=lambda: loop.run_until_complete(_serve(folder, ready, stop)), daemon=True)
    thread.start()
    try:
        made = ready.result(10)
        made.server = server
        yield made
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()


async def _serve(folder: Path, ready: Future[World], stop: asyncio.Event) -> None:
    from aiohttp import web
    from aiohttp.test_utils import TestServer

    async with FakeSocketSlack(clock=lambda: datetime.now(UTC), host="0.0.0.0").serve() as slack:
        made = World(folder=folder, slack=slack, loop=asyncio.get_running_loop())

        async def answer(request: web.Request) -> web.Response:
            made.requests.append(request.path)
            if request.path in made.moved:
                raise web.HTTPMovedPermanently(made.base + made.moved[request.path])
            if request.path in made.status:
                return web.Response(status=made.status[request.path])
            if request.path in made.raw:
                return web.Response(body=made.raw[request.path], content_type="application/rss+xml")
            name = request.path.strip("/").removesuffix(".xml")
            if name in made.feeds:
                return web.Response(body=made.document(name), content_type="application/rss+xml")
            for items in made.feeds.values():
                for item in items:
                    if item.path == request.path and item.page is not None:
                        return web.Response(text=_page(item), content_type="text/html")
            raise web.HTTPNotFound

        app = web.Application()
        app.router.add_get("/{path:.*}", answer)
        server = TestServer(app, host="0.0.0.0")
        await server.start_server(shutdown_timeout=0.01)
        made.base = f"http://127.0.0.1:{server.port}"
        ready.set_result(made)
        await stop.wait()
        await server.close()


def _page(item: Item) -> str:
    paragraphs = "".join(f"<p>{escape(part)}</p>" for part in (item.page or "").split("\n\n"))
    title = escape(item.title)
    return (
        f"<html><head><title>{title}</title></head><body><article><h1>{title}</h1>{paragraphs}</article></body></html>"
    )


def _run(config_path: str, environ: dict[str, str], crash_at: str | None, nth: int) -> None:
    """The child: one round of the real line, announced step by step."""
    from watcher.app import build
    from watcher.config import load
    from watcher.once import once
    from watcher.store import Store

    heard: Counter[str] = Counter()

    def step(name: str) -> None:
        heard[name] += 1
        if name == crash_at and heard[name] == nth:
            os._exit(CRASHED)

    async def main() -> None:
        config = load(Path(config_path), environ)
        with Store.open(config.database, on_step=step) as store:
            app = build(config, store, on_step=step)
            try:
                await once(app)
            finally:
                await app.close()

    asyncio.run(main())


SEEDS = (
    "Washington weighs fewer troops in South Korea\n\n"
    "The White House is weighing a cut in the number of American troops stationed in South Korea, officials said, "
    "a step that would shake the alliance with Seoul. The president has complained that South Korea pays too "
    "little for the troops and that the trade deal with Seoul is unfair. South Korean officials said that the "
    "alliance was ironclad and that any cut of American troops would please Pyongyang. Lawmakers warned against a "
    "withdrawal from the peninsula.",
    "Seoul and Washington at odds over the cost of the alliance\n\n"
    "South Korea and the United States broke off talks about the cost of stationing American troops on the "
    "peninsula. Washington demanded that Seoul pay five times more; South Korean negotiators called the demand "
    "unacceptable. The defence secretary said the alliance with South Korea was a linchpin, while the president "
    "threatened to withdraw troops and to tear up the free trade deal with Seoul.",
)

ON_TOPIC = [
    (
        "Trump again threatens to pull troops out of South Korea",
        "The president told allies that American troops in South Korea cost too much and that Seoul must pay more for "
        "the alliance or see a withdrawal from the peninsula.",
    ),
    (
        "Seoul offers to raise its share of the troop costs",
        "South Korean negotiators came to Washington with a new offer on the cost of stationing American troops, "
        "hoping to save the alliance from another quarrel.",
    ),
    (
        "Free trade deal with South Korea back on the table",
        "The White House wants to renegotiate the free trade deal with Seoul, and South Korean officials said the "
        "alliance must not be linked with trade or with troops.",
    ),
    (
        "Lawmakers warn the president against a withdrawal from South Korea",
        "Both parties wrote to the White House that American troops in South Korea keep Pyongyang at bay and that the "
        "alliance with Seoul must not be sold for a better trade deal.",
    ),
]
OFF_TOPIC = [
    (
        "Squid prices fall by a third",
        "Fishermen hauled in the largest catch in a decade and restaurants along the shore were pleased, traders said.",
    ),
    (
        "Orchestra names a new conductor",
        "The philharmonic has chosen a successor who will open the season with a programme of Brahms and Schumann.",
    ),
]
