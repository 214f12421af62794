"""What polling costs, beside feedparser alone on the same documents in the same run. ``make bench``."""

from __future__ import annotations

import asyncio
import random
import resource
import tempfile
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from time import perf_counter, process_time

import feedparser
from aiohttp import web
from aiohttp.test_utils import TestServer
from rich.console import Console

from tests.line import SEEDS
from watcher.app import build
from watcher.config import load
from watcher.once import once
from watcher.store import Store

FEEDS, ENTRIES = 100, 30


def documents() -> dict[str, bytes]:
    """Feeds of some 30 kB with words that mean nothing."""
    rng = random.Random(3)
    vocabulary = ["".join(rng.choices("abdeghiklmnoprstu", k=rng.randint(3, 9))) for _ in range(4000)]
    now = format_datetime(datetime.now(UTC))
    made = {}
    for feed in range(FEEDS):
        items = "".join(
            f"<item><title>{' '.join(rng.choices(vocabulary, k=9))}</title><link>https://n{feed}.example/{n}</link>"
            f"<guid>{feed}-{n}</guid><pubDate>{now}</pubDate>"
            f"<description>&lt;p&gt;{' '.join(rng.choices(vocabulary, k=100))}&lt;/p&gt;</description></item>"
            for n in range(ENTRIES)
        )
        made[f"/{feed}.xml"] = f'<rss version="2.0"><channel><title>{feed}</title>{items}</channel></rss>'.encode()
    return made


def cpu() -> float:
    """CPU seconds of this process and of the workers that have ended."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return process_time() + ended.ru_utime + ended.ru_stime


async def polled(config_path: Path) -> tuple[float, float]:
    """CPU and wall seconds of one round; workers end with it, so that their time counts."""
    config = load(config_path, {})
    began, wall = cpu(), perf_counter()
    with Store.open(config.database) as store:
        app = build(config, store, console=Console(quiet=True))
        try:
            report = await once(app)
        finally:
            await app.close()
    assert not report.errors, report.errors
    return cpu() - began, perf_counter() - wall


async def main() -> None:
    bodies = documents()
    conditional = True

    async def answer(request: web.Request) -> web.Response:
        if conditional and request.headers.get("If-None-Match") == '"1"':
            return web.Response(status=304)
        return web.Response(body=bodies[request.path], content_type="application/rss+xml", headers={"ETag": '"1"'})

    site = web.Application()
    site.router.add_get("/{path:.*}", answer)
    server = TestServer(site)
    await server.start_server()
    start = process_time()
    for body in bodies.values():
        feedparser.parse(body)
    base = (process_time() - start) / FEEDS * 1e3
    print(f"feedparser alone: {base:.1f} ms CPU a feed of {ENTRIES} entries, 1.0 (the server's own share is in ours)")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "watcher.yaml")
        Path(folder, "seeds").mkdir()
        for number, text in enumerate(SEEDS):
            Path(folder, "seeds", f"{number}.txt").write_text(text)
        feeds = "\n".join(f"  - {server.make_url(name)}" for name in bodies)
        path.write_text(
            f"feeds:\n{feeds}\ntopics: {{t: {{seeds: seeds}}}}\nnotify: console\n"
            "fetch: {allow_networks: [127.0.0.0/8], per_host: 16}\ndatabase: sqlite:///w.db\n"
        )
        for phase in ("cold", "warm, 304", "warm, same body"):
            conditional = phase != "warm, same body"
            spent, wall = await polled(path)
            each = spent / FEEDS * 1e3
            print(
                f"{phase:16} {each:6.1f} ms CPU a feed, {each / base:5.2f} times feedparser; {FEEDS / wall:.0f} feeds/s"
            )
    await server.close()


if __name__ == "__main__":
    asyncio.run(main())
