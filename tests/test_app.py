from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from io import StringIO
from itertools import permutations
from pathlib import Path

import pytest
from rich.console import Console
from structlog.testing import capture_logs

from tests.builders import NOW, decision, entry, feed_state, outbox_item, story_member
from tests.installation import RSS, item, rss
from tests.line import ON_TOPIC, SEEDS
from tests.loopback import Request, response, serve
from watcher.app import App, build
from watcher.config import Config, load
from watcher.data import background
from watcher.poll import PollReport
from watcher.poll.boards import board_of
from watcher.store import Store
from watcher.store.entries import entries_since
from watcher.store.outbox import claim, pending_count
from watcher.store.report import outbox_rows
from watcher.store.save import save
from watcher.store.topics import register_topics
from watcher.types import Batch


def configured(folder: Path, *, every: str = "10m") -> Config:
    (folder / "seeds").mkdir(exist_ok=True)
    for number, text in enumerate(SEEDS):
        (folder / "seeds" / f"{number}.txt").write_text(text)
    path = folder / "watcher.yaml"
    path.write_text(
        f"timezone: Asia/Seoul\nfeeds: [{{url: 'https://news.example/feed.xml', every: {every}}}]\n"
        "topics: {alliance: {seeds: seeds, channel: '#desk', sensitivity: {alerts_per_day: 5}}}\n"
        "notify: console\ndatabase: sqlite:///watcher.db\n"
    )
    return load(path, {})


def made(config: Config, store: Store) -> App:
    return build(config, store, clock=lambda: NOW, jitter=lambda: 0.5, console=Console(file=StringIO()))


async def test_a_start_takes_up_what_was_being_sent_and_a_reload_leaves_it_alone(tmp_path: Path) -> None:
    config = configured(tmp_path)
    with Store.open(config.database) as store:
        app = made(config, store)
        await store.write(save, Batch(at=NOW, outbox=(outbox_item(destination="console:#desk"),)))
        await app.start()
        await store.write(claim, owner="us", now=NOW, lease=timedelta(seconds=60), limit=1)
        await app.reconfigure(configured(tmp_path, every="5m"))
        assert [(row.state, row.unsure) for row in store.read_now(outbox_rows)] == [("sending", False)]
        await app.start()
        assert [row.unsure for row in store.read_now(outbox_rows)] == [True]
        assert store.read_now(pending_count) == 1
        await app.close()


async def test_a_reload_swaps_the_plan_and_keeps_what_is_under_way(tmp_path: Path) -> None:
    config = configured(tmp_path)
    with Store.open(config.database) as store:
        app = made(config, store)
        assert await app.start() == ("alliance",)
        app.poller.busy.add("under way")
        before = app.poller.committer.one_batch
        await app.reconfigure(configured(tmp_path, every="5m"))
        assert app.poller.busy == {"under way"}
        assert app.poller.committer.one_batch is before
        assert [one.every for one in app.poller.plan.feeds.values()] == [timedelta(minutes=5)]
        await app.close()


@dataclass(frozen=True, slots=True)
class HeldUp:
    """An app with the topic "first" whose feed has been asked, and answers when it may."""

    app: App
    store: Store
    with_topics: Callable[..., Config]
    poll: asyncio.Task[PollReport]
    go_on: asyncio.Event


@asynccontextmanager
async def held_up(folder: Path) -> AsyncIterator[HeldUp]:
    asked, go_on = asyncio.Event(), asyncio.Event()

    async def answer(_: Request, writer: asyncio.StreamWriter) -> None:
        asked.set()
        await go_on.wait()
        writer.write(response(rss(item(*ON_TOPIC[0])), Content_Type=RSS))

    async with serve(answer) as server:

        def with_topics(*names: str, **more: object) -> Config:
            database = configured(folder).database
            topics = {name: {"seeds": "seeds", "channel": f"#{name}", "sensitivity": 0.05, **more} for name in names}
            file = folder / "watcher.yaml"
            fetch = {"allow_networks": ["127.0.0.0/8"], "full_text": "never"}
            told = {"feeds": [{"url": server.url()}], "topics": topics, "fetch": fetch, "notify": "console"}
            file.write_text(json.dumps({**told, "database": database}))
            return load(file, {})

        config = with_topics("first")
        with Store.open(config.database) as store:
            app = made(config, store)
            await app.catch_up(await app.start())
            poll = asyncio.create_task(app.poller.poll([config.feeds[0].id]))
            await asked.wait()
            yield HeldUp(app, store, with_topics, poll, go_on)
            await app.close()


async def test_a_topic_that_comes_while_a_feed_is_read_judges_what_the_feed_brought(tmp_path: Path) -> None:
    async with held_up(tmp_path) as here:
        assert await here.app.reconfigure(here.with_topics("first", "second")) == ("second",)
        assert (await here.app.catch_up(["second"])).matches == 0, "there is nothing yet"
        await here.app.reconfigure(here.with_topics("first", "second", "third"))
        here.go_on.set()
        report = await here.poll
        (known,) = here.store.read_now(entries_since, NOW - timedelta(days=1))
        assert set(known.decided) == {"first", "second", "third"}
        assert (report.feeds, report.entries_new, report.matches) == (1, 1, 3)
        told = {row.destination for row in here.store.read_now(outbox_rows)}
        assert told == {"console:#first", "console:#second", "console:#third"}
        assert (await here.app.catch_up(["third"])).matches == 0, "it has judged that one"


async def test_a_topic_that_gets_another_name_while_a_feed_is_read_is_no_new_one(tmp_path: Path) -> None:
    async with held_up(tmp_path) as here:
        await here.app.reconfigure(here.with_topics("pact", was="first", channel="#first"))
        here.go_on.set()
        assert (await here.poll).matches == 1
        assert len(here.store.read_now(outbox_rows)) == 1


async def test_a_topic_is_caught_up_when_each_of_its_feeds_was_polled_or_failed_once(tmp_path: Path) -> None:
    config = configured(tmp_path)
    (feed,) = config.feeds
    with Store.open(config.database) as store:
        app = made(config, store)
        await app.start()
        assert await app._caught_up() == frozenset()
        polled = feed_state(id=feed.id, last_polled=NOW, failures=1, error="refused")
        await store.write(save, Batch(at=NOW, feeds=(polled,)))
        assert await app._caught_up() == {"alliance"}
        await app.close()


async def test_delivery_is_told_what_the_file_says_of_budgets_and_days(tmp_path: Path) -> None:
    config = configured(tmp_path)
    with Store.open(config.database) as store:
        app = made(config, store)
        policy = app._policy(frozenset())
        assert (policy.topics["alliance"].budget, str(policy.zone)) == (5, "Asia/Seoul")
        await app.close()


@pytest.mark.parametrize("documents", [0.0, 5000.0])
async def test_reports_that_share_little_but_their_topic_are_stories_of_their_own(
    tmp_path: Path, documents: float
) -> None:
    """On the first day, and when so much was polled that the topic's words are rare in it."""
    config = configured(tmp_path)
    polled = {"en": replace(background()["en"], documents=documents)} if documents else {}
    with Store.open(config.database) as store:
        app = made(config, store)
        for order in permutations(ON_TOPIC):
            board = board_of(
                "console:#desk",
                (),
                topics=config.topics,
                key_terms=app.scorer.key_terms,
                background=background(),
                polled=polled,
            )
            placed = [
                board.place(story_member(title, text=text, language="en"), identity=f"https://news.example/{title}")
                for title, text in order
            ]
            assert {one.relation for one in placed} == {"founder"}
        await app.close()


async def test_a_quiet_topic_is_said_once_a_day_with_its_best_near_miss(tmp_path: Path) -> None:
    config, now = configured(tmp_path), [NOW]
    with Store.open(config.database) as store:
        app = build(config, store, clock=lambda: now[0], jitter=lambda: 0.5, console=Console(file=StringIO()))
        await store.write(register_topics, ["alliance"], now=NOW - timedelta(days=6))
        near = entry("Talks end", url="https://news.example/talks?key=sentinel")
        missed = decision(near.id, "alliance", state="below", score=0.09)
        await store.write(save, Batch(at=NOW, entries=(near,), decisions=(missed,)))
        with capture_logs() as lines:
            await app.say_quiet()
            assert lines == [], "a topic of six days was not quiet for a week"
            for hours in (24, 1, 1, 24):
                now[0] += timedelta(hours=hours)
                await app.say_quiet()
        assert [line.pop("event") for line in lines] == ["topic.quiet"] * 2
        assert (
            lines[0]
            == lines[1]
            == {
                "log_level": "info",
                "topic": "alliance",
                "reason": "no alert for a week",
                "closest": "Talks end",
                "outlet": "Example News",
                "of_threshold": 0.75,
                "url": "https://news.example/talks?…",
            }
        )
        assert store.read_now(outbox_rows) == []
        await app.close()
