"""A year of one real feed, capture after capture in time order through the real line: nothing is seen or told twice."""

from __future__ import annotations

import asyncio
import io
import json
import tarfile
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import feedparser
import pytest

from tests.corpora.places import corpora
from tests.fakes import FakeClock, FakeNotifier
from tests.loopback import Request, response, serve
from watcher.app import App, build
from watcher.config import load
from watcher.sources.html import plain
from watcher.store import Store
from watcher.store.outbox import pending_count
from watcher.store.report import counts
from watcher.stories import edited

CHANGED = ("The headline was changed", "The feed has corrected", "The feed has withdrawn")
RESTART = 50
"""Captures after which the program is stopped and started anew."""

SEEDS = (
    (
        "Tariffs on Chinese goods will cost American shoppers dear\n\n"
        "The president's tariffs on goods from China raise prices for American consumers and leave exporters there "
        "looking for other markets. The trade war between America and China unsettles investors and factories. "
        "Economists say that tariffs are a tax on trade and that the trade deficit will hardly shrink. Trump says that "
        "tariffs bring jobs home and revenues in; a trade deal with China would calm the markets."
    ),
    (
        "How Trump's trade war hurts the dollar and the markets\n\n"
        "Investors sell American assets as the trade war spreads. Tariffs threaten growth, the Federal Reserve "
        "hesitates over interest rates and inflation, and the dollar falls. Trade deals are few. China answers the "
        "tariffs with export controls on rare earths, and American firms with factories in China pay the bill."
    ),
)


def captures() -> list[tuple[datetime, bytes]]:
    """(time of the capture, document), oldest first."""
    found = []
    with tarfile.open(corpora() / "feeds" / "economist_snapshots.tar.xz") as packed:
        for member in packed:
            file = packed.extractfile(member)
            if file is not None:
                at = datetime.strptime(member.name.split(".")[1], "%Y-%m-%dT%H%M").replace(tzinfo=UTC)
                found.append((at, file.read()))
    return sorted(found)


@dataclass(slots=True)
class Replay:
    """One installation that lives through all captures."""

    folder: Path
    base: str
    clock: FakeClock
    notifier: FakeNotifier
    tidied: datetime | None = None
    new: int = 0
    matches: int = 0
    per_poll: list[int] = field(default_factory=list)

    async def live(self, several: list[tuple[datetime, bytes]], serving: list[bytes]) -> None:
        """Poll at the time of each capture; what is due is told at once, old texts are forgotten every day."""
        async with self._app() as app:
            for at, body in several:
                self.clock.now, serving[:] = at, [body]
                report = await app.poller.poll([one.id for one in app.config.feeds])
                assert not report.failed, (at, report.failed)
                self.new += report.entries_new
                self.matches += report.matches
                self.per_poll.append(report.entries_new)
                delivered = await app.deliver()
                assert not delivered.errors
                if self.tidied is None or at - self.tidied >= timedelta(days=1):
                    await app.tidy()
                    self.tidied = at

    @asynccontextmanager
    async def _app(self) -> AsyncIterator[App]:
        config = load(self._config(), {})
        store = Store.open(config.database, mode="write", now=self.clock.now)
        app = build(config, store, clock=self.clock, jitter=lambda: 0.5)
        app.notifiers = {"console": self.notifier}
        try:
            await app.start()
            yield app
            assert await store.read(pending_count) == 0
        finally:
            await app.close()

    def _config(self) -> Path:
        seeds = self.folder / "seeds"
        seeds.mkdir(exist_ok=True)
        for number, text in enumerate(SEEDS):
            (seeds / f"{number}.txt").write_text(text)
        path = self.folder / "watcher.yaml"
        config = {
            "feeds": [{"url": f"{self.base}/feed.xml", "name": "The feed"}],
            "topics": {"trade-war": {"seeds": "seeds", "sensitivity": "broad"}},
            "fetch": {"allow_networks": ["127.0.0.0/8"], "full_text": "never"},
            "notify": "console",
            "database": "sqlite:///watcher.db",
        }
        path.write_text(json.dumps(config))  # JSON is YAML
        return path


async def replayed(folder: Path, several: list[tuple[datetime, bytes]]) -> Replay:
    """All captures through one installation that is restarted now and then."""
    serving = [b""]

    async def answer(_: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(response(serving[0], Content_Type="application/rss+xml"))

    async with serve(answer) as server:
        clock = FakeClock(several[0][0])
        replay = Replay(
            folder=folder, base=server.url(""), clock=clock, notifier=FakeNotifier(remote=False, clock=clock)
        )
        for start in range(0, len(several), RESTART):
            await replay.live(several[start : start + RESTART], serving)
    return replay


@dataclass(frozen=True, slots=True)
class Items:
    """What the captures hold, as feedparser reads them: guid → its links, its titles; what its edits were."""

    links: dict[str, set[str]]
    titles: dict[str, set[str]]
    edits: Counter[str] = field(default_factory=Counter)

    @staticmethod
    def of(several: list[tuple[datetime, bytes]]) -> Items:
        found, last = Items({}, {}), dict[str, tuple[str, str]]()
        for _, body in several:
            for entry in feedparser.parse(io.BytesIO(body)).entries:
                found.links.setdefault(entry.id, set()).add(entry.link)
                found.titles.setdefault(entry.id, set()).add(entry.title)
                reads = entry.title, plain(entry.get("summary", ""))
                if last.setdefault(entry.id, reads) != reads:
                    found.edits[edited(*last[entry.id], *reads, language="en")] += 1
                    last[entry.id] = reads
        return found


@pytest.mark.corpora
@pytest.mark.slow
async def test_over_a_year_of_captures_no_entry_is_seen_or_told_twice(tmp_path: Path) -> None:
    several = captures()
    assert len(several) == 403
    items = await asyncio.to_thread(Items.of, several)
    replay = await replayed(tmp_path, several)
    moved = sum(len(links) > 1 for links in items.links.values())
    retitled = sum(len(titles) > 1 for titles in items.titles.values())
    guids = {link: guid for guid, links in items.links.items() for link in links}
    items_told = [one for post in replay.notifier.posts for one in post.message.items]
    changes = [one.notes[0] for one in items_told if one.notes and one.notes[0].startswith(CHANGED)]
    told = [guids[one.url or ""] for one in items_told if not (one.notes and one.notes[0].startswith(CHANGED))]
    replies = sum(post.message.kind == "reply" for post in replay.notifier.posts)
    print("edits: " + ", ".join(f"{number} {kind}" for kind, number in items.edits.most_common()))
    print(f"{replies} replies, {len(changes)} of them on changed headlines of what had been told")
    print(f"{len(several)} captures hold {len(items.links)} items; {moved} change their link, {retitled} their title")
    print(f"{replay.new} entries new, {replay.matches} matches, {len(replay.notifier.posts)} messages on {len(told)}")
    assert replay.new == len(items.links)
    assert moved > 0
    assert min(items.edits["none"], items.edits["material"]) > 0
    assert replay.matches >= 10
    assert set(Counter(replay.notifier.keys).values()) == {1}
    assert set(Counter(told).values()) == {1}
    with Store.open(f"sqlite:///{tmp_path}/watcher.db", mode="read") as store:
        stored = store.read_now(counts)
    print(stored)
    assert stored.entries == replay.new
    assert sum(stored.decisions["trade-war"].values()) == replay.new
