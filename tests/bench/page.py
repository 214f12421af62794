"""The console page with 100,000 entries of 10,000 feeds, three topics and 3,000 stories: what each view costs.

``make bench-own``. Milliseconds of processor time of service and client together, by HTTP on loopback, the database as
it is in a month's operation: the first view, which counts a week's scores, and the middle one of later views.
"""

from __future__ import annotations

import asyncio
import random
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import process_time
from typing import Any

import aiohttp
from sqlalchemy import Connection, Table, insert

from tests.builders import NOW, hex16
from tests.commands import installed
from tests.fakes import FakeClock
from watcher.app import build
from watcher.app.scene import scene_of
from watcher.config import load
from watcher.service import Service
from watcher.store import Store, tables
from watcher.web import serve, site

ENTRIES, FEEDS, STORIES, DAYS = 100_000, 10_000, 3_000, 30
TOPICS = ("alliance", "costs", "ships")
TIMES = 8
CHUNK = 5_000
ENOUGH_MS = 300
VIEWS = ("/", "/stories", "/stories?page=100", "/feeds", "/feeds?page=150", "/feeds?q=feed+99", "/topics/alliance")


def fill(conn: Connection) -> None:
    """A month of entries, each judged by every topic; three in a hundred match."""
    rng = random.Random(7)
    step = timedelta(days=DAYS) / ENTRIES
    times = [NOW - step * (ENTRIES - at) for at in range(ENTRIES)]
    ids = [hex16(f"entry {at}") for at in range(ENTRIES)]
    put(conn, tables.feed_states, (feed(at) for at in range(FEEDS)))
    put(conn, tables.entries, (entry(at, ids[at], times[at]) for at in range(ENTRIES)))
    seen = ({"entry": ids[at], "feed": hex16(f"feed {at * 7 % FEEDS}"), "guid": ids[at]} for at in range(ENTRIES))
    put(
        conn,
        tables.sightings,
        ({**one, "first_seen": at, "last_seen": at} for one, at in zip(seen, times, strict=True)),
    )
    matched = [at for at in range(ENTRIES) if at % 33 == 0]
    hits = set(matched)
    put(
        conn,
        tables.decisions,
        (decision(rng, topic, ids[at], times[at], at in hits) for at in range(ENTRIES) for topic in TOPICS),
    )
    stories = [hex16(f"story {number}") for number in range(STORIES)]
    firsts = matched[:: max(1, len(matched) // STORIES)][:STORIES]
    put(conn, tables.stories, (story(one, times[at]) for one, at in zip(stories, firsts, strict=False)))
    known = stories[: len(firsts)]
    where = {at: known[min(len(known) - 1, place * len(known) // len(matched))] for place, at in enumerate(matched)}
    put(conn, tables.story_members, (member(where[at], ids[at], at, times[at]) for at in matched))
    put(
        conn,
        tables.matches,
        (
            {"topic": topic, "entry": ids[at], "destination": "slack:#desk", "story": where[at]}
            for at in matched
            for topic in TOPICS
        ),
    )
    put(conn, tables.outbox, (row(one, ids[at], times[at]) for one, at in zip(stories, firsts, strict=False)))


def put(conn: Connection, table: Table, values: Iterator[dict[str, Any]]) -> None:
    """Insert them, some at a time."""
    part: list[dict[str, Any]] = []
    for value in values:
        part.append(value)
        if len(part) == CHUNK:
            conn.execute(insert(table), part)
            part = []
    if part:
        conn.execute(insert(table), part)


def feed(at: int) -> dict[str, Any]:
    """One feed; one in ten fails."""
    bad = at % 10 == 0
    return {
        "id": hex16(f"feed {at}"), "url": f"https://host{at}.example/rss", "name": f"Feed {at}", "added_at": NOW,
        "next_due": NOW + timedelta(minutes=at % 10), "last_polled": NOW, "last_success": NOW, "gone": False,
        "failures": 3 if bad else 0, "error": "HTTP 500" if bad else None, "told_to_wait": False, "entries": 30,
        "failing_since": NOW - timedelta(days=1) if bad else None, "items": b"x" * 500,
    }  # fmt: skip


def entry(at: int, name: str, seen: Any) -> dict[str, Any]:
    """One entry; its text is as long as a feed's snippet is."""
    return {
        "id": name, "identity": name, "url": f"https://host{at % FEEDS}.example/{at}", "outlet": f"Outlet {at % 200}",
        "title": f"A headline of the usual length about something or other, number {at}", "text": "word " * 60,
        "language": "en", "published": seen, "first_seen": seen, "content_hash": name, "tombstone": False,
    }  # fmt: skip


def decision(rng: random.Random, topic: str, name: str, at: Any, hit: bool) -> dict[str, Any]:
    """A score: most share nothing with the seeds."""
    score = 0.12 * (1 + rng.expovariate(2)) if hit else min(0.119, rng.expovariate(40))
    return {
        "topic": topic, "entry": name, "state": "grouped" if hit else "below", "reason": "score 0.30 of 0.12",
        "score": score, "threshold": 0.12, "strength": 0.5, "mode": "snippet", "nearest_seed": "one.txt",
        "terms": [[f"term {n}", score / 12] for n in range(12 if score > 0.02 else 0)], "decided_at": at, "model": "m",
    }  # fmt: skip


def story(name: str, at: Any) -> dict[str, Any]:
    """One story."""
    return {"id": name, "destination": "slack:#desk", "opened_at": at, "last_at": at + timedelta(hours=1)}


def member(of: str, name: str, position: int, at: Any) -> dict[str, Any]:
    """One report of a story."""
    given = {"story": of, "entry": name, "position": position, "relation": "copy", "summary": "A sentence."}
    return {**given, "summary_source": "feed", "added_at": at}


def row(of: str, name: str, at: Any) -> dict[str, Any]:
    """A story's message."""
    return {
        "key": f"i/{of}", "destination": "slack:#desk", "kind": "parent", "topic": "alliance", "story": of,
        "entry": name, "strength": 0.5, "created_at": at, "due_at": at, "state": "sent", "attempts": 1,
        "unsure": False, "plain": False, "receipt_channel": "C1", "receipt_ts": of, "settled_at": at,
    }  # fmt: skip


async def measure(folder: Path) -> bool:
    """Print what each view took; whether all were quick enough."""
    topics = {name: {"seeds": "seeds", "channel": "#desk"} for name in TOPICS}
    feeds = [{"url": f"https://host{at}.example/rss", "name": f"Feed {at}"} for at in range(FEEDS)]
    config = load(installed(folder, topics=topics, feeds=feeds), {})
    with Store.open(config.database, now=NOW) as store:
        store.write_now(fill)
        app = build(config, store, clock=FakeClock())
        service = Service(app=app, reread=lambda: config)
        server = await serve(site(service, scene=lambda: scene_of(app)), host="127.0.0.1", port=0)
        try:
            async with aiohttp.ClientSession(f"http://{server.address}") as session:
                slowest = [await view(session, path) for path in VIEWS]
        finally:
            await server.close()
            await app.close()
    return max(slowest) < ENOUGH_MS


async def view(session: aiohttp.ClientSession, path: str) -> float:
    """What views of one page take; the middle of the later ones."""
    spent, size = [], 0
    for _ in range(TIMES):
        begun = process_time()
        async with session.get(path) as answer:
            size = len(await answer.read())
            assert answer.status == 200, await answer.text()
        spent.append((process_time() - begun) * 1000)
    later = median(spent[1:])
    print(f"{path:20} first {spent[0]:4.0f} ms, then {later:4.0f} ms  {size / 1024:4.0f} KiB")
    return later


def main() -> None:
    """Fill a database and look at it."""
    with TemporaryDirectory() as folder:
        if not asyncio.run(measure(Path(folder))):
            sys.exit(f"a view took {ENOUGH_MS} ms or more")


if __name__ == "__main__":
    main()
