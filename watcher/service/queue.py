"""The queue on PostgreSQL: which of several processes does what. The only module that knows Procrastinate.

Rule: a job names what to look after (a shard, a destination, a topic) and holds nothing: what is due is read when it
runs. So a job that comes twice, late or not at all changes nothing; the next tick asks for it again.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Literal, get_args

import procrastinate
import psycopg
from procrastinate import exceptions, jobs
from procrastinate.schema import SchemaManager
from psycopg_pool import AsyncConnectionPool

from watcher.errors import StateError
from watcher.store import sessions

logging.getLogger("procrastinate").setLevel(logging.CRITICAL)  # it logs every job; what has to be known is said here

Work = Literal["tick", "poll", "deliver", "learn"]
WORKS: tuple[Work, ...] = get_args(Work)
"""What a process may serve; each is a queue."""
Wanted = tuple[str, str]
"""A job's kind and its subject; no two of the same wait, and no two of the same run."""

HEARTBEAT = 5.0
"""Seconds between two signs of life of a process."""
STALLED = 20.0
"""Seconds without a sign of life after which another process takes over the jobs of one."""
GRACE = 5.0
"""Seconds that running jobs get at the end."""
SCHEMA = f"watcher_queue_{sha256(SchemaManager.get_schema().encode()).hexdigest()[:8]}"
"""The queue's tables have a namespace for each form they ever had: old and new processes may run side by side."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One kind of job. ``every``: seconds between two, where the queue itself asks for them."""

    kind: str
    work: Work
    run: Callable[[str], Coroutine[Any, Any, None]]
    """Takes the subject; must let nothing escape but a cancellation."""
    every: int | None = None
    alone: bool = True
    """Whether no two with the same subject run or wait. What frees the locks of the dead must need none itself."""


@dataclass(slots=True, kw_only=True)
class Queue:
    """One process's end of the queue. ``name`` is who it is; ``at_once``: jobs that it runs side by side."""

    url: str
    name: str
    kinds: Collection[Job]
    serves: Collection[str] = WORKS
    at_once: int = 8
    ran: Callable[[str], None] = field(default=lambda _: None)
    """Hears of every job that was run, by kind."""
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    """Set while it is connected."""
    _app: procrastinate.App = field(init=False)
    _turns: dict[str, tuple[asyncio.Event, asyncio.Event]] = field(default_factory=dict)
    """Those that wait for a turn here: when it has come, and when it is over."""

    def __post_init__(self) -> None:
        """Make the tasks; nobody is connected yet."""
        connector = procrastinate.PsycopgConnector(
            conninfo=sessions.address(self.url),
            kwargs=sessions.settings(f"{self.name} queue") | {"options": _options()},
            min_size=1,
            max_size=4,
            timeout=sessions.PATIENCE.total_seconds(),
            pool_factory=_Pool,
        )
        self._app = procrastinate.App(connector=connector, periodic_defaults={"max_delay": 1})
        for kind in self.kinds:
            self._register(kind)
        self._app.task(name="turn", queue=self._own)(self._hold_turn)

    @property
    def _own(self) -> str:
        return f"turns of {self.name}"

    def _register(self, kind: Job) -> None:
        async def run(timestamp: int = 0, subject: str = "") -> None:
            del timestamp
            self.ran(kind.kind)
            await kind.run(subject)

        lock = _lock(kind.kind, "") if kind.alone else None
        task = self._app.task(name=kind.kind, queue=kind.work, lock=lock, queueing_lock=lock)(run)
        if kind.every is not None:
            self._app.periodic(cron=_cron(kind.every))(task)

    async def run(self) -> None:
        """Do jobs until cancelled; those that run then get some seconds. Raises StateError when the server is away."""
        with ExitStack() as stack, _within_reach(self.url):
            stack.callback(self.ready.clear)
            async with self._app.open_async():
                self.ready.set()
                await self._app.run_worker_async(
                    queues=[*self.serves, self._own],
                    name=self.name,
                    concurrency=self.at_once,
                    fetch_job_polling_interval=1.0,
                    shutdown_graceful_timeout=GRACE,
                    delete_jobs="always",
                    install_signal_handlers=False,
                    update_heartbeat_interval=HEARTBEAT,
                    stalled_worker_timeout=STALLED,
                )

    async def want(self, wanted: Collection[Wanted]) -> int:
        """Ask for these jobs, but for those that wait or run already; returns how many are new."""
        missing = set(wanted) - await self._present()
        works = {kind.kind: kind.work for kind in self.kinds}
        made = [
            jobs.Job(
                id=None,
                queue=works[kind],
                lock=_lock(kind, subject),
                queueing_lock=_lock(kind, subject),
                task_name=kind,
                task_kwargs={"subject": subject},
            )
            for kind, subject in sorted(missing)
        ]
        try:
            with _within_reach(self.url):
                if made:
                    await self._app.job_manager.batch_defer_jobs_async(made)
        except exceptions.AlreadyEnqueued:
            return 0  # somebody else asked at the same moment; what is still due then is asked for by the next tick
        return len(made)

    async def mend(self) -> int:
        """Have the jobs of processes that gave no sign of life for a while done by others; returns how many."""
        manager = self._app.job_manager
        with _within_reach(self.url):
            found = list(await manager.get_stalled_jobs(seconds_since_heartbeat=STALLED))
            for job in found:
                if job.task_name == "turn" or not await self._retried(job):
                    await manager.finish_job(job, status=jobs.Status.ABORTED, delete_job=True)
        return len(found)

    async def _retried(self, job: jobs.Job) -> bool:
        try:
            await self._app.job_manager.retry_job(job)
        except exceptions.UniqueViolation:
            return False  # the same was asked for meanwhile
        return True

    async def waiting(self) -> dict[str, int]:
        """Jobs that nobody runs yet, by kind."""
        with _within_reach(self.url):
            return dict(Counter(job.task_name for job in await self._app.job_manager.list_jobs_async(status="todo")))

    @asynccontextmanager
    async def turn(self, wanted: Wanted) -> AsyncIterator[None]:
        """Do here what such a job does, while no process runs one; waits for its turn."""
        come, over = asyncio.Event(), asyncio.Event()
        key = f"{_lock(*wanted)} {id(come)}"
        self._turns[key] = come, over
        try:
            with _within_reach(self.url):
                task = self._app.configure_task("turn", lock=_lock(*wanted), queue=self._own)
                await task.defer_async(key=key)
            await come.wait()
            yield
        finally:
            over.set()
            self._turns.pop(key, None)

    async def _hold_turn(self, key: str) -> None:
        turn = self._turns.get(key)
        if turn is not None:
            come, over = turn
            come.set()
            await over.wait()

    async def _present(self) -> set[Wanted]:
        manager = self._app.job_manager
        with _within_reach(self.url):
            found = [job for status in ("todo", "doing") for job in await manager.list_jobs_async(status=status)]
        return {(job.task_name, str(job.task_kwargs.get("subject", ""))) for job in found}


class _Pool(AsyncConnectionPool[psycopg.AsyncConnection[Any]]):
    """Connections that are not waited for longer than anything else of the server."""

    async def open(self, wait: bool = False, timeout: float = 0.0) -> None:  # noqa: ASYNC109, FBT001, FBT002  the library's own words
        """Connect. Raises psycopg.Error when the server is away."""
        del timeout
        await super().open(wait, sessions.PATIENCE.total_seconds())


def prepare(url: str) -> None:
    """Make the queue's tables where they are missing. Raises StateError."""
    try:
        with psycopg.connect(sessions.address(url), **sessions.settings("watcher")) as conn:
            conn.execute("SELECT pg_advisory_xact_lock(%s, %s)", (sessions.SPACE, sessions.WRITES))
            if conn.execute("SELECT to_regnamespace(%s)", (SCHEMA,)).fetchone() == (None,):
                conn.execute(f"CREATE SCHEMA {SCHEMA}")
                conn.execute(f"SET LOCAL search_path = {SCHEMA}")
                conn.execute(SchemaManager.get_schema())
    except psycopg.Error as error:
        raise StateError(f"{sessions.shown(url)}: the queue's tables cannot be made ({_why(error)})") from error


@contextmanager
def _within_reach(url: str) -> Iterator[None]:
    try:
        yield
    except exceptions.AlreadyEnqueued:
        raise
    except (exceptions.ConnectorException, exceptions.AppNotOpen, psycopg.Error) as error:
        raise StateError(f"{sessions.shown(url)}: the queue is out of reach ({_why(error)})") from error


def _options() -> str:
    """What the server is to know of each connection: where the tables are, and when to take its process for gone."""
    limits = {**sessions.NOTICES, "idle_in_transaction_session_timeout": sessions.frozen()}
    return " ".join(f"-c {name}={value}" for name, value in {"search_path": SCHEMA, **limits}.items())


def _lock(kind: str, subject: str) -> str:
    return f"{kind} {subject}".strip()


def _cron(every: int) -> str:
    """Seconds as a schedule whose sixth field they are."""
    if every < 60:
        return f"* * * * * */{every}"
    return f"*/{every // 60} * * * * 0" if every < 3600 else f"0 */{every // 3600} * * * 0"


def _why(error: BaseException) -> str:
    if isinstance(error, exceptions.AppNotOpen):
        return "not connected yet"
    cause: BaseException = error.__cause__ or error
    if isinstance(cause, psycopg.errors.ForeignKeyViolation):
        return "it gave no sign of life for a while, and others do its jobs now; it begins anew"
    lines = str(cause).strip().splitlines()
    return lines[0] if lines else type(cause).__name__
