"""Processes that may be killed: feeds are parsed and articles extracted there.

Its one rule: whatever a document does to the code that reads it (run for ever, fill the memory, crash the interpreter),
it costs that document a ``WorkerError`` and nobody else anything. Threads cannot promise that: a regular expression
holds the interpreter's lock, and nothing can stop it.

What is run is named by strings (``module:name``), looked up in the worker: this module and the main process import none
of it, and each worker only what it needs.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import gc
import logging
import os
import signal
import sys
import traceback
import warnings
from concurrent.futures import BrokenExecutor, Future
from dataclasses import dataclass, field
from importlib import import_module
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from threading import Lock
from types import ModuleType
from typing import Any, ClassVar, cast

from pebble import ProcessExpired, ProcessPool

from watcher.errors import WatcherError, WorkerError
from watcher.types import Article, Outline, ParsedFeed

_MIB = 1024**2
_HEAVY_FEED, _HEAVY_PAGE = 256 * 1024, 512 * 1024
"""Bytes of a document from which on it is read alone: with two at once the whole service could exceed 500 MB."""

_TASKS_PER_WORKER = 200
"""Then a fresh one: the C libraries behind parsing keep memory that nothing gives back."""

_GRACE = 10.0
"""Seconds beyond a task's limit until its process is given up: the pool's own watch runs on the wall clock."""


class Workers:
    """Parsing (``parsers`` at once) and extraction (one at a time) in processes that are started on first use.

    Limits are seconds per document, memory is bytes beyond what an idle worker needs: 144 MiB read 50,000 entries.
    Large documents are read one after the other. ``reader``, ``extractor`` and ``outliner`` name functions
    (``module:function``) that are looked up in the workers.
    """

    def __init__(
        self,
        *,
        parse_limit: float = 20,
        extract_limit: float = 15,
        parsers: int = 2,
        reader: str = "watcher.sources:parse",
        extractor: str = "watcher.article:extract",
        outliner: str = "watcher.sources.delta:outline",
        parse_memory: int = 144 * _MIB,
        extract_memory: int = 320 * _MIB,
    ) -> None:
        self._reader = reader
        self._extractor = extractor
        self._outliner = outliner
        self._parsing = _Pool(what="this feed", workers=parsers, limit=parse_limit, memory=parse_memory)
        self._extracting = _Pool(what="this page", workers=1, limit=extract_limit, memory=extract_memory)
        self._alone = asyncio.Semaphore(1)

    async def parse(self, source: str, body: bytes, content_type: str | None, base: str) -> ParsedFeed:
        """Read a feed document; raises ParseError (no feed) or WorkerError (killed at its limit, or crashed).

        ``source`` is what the document is taken for unless it shows that it is another kind.
        """
        async with self._alone if len(body) > _HEAVY_FEED else contextlib.nullcontext():
            return cast("ParsedFeed", await self._parsing.run(self._reader, (source, body, content_type, base)))

    async def outline(self, body: bytes, content_type: str | None, salt: str) -> Outline | None:
        """Tell the items of a feed document apart; None when it has to be parsed whole. Raises WorkerError."""
        async with self._alone if len(body) > _HEAVY_FEED else contextlib.nullcontext():
            return cast("Outline | None", await self._parsing.run(self._outliner, (body, content_type, salt)))

    async def extract(self, page: bytes, url: str | None) -> Article:
        """Read an article's page; raises FetchError (no article in it) or WorkerError."""
        async with self._alone if len(page) > _HEAVY_PAGE else contextlib.nullcontext():
            return cast("Article", await self._extracting.run(self._extractor, (page, url)))

    async def close(self) -> None:
        """Kill the processes; what still waits for one gets a WorkerError."""
        await asyncio.gather(self._parsing.close(), self._extracting.close())


@dataclass(slots=True)
class _Pool:
    """Processes of one kind, at most as many tasks in them, the others waiting here."""

    what: str
    workers: int
    limit: float
    memory: int
    pool: ProcessPool | None = None
    running: set[Future[Any]] = field(default_factory=set)
    stopped: asyncio.Event = field(default_factory=asyncio.Event)
    free: asyncio.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        self.free = asyncio.Semaphore(self.workers)

    async def run(self, target: str, args: tuple[object, ...]) -> object:
        async with self.free:
            future = self._schedule(await self._started(), target, args)
            self.running.add(future)
            try:
                async with asyncio.timeout(self.limit + _GRACE):
                    outcome = await asyncio.wrap_future(future)  # cancelling it kills the process
            except asyncio.CancelledError:
                task = asyncio.current_task()
                if self.stopped.is_set() and task is not None and not task.cancelling():
                    raise self._told("was not read: the service is stopping; it is read after the next start") from None
                raise
            except (TimeoutError, BrokenExecutor, ProcessExpired) as error:
                raise self._lost(error) from None
            finally:
                self.running.discard(future)
        return _unfolded(outcome, self.what)

    async def close(self) -> None:
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

    def _schedule(self, pool: ProcessPool, target: str, args: tuple[object, ...]) -> Future[Any]:
        try:
            return cast("Future[Any]", pool.schedule(_call, args=(target, args), timeout=self.limit))
        except RuntimeError:  # it stopped in this very moment
            raise self._told("was not read: its worker processes are going away; it is read again later") from None

    def _new(self) -> ProcessPool:
        context = _Context()
        context.set_forkserver_preload([__name__])
        pool = ProcessPool(
            max_workers=self.workers,
            max_tasks=_TASKS_PER_WORKER,
            initializer=_confine,
            initargs=(self.memory,),
            context=context,
        )
        _alive.add(pool)
        return pool

    def _lost(self, error: BaseException) -> WorkerError:
        if isinstance(error, TimeoutError):
            return self._told(f"took longer than {self.limit:g} s to read, and was given up; it may be made to harm")
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
    if isinstance(outcome, _Refusal):
        raise outcome.error()
    if isinstance(outcome, _Crash):
        if outcome.kind == "MemoryError":
            raise WorkerError(
                f"{what} needs more memory to read than a worker may have; it may be huge or made to harm"
            )
        error = WorkerError(
            f"{what} cannot be read because of a fault in this program ({outcome.kind}); please report it"
        )
        error.add_note(outcome.trace)
        raise error
    return cast("_Value", outcome).value


# --- in the worker ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Value:
    value: object


@dataclass(frozen=True, slots=True)
class _Refusal:
    """One of our errors: they take keywords, which pickling an exception forgets."""

    kind: type[WatcherError]
    args: tuple[object, ...]
    told: dict[str, object]

    def error(self) -> WatcherError:
        error = self.kind.__new__(self.kind)
        error.args = self.args
        error.__dict__.update(self.told)
        return error


@dataclass(frozen=True, slots=True)
class _Crash:
    kind: str
    trace: str


def _call(target: str, args: tuple[object, ...]) -> _Value | _Refusal | _Crash:
    """Run a task and fold whatever happens into something that can be pickled."""
    try:
        return _Value(_resolve(target)(*args))
    except WatcherError as error:
        return _Refusal(type(error), error.args, vars(error))
    except Exception as error:  # noqa: BLE001  the boundary: one document's crash must not break the pool
        return _Crash(type(error).__name__, "".join(traceback.format_exception(error, limit=20))[-8000:])
    finally:
        if any(isinstance(arg, bytes) and len(arg) > _HEAVY_FEED for arg in args):
            _give_back()


def _resolve(target: str) -> Any:
    module, _, name = target.partition(":")
    return getattr(import_module(module), name)


def _confine(memory: int) -> None:
    """Limit this process before it reads anything: memory, no core files, no output, no interrupts of the terminal."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _limit(memory)
    _die_with_parent()
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.close(null)


def _limit(memory: int) -> None:
    import resource  # noqa: PLC0415  exists on POSIX only

    for kind, wanted in ((resource.RLIMIT_AS, _address_space() + memory), (resource.RLIMIT_CORE, 0)):
        _, hard = resource.getrlimit(kind)
        allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        with contextlib.suppress(ValueError, OSError):  # some systems cannot limit the address space
            resource.setrlimit(kind, (allowed, allowed))


def _address_space() -> int:
    """Bytes that this process has mapped by now; systems differ by hundreds of megabytes."""
    try:
        return int(Path("/proc/self/statm").read_text("ascii").split()[0]) * os.sysconf("SC_PAGESIZE")
    except OSError:  # no Linux
        return 512 * _MIB


def _give_back() -> None:
    """Return what a large document left behind to the system."""
    gc.collect()
    if sys.platform == "linux":
        import ctypes  # noqa: PLC0415  Linux only

        with contextlib.suppress(AttributeError):  # another C library than glibc
            ctypes.CDLL(None).malloc_trim(0)


def _die_with_parent() -> None:
    """Linux: a worker whose service was killed ends too."""
    if sys.platform == "linux":
        import ctypes  # noqa: PLC0415  Linux only

        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
