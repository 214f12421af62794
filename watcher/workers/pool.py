"""Pools of killable processes.

Its one rule: as many tasks as processes; the others wait here, where they can be cancelled.
"""

from __future__ import annotations

import asyncio
import atexit
import sys
from concurrent.futures import BrokenExecutor, Future
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerContext, ForkServerProcess
from threading import Lock
from types import ModuleType
from typing import Any, ClassVar, cast

from pebble import ProcessExpired, ProcessPool

from watcher.errors import WorkerError
from watcher.workers import confined

_TASKS_PER_WORKER = 200
"""Then a fresh one: the C libraries behind parsing keep memory that nothing gives back."""

_PRELOADED = (
    "watcher.workers.confined",
    "watcher.sources.rss",
    "watcher.sources.jsonfeed",
    "watcher.sources.delta",
)
"""What the server of processes imports once for all of them: importing feedparser costs as much as 20 documents, and a
process that is forked after it shares its memory. Every service parses feeds; trafilatura, which few pages need, is
imported by the process that extracts."""

_GRACE = 10.0
"""Seconds beyond a task's limit until its process is given up: the pool's own watch runs on the wall clock."""


class TooSlowError(WorkerError):
    """A task was killed at its limit."""


@dataclass(slots=True)
class Pool:
    """Processes of one kind. ``limit``: seconds a task; ``memory`` and ``nice``: see `confined.confine`."""

    what: str
    workers: int
    limit: float
    memory: int
    nice: int = 0
    pool: ProcessPool | None = None
    running: set[Future[Any]] = field(default_factory=set)
    stopped: asyncio.Event = field(default_factory=asyncio.Event)
    free: asyncio.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        self.free = asyncio.Semaphore(self.workers)

    async def run(self, target: str, args: tuple[object, ...], *, limit: float | None = None) -> object:
        """Run a task within ``limit`` seconds (left out: the pool's).

        Raises WorkerError, TooSlowError at the limit, or the error of ours that the task raised.
        """
        limit = limit or self.limit
        async with self.free:
            future = self._schedule(await self._started(), target, args, limit)
            self.running.add(future)
            try:
                async with asyncio.timeout(limit + _GRACE):
                    outcome = await asyncio.wrap_future(future)  # cancelling it kills the process
            except asyncio.CancelledError:
                task = asyncio.current_task()
                if self.stopped.is_set() and task is not None and not task.cancelling():
                    raise self._told("was not read: the service is stopping; it is read after the next start") from None
                raise
            except (TimeoutError, BrokenExecutor, ProcessExpired) as error:
                raise self._lost(error, limit) from None
            finally:
                self.running.discard(future)
        return _unfolded(outcome, self.what)

    async def close(self) -> None:
        """Kill the processes; who waits is told that the service is stopping."""
        self.stopped.set()
        for future in self.running:
            future.cancel()
        pool, self.pool = self.pool, None
        if pool is not None:
            await asyncio.to_thread(_kill, pool)

    async def _started(self) -> ProcessPool:
        """The pool, its processes running: a new one when there is none yet or the last one broke."""
        for _ in range(2):
            if self.stopped.is_set():
                break
            if self.pool is None:
                self.pool = self._new()
            pool = self.pool
            if await asyncio.to_thread(_active, pool):  # starting processes blocks for a moment
                return pool
            if self.pool is pool:
                self.pool = None
            await asyncio.to_thread(_kill, pool)
        if self.stopped.is_set():
            raise self._told("was not read: the service is stopping; it is read after the next start")
        raise self._told("was not read: no process can be started for it; is the machine out of memory?")

    def _schedule(self, pool: ProcessPool, target: str, args: tuple[object, ...], limit: float) -> Future[Any]:
        try:
            return cast("Future[Any]", pool.schedule(confined.call, args=(target, args), timeout=limit))
        except RuntimeError:  # it stopped in this very moment
            raise self._told("was not read: its worker processes are going away; it is read again later") from None

    def _new(self) -> ProcessPool:
        context = _Context()
        context.set_forkserver_preload(list(_PRELOADED))
        pool = ProcessPool(
            max_workers=self.workers,
            max_tasks=_TASKS_PER_WORKER,
            initializer=confined.confine,
            initargs=(self.memory, self.nice),
            context=context,
        )
        _alive.add(pool)
        return pool

    def _lost(self, error: BaseException, limit: float) -> WorkerError:
        if isinstance(error, TimeoutError):
            told = f"{self.what} took longer than {limit:g} s to read, and was given up; it may be made to harm"
            return TooSlowError(told)
        code = getattr(error, "exitcode", None)
        how = ""
        if isinstance(code, int):
            how = f" (signal {-code})" if code < 0 else f" (exit code {code})"
        return self._told(f"made the process that read it die{how}; it may be huge or made to harm")

    def _told(self, what_happened: str) -> WorkerError:
        return WorkerError(f"{self.what} {what_happened}")


class _Process(ForkServerProcess):
    """A process that does not import the program's main module: it would load the whole command line."""

    starting: ClassVar[Lock] = Lock()

    def start(self) -> None:
        with self.starting:
            main = sys.modules["__main__"]
            sys.modules["__main__"] = ModuleType("__main__")
            try:
                super().start()
            finally:
                sys.modules["__main__"] = main


class _Context(ForkServerContext):
    """Starts processes from a small server: quick, and nothing of this process is copied into them."""

    Process = _Process


_alive: set[ProcessPool] = set()
"""Pools that have to be killed before the interpreter ends: it waits for their processes otherwise."""


@atexit.register
def _kill_all() -> None:
    for pool in tuple(_alive):
        _kill(pool)


def _active(pool: ProcessPool) -> bool:
    return bool(pool.active)


def _kill(pool: ProcessPool) -> None:
    try:
        _alive.remove(pool)  # twice is once
    except KeyError:
        return
    pool.stop()  # type: ignore[no-untyped-call]  # pebble types its calls, but not this one's answer
    pool.join()


def _unfolded(outcome: object, what: str) -> object:
    """The value of a task, or the error it ended with."""
    if isinstance(outcome, confined.Refusal):
        raise outcome.error()
    if isinstance(outcome, confined.Crash):
        if outcome.kind == "MemoryError":
            raise WorkerError(
                f"{what} needs more memory to read than a worker may have; it may be huge or made to harm"
            )
        error = WorkerError(
            f"{what} cannot be read because of a fault in this program ({outcome.kind}); please report it"
        )
        error.add_note(outcome.trace)
        raise error
    return cast("confined.Value", outcome).value
