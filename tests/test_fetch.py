"""Fetching: bounds, refusals, politeness, the address guard; every server here is on loopback."""

from __future__ import annotations

import asyncio
import gzip
import tracemalloc
import zlib
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOW
from tests.fetching import Names, fetched, fetching, refused
from tests.loopback import Request, Server, response, serve
from watcher.errors import FetchError
from watcher.fetch import Fetched, NotModified, answer, body, hops
from watcher.fetch.body import layer


async def test_a_document_comes_with_what_the_next_poll_needs() -> None:
    told = response(
        b"<rss/>", ETag='"1"', Last_Modified="Mon, 02 Mar 2026 12:00:00 GMT", Content_Type="text/xml; charset=utf-8",
        Cache_Control="public, max-age=300",
    )  # fmt: skip
    async with serve(told) as server:
        got = await fetched(server.url())
    assert got == Fetched(
        status=200,
        url=server.url(),
        body=b"<rss/>",
        etag='"1"',
        last_modified="Mon, 02 Mar 2026 12:00:00 GMT",
        content_type="text/xml; charset=utf-8",
        max_age=timedelta(minutes=5),
        wire=body.Packed(content=b"<rss/>", gzip=False, limit=0, where="").wire,
    )


async def test_requests_are_honest_and_conditional() -> None:
    async with serve(response(b"", "304 Not Modified", Cache_Control="max-age=60")) as server, fetching() as fetcher:
        got = await fetcher.get(server.url(), etag='"1"', last_modified="Mon, 02 Mar 2026 12:00:00 GMT")
    assert got == NotModified(max_age=timedelta(minutes=1))
    (request,) = server.requests
    assert request.headers["User-Agent"].startswith("watcher/")
    assert request.headers["User-Agent"].endswith("(+desk@example.com)")
    assert request.headers["Accept-Encoding"] == "gzip, identity"
    assert request.headers["If-None-Match"] == '"1"'
    assert request.headers["If-Modified-Since"] == "Mon, 02 Mar 2026 12:00:00 GMT"


async def test_not_modified_without_being_asked_is_an_error() -> None:
    async with serve(response(b"", "304 Not Modified")) as server:
        assert (await refused(server.url())).fault == "protocol"


async def test_validators_that_cannot_be_stored_are_dropped() -> None:
    async with serve(response(ETag='"\xe9"', Last_Modified="x" * 2000)) as server:
        got = await fetched(server.url())
    assert (got.etag, got.last_modified) == (None, None)


@pytest.mark.parametrize(
    ("status", "fault", "words"),
    [
        ("401 Unauthorized", "status", "login"),
        ("403 Forbidden", "status", "refuses"),
        ("404 Not Found", "status", "nothing at this address"),
        ("410 Gone", "gone", "for good"),
        ("429 Too Many Requests", "too_many_requests", "too often"),
        ("500 Oops", "status", "fault of its own"),
        ("503 Busy", "status", "overloaded"),
        ("204 No Content", "status", "no content"),
        ("206 Partial", "status", "206"),
        ("418 Teapot", "status", "418"),
    ],
)
async def test_each_status_has_its_own_sentence(status: str, fault: str, words: str) -> None:
    async with serve(response(b"", status, Retry_After="120")) as server:
        error = await refused(server.url("/x?token=hunter2"))
    assert (error.fault, error.status, error.retry_after) == (fault, int(status[:3]), timedelta(minutes=2))
    assert words in str(error)
    assert "hunter2" not in str(error)


@pytest.mark.parametrize(
    ("value", "wait"),
    [
        ("120", timedelta(minutes=2)),
        ("0", timedelta(minutes=1)),
        ("-5", timedelta(minutes=1)),
        ("1000000000", timedelta(hours=24)),
        ("9" * 900, timedelta(hours=24)),
        ("Mon, 02 Mar 2026 13:00:00 GMT", timedelta(hours=1)),
        ("Mon, 02 Mar 2026 13:00:00", timedelta(hours=1)),
        ("Mon, 02 Mar 2020 13:00:00 GMT", timedelta(minutes=1)),
        ("Mon, 02 Mar 9999 13:00:00 GMT", timedelta(hours=24)),
        ("soon", None),
        ("٣", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_obeyed_within_reason(value: str | None, wait: timedelta | None) -> None:
    assert answer.retry_after(value, NOW) == wait


@given(st.text())
def test_any_header_text_is_read(value: str) -> None:
    wait = answer.retry_after(value, NOW)
    assert wait is None or timedelta(minutes=1) <= wait <= timedelta(hours=24)
    age = answer.max_age(f"max-age={value}")
    assert age is None or timedelta(0) < age <= timedelta(hours=1)
    answer.plain(value)


@pytest.mark.parametrize(
    ("value", "age"),
    [
        ("max-age=60", 60),
        ("public, MAX-AGE = 90", 90),
        ("max-age=999999999999", 3600),
        ("max-age=0", None),
        ("s-maxage=60", None),
        ("no-cache, max-age=60", None),
        ("max-age=soon", None),
        (None, None),
    ],
)
def test_a_cache_lifetime_is_at_most_an_hour(value: str | None, age: int | None) -> None:
    assert answer.max_age(value) == (None if age is None else timedelta(seconds=age))


async def test_a_gzipped_body_is_unpacked() -> None:
    packed = gzip.compress(b"<rss>" + b"x" * 300_000) + gzip.compress(b"</rss>") + b"\0\0"
    async with serve(response(packed, Content_Encoding="gzip")) as server:
        got = await fetched(server.url())
    assert got.body == b"<rss>" + b"x" * 300_000 + b"</rss>"


async def test_a_bomb_is_refused_before_it_unfolds() -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(packer.compress(b"\0" * 1_000_000) for _ in range(64)) + packer.flush()
    async with serve(response(bomb, Content_Encoding="gzip")) as server:
        error = await refused(server.url(), {"max_body": 1024 * 1024})
    assert error.fault == "too_large"
    assert "1 MiB" in str(error)


async def test_a_bomb_costs_no_more_memory_than_the_limit() -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(packer.compress(b"\0" * 1_000_000) for _ in range(200)) + packer.flush()

    async def chunks() -> AsyncIterator[bytes]:
        yield bomb

    tracemalloc.start()
    try:
        packed = await body.receive(chunks(), gzip=True, limit=1_000_000, where="https://news.example/")
        with pytest.raises(FetchError):
            packed.unpacked()
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


@given(st.lists(st.binary(max_size=2000), max_size=5), st.integers(1, 5000))
async def test_what_was_packed_is_unpacked_however_it_is_cut(members: list[bytes], size: int) -> None:
    packed = b"".join(gzip.compress(member) for member in members)

    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(packed), size):
            yield packed[start : start + size]

    whole = await body.receive(chunks(), gzip=True, limit=100_000, where="")
    assert whole.unpacked() == b"".join(members)


@given(st.binary(min_size=1, max_size=2000), st.integers(1, 2**31))
def test_the_same_bytes_are_known_whenever_they_were_packed(content: bytes, at: int) -> None:
    def packed(told: bytes, time: int) -> body.Packed:
        return body.Packed(content=gzip.compress(told, mtime=time), gzip=True, limit=10_000, where="")

    assert packed(content, 1).wire == packed(content, at).wire != packed(content + b"x", 1).wire


async def test_bytes_that_are_known_are_not_unpacked_again() -> None:
    document = gzip.compress(b"<rss/>" * 1000)
    async with serve(response(document, Content_Encoding="gzip", ETag='"two"')) as server, fetching() as fetcher:
        first = await fetched(server.url())
        again = await fetcher.get(server.url(), known=first.wire)
        other = await fetched(server.url(), known="0" * 16)
    assert again == NotModified(validators=('"two"', None))
    assert first.body == other.body == b"<rss/>" * 1000


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip, gzip", "deflate", "gzip, br", "ünknown"])
def test_codings_that_were_not_asked_for_are_refused(coding: str) -> None:
    with pytest.raises(FetchError) as caught:
        layer(coding, "https://example.com/")
    assert caught.value.fault == "encoding"


@pytest.mark.parametrize(
    ("packed", "fault"),
    [(b"no gzip at all", "encoding"), (gzip.compress(b"x" * 999)[:-12], "incomplete")],
    ids=["no gzip", "cut off"],
)
async def test_damaged_gzip_is_refused(packed: bytes, fault: str) -> None:
    async with serve(response(packed, Content_Encoding="gzip")) as server:
        assert (await refused(server.url())).fault == fault


@pytest.mark.parametrize("length", ["", "9999999999"])
async def test_bodies_over_the_limit_are_refused(length: str) -> None:
    async def endless(_: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(response(b"", Content_Length=length))
        while not writer.is_closing():
            writer.write(b"\0" * 65536)
            await writer.drain()

    async with serve(endless) as server:
        assert (await refused(server.url(), {"max_body": 300_000})).fault == "too_large"


@pytest.mark.parametrize(
    ("told", "fault"),
    [
        (response(b"<rss>", Content_Length="99"), "incomplete"),
        (response(b"5\r\n<rss>\r\n", Content_Length="", Transfer_Encoding="chunked"), "incomplete"),
        (response(b"zz\r\n<rss>\r\n", Content_Length="", Transfer_Encoding="chunked"), "protocol"),
        (response(b"", Content_Length="-1"), "protocol"),
        (b"SSH-2.0-OpenSSH_9\r\n", "protocol"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000 + b"\r\n\r\n", "protocol"),
        (b"", "incomplete"),
        (b"HTTP/1.1 200 OK\r\nContent-Le", "incomplete"),
    ],
)
async def test_broken_answers_are_refused(told: bytes, fault: str) -> None:
    async with serve(told) as server:
        assert (await refused(server.url())).fault == fault


async def test_a_dripping_server_meets_the_deadline() -> None:
    async def drip(_: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(response(b"", Content_Length="1000"))
        while not writer.is_closing():
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.05)

    async with serve(drip) as server:
        error = await refused(server.url(), {"timeout": timedelta(seconds=0.3)})
    assert error.fault == "timeout"
    assert "0.3 s" in str(error)


async def test_a_silent_server_meets_the_deadline() -> None:
    async def silent(_: Request, writer: asyncio.StreamWriter) -> None:
        await writer.wait_closed()

    async with serve(silent) as server:
        assert (await refused(server.url(), {"timeout": timedelta(seconds=0.2)})).fault == "timeout"


async def test_a_closed_port_is_told() -> None:
    async with serve(b"") as server:
        pass
    error = await refused(server.url())
    assert error.fault == "connect"
    assert "refuses the connection" in str(error)


async def test_a_name_that_does_not_resolve_is_told() -> None:
    error = await refused("https://nowhere.example/feed?key=hunter2", {"resolver": Names()})
    assert error.fault == "dns"
    assert "hunter2" not in str(error)


@pytest.mark.parametrize(
    "url",
    ["", "feed.xml", "file:///etc/passwd", "gopher://x/", "http://", "http://[::1", "http://exa mple.com/", "http://h:99999/",
     "http://\ud800.example/", "http://ex\x00ample/", "http://[fe80::1%25eth0]/", "http://%31/"],
)  # fmt: skip
async def test_what_is_no_address_is_refused(url: str) -> None:
    assert (await refused(url)).fault == "scheme"


@pytest.mark.parametrize(
    "url",
    ["http://" + "a" * 64 + ".example/", "http://" + "a." * 200 + "example/", "http://xn--a/", "http://a..b/", "http://.a/",
     "http://1.2.3/", "http://_/", "http://h:0/", "http://127.0.0.1:1/\x7f", "http://①.example/"],
)  # fmt: skip
async def test_odd_addresses_never_raise_anything_else(url: str) -> None:
    await refused(url, {"resolver": Names(), "timeout": timedelta(seconds=2)})


async def test_redirects_are_followed_and_noted() -> None:
    routes = {
        "/feed.xml": response(b"", "301 Moved", Location="/two?x=1"),
        "/two?x=1": response(b"", "308 Moved", Location="three"),
        "/three": response(b"", "302 Found", Location="/four#part"),
        "/four": response(b"here"),
    }
    async with serve(routes) as server:
        got = await fetched(server.url())
    assert got.body == b"here"
    assert got.url == server.url("/four")
    assert got.redirects == (server.url("/two?x=1"), server.url("/three"), server.url("/four"))
    assert got.moved is None


async def test_a_permanent_redirect_says_where_the_feed_moved() -> None:
    routes = {"/feed.xml": response(b"", "301 Moved", Location="/new"), "/new": response(b"here")}
    async with serve(routes) as server:
        assert (await fetched(server.url())).moved == server.url("/new")


@pytest.mark.parametrize(
    ("location", "fault"),
    [
        ("/feed.xml", "redirects"),
        ("file:///etc/passwd", "scheme"),
        ("javascript:alert(1)", "scheme"),
        ("", "scheme"),
        ("http://10.0.0.1/", "refused_address"),
        ("http://0x0a.1/", "refused_address"),
        ("http://[::ffff:169.254.169.254]/", "refused_address"),
        ("http://internal.example/", "refused_address"),
    ],
)
async def test_redirects_that_lead_astray_are_refused(location: str, fault: str) -> None:
    async with serve(response(b"", "302 Found", Location=location)) as server:
        error = await refused(server.url(), {"resolver": Names(internal_example=[["10.1.2.3"]])})
    assert error.fault == fault
    assert len(server.requests) <= 6


async def test_the_users_headers_stay_with_their_host() -> None:
    async def elsewhere(request: Request, writer: asyncio.StreamWriter) -> None:
        if request.path == "/feed.xml":
            writer.write(response(b"", "302 Found", Location="/same"))
        elif request.headers["Host"].startswith("127.0.0.1"):
            writer.write(response(b"", "302 Found", Location=f"http://other.example:{server.port}/x"))
        else:
            writer.write(response(b"", "302 Found", Location=f"http://127.0.0.1:{server.port}/feed.xml"))

    async with serve(elsewhere) as server:
        url = server.url().replace("//", "//bob:hunter2@")
        own = {"X-Api-Key": "hunter2"}
        error = await refused(url, {"resolver": Names(other_example=[["127.0.0.1"]])}, headers=own)
    first, same, other, back = server.requests[:4]
    assert first.headers["Authorization"] == same.headers["Authorization"] == "Basic Ym9iOmh1bnRlcjI="
    assert first.headers["X-Api-Key"] == "hunter2"
    assert not {"Authorization", "X-Api-Key"} & (other.headers.keys() | back.headers.keys())
    assert "hunter2" not in str(error)


@pytest.mark.parametrize(
    ("old", "new", "kept"),
    [
        ("http://a.example/", "https://a.example/x", True),
        ("https://a.example/", "https://a.example/x", True),
        ("https://a.example/", "http://a.example/", False),
        ("https://a.example/", "https://a.example:8443/", False),
        ("http://a.example:8080/", "https://a.example/", False),
        ("https://a.example/", "https://b.a.example/", False),
    ],
)
def test_the_users_headers_never_go_to_a_weaker_place(old: str, new: str, kept: bool) -> None:
    assert hops._trusted(old, new) is kept


async def test_cookies_are_not_kept() -> None:
    async with serve(response(Set_Cookie="id=1; Path=/")) as server, fetching() as fetcher:
        await fetcher.get(server.url())
        await fetcher.get(server.url())
    assert not any("Cookie" in request.headers for request in server.requests)


async def test_hosts_are_asked_by_few_requests_at_a_time() -> None:
    open_now, most, release = 0, 0, asyncio.Event()

    async def count(_: Request, writer: asyncio.StreamWriter) -> None:
        nonlocal open_now, most
        open_now += 1
        most = max(most, open_now)
        if open_now == 2:
            release.set()
        await release.wait()
        await asyncio.sleep(0)
        open_now -= 1
        writer.write(response(Connection="close"))

    async with serve(count) as server, fetching(per_host=2) as fetcher:
        await asyncio.gather(*(fetcher.get(server.url(f"/{n}")) for n in range(8)))
        assert not fetcher._turns.hosts
    assert most == 2


async def test_an_article_must_be_a_page_of_bearable_size() -> None:
    large = response(b"x" * 1_600_000, Content_Type="text/html")
    async with serve({"/a": response(Content_Type="application/pdf"), "/b": large, "/c": response()}) as server:
        assert (await fetched(server.url("/c"), kind="page")).content_type is None
        assert (await refused(server.url("/a"), kind="page")).fault == "not_a_page"
        assert (await refused(server.url("/b"), kind="page")).fault == "too_large"


async def test_a_cancelled_fetch_frees_its_place() -> None:
    async def hang(_: Request, writer: asyncio.StreamWriter) -> None:
        asked.set()
        await writer.wait_closed()

    asked = asyncio.Event()
    async with serve(hang) as server, fetching(per_host=1) as fetcher:
        task = asyncio.create_task(fetcher.get(server.url()))
        await asked.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not fetcher._turns.hosts


def test_servers_are_told_apart_in_tests() -> None:
    assert Server(port=1).url("/x", host="[::1]") == "http://[::1]:1/x"


async def test_a_large_body_waits_for_room_and_the_clock_stands_still_meanwhile() -> None:
    room = asyncio.Event()
    asyncio.get_running_loop().call_later(0.4, room.set)
    whole = b"<rss>" + b" " * 1024**2
    async with serve(response(whole)) as server:
        got = await fetched(server.url(), {"timeout": timedelta(seconds=0.3)}, room=room.wait)
    assert got.body == whole


async def test_a_small_body_asks_for_no_room() -> None:
    async def room() -> None:
        pytest.fail("there is room for small bodies")

    async with serve(response(b"<rss>" + b" " * 100_000)) as server:
        assert (await fetched(server.url(), room=room)).status == 200


async def test_after_the_wait_for_room_the_clock_goes_on() -> None:
    async def stops(_: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(response(b" " * 1024**2, Content_Length=str(2 * 1024**2)))
        await writer.drain()
        await asyncio.sleep(1)

    async with serve(stops) as server:
        error = await refused(server.url(), {"timeout": timedelta(seconds=0.3)}, room=lambda: asyncio.sleep(0))
    assert error.fault == "timeout"


async def test_no_connection_is_kept_for_the_next_request() -> None:
    async with serve(response(b"<rss/>")) as server, fetching() as fetcher:
        await fetcher.get(server.url())
        await fetcher.get(server.url())
    assert [one.headers.get("Connection") for one in server.requests] == ["close", "close"]


@pytest.mark.parametrize(
    ("headers", "service"),
    [
        ({"CF-Mitigated": "challenge"}, "Cloudflare"),
        ({"Server": "AkamaiGHost"}, "Akamai"),
        ({"X-DataDome": "protected"}, "DataDome"),
        ({"X-Iinfo": "1-2-3"}, "Imperva"),
    ],
)
async def test_bot_protection_is_named_and_told_from_a_plain_refusal(headers: dict[str, str], service: str) -> None:
    told = {name.replace("-", "_"): value for name, value in headers.items()}
    async with serve(response(b"", "403 Forbidden", **told)) as server:
        error = await refused(server.url())
    assert (error.fault, error.status) == ("bot_protection", 403)
    assert f"guarded against programs by {service} (403)" in str(error)
    async with serve(response(b"", "404 Not Found", **told)) as server:
        assert (await refused(server.url())).fault == "status"


async def test_a_permanent_redirect_to_not_modified_still_says_where_the_feed_moved() -> None:
    routes = {"/feed.xml": response(b"", "308 Moved", Location="/new"), "/new": response(b"", "304 Not Modified")}
    async with serve(routes) as server, fetching() as fetcher:
        got = await fetcher.get(server.url(), etag='"1"')
        assert isinstance(got, NotModified)
        assert got.moved == server.url("/new")


async def test_every_kind_of_feed_that_is_read_is_asked_for() -> None:
    async with serve(response()) as server:
        await fetched(server.url())
    (request,) = server.requests
    for kind in ("rss+xml", "atom+xml", "feed+json"):
        assert f"application/{kind}" in request.headers["Accept"]
