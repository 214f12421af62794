"""Manners towards one host: few requests at a time, their beginnings apart, and no waiting where nobody is spared."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.fetching import Names, fetching
from tests.installation import MINUTE, installed
from tests.loopback import response, serve
from watcher.fetch.turns import Turns
from watcher.poll import IN_FLIGHT

NEVER = 3600.0
"""A gap that no test outlives: whoever waits for it hangs."""


async def begun(turns: Turns, host: str, *, own: bool = False) -> float:
    async with turns.hold(host, own=own):
        return asyncio.get_running_loop().time()


async def test_requests_to_one_host_begin_a_gap_apart() -> None:
    turns = Turns(each=4, gap=0.03)
    times = sorted(await asyncio.gather(*(begun(turns, "news.example") for _ in range(6))))
    resolution = 0.002
    assert all(time - times[0] >= number * turns.gap - resolution for number, time in enumerate(times))


async def test_other_hosts_and_the_users_own_do_not_wait() -> None:
    turns = Turns(each=2, gap=NEVER)
    async with asyncio.timeout(10):
        await asyncio.gather(*(begun(turns, f"{number}.example") for number in range(50)))
        for _ in range(5):
            await begun(turns, "10.0.0.1", own=True)


async def test_a_host_is_remembered_until_its_gap_is_over() -> None:
    turns = Turns(each=2, gap=0.02)
    await begun(turns, "news.example")
    assert turns.hosts, "the next request still has to wait"
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.call_at(turns.hosts["news.example"].following + 0.01, over.set)
    await over.wait()
    assert not turns.hosts


async def test_a_turn_that_nobody_waits_for_any_more_is_given_back() -> None:
    turns = Turns(each=1, gap=NEVER)
    await begun(turns, "news.example")
    waiting = asyncio.create_task(begun(turns, "news.example"))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    place = turns.hosts["news.example"]
    assert (place.users, place.free.locked()) == (0, False)


async def test_the_fetcher_spaces_out_names_and_not_addresses_of_the_users_network() -> None:
    async with (
        serve(response()) as server,
        fetching(resolver=Names(news_example=[["127.0.0.1"]])) as fetcher,
        asyncio.timeout(10),
    ):
        fetcher._turns.gap = 0.03
        begun = asyncio.get_running_loop().time()
        for _ in range(3):
            await fetcher.get(server.url(host="news.example"))
        assert asyncio.get_running_loop().time() - begun >= 2 * fetcher._turns.gap
        fetcher._turns.gap = NEVER
        for _ in range(3):
            await fetcher.get(server.url())


async def test_a_start_spreads_the_next_polls(tmp_path: Path) -> None:
    names = [f"feed{number}" for number in range(IN_FLIGHT + 50)]
    async with installed(tmp_path, *names) as place:
        place.jitter[:] = [number / 10 for number in range(10)]
        await place.tick()
        assert len(place.server.requests) == len(names)
        due = [one.next_due - place.clock.now for one in place.states().values()]
        assert (min(due), max(due)) == (9.5 * MINUTE, 10.4 * MINUTE)
        made = await place.pass_(12 * MINUTE)
        assert sum(made) == len(names)
        assert max(made) < len(names)
