"""RSS and Atom: odd, broken and hostile documents, all written here."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.loopback import response, serve
from watcher.errors import ParseError, WorkerError
from watcher.sources import bounds, dates, html, rss
from watcher.types import FeedEntry, ParsedFeed
from watcher.workers import Workers

BASE = "https://news.example/feeds/all.xml"


def channel(inner: str, *, prolog: str = "<?xml version='1.0'?>") -> bytes:
    spaces = "xmlns:content='http://purl.org/rss/1.0/modules/content/' xmlns:dc='http://purl.org/dc/elements/1.1/'"
    return f"{prolog}<rss version='2.0' {spaces}><channel><title>T</title>{inner}</channel></rss>".encode()


def read(inner: str) -> ParsedFeed:
    return rss.parse(channel(inner), None, BASE)


def entry(inner: str) -> FeedEntry:
    (found,) = read(f"<item>{inner}</item>").entries
    return found


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "empty"),
        (b" \n\t", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"\0" * 300, "empty"),
        (b"<!DOCTYPE html><html><head><title>Sign in &amp; go</title></head></html>", "“Sign in & go”) with a login"),
        (b"<html><body><form><input type='password'></form></body></html>", "login"),
        (b"<html><head><title>Before you go on</title></head><body>cookie wall</body></html>", "consent"),
        (b"<html><head><title>Just a moment...</title></head></html>", "keeps programs out"),
        (b"<html><head><title>News</title></head><body></body></html>", "“News”), not a feed"),
        (b'{"version": "https://jsonfeed.org/version/1.1", "items": []}', "JSON Feed that cannot be read"),
        (b'[{"title": 1}]', "this is JSON"),
        (b"%PDF-1.7 \x00\x01", "PDF"),
        (b"\x1f\x8b\x08\x00abc", "gzip"),
        (b"\x7fELF" + b"\0\1\2" * 99, "binary"),
        (b"<?xml version='1.0'?><opml><body/></opml>", "<opml>"),
        (b"Not here.", "plain text"),
        ("<html><title>한국</title></html>".encode("utf-16"), "“한국”"),
    ],
)
def test_what_is_no_feed_is_named(body: bytes, words: str) -> None:
    with pytest.raises(ParseError) as caught:
        rss.parse(body, "text/html", BASE)
    assert words in str(caught.value)


def test_an_empty_feed_is_a_feed() -> None:
    assert read("").entries == ()
    assert read("").version == "rss20"


def test_the_documents_bytes_are_never_taken_for_a_file() -> None:
    with pytest.raises(ParseError, match="plain text"):
        rss.parse(b"/etc/passwd", None, BASE)


@pytest.mark.parametrize(
    "body",
    [
        channel("<item><title>&#1114112;</title></item>"),
        channel("<item/>", prolog="<?xml version='1.0' encoding='punycode'?>"),
        channel("<item/>", prolog="<?xml version='1.0' encoding='undefined'?>"),
        channel("<item><title>&#xD800;&#xDFFF;</title></item>"),
    ],
)
def test_documents_that_break_the_parser_cost_a_sentence_at_most(body: bytes) -> None:
    try:
        parsed = rss.parse(body, None, BASE)
    except ParseError as error:
        assert "breaks the parser" in str(error)  # noqa: PT017  both outcomes are right
    else:
        repr(parsed).encode()


def test_entities_do_not_explode() -> None:
    laughs = "".join(f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 10))
    body = channel("<item><title>&a9;</title></item>", prolog=f"<!DOCTYPE rss [<!ENTITY a0 'ha'>{laughs}]>")
    started = time.process_time()
    parsed = rss.parse(body, None, BASE)
    assert time.process_time() - started < 2
    assert len(parsed.entries[0].title) < 500


async def test_external_entities_are_not_fetched() -> None:
    async with serve(response(b"canary")) as server:
        for outside in (server.url(), "file:///etc/passwd"):
            prolog = f"<!DOCTYPE rss SYSTEM '{server.url('/dtd')}' [<!ENTITY x SYSTEM '{outside}'>]>"
            body = channel("<item><title>t &x;</title><description>&x;</description></item>", prolog=prolog)
            parsed = await asyncio.to_thread(rss.parse, body, None, BASE)
            assert "canary" not in repr(parsed)
            assert "root:" not in repr(parsed)
    assert server.connections == 0


async def test_what_takes_minutes_is_killed_and_the_next_feed_is_quick() -> None:
    author = "a@" + "a." * 16_000 + "!"
    workers = Workers(parse_limit=2.5, parsers=1)
    try:
        with pytest.raises(WorkerError, match="longer than"):
            await workers.parse("rss", channel(f"<item><author>{author}</author></item>"), None, BASE)
        started = time.perf_counter()
        parsed = await workers.parse("rss", channel("<item><title>next</title></item>"), None, BASE)
        assert parsed.entries[0].title == "next"
        assert time.perf_counter() - started < 20
    finally:
        await workers.close()


def test_a_flood_of_comments_is_no_work() -> None:
    started = time.process_time()
    assert entry("<content:encoded>" + "&lt;!--" * 250_000 + "</content:encoded>").text == ""
    assert time.process_time() - started < 5


def test_long_fields_are_cut() -> None:
    found = entry(f"<title>{'word ' * 200_000}</title><description>{'텍스트 ' * 20_000}</description>")
    assert len(found.title) <= 500
    assert found.title.endswith("…")
    assert 10_000 < len(found.text) <= 20_000


def test_deep_nesting_is_only_text() -> None:
    assert entry(f"<description>{'&lt;div&gt;' * 20_000}deep</description>").text == "deep"
    assert read("<x>" * 5000 + "</x>" * 5000).entries == ()


def test_entries_beyond_the_cap_are_kept_without_text() -> None:
    items = "".join(f"<item><title>{n}</title><description>text</description></item>" for n in range(620))
    parsed = read(items)
    assert len(parsed.entries) == 620
    assert [found.capped for found in parsed.entries] == [False] * 500 + [True] * 120
    assert parsed.entries[-1] == FeedEntry(title="619", text="", capped=True)
    assert "620 entries" in parsed.warnings[0]


def test_a_feed_with_the_newest_at_the_end_keeps_those() -> None:
    items = "".join(f"<item><pubDate>{n % 28 + 1} Jan {2000 + n // 28} 00:00 GMT</pubDate></item>" for n in range(502))
    assert [found.capped for found in read(items).entries][:3] == [True, True, False]


def test_the_entry_that_a_broken_document_ends_in_is_not_judged() -> None:
    body = channel("<item><title>whole</title><guid>1</guid></item><item><title>half a ti")
    parsed = rss.parse(body[: -len(b"</channel></rss>")], None, BASE)
    assert [found.capped for found in parsed.entries] == [False, True]
    assert "not well-formed" in parsed.warnings[0]


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("Mon, 02 Mar 2026 21:00:00 +0900", datetime(2026, 3, 2, 12, tzinfo=UTC)),
        ("2026-03-02T12:00:00Z", datetime(2026, 3, 2, 12, tzinfo=UTC)),
        ("Mon, 02 Mar 2026 12:00:60 GMT", None),
        ("2026-03-02T24:00:00Z", datetime(2026, 3, 3, tzinfo=UTC)),
        ("0000-00-00T00:00:00Z", None),
        ("Thu, 01 Jan 1970 00:00:00 GMT", None),
        ("99999-01-01T00:00:00Z", None),
        ("9" * 400, None),
        ("2101-01-01T00:00:00Z", None),
        ("2099-01-01T00:00:00Z", datetime(2099, 1, 1, tzinfo=UTC)),
        ("Mon, 32 Feb 2026 12:00:00 GMT", None),
        ("soon", None),
        ("", None),
    ],
)
def test_dates_are_aware_or_unknown(date: str, expected: datetime | None) -> None:
    found = entry(f"<title>x</title><pubDate>{date}</pubDate>").published
    if "60 GMT" in date:  # a leap second: either neighbour is right, or unknown
        assert found is None or abs(found - datetime(2026, 3, 2, 12, 1, tzinfo=UTC)).seconds <= 1
    else:
        assert found == expected


@given(st.lists(st.integers(-10_000, 100_000), max_size=9))
def test_any_fields_make_a_date_or_none(fields: list[int]) -> None:
    found = dates.from_fields(fields)
    assert found is None or 1990 <= found.year <= 2100


@pytest.mark.parametrize(
    ("inner", "url"),
    [
        ("<link>https://a.example/1</link>", "https://a.example/1"),
        ("<link>/1</link>", "https://news.example/1"),
        ("<link>javascript:alert(1)</link>", None),
        ("<link>data:text/html,x</link>", None),
        ("<link>https://a.example/" + "x" * 3500 + "</link>", None),
        ("<guid>https://a.example/2</guid>", "https://a.example/2"),
        ("<guid isPermaLink='false'>https://a.example/2</guid>", None),
        ("<guid>tag:x</guid>", None),
        ("<link>https://bob:secret@a.example/4</link>", "https://a.example/4"),
        ("<link>\n  https://a.example/5\n</link>", "https://a.example/5"),
        ("<link>https://a.example/a|b&gt;</link>", "https://a.example/a%7Cb%3E"),
    ],
)
def test_links_are_absolute_web_addresses_or_nothing(inner: str, url: str | None) -> None:
    assert entry(f"<title>x</title>{inner}").url == url


def test_a_feed_services_own_link_gives_way_to_the_original() -> None:
    space = "xmlns:feedburner='http://rssnamespace.org/feedburner/ext/1.0'"
    inner = f"<link>https://feedproxy.example/~r/1</link><feedburner:origLink {space}>https://a.example/1</feedburner:origLink>"
    assert entry(inner).url == "https://a.example/1"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "euc-kr", "windows-1252", "shift_jis", "koi8-r"])
def test_declared_and_marked_encodings_are_read(encoding: str) -> None:
    titles = {"euc-kr": "한국", "shift_jis": "日本", "koi8-r": "Сеул"}
    title = titles.get(encoding, "café")
    prolog = "<?xml version='1.0' encoding='{}'?>".format(encoding.removesuffix("-sig"))
    body = channel(f"<item><title>{title}</title></item>", prolog=prolog).decode().encode(encoding)
    assert rss.parse(body, None, BASE).entries[0].title == title


def test_the_headers_charset_counts() -> None:
    body = channel("<item><title>한국</title></item>").decode().encode("euc-kr")
    assert rss.parse(body, "text/xml; charset=euc-kr", BASE).entries[0].title == "한국"


def test_utf_32_is_read_or_refused() -> None:
    body = channel("<item><title>한국</title></item>").decode().encode("utf-32")
    try:
        assert rss.parse(body, None, BASE).entries[0].title == "한국"
    except ParseError as error:
        assert str(error)  # noqa: PT017  both outcomes are right


@pytest.mark.parametrize(
    ("tag", "code"),
    [
        ("en", "en"),
        ("en-GB", "en"),
        ("PT_br", "pt"),
        (" ko ", "ko"),
        ("", None),
        ("english", None),
        ("x", None),
        ("eng", None),
    ],
)
def test_languages_have_two_letters(tag: str, code: str | None) -> None:
    assert bounds.language(tag) == code


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("&lt;!channel&gt; look", "<!channel> look"),
        ("&lt;http://evil.example|bank&gt;", "<http://evil.example|bank>"),
        ("a &lt;b&gt;bold&lt;/b&gt; &lt;!here&gt;", "a bold <!here>"),
        ("one\u202e two\u200b\n three", "one two three"),
        ("5 &lt; 6 &amp;amp; 7 &gt; 6", "5 < 6 & 7 > 6"),
        ("It&amp;#8217;s", "It’s"),
    ],
)
def test_titles_are_plain_text(title: str, expected: str) -> None:
    assert entry(f"<title>{title}</title>").title == expected


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("a<br>b", "a\nb"),
        ("<p>a</p><p>b</p>", "\na\n\nb\n"),
        ("a<!-- <b> -->b<!-- never closed <p>", "ab"),
        ("<script>x</script>a<SCRIPT >y</Script>b<script>z", " a b "),
        ("<script/>a", "\na"),
        ('<a title="x > y">a</a>', "a"),
        ("<a title='x > y'>a</a>", " y'>a"),
        ('<a href="x>a</a> b', "a b"),
        ("a < b <- c <3 <", "a < b <- c <3 <"),
        ("<o:p>a</o:p>", "\na\n"),
        ("<![CDATA[a]]>", "a]]>"),
        ("<td>a</td><td>b</td>", " a  b "),
        ("un<b>break</b>able", "unbreakable"),
        ("&lt;b&gt; &amp;amp;", "<b> &amp;"),
        ("<p", "<p"),
        ("<p ", "\n"),
        ("</p>", "\n"),
    ],
)
def test_markup_is_taken_off(markup: str, expected: str) -> None:
    assert html.plain(markup) == expected


@pytest.mark.parametrize(
    "piece", ["<", "<!--", "<a ", '<a "', "<script>", "</", "&lt;", "&", "<![CDATA[", '<a href=">']
)
def test_floods_of_markup_take_no_time(piece: str) -> None:
    started = time.process_time()
    html.plain(piece * 200_000)
    assert time.process_time() - started < 5


@given(st.text(alphabet="<>!-/\"'= abp&;[]script"))
def test_any_markup_becomes_text(markup: str) -> None:
    assert len(html.plain(markup)) <= len(markup) + markup.count("<")
