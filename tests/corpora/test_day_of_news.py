"""A day with two hundred entries of thirty events: how many messages a channel sees, and where each entry went."""

from __future__ import annotations

import asyncio
import gzip
import json
import random
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from tests.corpora.places import corpora
from tests.fakes import FakeClock, FakeNotifier
from tests.loopback import Request, response, serve
from watcher.app import App, build
from watcher.config import load
from watcher.explain import as_json
from watcher.store import Store
from watcher.store.outbox import pending_count
from watcher.store.trace import entry_trace
from watcher.text import cut, sentences
from watcher.urls import entry_identity, identity_hash

MATCHED = ("posted", "grouped")
EVENTS, ENTRIES, POLLS = 30, 200, 24
DAYS = range(6)
"""The first with each event's reports in the file's order, the others with other reports in other orders."""
MESSAGES, MIXED = 37, 3
"""Floors: messages and wrongly mixed stories at most, on any of the days; 33 messages is the mean."""
KEPT = 40
"""Entries of a document."""


@dataclass(frozen=True, slots=True)
class Report:
    """One text about an event."""

    event: str
    title: str
    text: str


def day(number: int) -> tuple[list[Report], list[Report]]:
    """One seed for each of thirty events, and further reports of them, shuffled once and for all."""
    by_event: defaultdict[str, list[Report]] = defaultdict(list)
    with gzip.open(corpora() / "data" / "ecbplus_dev.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            first, *rest = sentences(row["text"]) or [""]
            title = row["title"] or cut(first, 120)
            by_event[row["label"]].append(Report(row["label"], title, " ".join([first, *rest])))
    chance = random.Random(number or 7)
    for event in sorted(by_event) if number else ():
        chance.shuffle(by_event[event])
    by_size = sorted(by_event, key=lambda event: (-len(by_event[event]), event))[:EVENTS]
    each = -(-ENTRIES // EVENTS)
    found = [report for event in by_size for report in by_event[event][1 : 1 + each]]
    chance.shuffle(found)
    return [by_event[event][0] for event in by_size], found[:ENTRIES]


def document(reports: list[tuple[int, Report]]) -> bytes:
    from html import escape

    items = "".join(
        f"<item><title>{escape(one.title)}</title><link>https://n{number % 40}.example/{number}</link>"
        f"<guid>{number}</guid><description>{escape(one.text)}</description></item>"
        for number, one in reports
    )
    return f"<rss version='2.0'><channel><title>Wire</title>{items}</channel></rss>".encode()


async def lived(
    folder: Path, seeds: list[Report], reports: list[Report]
) -> tuple[FakeNotifier, list[dict[str, object]]]:
    """The day through the real line; the messages, and what explain says of each entry."""
    serving = [b""]

    async def answer(_: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(response(serving[0], Content_Type="application/rss+xml"))

    clock = FakeClock()
    notifier = FakeNotifier(remote=False, clock=clock)
    async with serve(answer) as server:
        for number, seed in enumerate(seeds):
            (folder / f"seeds{number}").mkdir()
            (folder / f"seeds{number}" / "seed.txt").write_text(f"{seed.title}\n\n{seed.text}")
        topic = {"channel": "#desk", "sensitivity": 0.02}
        config = {
            "feeds": [{"url": server.url(), "name": "Wire"}],
            "topics": {f"topic-{n}": {"seeds": f"seeds{n}", **topic} for n in range(len(seeds))},
            "fetch": {"allow_networks": ["127.0.0.0/8"], "full_text": "never", "first_poll": "alert"},
            "notify": "console",
            "database": "sqlite:///watcher.db",
        }
        (folder / "watcher.yaml").write_text(json.dumps(config))  # JSON is YAML
        loaded = load(folder / "watcher.yaml", {})
        store = Store.open(loaded.database, mode="write", now=clock.now)
        app: App = build(loaded, store, clock=clock, jitter=lambda: 0.5)
        app.notifiers = {"console": notifier}
        try:
            await app.start()
            step = -(-len(reports) // POLLS)
            numbered = list(enumerate(reports))
            for start in range(0, len(numbered), step):
                serving[0] = document(numbered[max(0, start + step - KEPT) : start + step])
                await app.poller.poll([one.id for one in loaded.feeds])
                await app.deliver()
                clock.pass_(hours=24 / POLLS)
            clock.pass_(seconds=timedelta(minutes=1).total_seconds())
            await app.deliver()
            assert await store.read(pending_count) == 0
            told = []
            for number, one in numbered:
                url = f"https://n{number % 40}.example/{number}"
                entry = identity_hash(entry_identity(url, "", str(number), one.title, one.text))
                report = await store.read(entry_trace, entry)
                assert report is not None, url
                told.append(max(as_json(report)["topics"], key=lambda one: one["state"] in MATCHED))
        finally:
            await app.close()
    return notifier, told


@pytest.mark.corpora
@pytest.mark.slow
@pytest.mark.parametrize("number", DAYS)
async def test_a_day_of_thirty_events_is_about_thirty_messages(tmp_path: Path, number: int) -> None:
    seeds, reports = day(number)
    assert (len(reports), len({one.event for one in reports})) == (ENTRIES, EVENTS)
    notifier, told = await lived(tmp_path, seeds, reports)
    matched = [(one, report) for one, report in zip(told, reports, strict=True) if one["state"] in MATCHED]
    kinds = Counter(post.message.kind for post in notifier.posts)
    shown = kinds["alert"] + sum(post.message.broadcast for post in notifier.posts)
    events = {report.event for _, report in matched}
    per_story: defaultdict[object, Counter[str]] = defaultdict(Counter)
    for one, report in matched:
        per_story[one["story"]][report.event] += 1
    mixed = sum(len(counted) > 1 for counted in per_story.values())
    strays = sum(counted.total() - max(counted.values()) for counted in per_story.values())
    print(f"{len(matched)} of {ENTRIES} entries match, of {len(events)} events: {kinds['alert']} messages,")
    print(f"{kinds['reply']} replies, {shown} shown in the channel; {len(per_story)} stories, {mixed} of them mixed")
    print(f"{strays} entries among reports of another event")
    print("states:", dict(Counter(str(one["state"]) for one in told)))
    assert len(matched) >= ENTRIES - 1
    assert kinds["alert"] <= MESSAGES
    assert mixed <= MIXED
    assert all(one["reason"] for one in told)
    assert set(Counter(notifier.keys).values()) == {1}
