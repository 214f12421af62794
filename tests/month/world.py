"""Feeds, pages and a Slack on loopback, as the month's clock says that they stand."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from html import escape
from http import HTTPStatus

from aiohttp import web

from tests.bench.feeds import HOSTS
from tests.fake_slack import Channel, FakeSlack
from tests.month.calendar import Calendar
from tests.month.news import Item, News

CHANNELS = {
    "C000DESK1": "desk",
    "C0GENERAL": "general",
    "C000CABLES": "cables",
    "C00FISHING": "fishing",
    "C00000OPS": "ops",
}
FAULTS = ("500", "close", "html", "hang-up")
"""What Slack does to each call of an outage, in turn; ``hang-up``: it takes it, and closes before it says so."""


@dataclass
class MonthSlack(FakeSlack):
    """A Slack that is down for a while. The first posts of the outage arrive, and nobody is told."""

    calendar: Calendar = field(default_factory=lambda: Calendar(1))
    refused: int = 0

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        if self.clock() in self.calendar.outage:
            fault = FAULTS[self.refused % len(FAULTS)]
            first = self.refused < len(FAULTS)
            self.refused += 1
            queue = self.faults[request.match_info["method"]]
            queue.append("store-close" if fault == "hang-up" and first else "close" if fault == "hang-up" else fault)
        return await super()._answer(request)


@dataclass(slots=True)
class World:
    """What can be asked of the servers. ``asked``: what for → how often."""

    news: News
    slack: MonthSlack
    clock: Callable[[], datetime]
    port: int = 0
    asked: Counter[str] = field(default_factory=Counter)
    _rendered: dict[tuple[int, bool, bool], str] = field(default_factory=dict)

    def feed_url(self, feed: int) -> str:
        return f"http://{self._host(feed)}:{self.port}/feed/{feed}.xml"

    def link(self, item: Item, *, again: bool = False) -> str:
        """Where an entry leads; ``again``: under its second address."""
        kind = "other" if item.event is None else "event"
        return f"http://{self._host(item.feed)}:{self.port}/{kind}/{item.number}{'/again' * again}"

    def _host(self, feed: int) -> str:
        return f"127.0.0.{feed % HOSTS + 1}"

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Serve a feed or a page."""
        what, _, rest = request.path.strip("/").partition("/")
        if what == "feed":
            return self._feed(int(rest.removesuffix(".xml")), request.headers.get("If-None-Match"))
        if what in {"event", "other"}:
            self.asked["articles"] += 1
            return self._page(self.news.items[int(rest.partition("/")[0])])
        self.asked["robots.txt"] += what == "robots.txt"
        return web.Response(status=404)

    def _feed(self, feed: int, known: str | None) -> web.Response:
        now = self.clock()
        status = self.news.down(feed, now)
        if status is not None:
            self.asked["feeds that failed"] += 1
            return web.Response(status=status, text=HTTPStatus(status).phrase)
        etag = f'"{feed}-{self.news.version(feed, now)}"'
        if known == etag:
            self.asked["feeds unchanged"] += 1
            return web.Response(status=304, headers={"ETag": etag})
        self.asked["feeds read"] += 1
        body = self._document(feed, now)
        return web.Response(text=body, headers={"ETag": etag}, content_type="application/rss+xml")

    def _document(self, feed: int, now: datetime) -> str:
        items = "".join(self._item(item, now) for item in self.news.held(feed, now))
        head = f"<title>Outlet {feed}</title><link>http://{self._host(feed)}:{self.port}/</link>"
        return f'<?xml version="1.0"?><rss version="2.0"><channel>{head}<language>en</language>{items}</channel></rss>'

    def _item(self, item: Item, now: datetime) -> str:
        edited = item.edited_at is not None and now >= item.edited_at
        again = item.feed == self.news.renumbered and now >= self.news.calendar.new_ids
        key = (item.number, edited, again)
        if key not in self._rendered:
            told = self.news.words(item, now)
            link = self.link(item, again=again)
            self._rendered[key] = (
                f"<item><title>{escape(told.title)}</title><link>{link}</link>"
                f'<guid isPermaLink="false">{item.number}{"-again" * again}</guid>'
                f"<pubDate>{format_datetime(item.at)}</pubDate><description>{escape(told.text)}</description></item>"
            )
        return self._rendered[key]

    def _page(self, item: Item) -> web.Response:
        told = self.news.words(item, self.clock())
        parts = "".join(f"<p>{escape(one)}</p>" for one in (told.page or told.text).split("\n\n"))
        title = escape(told.title)
        page = (
            f"<html><head><title>{title}</title></head><body><article><h1>{title}</h1>{parts}</article></body></html>"
        )
        return web.Response(text=page, content_type="text/html")


@contextmanager
def world(news: News, clock: Callable[[], datetime]) -> Iterator[World]:
    """Serve from a thread of its own until the end of the block."""
    loop = asyncio.new_event_loop()
    ready: Future[World] = Future()
    stop = asyncio.Event()
    thread = threading.Thread(target=lambda: loop.run_until_complete(_serve(news, clock, ready, stop)), daemon=True)
    thread.start()
    try:
        yield ready.result(20)
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()


async def _serve(news: News, clock: Callable[[], datetime], ready: Future[World], stop: asyncio.Event) -> None:
    channels = {key: Channel(name) for key, name in CHANNELS.items()}
    slack = MonthSlack(clock=clock, channels=channels, calendar=news.calendar)
    made = World(news=news, slack=slack, clock=clock)
    server = web.Server(made.answer)
    loop = asyncio.get_running_loop()
    first = await loop.create_server(server, "127.0.0.1", 0, backlog=1024)
    made.port = first.sockets[0].getsockname()[1]
    others = [f"127.0.0.{number}" for number in range(2, min(HOSTS, news.feeds) + 1)]
    more = await loop.create_server(server, others, made.port, backlog=256) if others else None
    async with slack.serve():
        ready.set_result(made)
        await stop.wait()
    for one in filter(None, (first, more)):
        one.close()
    await server.shutdown(1)
