"""Notations, names and redirects that lead to this machine, tried by all that fetches: a canary here hears none."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from html import escape
from urllib.parse import quote, unquote

import pytest

from tests.fetching import Names
from tests.loopback import Request, Server, response, serve
from watcher.cli.finding import find_feeds
from watcher.errors import FetchError
from watcher.fetch import Fetcher, user_agent
from watcher.workers import Workers

OUTSIDE = "127.0.0.2"
"""Stands for a host of the public internet: the one address that is allowed here."""

LOOPBACK = (  # noqa: SIM905  notations, not code: quotes would hide them. PORT is the canary's
    "127.0.0.1:PORT 127.1:PORT 127.0.1:PORT 2130706433:PORT 0x7f000001:PORT 0x7f.1:PORT 0x7F.0x0.0x0.0x1:PORT "
    "0177.0.0.1:PORT 0177.1:PORT 017700000001:PORT 00000177.0.0.1:PORT 0x7f.0.1:PORT 127.0.0.1.:PORT 127.00.00.01:PORT "
    "0:PORT 0.0.0.0:PORT 0x0:PORT 00:PORT 127.255.255.254:PORT 127.0.0.3:PORT localhost:PORT LOCALHOST:PORT "
    "localhost.:PORT loCALhost:PORT ip6-localhost:PORT localhost.localdomain:PORT "
    "[::1]:PORT [::]:PORT [0:0:0:0:0:0:0:1]:PORT [0000::0001]:PORT [::ffff:127.0.0.1]:PORT [::ffff:7f00:1]:PORT "
    "[0:0:0:0:0:ffff:127.0.0.1]:PORT [::127.0.0.1]:PORT [::7f00:1]:PORT [::ffff:0:127.0.0.1]:PORT "
    "[64:ff9b::127.0.0.1]:PORT [64:ff9b::7f00:1]:PORT [64:ff9b:1::7f00:1]:PORT [2002:7f00:1::]:PORT "
    "[2001:0:7f00:1::]:PORT [::1%25lo]:PORT [::1%lo]:PORT [fe80::1%25lo]:PORT [::ffff:0.0.0.0]:PORT "
    "①②⑦.⓪.⓪.①:PORT 127。0。0。1:PORT 127．0．0．1:PORT １２７.0.0.1:PORT 127｡0｡0｡1:PORT ⓛⓞⓒⓐⓛⓗⓞⓢⓣ:PORT ₁₂₇.0.0.1:PORT "
    "user@127.0.0.1:PORT outside.example@127.0.0.1:PORT outside.example:80@127.0.0.1:PORT "
    "outside.example%40127.0.0.1:PORT outside.example%00@127.0.0.1:PORT a:b@c@127.0.0.1:PORT "
    "127.0.0.1:PORT%2f@outside.example 127.0.0.1:PORT\\@outside.example outside.example\\@127.0.0.1:PORT "
    "127.0.0.1:PORT#@outside.example outside.example#@127.0.0.1:PORT 127.0.0.1%20:PORT 127%2e0%2e0%2e1:PORT "
    "%31%32%37.0.0.1:PORT 127.0.0.1%09:PORT 127.0.0.1:0PORT 127.0.0.1:+PORT"
).split()
NETWORKS = (  # noqa: SIM905  likewise
    "10.0.0.1 10.1 0xa.1 167772161 012.0.0.1 172.16.0.1 172.31.255.255 192.168.0.1 0xc0a80001 192.168.1 "
    "100.64.0.1 100.100.100.200 169.254.169.254 2852039166 0xa9fea9fe 0251.0376.0251.0376 169.254.43518 "
    "[::ffff:169.254.169.254] [::ffff:a9fe:a9fe] [64:ff9b::a9fe:a9fe] [2002:a9fe:a9fe::] [fd00:ec2::254] [fe80::1] "
    "[fc00::1] [fec0::1] [ff02::1] [100::1] [2001:db8::1] 224.0.0.1 239.255.255.250 240.0.0.1 255.255.255.255 "
    "192.0.0.8 192.0.2.1 192.88.99.1 198.18.0.1 198.51.100.1 203.0.113.1 metadata.example mixed.example "
    "mapped.example"
).split()
TARGETS = [*LOOPBACK, *NETWORKS, "inward.example:PORT", "six.example:PORT", "mixed.example:PORT"]

REFUSALS = {"refused_address", "scheme", "dns", "protocol", "robots"}
"""Faults that come before any connection: the address is refused, or is none, or is no name that exists."""


def names() -> Names:
    """A new resolver: names that flip say something else the second time."""
    return Names(
        outside_example=[[OUTSIDE]],
        inward_example=[["127.0.0.1"]],
        six_example=[["::1"]],
        mixed_example=[["127.0.0.1", "::1", "10.0.0.1"]],
        mapped_example=[["::ffff:127.0.0.1"]],
        metadata_example=[["169.254.169.254"]],
        flips_example=[[OUTSIDE], ["127.0.0.1"]],
        localhost=[["127.0.0.1", "::1"]],
    )


@dataclass
class Place:
    """The canary, and a host outside that redirects to, and links, whatever its path holds in quotes."""

    canary: Server
    outside: Server

    def target(self, host: str) -> str:
        return f"http://{host.replace('PORT', str(self.canary.port))}/canary"

    def by(self, way: str, host: str) -> str:
        return f"http://outside.example:{self.outside.port}/{way}/{quote(self.target(host), safe='')}"


@asynccontextmanager
async def placed() -> AsyncIterator[Place]:
    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        _, way, told, *_ = [*request.path.split("/"), "", ""]
        there = unquote(told)
        if way.isdigit():  # a redirect status
            writer.write(response(b"", f"{way} Moved", Location=there.encode().decode("latin-1")))
        elif way == "page":
            link = f'<link rel="alternate" type="application/rss+xml" href="{escape(there)}">'
            anchor = f'<a href="{escape(there)}/feed.xml">feed</a>'
            writer.write(response(f"<html><head>{link}</head>{anchor}".encode(), Content_Type="text/html"))
        else:
            writer.write(response(b"", "404 Not Found"))

    async with serve(response(b"<rss/>")) as canary, serve(answer, host=OUTSIDE) as outside:
        yield Place(canary, outside)


@asynccontextmanager
async def guarded() -> AsyncIterator[Fetcher]:
    fetcher = Fetcher(
        user_agent=user_agent(None),
        allow_networks=(f"{OUTSIDE}/32",),
        timeout=timedelta(seconds=3),
        resolver=names(),
        gap=timedelta(),
    )
    try:
        yield fetcher
    finally:
        await fetcher.close()


async def as_feed(fetcher: Fetcher, url: str) -> str:
    return await fault_of(fetcher.get(url))


async def as_article(fetcher: Fetcher, url: str) -> str:
    return await fault_of(fetcher.get(url, kind="article"))


async def as_page(fetcher: Fetcher, url: str) -> str:
    return await fault_of(fetcher.get(url, kind="page"))


async def fault_of(fetching: Awaitable[object]) -> str:
    try:
        await fetching
    except FetchError as error:
        return error.fault
    return "nothing: it was fetched"


KINDS: dict[str, Callable[[Fetcher, str], Awaitable[str]]] = {
    "feed": as_feed,
    "article": as_article,
    "page": as_page,
}
WAYS = ("itself", "301", "302", "303", "307", "308")


@pytest.mark.parametrize("kind", KINDS)
async def test_nothing_leads_inward_by_an_address_a_name_or_a_redirect(kind: str) -> None:
    wrong: dict[str, str] = {}
    tried = 0
    async with placed() as place:
        for host in TARGETS:
            for way in WAYS:
                url = place.target(host) if way == "itself" else place.by(way, host)
                async with guarded() as fetcher:
                    fault = await KINDS[kind](fetcher, url)
                    if host.startswith("flips"):  # it was the host outside the first time
                        fault = await KINDS[kind](fetcher, url) if way == "itself" else fault
                tried += 1
                if fault not in REFUSALS and not leads_outside(host, fault):
                    wrong[f"{way} {host}"] = fault
    print(f"{kind}: {tried} ways inward tried, {place.canary.connections} heard by the canary")
    assert place.canary.connections == 0
    assert wrong == {}


def leads_outside(host: str, fault: str) -> bool:
    """Whether a browser, too, would ask the host outside, where nobody listens at that port."""
    return fault == "connect" and "outside.example" in host


async def test_a_name_that_flips_between_two_look_ups_of_one_exchange_is_refused() -> None:
    async with placed() as place, guarded() as fetcher:
        own = f"http://flips.example:{place.canary.port}/canary"
        first = f"http://flips.example:{place.outside.port}/302/{quote(own, safe='')}"
        assert await as_feed(fetcher, first) == "refused_address"
        assert len(place.outside.requests) == 1
    assert place.canary.connections == 0


async def test_looking_for_feeds_follows_no_link_inward() -> None:
    workers = Workers()
    try:
        async with placed() as place:
            for host in TARGETS:
                async with guarded() as fetcher:
                    search = await find_feeds(place.by("page", host), fetcher, workers)
                assert search.feeds == []
                async with guarded() as fetcher:
                    assert (await find_feeds(place.target(host), fetcher, workers)).feeds == []
    finally:
        await workers.close()
    print(f"discovery: {2 * len(TARGETS)} ways inward tried, {place.canary.connections} heard by the canary")
    assert place.canary.connections == 0


async def test_the_canary_hears() -> None:
    """Whoever is let in is heard: the tests above can fail."""
    async with placed() as place:
        fetcher = Fetcher(user_agent="test", allow_networks=("127.0.0.0/8",), resolver=names(), gap=timedelta())
        for host in ("127.1:PORT", "inward.example:PORT"):
            assert (await fault_of(fetcher.get(place.target(host)))).startswith("nothing")
            assert (await fault_of(fetcher.get(place.by("302", host)))).startswith("nothing")
        await fetcher.close()
    assert place.canary.connections == 4
