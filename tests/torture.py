"""The service, killed with SIGKILL again and again while feeds grow and Slack fails: each story is told exactly once.

usage: python -m tests.torture [--kills 200] [--seed N]

Each lap starts the service on the same database, lets the feeds bring a new story, lets Slack fail in some way (it may
take a post and never say so), and kills the whole process group: half of the time at a random moment, else within
milliseconds after Slack was asked to post. The oracle is what Slack holds in the end: each story's headline in exactly
one message, each key once, and each channel's messages in the order in which the outbox got them.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing.process import BaseProcess
from pathlib import Path
from random import Random
from typing import Any

from tests.line import Item, World, world
from watcher.store import Store
from watcher.store.entries import entries_since
from watcher.store.feeds import feed_states
from watcher.store.report import outbox_rows

CHANNELS = {"first": "C000DESK1", "second": "C0GENERAL"}
FAULTS = (
    "store-close", "store-close", "store-close", "close", "store-500", "500", "store-html", "html",
    "store-truncated", "truncated", "429:1", "store-hang", "hang", "slow",
)  # fmt: skip
"""What Slack may do to the next post. Taking it and then closing is what tells a good outbox from a bad one."""
FAILS = 0.6
"""How many laps have such a fault."""
LONGEST = 2.0
"""A lap lasts at most so many times as long as the service took in the first one to post something."""
PATIENCE = 60.0
"""Seconds that the first lap may take."""
AFTER_A_POST = 0.03
"""Seconds after Slack was asked to post within which such a kill comes."""
ROUNDS = 12
"""Rounds without any fault in which everything has to be told at the end."""

_SYLLABLES = ("ba", "do", "fi", "ga", "ko", "lu", "mi", "na", "po", "ra", "se", "ti", "vu", "za")

_forkserver = multiprocessing.get_context("forkserver")


@dataclass(slots=True)
class Outcome:
    """What came of it. ``wrong``: sentences; none means that every promise was kept."""

    kills: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    stories: int = 0
    messages: int = 0
    looked_up: int = 0
    repeats: int = 0
    rounds: int = 0
    """Rounds without faults until everything was told."""
    seconds: float = 0.0
    wrong: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        kills = ", ".join(f"{count} {when}" for when, count in sorted(self.kills.items()))
        faults = ", ".join(f"{count} × {fault}" for fault, count in sorted(self.faults.items()))
        lines = [
            f"{self.kills.total()} kills ({kills}) in {self.seconds:.0f} s; faults of Slack: {faults}",
            f"{self.stories} stories, {self.messages} messages in Slack; {self.looked_up} look-ups, "
            f"{self.repeats} marked as possible repeats; {self.rounds} rounds at the end",
        ]
        return "\n".join([*lines, *(self.wrong or ["every story told exactly once, in order"])])


class Posts(list[Any]):
    """The calls that Slack got, so that a kill can follow one of them."""

    def __init__(self) -> None:
        super().__init__()
        self._news = threading.Condition()

    def append(self, call: Any) -> None:
        with self._news:
            super().append(call)
            self._news.notify_all()

    @property
    def posted(self) -> int:
        return sum(method == "chat.postMessage" for method, _ in list(self))

    def wait_for_one_more(self, within: float) -> bool:
        with self._news:
            before = self.posted
            return self._news.wait_for(lambda: self.posted > before, within)


def story(number: int, random: Random) -> Item:
    """One event on the topic, with so many words of its own that it is nobody's copy, should two share a name."""

    def name() -> str:
        return "".join(random.choices(_SYLLABLES, k=4)).title()

    person, place, thing, firm = (name() for _ in range(4))
    return Item(
        title=f"{person} of {place} speaks on American troops in South Korea",
        text=f"{person} told {firm} about {thing.lower()} and {name().lower()} in {place}: the alliance of Washington "
        f"with Seoul, the cost of American troops in South Korea and {name().lower()} {name().lower()}. {name()} and "
        f"{name()} disagree with {name()}; {name()} will meet {name()} of {name()} in {name()} about {name().lower()}.",
        path=f"/story/{number}.html",
    )


def torture(place: World, *, kills: int, seed: int) -> Outcome:
    """Kill it so many times, then let it finish, and look at what Slack holds."""
    random = Random(seed)
    outcome, begun = Outcome(), time.monotonic()
    place.slack.calls = posts = Posts()
    place.feeds = {name: [] for name in CHANNELS}
    _configure(place)
    longest = 0.0
    for lap in range(kills):
        place.feeds[random.choice(list(CHANNELS))].append(story(lap, random))
        queue = place.slack.faults["chat.postMessage"]
        queue.clear()
        if lap and random.random() < FAILS:
            fault = random.choice(FAULTS)
            queue.append(fault)
            outcome.faults[fault] += 1
        child = _forkserver.Process(target=serve, args=(str(place.config), place.environ()), daemon=False)
        started = time.monotonic()
        child.start()
        outcome.kills[_kill(child, posts, random, longest)] += 1
        longest = longest or LONGEST * (time.monotonic() - started)
    place.slack.faults.clear()
    _finish(place, outcome)
    _judge(place, outcome)
    outcome.seconds = time.monotonic() - begun
    return outcome


def _configure(place: World) -> None:
    """A feed for each channel: within one, stories have the order in which they came."""
    place.configure(
        feeds=[{"url": f"{place.base}/{name}.xml", "name": name, "every": "1s", "topics": [name]} for name in CHANNELS],
        topics={
            name: {"title": name.title(), "seeds": "seeds", "channel": channel, "sensitivity": 0.05}
            for name, channel in CHANNELS.items()
        },
        fetch={"allow_networks": ["127.0.0.0/8"], "first_poll": "alert", "full_text": "never"},
        slack={"flood": "10000/1m"},
    )


def _kill(child: BaseProcess, posts: Posts, random: Random, longest: float) -> str:
    """Wait for the moment and kill; returns which kind of moment it was. ``longest`` 0: after the first post."""
    assert child.pid is not None
    when = "at a random moment"
    if longest and random.random() < 0.5:
        child.join(random.uniform(0, longest))
    elif posts.wait_for_one_more(longest or PATIENCE):
        child.join(random.uniform(0, AFTER_A_POST))
        when = "during a post"
    if child.exitcode is not None:
        raise AssertionError(f"the service ended by itself with {child.exitcode}")
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:  # it has no group of its own yet
        child.kill()
    child.join()
    return when


def _finish(place: World, outcome: Outcome) -> None:
    """Without faults everything has to be read and to leave within a few rounds; a poll may fail on a busy machine."""
    for _ in range(ROUNDS):
        if place.once() != 0:
            outcome.wrong.append("a round at the end did not end with 0")
            return
        outcome.rounds += 1
        waits = any(row.state in {"pending", "sending", "held"} for row in _rows(place))
        if not waits and not _unread(place):
            return
    outcome.wrong += [f"after {ROUNDS} rounds without faults never read: {title}" for title in _unread(place)]
    outcome.wrong.append(f"after {ROUNDS} rounds without faults not everything was told")


def _unread(place: World) -> list[str]:
    """Headlines that the feeds hold and the database does not, and why not, as far as it knows."""
    with Store.open(f"sqlite:///{place.database}", mode="read") as store:
        since = datetime.min.replace(tzinfo=UTC)
        known = {one.entry.title for one in store.read_now(entries_since, since)}
        errors = [f"{one.name}: {one.error}" for one in store.read_now(feed_states).values() if one.error]
    unread = [item.title for feed in place.feeds.values() for item in feed if item.title not in known]
    return [f"{title} ({', '.join(errors) or 'no feed fails'})" for title in unread]


def _rows(place: World) -> list[Any]:
    with Store.open(f"sqlite:///{place.database}", mode="read") as store:
        return [row for row in store.read_now(outbox_rows) if row.kind in {"parent", "reply", "digest"}]


def _judge(place: World, outcome: Outcome) -> None:
    slack, rows = place.slack, _rows(place)
    messages = list(slack.messages)
    items = [item for feed in place.feeds.values() for item in feed]
    outcome.stories, outcome.messages = len(items), len(messages)
    outcome.looked_up = sum(method in {"conversations.history", "conversations.replies"} for method, _ in slack.calls)
    outcome.repeats = sum("may be a repeat" in str(message.get("text")) for message in messages)
    for item in items:
        told = sum(item.title in str(message.get("text")) for message in messages)
        if told != 1:
            outcome.wrong.append(f"told {told} times: {item.title} ({item.path}), {_became(place, item.title)}")
    outcome.wrong += [f"key {key} is there {count} times" for key, count in place.told().items() if count != 1]
    for channel in CHANNELS.values():
        sent = [row.key for row in rows if row.receipt is not None and row.receipt.channel == channel]
        if slack.keys(channel) != sent:
            outcome.wrong.append(f"{channel}: its messages are not in the order of the outbox, or not the same")
    outcome.wrong += [f"{row.key} ended as {row.state}: {row.error}" for row in rows if row.state != "sent"]


def _became(place: World, title: str) -> str:
    """What the database says of an entry, for whoever looks into it."""
    with Store.open(f"sqlite:///{place.database}", mode="read") as store:
        found = store.read_now(entries_since, datetime.min.replace(tzinfo=UTC))
    return ", ".join(str(one.decided) for one in found if one.entry.title == title) or "never read"


def serve(config_path: str, environ: dict[str, str]) -> None:
    """The child: the service itself, as the leader of a group that can be killed with all its readers."""
    os.setsid()
    from watcher.app import build
    from watcher.cli.common import LogLevel, configure_logging
    from watcher.config import load
    from watcher.service import Service

    async def main() -> None:
        config = load(Path(config_path), environ)
        with Store.open(config.database) as store:
            app = build(config, store)
            try:
                await Service(app=app, reread=lambda: load(Path(config_path), environ)).run()
            finally:
                await app.close()

    configure_logging(LogLevel.error, to_terminal=False)
    asyncio.run(main())


def main(arguments: Sequence[str]) -> int:
    """Run it, print the figures; 1 when a promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=None)
    given = parser.parse_args(arguments)
    seed = Random().randrange(10**6) if given.seed is None else given.seed
    print(f"seed {seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="watcher-torture-") as folder, world(Path(folder)) as place:
        outcome = torture(place, kills=given.kills, seed=seed)
    print(outcome)
    return 1 if outcome.wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
