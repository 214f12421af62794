"""Several real ``watcher worker`` processes on one PostgreSQL database, over a world of feeds and a fake Slack."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.line import World
from tests.program import REPOSITORY

LONG = 60.0
"""Seconds that anything may take on a busy machine."""
AGAIN = 0.05
"""Seconds between two looks."""


@dataclass(slots=True)
class Fleet:
    """The processes of one installation. ``wrap``: words before the command, for each by its number."""

    place: World
    url: str
    environ: Mapping[str, str] = field(default_factory=dict)
    wrap: Callable[[int], Sequence[str]] = field(default=lambda _: ())
    arguments: Sequence[str] = ()
    running: dict[int, subprocess.Popen[bytes]] = field(default_factory=dict)
    _said: dict[int, int] = field(default_factory=dict)
    """How long each one's log was when it was started last."""

    def start(self, number: int, *more: str) -> None:
        """Start one; its log goes to a file of its own."""
        command = [
            *self.wrap(number),
            sys.executable,
            "-m",
            "watcher",
            "--config",
            str(self.place.config),
            "worker",
            "--name",
            f"worker-{number}",
            *self.arguments,
            *more,
        ]
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
        given = {**kept, **self.place.environ(), "WATCHER_DATABASE_URL": self.url, **self.environ}
        with self.log(number).open("ab") as log:
            self._said[number] = log.tell()
            self.running[number] = subprocess.Popen(
                command, cwd=REPOSITORY, env=given, stdout=log, stderr=log, start_new_session=True
            )

    def kill(self, number: int) -> None:
        """Kill one with all its readers, as a machine that loses its power."""
        process = self.running.pop(number)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(LONG)

    def stop(self, number: int) -> int:
        """Ask one to stop; returns its exit code."""
        process = self.running.pop(number)
        process.terminate()
        return process.wait(LONG)

    def log(self, number: int) -> Path:
        """What one of them said."""
        return self.place.folder / f"worker-{number}.log"

    def begun(self, number: int) -> bool:
        """Whether one works since it was started last."""
        return b"service.started" in self.log(number).read_bytes()[self._said[number] :]

    def said(self) -> str:
        """What all of them said."""
        return "\n".join(f"--- {one.name}\n{one.read_text()}" for one in sorted(self.place.folder.glob("worker-*.log")))

    def wait_until(self, true: Callable[[], bool], within: float = LONG) -> bool:
        """Look again and again; whether it came true."""
        ends = time.monotonic() + within
        while not true():
            for number, process in self.running.items():
                assert process.poll() is None, f"worker {number} ended by itself\n{self.said()}"
            if time.monotonic() > ends:
                return False
            signal.sigtimedwait((), AGAIN)
        return True


@contextmanager
def fleet(place: World, url: str, number: int, **how: object) -> Iterator[Fleet]:
    """So many workers, killed at the end."""
    made = Fleet(place, url, **how)  # type: ignore[arg-type]  # as its fields say
    try:
        for one in range(number):
            made.start(one)
        yield made
    finally:
        for one in list(made.running):
            made.kill(one)
