"""Whether polling scales. ``make bench-scale``: a quarter of an hour; ``ARGS="--only latency,hostile"``: a part of it.

``feeds``: the cost of a feed must not grow with their number (two entries a feed). ``latency``: 2,000 feeds that answer
304 after 200 ms. ``hostile``: feeds that hold a parser until it is killed. ``memory``: that of the process tree over
many rounds of 10,000 feeds. Each runs in a process of its own; the feed server is another.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import linear_regression, median
from time import perf_counter
from typing import Any
from urllib.request import urlopen

from rich.console import Console

from tests.bench.cost import proportional, resident, spent
from tests.bench.feeds import HOSTS
from tests.bench.polling import configure, served
from watcher.app import App, build, spare_collector
from watcher.config import load
from watcher.service import TAKEN
from watcher.store import Store
from watcher.store.feeds import feed_states

FEW, NUMBERS = 500, (2_000, 10_000)
POLLS = 10_000
"""Polls of single feeds that one figure is the mean of, at least."""
MIB = 1024**2


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[App]:
    """The line over a configuration, as the service makes it."""
    config = load(folder / "watcher.yaml", {})
    with Store.open(config.database) as store:
        app = build(config, store, console=Console(quiet=True))
        spare_collector()
        try:
            await app.start()
            yield app
        finally:
            await app.close()


def tell(base: str, what: str) -> None:
    """Ask something of the feed server."""
    urlopen(f"{base}/{what}").close()


async def poll_all(app: App) -> None:
    """Poll every feed once, as many at a time as the service takes on."""
    ids = [feed.id for feed in app.config.feeds]
    for first in range(0, len(ids), TAKEN):
        report = await app.poller.poll(ids[first : first + TAKEN])
        assert not report.failed, report.failed


async def cost(app: App, base: str, publish: str) -> float:
    """CPU milliseconds a feed, mean of some rounds after a first one; ``publish`` is asked before each."""
    feeds = len(app.config.feeds)
    rounds = -(-POLLS // feeds)
    whole = 0.0
    for number in range(rounds + 1):
        if publish:
            tell(base, publish)
        began = spent()
        await poll_all(app)
        whole += spent() - began if number else 0.0
    return whole / rounds / feeds * 1e3


async def by_number(base: str) -> None:
    """Cost a feed of many feeds, beside that of few just before and just after: other work comes and goes."""
    before = await phases(base, FEW)
    for feeds in NUMBERS:
        found, after = await phases(base, feeds), await phases(base, FEW)
        for phase, figure in found.items():
            few = (before[phase] + after[phase]) / 2
            print(
                f"{feeds:6} feeds, {phase:17} {figure:6.2f} ms CPU a feed [{figure / few:.2f} times that of {FEW}: "
                f"{before[phase]:.2f} before, {after[phase]:.2f} after]",
                flush=True,
            )
        before = after


async def phases(base: str, feeds: int) -> dict[str, float]:
    """CPU milliseconds a feed, by phase."""
    tell(base, "ctl?cond=1&wait=0&entries=2")
    with tempfile.TemporaryDirectory() as name:
        configure(Path(name), base, feeds, hosts=HOSTS)
        async with running(Path(name)) as app:
            began = spent()
            await poll_all(app)
            found = {"cold, two entries": (spent() - began) / feeds * 1e3}
            found["304"] = await cost(app, base, "")
            found["5 % with one new"] = await cost(app, base, f"publish?frac=0.05&feeds={feeds}")
    return found


async def latency(base: str, feeds: int = 2_000, wait: float = 0.2) -> None:
    """Wall seconds for warm feeds whose servers take their time."""
    tell(base, "ctl?cond=1&wait=0&entries=2")
    with tempfile.TemporaryDirectory() as name:
        configure(Path(name), base, feeds, hosts=HOSTS)
        async with running(Path(name)) as app:
            await poll_all(app)
            tell(base, f"ctl?wait={wait}")
            began = perf_counter()
            await poll_all(app)
            took = perf_counter() - began
    print(f"{feeds} feeds, 304 after {wait * 1e3:.0f} ms: {took:.2f} s, {feeds / took:.0f} feeds a second", flush=True)


async def hostile(base: str, feeds: int = 60, tries: int = 5) -> None:
    """How much later the last good feed is saved when feeds made to harm come with it; medians of some tries."""
    tell(base, "ctl?cond=1&wait=0&entries=3")
    alone = 0.0
    for number in (0, 1, 2, 4):
        took = []
        for _ in range(tries):
            with tempfile.TemporaryDirectory() as name:
                configure(Path(name), base, feeds, hostile=number, hosts=HOSTS)
                async with running(Path(name)) as app:
                    took.append(await last_good(app))
        alone = alone or median(took)
        print(f"{feeds} good feeds and {number} hostile: all good ones saved after {median(took):.2f} s", end="")
        print(f" [{median(took) - alone:+.2f} s]", flush=True)


async def last_good(app: App) -> float:
    """Wall seconds until each feed but the hostile ones is saved."""
    good = [feed.id for feed in app.config.feeds if "/hostile/" not in feed.url]
    warm = await app.workers.parse("rss", b"<rss><channel><title>A</title></channel></rss>", None, "")
    assert warm.title == "A"
    began = perf_counter()
    polling = asyncio.create_task(app.poller.poll([feed.id for feed in app.config.feeds]))
    while True:
        states = await app.store.read(feed_states, good)
        if all(state.last_success for state in states.values()):
            break
        await asyncio.sleep(0.05)
    took = perf_counter() - began
    polling.cancel()
    await asyncio.gather(polling, return_exceptions=True)
    return took


async def memory(base: str, rounds: int, feeds: int) -> None:
    """Memory over rounds in which one feed in a hundred has something new: resident, and in brackets proportional."""
    tell(base, "ctl?cond=1&wait=0&entries=2")
    with tempfile.TemporaryDirectory() as name:
        configure(Path(name), base, feeds, hosts=HOSTS)
        async with running(Path(name)) as app:
            peak, most = start = resident(), proportional()
            after: list[int] = []
            for number in range(rounds + 1):
                tell(base, f"publish?frac=0.01&feeds={feeds}")
                polling = asyncio.create_task(poll_all(app))
                while not polling.done():
                    await asyncio.wait([polling], timeout=0.5)
                    peak, most = max(peak, resident()), max(most, proportional())
                await polling
                after.append(resident())
                if number == 0:
                    first = f"{told(*start)} at the start, {told(after[0], proportional())} after the first poll"
                    print(f"{feeds} feeds: {first}, {told(peak, most)} at its peak", flush=True)
    later = after[len(after) // 4 :]
    slope = linear_regression(range(len(later)), later).slope
    print(
        f"{rounds} rounds: {after[-1] / MIB:.0f} MiB at the end, {told(peak, most)} at the peak; "
        f"{slope / 1024:+.0f} KiB a round over the last three quarters",
        flush=True,
    )


def told(all_counted: int, shared_out: int) -> str:
    """Resident and proportional memory for people."""
    return f"{all_counted / MIB:.0f} MiB ({shared_out / MIB:.0f})"


def main() -> None:
    """Read the options."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--only", default="feeds,latency,hostile,memory", help="which of them, with commas")
    options.add_argument("--rounds", type=int, default=100, help="of the memory run")
    options.add_argument("--feeds", type=int, default=10_000, help="of the memory run")
    options.add_argument("--step", nargs=2, metavar=("WHICH", "BASE"), help="(used by itself) run one of them")
    given = options.parse_args()
    steps: dict[str, Callable[[str], Coroutine[Any, Any, None]]] = {
        "feeds": by_number,
        "latency": latency,
        "hostile": hostile,
        "memory": lambda base: memory(base, given.rounds, given.feeds),
    }
    if given.step:
        which, base = given.step
        asyncio.run(steps[which](base))
        return
    for which in given.only.split(","):
        with served(None) as base:
            command = [sys.executable, "-m", "tests.bench.scale", "--step", which, base]
            command += ["--rounds", str(given.rounds), "--feeds", str(given.feeds)]
            subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
