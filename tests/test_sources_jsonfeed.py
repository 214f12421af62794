"""JSON Feed: what programs really write is read; any JSON at all is read or refused with a sentence."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.contract.test_source import keep_promises
from watcher.errors import ParseError
from watcher.sources import jsonfeed, kind, parse
from watcher.sources.bounds import ENTRY_CAP
from watcher.types import FeedEntry, ParsedFeed
from watcher.workers import Workers

BASE = "https://feeds.example/blog/feed.json"
VERSION = "https://jsonfeed.org/version/1.1"


def read(*items: Any, content_type: str | None = None, **feed: Any) -> ParsedFeed:
    document = {"version": VERSION, "title": "A feed", "items": list(items), **feed}
    return jsonfeed.parse(json.dumps(document).encode(), content_type, BASE)


def entry(**item: Any) -> FeedEntry:
    (found,) = read({"id": "1", **item}).entries
    return found


def test_an_empty_list_of_items_is_a_feed_without_entries() -> None:
    assert read().entries == ()
    assert read().version == "json11"


@pytest.mark.parametrize(
    ("version", "told"),
    [("https://jsonfeed.org/version/1", "json1"), ("http://www.jsonfeed.org/version/2.0", "json20")],
)
def test_versions_are_told_apart(version: str, told: str) -> None:
    assert read(version=version).version == told


@pytest.mark.parametrize("version", [None, 1, "1.1"])
def test_without_a_proper_version_the_items_tell_that_it_is_a_feed(version: object) -> None:
    assert read({"content_text": "Words."}, version=version).version == "json"
    with pytest.raises(ParseError, match="this is JSON, not a feed"):
        read({"id": 1, "title": "An answer of some API"}, version=version)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"version": "https://jsonfeed.org/version/1", "items": {}}', "a JSON Feed that cannot be read"),
        (b'{"version": "https:\\/\\/jsonfeed.org\\/version\\/1"}', "it has no list of items"),
        (b'{"rss": {"version": "2.0"}}', "this is JSON, not a feed"),
        (b'[{"title": 1}]', "this is JSON, not a feed"),
        (b'{"version": "https://jsonfeed.org/version/1", "items": [{"id"', "line 1: .*cut off on its way"),
        (b'{\n"items": [}', "line 2: "),
        (b"[" * 200_000, "nested too deeply"),
        (b'{"items": [' + b"7" * 6000 + b"]}", "a number in it is too long"),
        (b"callback({})", "plain text"),
        (b"", "empty"),
    ],
)
def test_what_is_no_json_feed_is_named(body: bytes, words: str) -> None:
    with pytest.raises(ParseError, match=words):
        jsonfeed.parse(body, "application/feed+json", BASE)


def test_the_last_of_keys_that_stand_twice_counts() -> None:
    body = b'{"version": "%s", "items": [{"id": "a", "id": "b", "title": 1, "title": "c"}]}' % VERSION.encode()
    (found,) = jsonfeed.parse(body, None, BASE).entries
    assert (found.guid, found.title) == ("b", "c")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32"])
def test_every_form_of_unicode_is_read(encoding: str) -> None:
    body = json.dumps({"version": VERSION, "title": "한국 é", "items": []}, ensure_ascii=False).encode(encoding)
    assert kind(body, None) == "jsonfeed"
    parsed = jsonfeed.parse(body, None, BASE)
    assert (parsed.title, parsed.warnings) == ("한국 é", ())


def test_the_headers_charset_counts_for_what_is_no_unicode_and_nothing_makes_it_fail() -> None:
    body = b'{"version": "%s", "title": "caf\xe9", "items": []}' % VERSION.encode()
    assert jsonfeed.parse(body, "application/json; charset=iso-8859-1", BASE).title == "café"
    for charset in ("utf-8", "punycode", "undefined", "hex", "nonsense", "idna"):
        parsed = jsonfeed.parse(body, f"application/json; charset={charset}", BASE)
        assert parsed.title.startswith("caf")
    assert "not proper UTF-8" in jsonfeed.parse(body, None, BASE).warnings[0]


def test_what_stands_behind_the_document_is_left_out() -> None:
    body = json.dumps({"version": VERSION, "items": []}).encode()
    assert jsonfeed.parse(body + b" \n\0", None, BASE).warnings == ()
    assert "behind the document's end" in jsonfeed.parse(body + b"<!-- cached -->", None, BASE).warnings[0]


def test_line_breaks_and_halves_of_characters_inside_of_strings_are_read() -> None:
    body = b'{"version": "%s", "items": [{"id": "a\\ud800", "content_text": "One\ntwo\\u0000."}]}' % VERSION.encode()
    parsed = jsonfeed.parse(body, None, BASE)
    keep_promises(parsed)
    assert (parsed.entries[0].guid, parsed.entries[0].text) == ("a", "One\ntwo.")


@pytest.mark.parametrize(
    ("told", "guid"),
    [("tag:1", "tag:1"), (7, "7"), ("", None), (None, None), (True, None), (1.5, None), ({}, None), (10**50, None)],
)
def test_ids_are_texts_or_whole_numbers(told: object, guid: str | None) -> None:
    assert entry(id=told, title="A").guid == guid


@pytest.mark.parametrize(
    ("item", "url"),
    [
        ({"url": "https://a.example/1", "external_url": "https://b.example/2"}, "https://a.example/1"),
        ({"external_url": "https://b.example/2"}, "https://b.example/2"),
        ({"url": "/1"}, "https://feeds.example/1"),
        ({"url": "2"}, "https://feeds.example/blog/2"),
        ({"id": "https://c.example/3"}, "https://c.example/3"),
        ({"url": "javascript:alert(1)"}, None),
        ({"url": {"href": "https://a.example/1"}}, None),
        ({"url": "https://a.example/" + "x" * 3000}, None),
    ],
)
def test_the_article_is_where_the_item_says(item: dict[str, Any], url: str | None) -> None:
    assert entry(**item).url == url


def test_relative_links_count_from_the_site() -> None:
    (found,) = read({"url": "/1"}, home_page_url="https://site.example/blog/").entries
    assert found.url == "https://site.example/1"


def test_the_fullest_text_counts_and_is_plain() -> None:
    assert entry(summary="Short.", content_text="A longer text.", content_html="<p>No</p>").text == "A longer text."
    assert entry(content_html="<p>One &amp; <b>two</b></p><style>x</style>", summary="One").text == "One & two"
    assert entry(title="AT&#38;T <i>").title == "AT&T <i>"
    assert entry(content_html=["<p>"], content_text=1, summary=None).text == ""


@pytest.mark.parametrize(
    ("item", "author"),
    [
        ({"authors": [{"name": "A"}, {"url": "https://b.example/"}, {"name": "C"}]}, "A, C"),
        ({"author": {"name": "A"}}, "A"),
        ({"author": "A"}, "A"),
        ({"authors": ["A", None, 3]}, "A"),
        ({"authors": {"name": "A"}, "author": []}, "Feed"),
        ({}, "Feed"),
    ],
)
def test_authors_are_the_items_else_the_feeds(item: dict[str, Any], author: str) -> None:
    (found,) = read({"id": "1", **item}, authors=[{"name": "Feed"}]).entries
    assert found.author == author


NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "told",
    [
        "2026-03-02T12:00:00Z", "2026-03-02T12:00:00.123456789Z", "2026-03-02T21:00:00+09:00", "2026-03-02T21:00+0900",
        "2026-03-02 21:00:00 +09", "2026-03-02t12:00:00z", "2026-03-02T12:00:00", "2026-03-02 12:00:00 UTC",
        "20260302T120000Z", "2026-03-02T07:00:00\u221205:00", "2026-03-02T12:00:00+99:00",
        "2026-03-02T13:00:00+01:00[Europe/Paris]", "Mon, 02 Mar 2026 13:00:00 +0100", "Mon, 02 Mar 2026 07:00:00 EST",
        1772452800, 1772452800.0, 1772452800000,
    ],
)  # fmt: skip
def test_dates_are_read_in_all_the_forms_they_come_in(told: object) -> None:
    assert entry(date_published=told).published == NOON


@pytest.mark.parametrize(
    "told",
    ["", "yesterday", "2026-13-02T12:00:00Z", "2026-02-30", "0000-00-00T00:00:00Z", "9999-12-31T23:59:59-14:00",
     "1" * 99, -5, 10**400, float("nan"), float("inf"), True, None, [2026], {"year": 2026}],
)  # fmt: skip
def test_what_is_no_date_is_unknown(told: object) -> None:
    assert entry(date_published=told, title="A").published is None


def test_midnight_may_end_a_day_and_the_change_stands_in_for_the_beginning() -> None:
    assert entry(date_published="2026-03-01T24:00:00Z").published == datetime(2026, 3, 2, tzinfo=UTC)
    found = entry(date_modified="2026-03-02T12:00:00Z")
    assert (found.published, found.updated) == (NOON, NOON)


def test_entries_beyond_the_cap_are_recorded_without_text_wherever_the_newest_stand() -> None:
    items = [
        {"id": str(n), "content_text": "Words.", "date_published": f"2026-01-01T00:{n // 60:02}:{n % 60:02}Z"}
        for n in range(ENTRY_CAP + 20)
    ]
    rising, falling = read(*items), read(*reversed(items))
    for parsed in (rising, falling):
        keep_promises(parsed)
        assert f"{ENTRY_CAP + 20} entries" in parsed.warnings[0]
        assert {int(one.guid or 0) for one in parsed.entries if one.capped} == set(range(20))


def test_a_feed_that_has_ended_says_so() -> None:
    assert "has ended" in read(expired=True).warnings[0]
    assert read(expired="no").warnings == ()


def test_huge_values_are_cut() -> None:
    huge = "word " * 200_000
    parsed = read({"id": huge, "title": huge, "content_html": huge, "url": huge, "authors": [{"name": huge}] * 9})
    keep_promises(parsed)
    (found,) = parsed.entries
    assert len(found.guid or "") <= 1000
    assert len(found.author or "") <= 200


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
KEYS = (
    "id", "url", "external_url", "title", "content_html", "content_text", "summary", "date_published", "date_modified",
    "authors", "author",
)  # fmt: skip
items = st.dictionaries(st.sampled_from(KEYS), json_values, max_size=6) | json_values
feeds = st.fixed_dictionaries(
    {"version": st.just(VERSION) | json_values, "items": st.lists(items, max_size=4) | json_values},
    optional={"title": json_values, "home_page_url": json_values, "language": json_values, "authors": json_values},
)


@given(document=json_values | feeds)
def test_any_json_is_read_or_refused_with_a_sentence(document: Any) -> None:
    try:
        parsed = jsonfeed.parse(json.dumps(document).encode(), None, BASE)
    except ParseError as error:
        assert len(str(error)) > 20  # noqa: PT017  both outcomes are right
    else:
        keep_promises(parsed)


@given(st.text(max_size=80))
def test_any_text_is_a_date_or_none(told: str) -> None:
    keep_promises(read({"id": "1", "date_published": told, "date_modified": told[::-1]}))


@pytest.mark.parametrize(
    ("body", "content_type", "told"),
    [
        (b'{"a": 1}', "text/html", "jsonfeed"),
        (b"\xef\xbb\xbf\n {}", None, "jsonfeed"),
        (b"<rss/>", "application/feed+json", "rss"),
        (b" \n<!DOCTYPE html>", "application/json", "rss"),
        (b"", "application/json", "rss"),
        (b"while(1);{}", "application/json; charset=utf-8", "jsonfeed"),
        (b"words", "text/plain", None),
        (b"words", None, None),
    ],
)
def test_first_bytes_tell_the_kind_before_the_content_type_does(
    body: bytes, content_type: str | None, told: str | None
) -> None:
    assert kind(body, content_type) == told


def test_each_document_is_read_by_its_own_source() -> None:
    feed = json.dumps({"version": VERSION, "items": []}).encode()
    assert parse("rss", feed, "text/xml", BASE).version == "json11"
    assert parse("jsonfeed", b"<rss version='2.0'><channel/></rss>", None, BASE).version == "rss20"
    with pytest.raises(ParseError, match="plain text"):
        parse("jsonfeed", b"words", None, BASE)


async def test_a_worker_reads_it_as_the_service_asks() -> None:
    workers = Workers(parsers=1)
    try:
        body = json.dumps({"version": VERSION, "items": [{"id": "1", "title": "A"}]}).encode()
        parsed = await workers.parse("rss", body, "application/feed+json", BASE)
    finally:
        await workers.close()
    assert [one.title for one in parsed.entries] == ["A"]


def test_reading_it_imports_nothing_heavy() -> None:
    heavy = "{'numpy', 'scipy', 'sklearn', 'lxml', 'trafilatura', 'aiohttp'}"
    code = f"import sys, watcher.sources.jsonfeed; print(sorted({heavy} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"
