"""Whether several workers are worth it. ``make bench-workers``: ten minutes; ``ARGS="--only cost,latency"``: a part.

``cost``: CPU of an unchanged feed (a 304) by a worker, beside the one process on SQLite in the same run, and what the
queue takes of it. ``latency``: 1, 2 and 4 workers at a server that answers after 200 ms. ``schedule``: 100,000 feeds,
of which every one is due once in ten minutes, by three workers; so long is looked on as ``--minutes`` says.

All real processes, on a real PostgreSQL server of their own on this machine; its CPU is told apart. Feeds have states
as of an earlier poll, so nothing but 304s comes.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from statistics import quantiles
from urllib.request import urlopen
from xml.sax.saxutils import quoteattr

from tests import postgres
from tests.bench.feeds import ENTRIES, HOSTS
from tests.bench.polling import measured, served
from tests.fake_slack import FakeSlack
from tests.fleet import Fleet, fleet
from tests.line import SEEDS, World
from watcher.config import Config, load
from watcher.store import Store
from watcher.store.feeds import feed_states
from watcher.store.puts import put_feed_states
from watcher.types import FeedState

COST_FEEDS, LATENCY_FEEDS, MANY = 4_000, 16_000, 100_000
"""Those of the second part keep one worker busy for a minute."""
A_FILE = 20_000
"""Feeds of one OPML file; larger ones are refused."""
EVERY = timedelta(minutes=10)
SETTLED = timedelta(seconds=20)
"""From the start until the workers are up: what was due by then is not looked at."""
TICKS = os.sysconf("SC_CLK_TCK")


def installation(folder: Path, base: str, feeds: int) -> World:
    """A configuration of so many feeds, on all hosts of the server, as OPML files: they are read faster."""
    (folder / "seeds").mkdir(exist_ok=True)
    for number, text in enumerate(SEEDS):
        (folder / "seeds" / f"{number}.txt").write_text(text)
    at = [base.replace("127.0.0.1", f"127.0.0.{number + 1}") for number in range(HOSTS)]
    lines = [
        f"<outline type='rss' text='{n}' xmlUrl={quoteattr(f'{at[n % HOSTS]}/feed/{n}.xml')}/>" for n in range(feeds)
    ]
    files = {f"{first}.opml": "".join(lines[first : first + A_FILE]) for first in range(0, feeds, A_FILE)}
    for name, inside in files.items():
        (folder / name).write_text(f"<opml version='2.0'><body>{inside}</body></opml>")
    listed = ", ".join(f"{{opml: {name}, every: 10m}}" for name in files)
    place = World(folder=folder, slack=FakeSlack())
    place.config.write_text(
        f"feeds: [{listed}]\n"
        "topics: {t: {seeds: seeds}}\nnotify: console\n"
        "server: {listen: 127.0.0.1:0}\nfetch: {allow_networks: [127.0.0.0/8], per_host: 4}\ndatabase: sqlite:///w.db\n"
    )
    return place


def fill(config: Config, url: str, due: Sequence[datetime]) -> dict[str, datetime]:
    """Make the feeds known as unchanged since an earlier poll, each due at its time; returns these times by id."""
    found = {}
    states = []
    for feed, at in zip(config.feeds, due, strict=True):
        number = feed.url.rpartition("/")[2].removesuffix(".xml")
        found[feed.id] = at
        states.append(
            FeedState(
                id=feed.id,
                url=feed.url,
                name=feed.name,
                added_at=at - EVERY,
                next_due=at,
                etag=f'"{number}-{ENTRIES}"',
                last_polled=at - EVERY,
                last_success=at - EVERY,
                entries=ENTRIES,
            )
        )
    with Store.open(url) as store:
        for first in range(0, len(states), 5000):
            store.write_now(put_feed_states, states[first : first + 5000])
    return found


def polled(url: str, before: Mapping[str, datetime]) -> dict[str, timedelta]:
    """How long after its time each feed was polled, of those that were."""
    with Store.open(url, mode="read") as store:
        states = store.read_now(feed_states)
    lags = {}
    for one, due in before.items():
        last = states[one].last_polled
        if last is not None and last >= due:
            lags[one] = last - due
    return lags


def spent(running: Fleet) -> float:
    """CPU seconds of all workers with their readers so far."""
    groups = {process.pid for process in running.running.values()}
    return sum(_cpu(told) for told in _processes() if int(told[2]) in groups)


def of_the_server() -> float:
    """CPU seconds of all PostgreSQL processes so far."""
    return sum(_cpu(told) for told in _processes("postgres"))


def _processes(name: str = "") -> Iterator[list[str]]:
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                said = (folder / "stat").read_text()
            except OSError:  # it ended
                continue
            if name in said.partition("(")[2].rpartition(")")[0]:
                yield said.rpartition(")")[2].split()


def _cpu(told: Sequence[str]) -> float:
    return sum(map(int, told[11:15])) / TICKS


@contextmanager
def installed(base: str, feeds: int, server: postgres.Server) -> Iterator[tuple[World, Config, str]]:
    """An installation with an empty database."""
    with tempfile.TemporaryDirectory(prefix="watcher-bench-") as name:
        place = installation(Path(name), base, feeds)
        url = server.ready()
        try:
            yield place, load(place.config, {}), url
        finally:
            server.drop(url)


def up(running: Fleet) -> None:
    """Wait until all workers are up."""
    if not running.wait_until(lambda: all(running.begun(one) for one in running.running), 120):
        raise AssertionError(running.said())


def drained(base: str, server: postgres.Server, workers: int, feeds: int, *more: str) -> tuple[float, float, float]:
    """Let workers poll feeds that become due once they are up; feeds a second, their CPU and the server's.

    A second is one of those between the first tenth of the feeds and the last: both ends are the same for all.
    """
    with installed(base, feeds, server) as (place, config, url):
        later = datetime.now(UTC) + timedelta(hours=1)
        before = fill(config, url, [later] * feeds)
        with fleet(place, url, workers, arguments=more) as running:
            up(running)
            time.sleep(2)  # what starting takes is over
            cpu, others = spent(running), of_the_server()
            now = datetime.now(UTC)
            server.do(url, f"UPDATE feed_states SET next_due = '{now.isoformat()}'")
            before = dict.fromkeys(before, now)
            if not running.wait_until(lambda: _done(server, url, now), 300):
                raise AssertionError(running.said())
            cpu, others = spent(running) - cpu, of_the_server() - others
        lags = sorted(polled(url, before).values())
        first, last = lags[feeds // 10], lags[feeds * 9 // 10]
        return 0.8 * feeds / (last - first).total_seconds(), cpu, others


def _done(server: postgres.Server, url: str, since: datetime) -> bool:
    return not server.do(url, f"SELECT id FROM feed_states WHERE last_polled < '{since.isoformat()}' LIMIT 1")


def cost(base: str, server: postgres.Server) -> None:
    """CPU of an unchanged feed: the one process on SQLite, and a worker."""
    with installed(base, COST_FEEDS, server) as (place, config, _):
        fill(config, f"sqlite:///{place.folder}/w.db", [datetime.now(UTC)] * COST_FEEDS)
        alone, _wall = measured([sys.executable, "-m", "tests.bench.polling", "--step", str(place.config)])
    rate, shared, others = drained(base, server, 1, COST_FEEDS)
    alone, shared, others = (1e3 * one / COST_FEEDS for one in (alone, shared, others))
    print(
        f"an unchanged feed, CPU ms: one process on SQLite {alone:.2f}; a worker {shared:.2f} "
        f"[{shared / alone:.1f} times, goal 2], of which {shared - alone:.2f} by queue and database; PostgreSQL "
        f"{others:.2f}; {rate:.0f} feeds a second",
        flush=True,
    )


def latency(base: str, server: postgres.Server) -> None:
    """Throughput by number of workers, where answers take 200 ms."""
    urlopen(f"{base}/ctl?wait=0.2").close()
    first = 0.0
    for workers in (1, 2, 4):
        rate, cpu, others = drained(base, server, workers, LATENCY_FEEDS)
        first = first or rate
        print(
            f"{workers} workers, 200 ms: {rate:.0f} feeds a second [{rate / first:.2f} times one worker], "
            f"{cpu / LATENCY_FEEDS * 1e3:.2f} ms CPU a feed, PostgreSQL {others / LATENCY_FEEDS * 1e3:.2f}",
            flush=True,
        )
    urlopen(f"{base}/ctl?wait=0").close()


def schedule(base: str, server: postgres.Server, minutes: float) -> None:
    """How late polls are, when every one of very many feeds is due once in ten minutes."""
    random = Random(1)
    with installed(base, MANY, server) as (place, config, url):
        began = datetime.now(UTC) + timedelta(seconds=60)  # by then all are up
        before = fill(config, url, [began + random.random() * EVERY for _ in range(MANY)])
        with fleet(place, url, 3) as running:
            up(running)
            ends = began + timedelta(minutes=minutes)
            running.wait_until(lambda: False, (ends + timedelta(seconds=60) - datetime.now(UTC)).total_seconds())
            cpu, others = spent(running), of_the_server()
            due = {one: at for one, at in before.items() if began + SETTLED <= at < ends}
            lags = polled(url, due)
        late = sorted(lag.total_seconds() for lag in lags.values())
        p50, p99 = (quantiles(late, n=100)[place_] for place_ in (49, 98))
        print(
            f"{MANY} feeds, three workers: {len(due)} were due in {minutes:g} minutes, {len(lags)} of them polled; "
            f"late by {p50:.1f} s (median), {p99:.1f} s (99 %, goal 60), {late[-1]:.1f} s (most); "
            f"CPU in all {cpu:.0f} s, PostgreSQL {others:.0f} s",
            flush=True,
        )


def main() -> None:
    """Read the options."""
    parts = ("cost", "latency", "schedule")
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--only", default=",".join(parts), help="parts, by commas")
    options.add_argument("--minutes", type=float, default=4.0)
    given = options.parse_args()
    programs = postgres.programs()
    if programs is None:
        sys.exit("needs PostgreSQL's initdb and postgres (Debian's package postgresql)")
    with postgres.running(programs) as server, served(None) as base:
        for part in given.only.split(","):
            if part == "schedule":
                schedule(base, server, given.minutes)
            else:
                {"cost": cost, "latency": latency}[part](base, server)


if __name__ == "__main__":
    main()
