"""Every source keeps the same promises; a new one adds its name to SOURCES and its documents to GOLDEN."""

from __future__ import annotations

import json
import os
import pickle
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watcher import urls
from watcher.errors import ParseError
from watcher.sources import SOURCES
from watcher.types import ParsedFeed

Parse = Callable[[bytes, str | None, str], ParsedFeed]

FEEDS = Path(__file__).parent.parent / "data" / "feeds"
GOLDEN = {"rss": ["rss2.xml", "atom.xml", "rdf.xml", "truncated.xml"], "jsonfeed": ["jsonfeed.feed"]}
BASE = "https://feeds.example/blog/feed.xml"
CORPORA = os.environ.get("WATCHER_CORPORA", "")


def source(name: str) -> Parse:
    module, _, function = SOURCES[name].partition(":")
    found: Parse = getattr(import_module(module), function)
    return found


def keep_promises(parsed: ParsedFeed) -> None:
    """Assert what the line relies on, whatever the document was."""
    assert pickle.loads(pickle.dumps(parsed)) == parsed
    json.dumps(asdict(parsed), default=datetime.isoformat, ensure_ascii=False).encode("utf-8")
    assert sum(not entry.capped for entry in parsed.entries) <= 500
    for entry in parsed.entries:
        assert len(entry.title) <= 500
        assert len(entry.text) <= 20_000
        assert entry.url is None or (urls.is_web(entry.url) and len(entry.url) <= urls.LONGEST)
        assert not (entry.capped and entry.text)
        assert not any("\0" in told for told in (entry.title, entry.text, entry.guid or "", entry.author or ""))
        for at in (entry.published, entry.updated):
            assert at is None or (at.utcoffset() == timedelta(0) and 1990 <= at.year <= 2100)


def test_every_source_has_golden_documents() -> None:
    assert GOLDEN.keys() == SOURCES.keys()


@pytest.mark.parametrize(("name", "file"), [(name, file) for name, files in GOLDEN.items() for file in files])
def test_a_document_is_read_as_written_down(name: str, file: str) -> None:
    parsed = source(name)((FEEDS / file).read_bytes(), None, BASE)
    keep_promises(parsed)
    told = json.loads(json.dumps(asdict(parsed), default=datetime.isoformat))
    assert told == json.loads((FEEDS / file).with_suffix(".json").read_text("utf-8"))


junk = st.one_of(
    st.binary(max_size=300),
    st.text(max_size=300).map(lambda text: text.encode("utf-8", "replace")),
    st.text(max_size=200).map(
        lambda text: f"<rss version='2.0'><channel><item><title>{text}".encode("utf-8", "replace")
    ),
    st.text(max_size=200).map(
        lambda text: b'{"version": "https://jsonfeed.org/version/1", "items": [{' + text.encode("utf-8", "replace")
    ),
    st.text(alphabet="<>&;!-/[]CDATAitemlnkscrp \"'=#x0", max_size=200).map(
        lambda text: f"<rss><channel><item><description>{text}</description></item></channel></rss>".encode()
    ),
)


@pytest.mark.parametrize("name", SOURCES)
@given(body=junk, content_type=st.one_of(st.none(), st.just("text/xml; charset=utf-16"), st.text(max_size=40)))
def test_junk_is_read_or_refused_with_a_sentence(name: str, body: bytes, content_type: str | None) -> None:
    try:
        parsed = source(name)(body, content_type, BASE)
    except ParseError as error:
        assert len(str(error)) > 20  # noqa: PT017  both outcomes are right
    else:
        keep_promises(parsed)


@pytest.mark.corpora
@pytest.mark.skipif(not CORPORA, reason="WATCHER_CORPORA names no folder with feeds")
def test_json_feeds_of_others_are_read_whole() -> None:
    documents = sorted(Path(CORPORA, "feeds").rglob("*.json"))
    refused = {}
    for path in documents:
        body = path.read_bytes()
        try:
            parsed = source("jsonfeed")(body, None, BASE)
        except ParseError as error:
            refused[path.name] = str(error)
        else:
            keep_promises(parsed)
            assert parsed.warnings == (), path
            assert len(parsed.entries) == len(json.loads(body)["items"]), path
            assert any(one.text for one in parsed.entries) or path.name == "authors.json", path
    assert refused.keys() == {"ScriptingNews.json", "allthis-partial.json"}
    assert "not a feed" in refused["ScriptingNews.json"], "RSS in JSON is another format"
    assert "cut off" in refused["allthis-partial.json"]
    assert len(documents) == 14


@pytest.mark.corpora
@pytest.mark.skipif(not CORPORA, reason="WATCHER_CORPORA names no folder with feeds")
@pytest.mark.parametrize("collection", ["rsparser", "feedjira", "miniflux", "feedparser"])
def test_feeds_of_others_are_read_or_refused_and_counted_right(collection: str) -> None:
    import io

    import feedparser

    documents = [path for path in sorted(Path(CORPORA, "feeds", collection).rglob("*")) if path.is_file()]
    read = 0
    for path in documents:
        body = path.read_bytes()
        expected = len(feedparser.parse(io.BytesIO(body), sanitize_html=False, resolve_relative_uris=False).entries)
        try:
            parsed = source("rss")(body, None, BASE)
        except ParseError:
            assert expected == 0, path
        else:
            keep_promises(parsed)
            assert len(parsed.entries) == expected, path
            read += 1
    assert read > len(documents) / 2
