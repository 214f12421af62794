"""What the service answers over HTTP: is it alive, is it ready, what has it counted."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from structlog.testing import capture_logs

from tests.commands import WITHIN, installed
from tests.fakes import FakeClock
from tests.loopback import response
from tests.loopback import serve as serve_bytes
from watcher import __version__
from watcher.app import build
from watcher.config import Config, load
from watcher.errors import StateError
from watcher.service import Service
from watcher.store import Store
from watcher.store.feeds import feed_states, save_feed_state
from watcher.web import Access, serve, site


@dataclass
class Shown:
    """A service as the pages see it."""

    reasons: tuple[str, ...] = ()

    async def not_ready(self) -> tuple[str, ...]:
        return self.reasons

    async def metrics(self) -> bytes:
        return b"watcher_info 1.0\n"


@asynccontextmanager
async def served(shown: Shown, **how: Any) -> AsyncIterator[aiohttp.ClientSession]:
    server = await serve(site(shown, **how), host="127.0.0.1", port=0)
    try:
        async with aiohttp.ClientSession(f"http://{server.address}") as session:
            yield session
    finally:
        await server.close()


async def test_it_is_alive_and_says_its_version() -> None:
    async with served(Shown(reasons=("stalled",))) as session, session.get("/healthz") as answer:
        assert answer.status == 200
        assert await answer.json() == {"alive": True, "version": __version__}


async def test_it_is_ready_or_says_why_not() -> None:
    shown = Shown()
    async with served(shown) as session:
        async with session.get("/readyz") as answer:
            assert (answer.status, await answer.json()) == (200, {"ready": True, "reasons": []})
        shown.reasons = ("no poll has succeeded", "the outbox waits")
        async with session.get("/readyz") as answer:
            assert (answer.status, await answer.json()) == (503, {"ready": False, "reasons": list(shown.reasons)})


async def test_metrics_are_text_for_prometheus() -> None:
    async with served(Shown()) as session, session.get("/metrics") as answer:
        assert answer.status == 200
        assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        assert await answer.text() == "watcher_info 1.0\n"


@pytest.mark.parametrize("given", [None, "", "Bearer", "Bearer wrong", "Basic sentinel", "sentinel", "Bearer séntinel"])
async def test_a_server_token_guards_the_metrics_and_nothing_else(given: str | None) -> None:
    headers = {} if given is None else {"Authorization": given}
    async with served(Shown(), access=Access(token="sentinel")) as session:
        async with session.get("/metrics", headers=headers) as answer:
            assert answer.status == 401
            assert "sentinel" not in await answer.text()
        async with session.get("/metrics", headers={"Authorization": "bearer sentinel"}) as answer:
            assert answer.status == 200
        for path in ("/healthz", "/readyz"):
            async with session.get(path) as answer:
                assert answer.status == 200


async def test_nothing_can_be_stored_run_or_changed() -> None:
    async with served(Shown()) as session:
        for path in ("/healthz", "/readyz", "/metrics"):
            async with session.get(path) as answer:
                assert answer.headers["Cache-Control"] == "no-store"
                assert answer.headers["Content-Security-Policy"] == "default-src 'none'"
                assert answer.headers["X-Content-Type-Options"] == "nosniff"
            async with session.post(path, data=b"x") as answer:
                assert answer.status == 405
        async with session.get("/nothing") as answer:
            assert answer.status == 404


async def test_an_address_that_is_taken_is_an_error() -> None:
    first = await serve(site(Shown()), host="127.0.0.1", port=0)
    try:
        with pytest.raises(OSError, match="address already in use"):
            await serve(site(Shown()), host="127.0.0.1", port=int(first.address.rpartition(":")[2]))
    finally:
        await first.close()


# -- what the service itself says


@dataclass
class Stage:
    """A service that is not running, on a clock that the test moves."""

    service: Service
    store: Store
    clock: FakeClock
    id: str

    def feed(self, **over: Any) -> None:
        """Remember this of its only feed."""
        (state,) = self.store.read_now(feed_states, [self.id]).values()
        self.store.write_now(save_feed_state, replace(state, **over))


@asynccontextmanager
async def staged(folder: Path, **over: Any) -> AsyncIterator[Stage]:
    feed = {"url": "https://news.example/feed.xml", "every": "1m"}
    config = load(installed(folder, feeds=[feed], **over), {})
    clock = FakeClock(datetime(2026, 3, 2, 12, tzinfo=UTC))
    with Store.open(config.database) as store:
        app = build(config, store, clock=clock)
        try:
            await app.start()
            yield Stage(Service(app=app, reread=lambda: config), store, clock, config.feeds[0].id)
        finally:
            await app.close()


MINUTE = timedelta(minutes=1)


async def test_a_fresh_start_is_ready_until_three_intervals_have_passed_without_a_poll(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        stage.clock.pass_(seconds=180)
        assert await stage.service.not_ready() == ()
        stage.clock.pass_(seconds=1)
        (reason,) = await stage.service.not_ready()
        assert "no poll has succeeded" in reason


async def test_feeds_that_fail_again_and_again_are_not_ready_though_none_is_due(tmp_path: Path) -> None:
    async with staged(tmp_path, health={"polls": 2}) as stage:
        stage.clock.pass_(seconds=150)
        now = stage.clock.now
        stage.feed(last_polled=now, failures=2, error="no", next_due=now + 60 * MINUTE)
        (reason,) = await stage.service.not_ready()
        assert "no poll has succeeded" in reason
        stage.feed(last_polled=now, failures=0, error=None, last_success=now, next_due=now + MINUTE)
        assert await stage.service.not_ready() == ()


async def test_a_feed_that_is_gone_is_no_stall(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        stage.feed(gone=True, failures=1, error="410", last_polled=stage.clock.now)
        stage.clock.pass_(hours=5)
        assert await stage.service.not_ready() == ()


async def test_metrics_tell_the_state_of_feeds_and_outbox(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        stage.feed(failures=1, error="no", last_polled=stage.clock.now)
        text = (await stage.service.metrics()).decode()
        assert 'watcher_feeds{state="failing"} 1.0' in text
        assert "watcher_outbox_pending 0.0" in text
        assert f'watcher_info{{version="{__version__}"}} 1.0' in text


async def test_a_tick_that_fails_is_counted_and_told_and_the_next_one_comes(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:

        async def full() -> None:
            raise StateError("watcher.db: the disk is full; make room and watcher goes on by itself")

        async def broken() -> None:
            raise ZeroDivisionError

        await stage.service.guarded(full)
        await stage.service.guarded(broken)
        (reason,) = await stage.service.not_ready()
        assert "the disk is full" in reason
        assert 'watcher_scheduler_events_total{event="failed"} 2.0' in (await stage.service.metrics()).decode()


async def test_the_watchdog_is_asked_while_all_is_well_and_hears_nothing_when_it_is_not(tmp_path: Path) -> None:
    async with serve_bytes({"/alive": response(b"", "204 No Content"), "/gone": response(b"", "404 Not Found")}) as dog:
        over = {"health": {"ping": dog.url("/alive")}, "fetch": {"allow_networks": ["127.0.0.0/8"]}}
        async with staged(tmp_path, **over) as stage:
            with capture_logs() as logs:
                await stage.service._ping_tick()
                assert len(dog.requests) == 1
                stage.clock.pass_(hours=1)  # nothing was polled
                await stage.service._ping_tick()
                assert len(dog.requests) == 1
            assert logs == []


async def test_a_watchdog_that_cannot_be_asked_is_told_without_its_address(tmp_path: Path) -> None:
    async with serve_bytes(response(b"", "404 Not Found")) as dog:
        over = {"health": {"ping": dog.url("/sentinel")}, "fetch": {"allow_networks": ["127.0.0.0/8"]}}
        async with staged(tmp_path, **over) as stage:
            with capture_logs() as logs:
                await stage.service._ping_tick()
            assert [(one["event"], one["reason"]) for one in logs] == [("service.ping_failed", "HTTP 404")]
            assert "sentinel" not in str(logs)


async def test_a_tick_that_the_end_interrupts_is_no_fault(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    begun, held = threading.Event(), threading.Event()
    async with staged(tmp_path) as stage:
        service, config = stage.service, stage.service.app.config

        def reread() -> Config:
            begun.set()
            held.wait()
            return config

        service.reread, service.seen = reread, "another file"
        running = asyncio.create_task(service.run())
        await asyncio.to_thread(begun.wait, WITHIN)
        service.stop.set()
        await running
        held.set()
    assert [one.getMessage() for one in caplog.records if one.levelno >= logging.WARNING] == []
