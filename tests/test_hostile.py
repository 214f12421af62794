"""Good feeds in the worst company, one round of the real program: their alerts arrive, each bad feed costs a line."""

from __future__ import annotations

import asyncio
import gzip
import json
import re
import zlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import cache
from html import escape
from pathlib import Path

import pytest

from tests.fake_slack import TOKEN, FakeSlack
from tests.line import SEEDS
from tests.loopback import Request, Server, response, serve
from tests.program import MOST_MEMORY, watcher
from watcher.store import Store
from watcher.store.feeds import feed_states

MIB = 1024**2
RSS = "application/rss+xml"

GOOD = (
    (
        "Pentagon drops its plan to move a brigade of American troops out of South Korea",
        "The brigade stays on the peninsula for another year, the defence secretary said on his way to Seoul.",
    ),
    (
        "Seoul rejects Washington's bill for the alliance",
        "A South Korean spokeswoman called five billion dollars a year for American troops beyond all reason.",
    ),
    (
        "South Korean negotiators walk out of talks on the cost of American troops",
        "After two hours in Honolulu they left for the airport; Washington had not moved, the chief negotiator said.",
    ),
    (
        "President threatens to end the free trade deal with Seoul",
        "Car makers in South Korea fear for their exports to the United States should he tear up the agreement.",
    ),
    (
        "Lawmakers forbid a withdrawal of troops from the Korean peninsula",
        "The Senate voted to keep 28,500 American soldiers in South Korea unless the alliance advises less.",
    ),
    (
        "South Korea's defence minister calls the alliance with the United States ironclad",
        "He spoke at the demilitarised zone, beside the general who commands the American troops in the country.",
    ),
    (
        "Pyongyang welcomes the quarrel between Seoul and Washington",
        "State television in the north showed columns of departing American troops, pictures from South Korea in 1971.",
    ),
    (
        "United States and South Korea agree on sharing the alliance's costs",
        "Seoul pays thirteen per cent more for the American troops this year and three per cent more in later years.",
    ),
)


def document(*items: str, head: str = '<?xml version="1.0"?>', title: str = "A feed") -> bytes:
    return f'{head}<rss version="2.0"><channel><title>{title}</title>{"".join(items)}</channel></rss>'.encode()


def item(title: str, text: str = "Nothing of interest.", **more: str) -> str:
    at = format_datetime(datetime.now(UTC) - timedelta(minutes=30))
    extra = "".join(f"<{name}>{value}</{name}>" for name, value in more.items())
    return f"<item><title>{title}</title><pubDate>{at}</pubDate><description>{text}</description>{extra}</item>"


def good(number: int) -> bytes:
    headline, text = GOOD[number]
    return document(item(escape(headline), escape(text), link=f"https://news{number}.example/{number}"))


def gzipped(body: bytes) -> bytes:
    return gzip.compress(body, 1)


Write = Callable[[asyncio.StreamWriter, Server], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Bad:
    """What a bad feed answers, and what its sentence has to say; "" when it is read all the same."""

    answer: Write
    told: str
    url: str = ""


def written(make: Callable[[], bytes]) -> Write:
    """Answer what is made once, when the test begins: making it takes longer than fetch.timeout allows."""
    made = cache(make)
    MAKERS.append(made)

    async def write(writer: asyncio.StreamWriter, _: Server) -> None:
        writer.write(made())

    return write


MAKERS: list[Callable[[], bytes]] = []


def body(make: Callable[[], bytes], told: str = "", **headers: str) -> Bad:
    return Bad(written(lambda: response(make(), **{"Content_Type": RSS, **headers})), told)


def redirect(target: str, told: str) -> Bad:
    async def write(writer: asyncio.StreamWriter, server: Server) -> None:
        writer.write(response(b"", "302 Found", Location=target.replace("PORT", str(server.port))))

    return Bad(write, told)


def status(code: str, told: str, **headers: str) -> Bad:
    return Bad(written(lambda: response(b"no", code, **headers)), told)


def elsewhere(url: str, told: str) -> Bad:
    return Bad(written(bytes), told, url)


async def endless(writer: asyncio.StreamWriter, _: Server) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\n\r\n")
    while True:
        writer.write(b"<item/>" * 10_000)
        await writer.drain()


async def drip(writer: asyncio.StreamWriter, _: Server) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\n\r\n<rss>")
    while not writer.is_closing():
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.2)


async def hangs(writer: asyncio.StreamWriter, _: Server) -> None:
    await asyncio.sleep(4)  # longer than fetch.timeout
    writer.close()


async def resets(writer: asyncio.StreamWriter, _: Server) -> None:
    writer.transport.abort()


def fifty_thousand() -> bytes:
    return document(*(f"<item><title>Item {n}</title><guid>{n}</guid></item>" for n in range(50_000)))


def encoding(name: str) -> bytes:
    return document(item("An item"), head=f'<?xml version="1.0" encoding="{name}"?>')


BILLION = "<!DOCTYPE r [<!ENTITY a0 'ha'>" + "".join(f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 10))

LOGIN = (
    b"<!DOCTYPE html><html><head><title>Sign in</title></head><body><form><input type=password></form></body></html>"
)

BAD: dict[str, Bad] = {
    "redos author": body(lambda: document(item("A", author="a@" + "a." * 64_000 + "!")), r"took longer than 20 s"),
    "comment flood": body(lambda: document(item("A", description="<![CDATA[" + "<!--" * 250_000 + "]]>"))),
    "million escapes": body(lambda: document(item("A", "&lt;" * 1_000_000))),
    "6 MB of HTML": body(lambda: document(item("A", "<![CDATA[" + "<p>word <b>word</b></p>" * 280_000 + "]]>"))),
    "50,000 items": body(fifty_thousand),
    "5 MB title": body(lambda: document(item("word " * MIB))),
    "deep nesting": body(lambda: document(item("A", "<![CDATA[" + "<div>" * 200_000 + "]]>"))),
    "billion laughs": body(lambda: document(item("&a9;"), head=BILLION + "]>")),
    "outside entity": body(
        lambda: document(item("&x;"), head='<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>')
    ),
    "impossible character": body(lambda: document(item("A &#1114112; B")), r"breaks the parser"),
    "punycode": body(lambda: encoding("punycode"), r"breaks the parser"),
    "undefined": body(lambda: encoding("undefined"), r"breaks the parser"),
    "odd dates": body(lambda: document("<item><title>A</title><pubDate>0000-00-00T00:00:00Z</pubDate></item>")),
    "truncated": body(lambda: document(*(item(f"Item {n}", guid=str(n)) for n in range(50)))[:-700]),
    "login page": body(lambda: LOGIN, r"a web page .* with a login", Content_Type="text/html"),
    "empty": body(bytes, r"the answer is empty"),
    "NUL bytes": body(lambda: b"\0" * 100_000, r"empty|binary data"),
    "UTF-32": body(lambda: document(item("A")).decode().encode("utf-32"), r"not a feed"),
    "JSON Feed": body(lambda: b'{"version": "https://jsonfeed.org/version/1.1", "items": 1}', r"a JSON Feed that"),
    "deep JSON": body(lambda: b"[" * (4 * MIB), r"nested too deeply"),
    "gzip bomb": body(lambda: gzipped(bytes(100 * MIB)), r"larger than", Content_Encoding="gzip"),
    "double gzip": body(lambda: gzipped(gzipped(bytes(MIB))), r"gzip, gzip", Content_Encoding="gzip, gzip"),
    "broken gzip": body(lambda: b"\x1f\x8bnonsense", r"gzip|unpacked", Content_Encoding="gzip"),
    "half a gzip": body(lambda: gzipped(good(0) * 50)[:-40], r"gzip ends too early", Content_Encoding="gzip"),
    "brotli": body(lambda: zlib.compress(good(0)), r"br", Content_Encoding="br"),
    "short body": body(lambda: good(0), r"ends too early", Content_Length="100000"),
    "endless": Bad(endless, r"larger than|within"),
    "drip": Bad(drip, r"3 s"),
    "hangs": Bad(hangs, r"3 s"),
    "resets": Bad(resets, r"connection|hung up"),
    "redirect loop": redirect("/redirect%20loop", r"redirect"),
    "redirect to file:": redirect("file:///etc/passwd", r"redirect"),
    "redirect to a private address": redirect("http://10.0.0.1/feed", r"10\.0\.0\.1"),
    "redirect to a cloud's secrets": redirect("http://169.254.169.254/latest/", r"169\.254"),
    "redirect to IPv6 loopback": redirect("http://[::1]:PORT/", r"::1"),
    "401": status("401 Unauthorized", r"401"),
    "403": status("403 Forbidden", r"403"),
    "404": status("404 Not Found", r"404"),
    "410": status("410 Gone", r"410"),
    "429": status("429 Too Many Requests", r"429", Retry_After="1000000000"),
    "500": status("500 Internal Server Error", r"500"),
    "no such host": elsewhere("http://feeds.invalid/rss?token=sentinel", r"resolve|found"),
    "nobody listens": elsewhere("http://127.0.0.1:1/rss", r"refused|connect"),
    "no TLS there": elsewhere("https://127.0.0.1:PORT/tls", r"3 s|TLS"),
}


def path_of(name: str) -> str:
    return "/" + name.replace(" ", "%20")


def configure(folder: Path, server: Server) -> Path:
    seeds = folder / "seeds"
    seeds.mkdir()
    for number, text in enumerate(SEEDS):
        (seeds / f"{number}.txt").write_text(text)
    bad = [
        {"url": one.url.replace("PORT", str(server.port)) or server.url(path_of(name)), "name": name}
        for name, one in BAD.items()
    ]
    fine = [{"url": server.url(f"/good{number}"), "name": f"good {number}"} for number in range(len(GOOD))]
    config = {
        "feeds": [*bad, *fine],  # the worst come first
        "topics": {"alliance": {"title": "The alliance", "seeds": "seeds", "channel": "C000DESK1"}},
        "fetch": {
            "allow_networks": ["127.0.0.0/8"],
            "first_poll": "alert",
            "full_text": "never",
            "timeout": "3s",
            "per_host": 8,
        },
        "notify": "slack",
        "slack": {"flood": "100/1m"},
        "database": "sqlite:///watcher.db",
    }
    path = folder / "watcher.yaml"
    path.write_text(json.dumps(config))  # JSON is YAML
    return path


@pytest.mark.slow
async def test_good_feeds_are_told_in_any_company_and_each_bad_one_gets_a_sentence(tmp_path: Path) -> None:
    by_path = {path_of(name): one for name, one in BAD.items()}
    for make in MAKERS:
        make()

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        if request.path.startswith("/good"):
            writer.write(response(good(int(request.path[5:])), Content_Type=RSS))
            return
        await by_path[request.path].answer(writer, server)

    async with FakeSlack(clock=lambda: datetime.now(UTC)).serve() as slack, serve(answer) as server:
        config = configure(tmp_path, server)
        environ = {"SLACK_BOT_TOKEN": TOKEN, "SLACK_API_URL": slack.url}
        ended = await watcher("--config", str(config), "run", "--once", "--json", environ=environ)
    print(f"{ended.seconds:.1f} s, {ended.peak / MIB:.0f} MB")
    assert ended.code == 0, ended.err
    told = {error["name"]: error["message"] for error in ended.report["errors"]}
    with Store.open(f"sqlite:///{tmp_path}/watcher.db", mode="read") as store:
        states = {one.name: one for one in store.read_now(feed_states).values()}
    for name in BAD:
        print(f"  {name}: {told.get(name) or f'read, {states[name].entries} entries'}")
    texts = " ".join(message["text"] for message in slack.messages)
    assert [headline for headline, _ in GOOD if escape(headline, quote=False) not in texts] == []
    assert len(slack.messages) == len(GOOD)
    assert not any(name.startswith("good") for name in told)
    assert "Traceback" not in ended.err
    assert "sentinel" not in ended.out + ended.err
    expected = {name: one.told or r"\A\Z" for name, one in BAD.items()}
    wrong = [name for name, sentence in expected.items() if not re.search(sentence, told.get(name, ""))]
    assert wrong == []
    assert ended.peak < MOST_MEMORY
