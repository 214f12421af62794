"""Worker processes: killed at their limits, replaced, and never in anybody's way."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from watcher.errors import FetchError, ParseError, WorkerError
from watcher.workers import Workers


@asynccontextmanager
async def working(**over: float) -> AsyncIterator[Workers]:
    given = {"reader": "tests.worker_tasks:read", "extractor": "tests.worker_tasks:extract", "parsers": 1}
    workers = Workers(**{**given, **over})  # type: ignore[arg-type]  # a test may pass any of the options
    try:
        yield workers
    finally:
        await workers.close()


async def do(workers: Workers, what: str) -> str:
    return (await workers.parse("test", what.encode(), "text/xml", "https://news.example/")).site or ""


async def test_a_task_is_done_in_another_process() -> None:
    async with working() as workers:
        assert int(await do(workers, "hello")) != os.getpid()
        parsed = await workers.parse("test", b"", "text/xml", "")
        assert parsed.title == "text/xml"


async def test_the_workers_own_refusals_come_back_whole() -> None:
    async with working() as workers:
        with pytest.raises(ParseError, match="this is no feed"):
            await do(workers, "refuse")
        with pytest.raises(FetchError, match="no text") as caught:
            await workers.extract(b"", None)
        assert (caught.value.fault, caught.value.status) == ("not_a_page", 200)
        assert caught.value.retry_after == timedelta(minutes=1)
        assert (await workers.extract(b"text", "https://news.example/")).text == "text"


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        ("exit 3", "exit code 3"),
        ("crash", "signal 11"),
        ("fill", "memory"),
        ("fault", "ZeroDivisionError"),
        ("recurse", "RecursionError"),
    ],
)
async def test_what_breaks_a_worker_costs_one_document(command: str, sentence: str) -> None:
    async with working() as workers:
        with pytest.raises(WorkerError, match=sentence):
            await do(workers, command)
        assert await do(workers, "hello")


@pytest.mark.parametrize("command", ["sleep", "spin"])
async def test_a_worker_is_killed_at_its_limit_and_the_next_task_is_quick(command: str) -> None:
    async with working(parse_limit=0.8) as workers:
        first = await do(workers, "hello")
        with pytest.raises(WorkerError, match=r"longer than 0\.8 s"):
            await do(workers, command)
        started = time.perf_counter()
        second = await do(workers, "hello")
        assert time.perf_counter() - started < 20
        assert first != second


async def test_other_workers_go_on_meanwhile() -> None:
    async with working(parsers=2, parse_limit=2) as workers:
        slow = asyncio.create_task(do(workers, "sleep"))
        others = [await do(workers, "hello") for _ in range(5)]
        assert not slow.done()
        with pytest.raises(WorkerError):
            await slow
        assert len(others) == 5


async def test_large_documents_travel_both_ways() -> None:
    async with working() as workers:
        parsed = await workers.parse("test", b"big 3000000", None, "x" * 3_000_000)
        assert len(parsed.title) == 3_000_000


async def test_large_documents_are_read_alone() -> None:
    async with working(parsers=2, parse_limit=1) as workers:
        large = b"sleep" + b" " * 300_000
        outcomes = [asyncio.create_task(workers.parse("test", large, None, "")) for _ in range(2)]
        assert await do(workers, "hello")
        await asyncio.wait(outcomes, return_when=asyncio.FIRST_COMPLETED)
        assert sorted(outcome.done() for outcome in outcomes) == [False, True]
        for outcome in await asyncio.gather(*outcomes, return_exceptions=True):
            assert isinstance(outcome, WorkerError)


async def test_documents_made_to_harm_leave_the_parsers_to_others() -> None:
    async with working(parsers=2, first_limit=0.5, parse_limit=60) as workers:
        await do(workers, "hello")
        harmful = [asyncio.create_task(do(workers, f"sleep {n}")) for n in range(4)]
        others = [await do(workers, "hello") for _ in range(5)]
        assert len(others) == 5
        assert not any(task.done() for task in harmful)
        for task in harmful:
            task.cancel()
        await asyncio.gather(*harmful, return_exceptions=True)


async def test_a_slow_document_is_read_all_the_same_and_makes_room_meanwhile(tmp_path: Path) -> None:
    told: list[str] = []

    async def aside() -> None:
        told.append("room")

    async with working(first_limit=0.5) as workers:
        once = f"second {tmp_path / 'tried'}".encode()
        assert (await workers.parse("test", once, "text/xml", "", aside=aside)).title == "at last"
    assert told == ["room"]


async def test_a_document_that_is_huge_is_read_once_with_the_whole_limit() -> None:
    async with working(first_limit=0.5, parse_limit=1) as workers:
        with pytest.raises(WorkerError, match="longer than 1 s"):
            await do(workers, "sleep" + " " * 1_100_000)


async def test_only_so_many_wait_in_the_slow_lane() -> None:
    async with working(parsers=2, first_limit=0.3, parse_limit=60) as workers:
        harmful = [asyncio.create_task(do(workers, f"sleep {n}")) for n in range(9)]
        done, waiting = await asyncio.wait(harmful, return_when=asyncio.FIRST_COMPLETED)
        assert len(waiting) == 8
        with pytest.raises(WorkerError, match=r"longer than 0\.3 s .* asked again later"):
            await done.pop()
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)


async def test_a_cancelled_task_frees_its_worker() -> None:
    async with working() as workers:
        await do(workers, "hello")
        for steps in range(6):
            task = asyncio.create_task(do(workers, "sleep"))
            for _ in range(steps):
                await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        assert await do(workers, "hello")


async def test_closing_kills_at_once_and_tells_those_who_wait() -> None:
    async with working() as workers:
        pid = await do(workers, "hello")
        waiting = [asyncio.create_task(do(workers, "sleep")) for _ in range(3)]
        await asyncio.sleep(0)
        started = time.perf_counter()
        await workers.close()
        assert time.perf_counter() - started < 20
        for outcome in await asyncio.gather(*waiting, return_exceptions=True):
            assert isinstance(outcome, WorkerError)
        with pytest.raises(ProcessLookupError):
            os.kill(int(pid), 0)
        with pytest.raises(WorkerError, match="stopping"):
            await do(workers, "hello")


async def test_closing_what_was_never_used_starts_nothing() -> None:
    workers = Workers()
    await workers.close()
    await workers.close()


async def test_workers_print_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    async with working() as workers:
        await do(workers, "print")
    assert capfd.readouterr().out == ""


async def test_an_unknown_task_is_an_error_not_a_hang() -> None:
    async with working() as workers:
        with pytest.raises(WorkerError, match="AttributeError"):
            await workers.parse("missing", b"", None, "")
        with pytest.raises(WorkerError, match="KeyError"):
            await workers.parse("unheard of", b"", None, "")


def test_the_main_process_imports_no_parser() -> None:
    heavy = "{'feedparser', 'trafilatura', 'lxml', 'numpy'}"
    code = f"import sys, watcher.workers; print(sorted({heavy} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"


def test_a_program_without_a_main_guard_is_not_run_again_by_its_workers(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import asyncio\n"
        "from watcher.workers import Workers\n"
        "print('once')\n"
        "async def main():\n"
        "    workers = Workers(reader='tests.worker_tasks:read')\n"
        "    print((await workers.parse('test', b'', 'text/xml', '')).title)\n"
        "    await workers.close()\n"
        "asyncio.run(main())\n"
    )
    root = Path(__file__).parent.parent
    done = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, check=True, timeout=60, env={"PYTHONPATH": str(root)}
    )
    assert done.stdout.split() == ["once", "text/xml"]
    assert done.stderr == ""
