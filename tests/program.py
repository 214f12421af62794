"""The real program in a process of its own, its memory watched."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parents[1]
SAMPLED = 0.1
"""Seconds between two looks at the memory of the process tree."""
MOST_MEMORY = 500 * 1024**2
"""Bytes that the whole process tree may hold, whatever the feeds do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a run of the program ended."""

    code: int
    out: str
    err: str
    seconds: float
    peak: int
    """Bytes: the most that the process and all its descendants held in memory."""

    @property
    def events(self) -> list[dict[str, Any]]:
        """The lines of its log."""
        lines = (line for line in self.err.splitlines() if line.startswith("{"))
        return [json.loads(line) for line in lines]

    @property
    def report(self) -> dict[str, Any]:
        """The summary that ``run --once --json`` prints, all of its standard output."""
        told: dict[str, Any] = json.loads(self.out)
        return told


async def watcher(
    *args: str,
    environ: Mapping[str, str] | None = None,
    limit: float = 300,
    module: str = "watcher",
    until: Callable[[], bool] | None = None,
) -> Ended:
    """Run the command line to its end; only ``environ`` and what a shell needs is in its environment.

    ``module`` is what is run; ``until`` is asked several times a second and ends a service as a container engine does.
    """
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    begun = time.monotonic()
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        *args,
        cwd=REPOSITORY,
        env={**kept, "PYTHONWARNINGS": "default", **(environ or {})},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    watching = asyncio.create_task(_watch(child, until))
    try:
        async with asyncio.timeout(limit):
            out, err = await child.communicate()
    except TimeoutError:
        child.kill()
        await child.wait()
        raise
    finally:
        watching.cancel()
    assert child.returncode is not None
    return Ended(
        code=child.returncode,
        out=out.decode(),
        err=err.decode(),
        seconds=time.monotonic() - begun,
        peak=PEAKS.pop(child.pid),
    )


PEAKS: dict[int, int] = {}
"""Process id → the most memory its tree was seen to hold."""


async def _watch(child: asyncio.subprocess.Process, until: Callable[[], bool] | None) -> None:
    while True:
        PEAKS[child.pid] = max(PEAKS.get(child.pid, 0), resident(child.pid))
        if until is not None and until():
            child.terminate()
            until = None
        await asyncio.sleep(SAMPLED)


def resident(root: int) -> int:
    """Bytes in memory of a process and its descendants, as a container counts them: pages they share count once."""
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:  # it has ended
            continue
        children.setdefault(parent, []).append(int(folder.name))
    total, found = 0, [root]
    for one in found:
        found += children.get(one, [])
        try:
            told = Path(f"/proc/{one}/smaps_rollup").read_text()
        except OSError:
            continue
        total += sum(1024 * int(line.split()[1]) for line in told.splitlines() if line.startswith("Pss:"))
    return total
