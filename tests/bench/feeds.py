"""The bench's feed server, a process of its own. ``/feed/<n>.xml``, ``/ctl?…``, ``/publish?frac=0.05&feeds=N``.

Every feed holds 30 entries in some 40 kB, with ETag and gzip; what ``publish`` adds takes the place of the oldest.
``/ctl`` sets what it is given: ``cond`` (0: conditional requests are ignored), ``wait`` (seconds before each answer),
``entries`` (of a feed). ``/hostile/<n>.xml`` is 320 KB on which feedparser spends 40 s.
"""

from __future__ import annotations

import asyncio
import gzip
import random
import sys

from aiohttp import web

ENTRIES = 30
HOSTS = 125
"""It answers at 127.0.0.1 to 127.0.0.125, on one port: programs ask one host only so often at a time."""

LITTLE = (
    "the",
    "of",
    "and",
    "to",
    "in",
    "a",
    "is",
    "that",
    "for",
    "on",
    "with",
    "as",
    "by",
    "at",
    "from",
    "it",
    "are",
    "this",
)


class Feeds:
    """All documents, made on demand; the same ones in every run."""

    def __init__(self) -> None:
        rng = random.Random(3)
        self.words = ["".join(rng.choices("abdeghiklmnoprstu", k=rng.randint(3, 9))) for _ in range(4000)]
        self.last: dict[int, int] = {}
        self.conditional = True
        self.wait = 0.0
        self.entries = ENTRIES

    def text(self, rng: random.Random, length: int) -> str:
        """Prose that means nothing: a third of it little words, as in English."""
        return " ".join(rng.choice(LITTLE if rng.random() < 0.34 else self.words) for _ in range(length)).capitalize()

    def document(self, feed: int) -> bytes:
        """A feed as it stands."""
        last = self.last.get(feed, ENTRIES)
        items = "".join(self.item(feed, number) for number in range(last, last - self.entries, -1))
        head = f"<title>Feed {feed}</title><link>https://n{feed}.example/</link><lastBuildDate>{last}</lastBuildDate>"
        spaces = 'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"'
        return f'<rss version="2.0" {spaces}><channel>{head}<language>en</language>{items}</channel></rss>'.encode()

    def item(self, feed: int, number: int) -> str:
        """One entry."""
        rng = random.Random(feed * 1_000_003 + number)
        body = "".join(f'<p class="b">{self.text(rng, 30)}. <a href="/t">more</a></p>' for _ in range(2))
        return (
            f"<item><title>{self.text(rng, 9)}</title><link>https://n{feed}.example/{number}?utm_source=rss</link>"
            f'<guid isPermaLink="false">{feed}-{number}</guid>'
            f"<pubDate>Mon, 02 Mar 2026 12:00:{number % 60:02} GMT</pubDate>"
            f"<dc:creator>Author {number % 9}</dc:creator><category>{self.text(rng, 1)}</category>"
            f"<description><![CDATA[<p>{self.text(rng, 45)}.</p>]]></description>"
            f"<content:encoded><![CDATA[{body}]]></content:encoded></item>"
        )

    async def answer(self, request: web.Request) -> web.Response:
        """Serve a feed."""
        if self.wait:
            await asyncio.sleep(self.wait)
        feed = int(request.match_info["feed"])
        etag = f'"{feed}-{self.last.get(feed, ENTRIES)}"'
        if self.conditional and request.headers.get("If-None-Match") == etag:
            return web.Response(status=304, headers={"ETag": etag})
        packed = gzip.compress(self.document(feed), 6, mtime=0)
        told = {"ETag": etag, "Content-Encoding": "gzip", "Content-Type": "application/rss+xml"}
        return web.Response(body=packed, headers=told)

    async def control(self, request: web.Request) -> web.Response:
        """Change how feeds are served."""
        self.conditional = request.query.get("cond", str(int(self.conditional))) == "1"
        self.wait = float(request.query.get("wait", self.wait))
        self.entries = int(request.query.get("entries", self.entries))
        return web.Response()

    async def hostile(self, request: web.Request) -> web.Response:
        """Serve a document whose author's address no regular expression comes to an end with."""
        del request
        item = f"<item><title>A</title><author>a@{'a.' * 160_000}!</author></item>"
        return web.Response(text=f'<rss version="2.0"><channel><title>H</title>{item}</channel></rss>')

    async def publish(self, request: web.Request) -> web.Response:
        """Give a share of the feeds one new entry each."""
        feeds, share = int(request.query["feeds"]), float(request.query["frac"])
        for feed in random.Random(5).sample(range(feeds), max(1, round(feeds * share))):
            self.last[feed] = self.last.get(feed, ENTRIES) + 1
        return web.Response()


async def main() -> None:
    """Serve until the standard input ends; the port is the first line printed."""
    feeds = Feeds()
    app = web.Application()
    app.router.add_get("/feed/{feed:\\d+}.xml", feeds.answer)
    app.router.add_get("/hostile/{feed:\\d+}.xml", feeds.hostile)
    app.router.add_get("/ctl", feeds.control)
    app.router.add_get("/publish", feeds.publish)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, backlog=1024).start()
    port = runner.addresses[0][1]
    for number in range(2, HOSTS + 1):
        await web.TCPSite(runner, f"127.0.0.{number}", port, backlog=1024).start()
    print(port, flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(main())
