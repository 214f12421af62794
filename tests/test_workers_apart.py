"""Workers on machines of their own: one loses the database for a minute, and comes back by itself."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from tests import namespaces, postgres
from tests.fleet import Fleet, fleet
from tests.line import World, world
from tests.namespaces import DATABASE, WORLD, Machine
from tests.program import REPOSITORY
from tests.torture import story
from watcher.store import sessions

pytestmark = [pytest.mark.postgresql_line, pytest.mark.slow]

WORKERS = 3
PORT = 54_329
MINUTE = 60.0
HOLDER = """
import sys
from watcher.store import sessions
conn = sessions.connect(sys.argv[1])
conn.execute("SELECT pg_advisory_xact_lock(%s, %s)", (sessions.SPACE, sessions.WRITES))
print("held", flush=True)
conn.execute("SELECT pg_sleep(2)")
"""
"""It waits for an answer with a lock in its hand."""
FEEDS = ("one", "two", "three")


@pytest.fixture
def machines() -> Iterator[list[Machine]]:
    if (reason := namespaces.missing()) is not None:
        pytest.skip(reason)
    if postgres.programs() is None:
        pytest.skip("needs PostgreSQL's initdb and postgres (Debian's package postgresql)")
    with namespaces.machines(WORKERS) as made:
        yield made


@pytest.fixture
def workers(machines: list[Machine], tmp_path: Path) -> Iterator[Fleet]:
    programs = postgres.programs()
    assert programs is not None
    with postgres.running(programs, listen=(DATABASE, PORT)) as server, world(tmp_path) as place:
        place.feeds = {name: [] for name in FEEDS}
        port = place.base.rpartition(":")[2]
        place.configure(
            feeds=[{"url": f"http://{WORLD}:{port}/{name}.xml", "name": name, "every": "1s"} for name in FEEDS],
            topics={"alliance": {"seeds": "seeds", "channel": "C000DESK1", "sensitivity": 0.05}},
            fetch={"allow_networks": ["10.212.0.0/16"], "first_poll": "alert", "full_text": "never"},
            slack={"flood": "10000/1m"},
        )
        url = server.url_from_elsewhere(server.ready())
        slack = place.slack.url.replace("127.0.0.1", WORLD)
        with fleet(place, url, WORKERS, wrap=lambda one: machines[one].wrap, environ={"SLACK_API_URL": slack}) as made:
            yield made


def test_one_that_is_cut_off_from_the_database_for_a_minute_recovers_alone(
    workers: Fleet, machines: list[Machine]
) -> None:
    place, random = workers.place, Random(3)
    publish(place, random, 0)
    assert workers.wait_until(lambda: told(place) == 1), workers.said()
    machines[0].cut_off()
    publish(place, random, 1)
    assert workers.wait_until(lambda: told(place) == 2, 2 * MINUTE), "the others go on"
    workers.wait_until(lambda: False, MINUTE)
    publish(place, random, 2)
    assert workers.wait_until(lambda: told(place) == 3)
    assert "service.state" in workers.log(0).read_text(), "it says that the database is out of reach"
    machines[0].mend()
    assert workers.wait_until(lambda: "service.state_mended" in workers.log(0).read_text(), 2 * MINUTE), workers.said()
    for number in (1, 2):  # now it has to do all by itself
        assert workers.stop(number) == 0
    publish(place, random, 3)
    assert workers.wait_until(lambda: told(place) == 4, 2 * MINUTE), workers.said()
    assert workers.stop(0) == 0
    assert set(place.told().values()) == {1}
    assert len(place.slack.messages) == 4


def test_the_lock_of_one_that_was_cut_off_while_it_was_answered_is_free_within_half_a_minute(
    machines: list[Machine],
) -> None:
    """Whoever owes an acknowledgement is not asked whether he lives: without a limit it takes a quarter of an hour."""
    programs = postgres.programs()
    assert programs is not None
    with postgres.running(programs, listen=(DATABASE, PORT)) as server:
        url = server.url_from_elsewhere(server.ready())
        command = [*machines[0].wrap, sys.executable, "-c", HOLDER, url]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY) as lost:
            assert lost.stdout is not None
            assert lost.stdout.readline() == "held\n"
            machines[0].cut_off()
            with sessions.connect(url) as other:
                other.execute("SET lock_timeout = '60s'")
                other.execute("SELECT pg_advisory_xact_lock(%s, %s)", (sessions.SPACE, sessions.WRITES))
            lost.kill()


def publish(place: World, random: Random, number: int) -> None:
    place.feeds[FEEDS[number % len(FEEDS)]].append(story(number, random))


def told(place: World) -> int:
    return len(place.told())
