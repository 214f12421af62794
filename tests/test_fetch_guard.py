"""Whom the fetcher talks to: the address guard, TLS, proxies, name look-ups."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from tests.fetching import Names, fetched, fetching, refused
from tests.loopback import response, serve
from watcher.errors import FetchError
from watcher.fetch import forbidden_address, guard
from watcher.fetch.names import Resolver


async def test_names_are_looked_up_outside_the_loops_own_threads() -> None:
    resolver = Resolver()
    found = await resolver.resolve("localhost", 80, socket.AF_UNSPEC)
    assert {each["host"] for each in found} <= {"127.0.0.1", "::1"}
    with pytest.raises((OSError, UnicodeError)):
        await resolver.resolve("a" * 70 + ".example")
    assert resolver._free._value == 32


LITERALS = (  # noqa: SIM905  notations, not code: quotes would hide them
    "127.0.0.1 127.1 2130706433 0x7f.1 0177.0.0.1 0 0x7f000001 localhost "
    "[::1] [::] [::ffff:127.0.0.1] [::ffff:7f00:1] [64:ff9b::7f00:1] [2002:7f00:1::] [::7f00:1] [fe80::1] "
    "[fc00::1] 100.64.0.1 100.100.100.200 169.254.169.254 10.0.0.1 172.16.0.1 192.168.1.1 224.0.0.1 "
    "192.88.99.1 192.0.0.8 255.255.255.255 240.0.0.1 198.18.0.1 [ff02::1] [64:ff9b:1::1] ①②⑦.0.0.1 "
    "127。0。0。1 127.0.0.1. "
).split()


@pytest.mark.parametrize("host", LITERALS)
async def test_private_addresses_are_refused_in_every_notation(host: str) -> None:
    async with serve(response()) as server:
        error = await refused(server.url(host=host), {"allow_networks": (), "timeout": timedelta(seconds=2)})
    assert error.fault == "refused_address"
    assert "fetch.allow_networks" in str(error)
    assert server.connections == 0


async def test_names_that_resolve_inwards_are_refused_however_often_they_change() -> None:
    names = Names(
        flip_example=[["127.0.0.1"], ["::1", "127.0.0.1"], ["10.0.0.1"]], both_example=[["0.0.0.0", "127.0.0.2"]]
    )
    async with serve(response()) as server:
        for host in ("flip.example", "both.example"):
            assert (
                await refused(server.url(host=host), {"allow_networks": (), "resolver": names})
            ).fault == "refused_address"
    assert server.connections == 0


@pytest.mark.parametrize("ip", ["93.184.216.34", "2606:2800:220:1::1", "::ffff:93.184.216.34", "64:ff9b::5db8:d822"])
def test_public_addresses_may_be_asked(ip: str) -> None:
    assert forbidden_address(ip, ()) is None


def test_allowed_networks_open_exactly_themselves() -> None:
    assert forbidden_address("10.1.2.3", ("10.1.0.0/16",)) is None
    assert forbidden_address("::ffff:10.1.2.3", ("10.1.0.0/16",)) is None
    assert forbidden_address("10.2.2.3", ("10.1.0.0/16",)) is not None
    assert forbidden_address("fd00::1", ("fd00::/8",)) is None
    assert forbidden_address("nonsense", ()) is not None


@given(st.ip_addresses(v=4))
def test_what_carries_an_ipv4_address_is_judged_by_it(address: IPv4Address) -> None:
    verdict = forbidden_address(str(address), ()) is None
    number = int(address)
    assert (forbidden_address(str(IPv6Address((0xFFFF << 32) | number)), ()) is None) == verdict
    assert (forbidden_address(str(IPv6Address((0x2002 << 112) | (number << 80))), ()) is None) == verdict
    assert (forbidden_address(f"64:ff9b::{number >> 16:x}:{number & 0xFFFF:x}", ()) is None) == verdict
    assert not (verdict and (address.is_private or address.is_multicast))


@given(st.text())
def test_any_host_is_looked_at(host: str) -> None:
    guard.literal(host)
    forbidden_address(host, ())


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def server_tls(cert: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    cert.configure_cert(context)
    return context


async def tls_refusal(make: Callable[[trustme.CA], trustme.LeafCert], trusted: trustme.CA | None) -> FetchError:
    context = ssl.create_default_context()
    if trusted is not None:
        trusted.configure_trust(context)
    issuer = trusted or trustme.CA()
    async with serve(response(), server_tls(make(issuer))) as server:
        return await refused(server.url(), {"tls": context})


async def test_a_trusted_certificate_is_enough(authority: trustme.CA) -> None:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    async with serve(response(b"ok"), server_tls(authority.issue_cert("127.0.0.1"))) as server:
        assert (await fetched(server.url(), {"tls": context})).body == b"ok"


async def test_an_expired_certificate_is_refused_by_name(authority: trustme.CA) -> None:
    past = datetime(2020, 1, 1, tzinfo=UTC)
    error = await tls_refusal(lambda ca: ca.issue_cert("127.0.0.1", not_after=past), authority)
    assert (error.fault, "expired" in str(error)) == ("tls", True)


async def test_a_certificate_for_another_host_is_refused_by_name(authority: trustme.CA) -> None:
    error = await tls_refusal(lambda ca: ca.issue_cert("other.example"), authority)
    assert (error.fault, "another" in str(error)) == ("tls", True)


async def test_an_untrusted_certificate_is_refused_by_name() -> None:
    error = await tls_refusal(lambda ca: ca.issue_cert("127.0.0.1"), None)
    assert (error.fault, "not trusted" in str(error)) == ("tls", True)


async def test_plain_http_on_a_tls_port_is_told() -> None:
    async def speak_first(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(speak_first, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        assert (await refused(f"https://127.0.0.1:{port}/")).fault == "tls"


async def test_a_proxy_carries_everything_but_addresses_spelt_out() -> None:
    async with serve(response(b"by proxy")) as server:
        over: dict[str, object] = {"proxy": server.url("/"), "allow_networks": ()}
        assert (await fetched("http://news.example/feed", over)).body == b"by proxy"
        assert (await refused("http://10.0.0.1/", over)).fault == "refused_address"
    assert [request.path for request in server.requests] == ["http://news.example/feed"]


async def test_another_proxy_carries_what_is_asked_by_way_of_it_and_shares_the_hosts_turns() -> None:
    async with (
        serve(response(b"one")) as first,
        serve(response(b"two")) as second,
        fetching(proxy=first.url("/"), allow_networks=()) as fetcher,
    ):
        other = fetcher.through(second.url("/"))
        for by in (fetcher, other, fetcher.through(None), fetcher.through(first.url("/"))):
            await by.get("http://news.example/feed")
        assert other is fetcher.through(second.url("/"))
        assert other._turns is fetcher._turns
    assert (len(first.requests), len(second.requests)) == (3, 1)


async def test_the_environments_proxies_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serve(response(b"proxy")) as proxy, serve(response(b"direct")) as server:
        monkeypatch.setenv("HTTP_PROXY", proxy.url("/"))
        assert (await fetched(server.url())).body == b"direct"
    assert not proxy.requests
