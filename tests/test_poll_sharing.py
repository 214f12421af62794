"""Several processes that poll at once: what they bring is one story, whoever was first."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from html import escape
from io import StringIO
from pathlib import Path
from random import Random

import pytest
from rich.console import Console

from tests import builders as b
from tests.fakes import FakeClock, FakeNotifier
from tests.installation import RSS, item, rss
from tests.line import SEEDS
from tests.loopback import Request, response, serve
from tests.test_store_migrations import newer
from tests.torture import story
from watcher.app import App, build
from watcher.app.fellows import Fellows
from watcher.config import load
from watcher.service.queue import prepare
from watcher.service.worker import Worker
from watcher.store import Store
from watcher.store.feedback import labels, put_labels
from watcher.store.report import counts, outbox_rows
from watcher.store.stories import board_versions

ROUNDS = 50
"""Wire stories, each brought by four hosts at once."""
HOSTS = ("127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4")
DESK = "slack:#desk"


@asynccontextmanager
async def apps(folder: Path, url: str, pages: dict[str, list[str]], number: int) -> AsyncIterator[list[App]]:
    """So many apps that share a database, over one feed a host."""

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        items = pages[request.headers["Host"].partition(":")[0]]
        writer.write(response(rss(*items), Content_Type=RSS))

    (folder / "seeds").mkdir()
    for place, text in enumerate(SEEDS):
        (folder / "seeds" / f"{place}.txt").write_text(text)
    async with serve(answer, host="0.0.0.0") as server, AsyncExitStack() as stack:
        config = {
            "feeds": [{"url": server.url(host=host), "name": host} for host in HOSTS],
            "topics": {"alliance": {"seeds": "seeds", "channel": "#desk", "sensitivity": 0.05}},
            "fetch": {"allow_networks": ["127.0.0.0/8"], "first_poll": "alert", "full_text": "never"},
            "notify": "slack",
            "database": url,
        }
        (folder / "watcher.yaml").write_text(json.dumps(config))
        read = load(folder / "watcher.yaml", {"SLACK_BOT_TOKEN": "xoxb-1"})
        clock, made = FakeClock(), []
        for _ in range(number):
            store = Store.open(url, mode="share", now=clock.now)
            app = build(read, store, clock=clock, console=Console(file=StringIO()))
            app.notifiers = {"slack": FakeNotifier(clock=clock)}
            stack.push_async_callback(app.close)
            await app.start()
            made.append(app)
        yield made


@pytest.mark.parametrize("link", ["its own", pytest.param("the agency's", marks=pytest.mark.postgresql_line)])
async def test_a_wire_story_on_four_hosts_polled_at_once_by_three_is_one_parent_every_time(
    url: str, tmp_path: Path, link: str
) -> None:
    random = Random(7)
    pages: dict[str, list[str]] = {host: [] for host in HOSTS}
    async with apps(tmp_path, url, pages, 3) as (one, two, three):
        ids = [feed.id for feed in one.config.feeds]
        for number in range(ROUNDS // 2):
            report = story(number, random)
            for host in HOSTS:
                where = f"https://{host if link == 'its own' else 'agency.example'}/{number}"
                pages[host].append(item(report.title, report.text, extra={"link": escape(where), "guid": where}))
            await asyncio.gather(one.poller.poll(ids[:1]), two.poller.poll(ids[1:2]), three.poller.poll(ids[2:]))
            rows = one.store.read_now(outbox_rows)
            assert [row.kind for row in rows].count("parent") == number + 1
            one.clock.pass_(minutes=5)  # type: ignore[attr-defined]  # a FakeClock
        told = one.store.read_now(counts)
        assert told.stories == ROUNDS // 2
        assert told.entries == (ROUNDS // 2) * (4 if link == "its own" else 1)
        assert {row.kind for row in rows} <= {"parent", "update"}
        assert one.store.read_now(board_versions, [DESK])[DESK] >= ROUNDS // 2


async def test_an_older_process_goes_on_when_a_newer_one_has_migrated(url: str, tmp_path: Path) -> None:
    random = Random(9)
    pages: dict[str, list[str]] = {host: [] for host in HOSTS}
    async with apps(tmp_path, url, pages, 2) as (older, other):
        first, second = (feed.id for feed in older.config.feeds[:2])
        for number in range(3):
            if number == 1:
                Store.open(url, mode="share", migrations=newer(tmp_path), backups=False).close()
            report = story(number, random)
            for host in HOSTS[:2]:
                where = f"https://{host}/{number}"
                pages[host].append(item(report.title, report.text, extra={"link": where, "guid": where}))
            await asyncio.gather(older.poller.poll([first]), other.poller.poll([second]))
            older.clock.pass_(minutes=5)  # type: ignore[attr-defined]  # a FakeClock
        kinds = [row.kind for row in other.store.read_now(outbox_rows)]
        assert kinds.count("parent") == 3
        delivered = await other.deliver()
        assert delivered.dead == 0
        assert delivered.sent == 3


async def test_what_others_polled_is_counted_and_what_they_were_taught_is_in_use(url: str, tmp_path: Path) -> None:
    random = Random(8)
    pages: dict[str, list[str]] = {host: [] for host in HOSTS}
    async with apps(tmp_path, url, pages, 2) as (one, other):
        fellows = Fellows(app=other)
        await fellows.look()
        before = other.scorer
        for number in range(40):
            report = story(number, random)
            pages[HOSTS[0]].append(item(report.title, report.text, extra={"link": f"https://a.example/{number}"}))
        await one.poller.poll([one.config.feeds[0].id])
        await fellows.look()
        assert other.scorer is before, "it was read a moment ago"
        one.clock.pass_(minutes=1)  # type: ignore[attr-defined]  # a FakeClock
        await fellows.look()
        assert other.scorer is not before
        assert other.stream.languages["en"].documents == pytest.approx(one.stream.languages["en"].documents)


@pytest.mark.parametrize("leftovers", [1, 2])
async def test_a_press_that_its_process_did_not_live_to_learn_is_learned_by_one_that_does_one_job_at_a_time(
    url: str, tmp_path: Path, leftovers: int
) -> None:
    prepare(url)
    async with apps(tmp_path, url, {host: [] for host in HOSTS}, 1) as (app,):
        for number in range(leftovers):
            one = b.click(id=f"c{number}", user=f"U{number}")
            given = b.label(f"Headline {number}", topic="alliance", user=f"U{number}")
            assert app.store.write_now(put_labels, one, [given])
        worker = Worker(app=app, reread=lambda: app.config, name="one", serves=["learn"], at_once=1)
        await app.start()
        assert {one.label.state for one in app.store.read_now(labels)} == {"new"}, "there is no queue yet to learn by"
        serving = asyncio.create_task(worker.queue.run())
        try:
            await asyncio.wait_for(worker.queue.ready.wait(), 20)
            async with asyncio.timeout(20):
                await worker.queue.want([("learn", "alliance")])
                await app.learner.learn(["alliance"])  # of a press here, which waits for the same place
                while any(one.label.state == "new" for one in app.store.read_now(labels)):
                    await asyncio.to_thread(int)
        finally:
            serving.cancel()
            with suppress(asyncio.CancelledError):
                await serving
