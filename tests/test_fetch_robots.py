"""What publishers ask of programs: robots.txt and text-mining reservations."""

from __future__ import annotations

import asyncio
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fetching import Names, fetched, fetching, refused
from tests.loopback import response, serve
from watcher.errors import FetchError
from watcher.fetch import robots
from watcher.fetch.robots import Rule


def site(robots_txt: bytes, page: bytes = response(b"<html>", Content_Type="text/html")) -> dict[str, bytes]:
    missing = response(b"", "404 Not Found")
    well_known = {"/robots.txt": robots_txt, "/.well-known/tdmrep.json": missing}
    return {**well_known, "/a": page, "/b": page, "/private/a": page}


async def test_a_sites_text_mining_reservations_are_obeyed() -> None:
    routes = site(response(b"", "404 Not Found"))
    told = response(b'[{"location": "/private/", "tdm-reservation": 1}, {"location": "/a", "tdm-reservation": 0}, 7]')
    async with serve({**routes, "/.well-known/tdmrep.json": told}) as server:
        assert (await refused(server.url("/private/a"), kind="article")).fault == "robots"
        assert (await fetched(server.url("/a"), kind="article")).status == 200


async def test_robots_rules_hold_for_articles_and_are_asked_for_once() -> None:
    rules = b"User-agent: *\nDisallow: /\n\nUser-agent: Watcher\nDisallow: /private/ # please\n"
    async with serve(site(response(rules))) as server, fetching() as fetcher:
        for _ in range(2):
            await asyncio.gather(*(fetcher.get(server.url(path), kind="article") for path in ("/a", "/b")))
        with pytest.raises(FetchError, match=r"robots\.txt") as caught:
            await fetcher.get(server.url("/private/a"), kind="article")
        assert caught.value.fault == "robots"
        await fetcher.get(server.url("/private/a"), kind="page")
        await fetcher.get(server.url("/private/a"))
        assert not fetcher._robots._asking
    assert [request.path for request in server.requests].count("/robots.txt") == 1
    assert [request.path for request in server.requests].count("/private/a") == 2


@pytest.mark.parametrize(("status", "free"), [("404 Not Found", True), ("403 Forbidden", True), ("500 Oops", False)])
async def test_a_missing_robots_file_allows_and_a_failing_server_forbids(status: str, free: bool) -> None:
    async with serve(site(response(b"", status))) as server:
        if free:
            assert (await fetched(server.url("/a"), kind="article")).status == 200
        else:
            assert (await refused(server.url("/a"), kind="article")).fault == "robots"


async def test_a_host_that_cannot_be_reached_is_told_as_such() -> None:
    assert (await refused("http://10.0.0.1/a", kind="article")).fault == "refused_address"
    assert (await refused("http://nowhere.example/a", {"resolver": Names()}, kind="article")).fault == "dns"


@pytest.mark.parametrize(
    "page",
    [
        response(b"<html>", Content_Type="text/html", tdm_reservation="1"),
        response(b'<html><meta name="tdm-reservation" content="1">', Content_Type="text/html"),
    ],
)
async def test_text_mining_reservations_are_obeyed(page: bytes) -> None:
    async with serve(site(response(b"", "404 Not Found"), page)) as server:
        assert (await refused(server.url("/a"), kind="article")).fault == "robots"
        assert (await fetched(server.url("/a"), kind="page")).status == 200


@pytest.mark.parametrize(
    ("rules", "path", "free"),
    [
        ("User-agent: *\nDisallow:", "/x", True),
        ("User-agent: *\nDisallow: /", "/x", False),
        ("User-agent: other\nDisallow: /", "/x", True),
        ("User-agent: other\nUser-agent: watcher\nDisallow: /x", "/x/y", False),
        ("User-agent: watcher/1.0\nDisallow: /x", "/x", False),
        ("User-agent: watchers\nDisallow: /x", "/x", True),
        ("User-agent: *\nDisallow: /x\nAllow: /x/open", "/x/open/1", True),
        ("User-agent: *\nDisallow: /x\nAllow: /x", "/x", True),
        ("User-agent: *\nDisallow: /*.pdf$", "/a/b.pdf", False),
        ("User-agent: *\nDisallow: /*.pdf$", "/a/b.pdf?x", True),
        ("User-agent: *\nDisallow: /*?print=", "/a?print=1", False),
        ("User-agent: *\nDisallow: /a$", "/a", False),
        ("User-agent: *\nDisallow: /a$", "/ab", True),
        ("User-agent: *\nDisallow: /a*a$", "/a", True),
        ("\ufeffuser-AGENT : *\r\nDISALLOW : /x", "/x", False),
        ("Disallow: /x", "/x", True),
        ("<html>not here</html>", "/x", True),
    ],
)
def test_robots_rules_are_read_as_the_standard_has_them(rules: str, path: str, free: bool) -> None:
    assert robots.allowed(robots.read(rules.encode()), f"https://news.example{path}") is free


@given(st.text(alphabet="*$/ab"), st.text(alphabet="/ab"))
def test_any_pattern_is_compared(pattern: str, path: str) -> None:
    expected = re.escape(pattern.removesuffix("$")).replace(r"\*", ".*") + ("$" if pattern.endswith("$") else "")
    assert Rule(pattern, allows=True).matches(path) == bool(re.match(expected, path))


@given(st.binary())
def test_any_robots_file_is_read(text: bytes) -> None:
    robots.allowed(robots.read(text), "https://news.example/x")
    robots.allowed(robots.read_reservations(text), "https://news.example/x")


@pytest.mark.parametrize("told", ["", "{}", "[[]]", '[{"location": 1}]', "[" * 9999, '[{"location": "/x"}]'])
def test_reservations_that_say_nothing_reserve_nothing(told: str) -> None:
    assert robots.allowed(robots.read_reservations(told.encode()), "https://news.example/x")
