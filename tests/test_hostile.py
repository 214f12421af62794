"""Good feeds in the worst company, in the real service: their alerts arrive in time, each bad feed costs a line."""

from __future__ import annotations

import asyncio
import gzip
import json
import random
import re
import sqlite3
import zlib
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import cache
from html import escape
from pathlib import Path

import pytest

from tests.fake_slack import TOKEN, Channel, FakeSlack
from tests.line import SEEDS
from tests.loopback import Request, Server, response, serve
from tests.patient import LIMIT
from tests.program import MOST_MEMORY, watcher
from watcher.store import Store
from watcher.store.feeds import feed_states

MIB = 1024**2
RSS = "application/rss+xml"

WORDS = (  # noqa: SIM905  words, not code
    "Seoul Washington alliance troops American Korea South Pyongyang peninsula withdrawal trade deal cost negotiators "
    "officials president lawmakers White House defence secretary threatened pay ironclad unacceptable linchpin unfair "
    "free demand talks stationing number cut complained warned shake broke"
).split()


def told(number: int) -> tuple[str, str]:
    """A headline and a text of the topic's words, in an order of their own: no two are copies."""
    order = random.Random(number)
    return f"{' '.join(order.sample(WORDS, 7))} {number}", " ".join(order.sample(WORDS, len(WORDS)))


GOOD = tuple(told(number) for number in range(50))
DESKS = 5
"""Topics that share the good feeds, each with a channel of its own: a channel gets a message a second."""


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
    content = b"" if code[:3] in {"204", "304"} else b"no"
    return Bad(written(lambda: response(content, code, **headers)), told)


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
    "redos author": body(
        lambda: document(item("A", author="a@" + "a." * 120_000 + "!")), rf"took longer than {LIMIT} s"
    ),
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
    "double gzip": body(lambda: gzipped(gzipped(bytes(MIB))), r"“gzip, gzip”", Content_Encoding="gzip, gzip"),
    "broken gzip": body(lambda: b"\x1f\x8bnonsense", r"gzip|unpacked", Content_Encoding="gzip"),
    "half a gzip": body(lambda: gzipped(good(0) * 50)[:-40], r"gzip ends too early", Content_Encoding="gzip"),
    "brotli": body(lambda: zlib.compress(good(0)), r"“br”", Content_Encoding="br"),
    "short body": body(lambda: good(0), r"ends too early", Content_Length="100000"),
    "endless": Bad(endless, r"larger than|within"),
    "drip": Bad(drip, r"3 s"),
    "hangs": Bad(hangs, r"3 s"),
    "resets": Bad(resets, r"connection|hung up"),
    "redirect loop": redirect("/redirect%20loop", r"redirects"),
    "redirect to file:": redirect("file:///etc/passwd", r"redirects"),
    "redirect to a private address": redirect("http://10.0.0.1/feed", r"10\.0\.0\.1"),
    "redirect to a cloud's secrets": redirect("http://169.254.169.254/latest/", r"169\.254"),
    "redirect to IPv6 loopback": redirect("http://[::1]:PORT/", r"::1"),
    "401": status("401 Unauthorized", r"\(401\)"),
    "403": status("403 Forbidden", r"\(403\)"),
    "404": status("404 Not Found", r"\(404\)"),
    "410": status("410 Gone", r"\(410\)"),
    "429": status("429 Too Many Requests", r"\(429\)", Retry_After="1000000000"),
    "500": status("500 Internal Server Error", r"\(500\)"),
    "503": status("503 Service Unavailable", r"\(503\)", Retry_After="Fri, 31 Dec 9999 23:59:59 GMT"),
    "402": status("402 Payment Required", r"\(402\)"),
    "451": status("451 Unavailable For Legal Reasons", r"\(451\)"),
    "204": status("204 No Content", r"\(204\)"),
    "206": status("206 Partial Content", r"206, which"),
    "304 unasked": status("304 Not Modified", r"\(304\)"),
    "no HTTP": Bad(written(lambda: b"SSH-2.0-OpenSSH_9.6\r\n"), r"no proper HTTP"),
    "endless header": Bad(written(lambda: b"HTTP/1.1 200 OK\r\nX: " + b"y" * MIB), r"no proper HTTP"),
    "broken chunks": Bad(
        written(lambda: b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n<rss>"),
        r"no proper HTTP|ends too early",
    ),
    "zstd": body(lambda: b"\x28\xb5\x2f\xfd", r"“zstd”", Content_Encoding="zstd"),
    "huge by its own word": body(lambda: good(0), r"larger than", Content_Length="999999999999"),
    "redirect to a script": redirect("javascript:alert(1)", r"redirects"),
    "redirect to nowhere": redirect("", r"redirects"),
    "quadratic entities": body(
        lambda: document(item("A", "&a;" * 50_000), head=f"<!DOCTYPE r [<!ENTITY a '{'x' * 50_000}'>]>")
    ),
    "parameter entities": body(
        lambda: document(
            item("A"), head='<!DOCTYPE r SYSTEM "file:///etc/hosts" [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]>'
        )
    ),
    "nested elements": body(lambda: document("<item>" + "<a>" * 20_000 + "</a>" * 20_000 + "</item>")),
    "dates beyond the calendar": body(
        lambda: document(
            *(
                f"<item><title>On {day}</title><guid>{day}</guid><pubDate>{day}</pubDate></item>"
                for day in (
                    "99999-01-01T00:00:00Z",
                    "1" * 400,
                    "2099-12-31T24:00:00Z",
                    "Mon, 31 Feb 2026 25:61:61 +9999",
                )
            )
        )
    ),
    "halves of characters": body(lambda: document(item("A &#xD800;&#xDFFF; B")), r"breaks the parser"),
    "NULs inside": body(lambda: document(item("A \0 B\0"))),
    "a lying encoding": body(
        lambda: document(item("café"), head='<?xml version="1.0" encoding="utf-16"?>'),
        Content_Type="text/xml; charset=koi8-r",
    ),
    "only a byte order mark": body(lambda: b"\xef\xbb\xbf", r"empty"),
    "a PDF": body(lambda: b"%PDF-1.7 \0\1", r"PDF"),
    "scripts": body(lambda: document(item("&lt;script&gt;alert(1)&lt;/script&gt;", link="javascript:alert(1)"))),
    "pings": body(lambda: document(item("&lt;!channel&gt; \u202eetirw", "&lt;@U123&gt; *bold*"))),
    "private in decimal": elsewhere("http://167772161/rss", r"10\.0\.0\.1"),
    "private in hexadecimal": elsewhere("http://0xa9fea9fe/rss", r"169\.254\.169\.254"),
    "private in IPv6": elsewhere("http://[::ffff:10.0.0.1]/rss", r"10\.0\.0\.1"),
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
        {
            "url": one.url.replace("PORT", str(server.port)) or server.url(path_of(name)),
            "name": name,
            "topics": ["desk-0"],
        }
        for name, one in BAD.items()
    ]
    fine = [
        {"url": server.url(f"/good{number}"), "name": f"good {number}", "topics": [f"desk-{number % DESKS}"]}
        for number in range(len(GOOD))
    ]
    config = {
        "feeds": [*bad, *fine],  # the worst come first
        "topics": {
            f"desk-{number}": {"title": "The alliance", "seeds": "seeds", "channel": f"C000DESK{number}"}
            for number in range(DESKS)
        },
        "fetch": {
            "allow_networks": ["127.0.0.0/8"],
            "first_poll": "alert",
            "full_text": "never",
            "timeout": "3s",
            "per_host": 8,
        },
        "notify": "slack",
        "slack": {"flood": "100/1m"},
        "server": {"listen": "127.0.0.1:0"},
        "database": "sqlite:///watcher.db",
    }
    path = folder / "watcher.yaml"
    path.write_text(json.dumps(config))  # JSON is YAML
    return path


@dataclass(slots=True)
class Progress:
    """Looks on: the good feeds have to be told while the worst one is still being read, then everything is awaited."""

    slack: FakeSlack
    database: Path
    unread_then: list[str] = field(default_factory=list)
    """Feeds that were not done with when the last good one had been told."""

    def done(self) -> bool:
        if len(self.slack.messages) < len(GOOD):
            return False
        unread = self._unread()
        self.unread_then = self.unread_then or unread
        return not unread

    def _unread(self) -> list[str]:
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as looking:
            return [name for (name,) in looking.execute("SELECT name FROM feed_states WHERE last_polled IS NULL")]


@pytest.mark.long
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
        slack.channels.update({f"C000DESK{number}": Channel(f"desk{number}") for number in range(DESKS)})
        config = configure(tmp_path, server)
        environ = {"SLACK_BOT_TOKEN": TOKEN, "SLACK_API_URL": slack.url}
        progress = Progress(slack, tmp_path / "watcher.db")
        ended = await watcher(str(config), environ=environ, module="tests.patient", until=progress.done)
    print(f"{len(GOOD)} good, {len(BAD)} bad, {ended.seconds:.1f} s, {ended.peak / MIB:.0f} MB")
    assert ended.code == 0, ended.err
    with Store.open(f"sqlite:///{tmp_path}/watcher.db", mode="read") as store:
        states = {one.name: one for one in store.read_now(feed_states).values()}
    for name in BAD:
        print(f"  {name}: {states[name].error or f'read, {states[name].entries} entries'}")
    texts = [
        told for message in slack.messages for told in message["text"].split("\n") if not told.startswith("New in the")
    ]
    times = {headline: sum(escape(headline, quote=False) in text for text in texts) for headline, _ in GOOD}
    assert set(times.values()) == {1}, times
    assert "redos author" in progress.unread_then, "the good ones did not wait for the worst"
    assert "Traceback" not in ended.err
    assert "sentinel" not in ended.out + ended.err
    expected = {name: one.told or r"\A\Z" for name, one in BAD.items()}
    wrong = [name for name, sentence in expected.items() if not re.search(sentence, states[name].error or "")]
    assert wrong == []
    said = Counter(event["feed"] for event in ended.events if event["event"] == "poll.feed_failed")
    assert said == {name: 1 for name, one in BAD.items() if one.told}, "one line for each, and for no other"
    assert ended.peak < MOST_MEMORY
