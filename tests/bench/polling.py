"""What polling costs, beside other programs on the same feeds in the same run. ``make bench``, ``make bench-peers``.

Four polls, each in a new process: all entries new; all feeds answer 304; the server heeds no conditional request; 5 %
of the feeds have one new entry. CPU is that of the poll with its worker processes and the database; start-up, that of
the readers included (0.3 s once a process), apart.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from urllib.request import urlopen

from rich.console import Console

from tests.bench.cost import spent
from tests.line import SEEDS
from watcher.app import build, spare_collector
from watcher.config import load
from watcher.store import Store

PHASES = {
    "cold": ("ctl?cond=1",),
    "warm, 304": ("ctl?cond=1",),
    "warm, same body": ("ctl?cond=0",),
    "5 % with one new": ("ctl?cond=1", "publish?frac=0.05&k=1&feeds={feeds}"),
}
PEERS = ("reader", "rss2email")


async def polled(config_path: Path) -> tuple[float, float]:
    """CPU and wall seconds of one poll of every feed."""
    config = load(config_path, {})
    with Store.open(config.database) as store:
        app = build(config, store, console=Console(quiet=True))
        spare_collector()
        try:
            await app.start()
            await app.workers.parse("rss", b"<rss><channel><title>A</title></channel></rss>", None, "")
            began, wall = spent(), perf_counter()
            report = await app.poller.poll([feed.id for feed in config.feeds])
            took = spent() - began, perf_counter() - wall
        finally:
            await app.close()
    assert not report.failed, report.failed
    return took


def configure(folder: Path, base: str, feeds: int, *, hostile: int = 0, hosts: int = 1) -> None:
    """One topic, and the feeds of the server at so many of its addresses, hostile ones first."""
    (folder / "seeds").mkdir()
    for number, text in enumerate(SEEDS):
        (folder / "seeds" / f"{number}.txt").write_text(text)
    listed = "".join(f"  - {base}/hostile/{number}.xml\n" for number in range(hostile))
    at = [base.replace("127.0.0.1", f"127.0.0.{number + 1}") for number in range(hosts)]
    listed += "".join(f"  - {at[number % hosts]}/feed/{number}.xml\n" for number in range(feeds))
    (folder / "watcher.yaml").write_text(
        f"feeds:\n{listed}topics: {{t: {{seeds: seeds}}}}\nnotify: console\n"
        "fetch: {allow_networks: [127.0.0.0/8], per_host: 16}\ndatabase: sqlite:///w.db\n"
    )


@contextmanager
def served(base: str | None) -> Iterator[str]:
    """The address of the feed server: one that runs already, or ours."""
    if base is not None:
        yield base.rstrip("/")
        return
    command = [sys.executable, "-m", "tests.bench.feeds"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(server.stdout.readline())}"
        finally:
            server.stdin.close()


def measured(command: list[str]) -> tuple[float, float]:
    """CPU and wall seconds that a process tells in its last line."""
    told = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()[-1].split()
    return float(told[0]), float(told[1])


def table(base: str, feeds: int, peers: Path | None) -> None:
    """Measure and print, phase by phase."""
    named = PEERS if peers is not None else ()
    print(f"{feeds} feeds; CPU ms a feed (feeds a second)" + "; in brackets, times watcher" * bool(named))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        configure(folder, base, feeds)
        for phase, asks in PHASES.items():
            costs: list[float] = []
            for program in ("watcher", *named):
                if not costs or phase != "5 % with one new":  # published once, and new to each of them
                    for ask in asks:
                        urlopen(f"{base}/{ask.format(feeds=feeds)}").close()
                own = [sys.executable, "-m", "tests.bench.polling", "--step", str(folder / "watcher.yaml")]
                other = [str(peers), "-m", "tests.bench.peer", program, str(folder), base, str(feeds)]
                cpu, wall = measured(own if program == "watcher" else other)
                costs.append(cpu)
                ratio = f" [{cpu / costs[0]:.1f}]" if len(costs) > 1 and costs[0] else ""
                print(f"{phase:17} {program:10} {cpu / feeds * 1e3:7.2f} ({feeds / wall:.0f}/s){ratio}", flush=True)


def main() -> None:
    """Read the options."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--feeds", type=int, default=300)
    options.add_argument("--base", help="a feed server that runs already")
    options.add_argument("--peers", type=Path, help="the python of a venv that holds the other programs")
    options.add_argument("--step", type=Path, help="(used by itself) poll once by this configuration")
    given = options.parse_args()
    if given.step:
        print(*asyncio.run(polled(given.step)))
        return
    with served(given.base) as base:
        table(base, given.feeds, given.peers)


if __name__ == "__main__":
    main()
