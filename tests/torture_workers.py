"""Three workers, each killed with SIGKILL again and again while feeds publish: each story is told exactly once.

usage: python -m tests.torture_workers [--seconds 120] [--workers 3] [--seed N]
       python -m tests.torture_workers --wires 50    nobody is killed; each story is on four hosts at once
       python -m tests.torture_workers --changes 20  nobody is killed; the file changes while stories come in

Real processes on a real PostgreSQL server. Feeds on eight hosts bring a new story now and then, some of them a wire
story on several hosts at once; Slack loses answers. The oracle is what Slack holds in the end, as in tests.torture.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

from tests import postgres
from tests.fake_slack import Channel
from tests.fleet import Fleet, fleet
from tests.line import Item, World, world
from tests.torture import FAULTS, story
from watcher.store import Store
from watcher.store.report import outbox_rows
from watcher.types import OutboxItem

HOSTS = 8
CHANNELS = ("C000DESK1", "C0GENERAL")
"""The first half of the hosts tells the first one, the rest the second."""
THIRD = "C000THIRD"
"""What the topic is told in that comes and goes."""
GOES = 0.3
"""How often it goes, or else gets another name."""
_HEADLINE = re.compile(r"\w+ of \w+ speaks on American troops in South Korea")
FAULTY = 0.3
"""How many stories come with a fault of Slack."""
WIRED = 0.3
"""How many are on all hosts of their half at once."""
LIVES = (1.0, 6.0)
"""Seconds between two kills."""
DEAD = (0.0, 2.0)
"""Seconds until a killed one is started again."""
PATIENCE = 240.0
"""Seconds in which all has to be told after the last kill: leases of a minute run out one after the other."""


@dataclass(slots=True)
class Outcome:
    """What came of it. ``wrong``: sentences; none means that every promise was kept."""

    kills: Counter[int] = field(default_factory=Counter)
    stories: dict[str, Item] = field(default_factory=dict)
    faults: int = 0
    changes: int = 0
    """How often the file changed."""
    copies: int = 0
    """Further hosts that brought a story that another one had."""
    messages: int = 0
    repeats: int = 0
    seconds: float = 0.0
    wrong: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        each = ", ".join(f"worker {number}: {count}" for number, count in sorted(self.kills.items()))
        return "\n".join(
            [
                f"{self.kills.total()} kills ({each}) and {self.changes} changes of the file in {self.seconds:.0f} s; "
                f"{self.faults} faults of Slack",
                f"{len(self.stories)} stories, {self.copies} further copies; {self.messages} messages in Slack, "
                f"{self.repeats} marked as possible repeats",
                *(self.wrong or ["every story told exactly once, in order"]),
            ]
        )


def torture(place: World, url: str, *, workers: int, seconds: float, seed: int) -> Outcome:
    """Kill and publish for so long, then let them finish, and look at what Slack holds."""
    random, outcome, begun = Random(seed), Outcome(), time.monotonic()
    _configure(place)
    with fleet(place, url, workers) as running:
        if not running.wait_until(lambda: len(place.requests) >= HOSTS):
            raise AssertionError(f"no worker began to poll\n{running.said()}")
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            _publish(place, random, outcome)
            running.wait_until(lambda: False, random.uniform(*LIVES))
            number = random.randrange(workers)
            running.kill(number)
            outcome.kills[number] += 1
            running.wait_until(lambda: False, random.uniform(*DEAD))
            running.start(number)
        place.slack.faults.clear()
        if not running.wait_until(lambda: _all_told(place, url, outcome), PATIENCE):
            outcome.wrong.append(f"after {PATIENCE:g} s without kills not everything was told")
        _stop(running, outcome)
    _judge(place, url, outcome)
    outcome.seconds = time.monotonic() - begun
    return outcome


def wires(place: World, url: str, *, workers: int, number: int, seed: int) -> Outcome:
    """Have four hosts bring the same story at once, again and again."""
    random, outcome, begun = Random(seed), Outcome(), time.monotonic()
    _configure(place)
    with fleet(place, url, workers) as running:
        for made in range(1, number + 1):
            _publish(place, random, outcome, wired=1.0, faulty=0.0)
            if not running.wait_until(lambda told=made: len(place.told()) >= told):  # type: ignore[misc]  # no argument
                outcome.wrong.append(f"story {made} was not told")
                break
        place.requests.clear()
        running.wait_until(lambda: len(place.requests) >= 3 * HOSTS)  # what comes once more would have come by then
        _stop(running, outcome)
    _judge(place, url, outcome)
    outcome.seconds = time.monotonic() - begun
    return outcome


def changes(place: World, url: str, *, workers: int, number: int, seed: int) -> Outcome:
    """Let a third topic, of all hosts, come, go and change its name while stories come in; each worker sees it later.

    It goes when all is told: what waits for a topic that is gone is dropped, as it should be.
    """
    random, outcome, begun = Random(seed), Outcome(), time.monotonic()
    place.slack.channels[THIRD] = Channel("third")
    _configure(place, {})
    third: dict[str, dict[str, object]] = {}
    with fleet(place, url, workers) as running:
        if not running.wait_until(lambda: all(running.begun(one) for one in running.running)):
            raise AssertionError(f"not all workers began\n{running.said()}")
        for lap in range(number):
            _publish(place, random, outcome, faulty=0.0)
            running.wait_until(lambda: False, random.uniform(0.0, 3.0))
            goes = bool(third) and random.random() < GOES
            if goes and not running.wait_until(lambda: _told_in(place, THIRD) >= outcome.stories.keys()):
                break
            third = {} if goes else {f"third{lap}": {"was": next(iter(third))} if third else {}}
            _configure(place, third)
            outcome.changes += 1
            if not goes:
                _publish(place, random, outcome, faulty=0.0)
            if not running.wait_until(lambda: _read_by_all(running, outcome.changes)):
                outcome.wrong.append(f"change {outcome.changes} was not taken up")
        _configure(place, third or {"third": {}})
        if not running.wait_until(lambda: _told_in(place, THIRD) >= outcome.stories.keys()):
            outcome.wrong.append("not everything was told of the topic that came, went and changed its name")
        if not running.wait_until(lambda: _all_told(place, url, outcome)):
            outcome.wrong.append("not everything was told")
        _stop(running, outcome)
    _judge(place, url, outcome, channels=(*CHANNELS, THIRD))
    if outcome.wrong:
        outcome.wrong.append(running.said()[-20000:])
    outcome.seconds = time.monotonic() - begun
    return outcome


def _read_by_all(running: Fleet, times: int) -> bool:
    return all(running.log(one).read_text().count('"service.reloaded"') >= times for one in running.running)


def _told_in(place: World, channel: str) -> set[str]:
    """Headlines of what a channel was told."""
    texts = [str(one.get("text")) for one in list(place.slack.messages) if one.get("channel") == channel]
    return {title for text in texts for title in _HEADLINE.findall(text)}


def _configure(place: World, third: Mapping[str, Mapping[str, object]] | None = None) -> None:
    """Two topics, each of half of the hosts; ``third``: one more, of all of them."""
    names = [f"host{number}" for number in range(HOSTS)]
    place.feeds = place.feeds if names == list(place.feeds) else {name: [] for name in names}
    port = place.base.rpartition(":")[2]
    halves = ("first", "second")
    place.configure(
        feeds=[
            {
                "url": f"http://127.0.0.{number + 1}:{port}/{name}.xml",
                "name": name,
                "every": "1s",
                "topics": [halves[number * 2 // HOSTS], *(third or {})],
            }
            for number, name in enumerate(names)
        ],
        topics={
            name: {"title": name.title(), "seeds": "seeds", "channel": channel, "sensitivity": 0.05, **more}
            for name, channel, more in (
                *zip(halves, CHANNELS, ({}, {}), strict=True),
                *((name, THIRD, more) for name, more in (third or {}).items()),
            )
        },
        fetch={"allow_networks": ["127.0.0.0/8"], "first_poll": "alert", "full_text": "never"},
        slack={"flood": "10000/1m"},
    )


def _publish(place: World, random: Random, outcome: Outcome, *, wired: float = WIRED, faulty: float = FAULTY) -> None:
    number = len(outcome.stories)
    half = random.randrange(2)
    names = list(place.feeds)[half * HOSTS // 2 : (half + 1) * HOSTS // 2]
    made = story(number, random)
    outcome.stories[made.title] = made
    chosen = names if random.random() < wired else [random.choice(names)]
    outcome.copies += len(chosen) - 1
    for name in chosen:
        place.feeds[name].append(replace(made, path=f"/{name}{made.path}"))
    if random.random() < faulty:
        place.slack.faults["chat.postMessage"].append(random.choice(FAULTS))
        outcome.faults += 1


def _rows(url: str) -> list[OutboxItem]:
    with Store.open(url, mode="read") as store:
        return [row for row in store.read_now(outbox_rows) if row.kind != "update"]


def _all_told(place: World, url: str, outcome: Outcome) -> bool:
    texts = [str(message.get("text")) for message in list(place.slack.messages)]
    if not all(any(title in text for text in texts) for title in outcome.stories):
        return False
    return all(row.state == "sent" for row in _rows(url))


def _stop(running: Fleet, outcome: Outcome) -> None:
    running.wait_until(lambda: all(running.begun(number) for number in running.running))
    for number in list(running.running):
        if (code := running.stop(number)) != 0:
            outcome.wrong.append(f"worker {number} ended with {code}")


def _judge(place: World, url: str, outcome: Outcome, channels: Sequence[str] = CHANNELS) -> None:
    messages, rows = list(place.slack.messages), _rows(url)
    outcome.messages = len(messages)
    outcome.repeats = sum("may be a repeat" in str(message.get("text")) for message in messages)
    for title in outcome.stories:
        told = sum(title in str(message.get("text")) for message in messages)
        if told != len(channels) - 1:  # in one of the two, and in the third if there is one
            outcome.wrong.append(f"told {told} times: {title}")
    outcome.wrong += [f"key {key} is there {count} times" for key, count in place.told().items() if count != 1]
    for channel in channels:
        sent = [row.key for row in rows if row.receipt is not None and row.receipt.channel == channel]
        if place.slack.keys(channel) != sent:
            outcome.wrong.append(f"{channel}: its messages are not in the order of the outbox, or not the same")
    outcome.wrong += [f"{row.key} ended as {row.state}: {row.error}" for row in rows if row.state != "sent"]


def main(arguments: Sequence[str]) -> int:
    """Run it, print the figures; 1 when a promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--wires", type=int, default=0)
    parser.add_argument("--changes", type=int, default=0)
    parser.add_argument("--seed", type=int, default=None)
    given = parser.parse_args(arguments)
    programs = postgres.programs()
    if programs is None:
        print("needs PostgreSQL's initdb and postgres (Debian's package postgresql)", file=sys.stderr)
        return 2
    seed = Random().randrange(10**6) if given.seed is None else given.seed
    print(f"seed {seed}", flush=True)
    with (
        tempfile.TemporaryDirectory(prefix="watcher-torture-") as folder,
        postgres.running(programs) as server,
        world(Path(folder)) as place,
    ):
        url = server.ready()
        if given.wires:
            outcome = wires(place, url, workers=given.workers, number=given.wires, seed=seed)
        elif given.changes:
            outcome = changes(place, url, workers=given.workers, number=given.changes, seed=seed)
        else:
            outcome = torture(place, url, workers=given.workers, seconds=given.seconds, seed=seed)
        if outcome.wrong:
            print("\n".join(one.read_text() for one in sorted(Path(folder).glob("worker-*.log")))[-8000:])
    print(outcome)
    return 1 if outcome.wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
