"""Items cut out of a document change nothing about the others; what is not plain is left whole."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watcher.sources import bounds, delta, rss
from watcher.types import Outline, ParsedFeed

BASE = "https://news.example/feeds/all.xml"

HEADS = {
    "rss": (
        '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xml:base="https://base.example/x/"><channel><title>T</title>'
        "<link>https://news.example/</link><language>de</language><managingEditor>a@b.example</managingEditor>",
        "<ttl>5</ttl></channel></rss>",
    ),
    "rdf": (
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/">'
        '<channel rdf:about="https://news.example/"><title>T</title><link>https://news.example/</link></channel>',
        "</rdf:RDF>",
    ),
    "atom": (
        '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:dc="http://purl.org/dc/elements/1.1/" xml:lang="fr">'
        '<title>T</title><link href="https://news.example/"/><author><name>The desk</name></author>',
        "<updated>2026-03-02T12:00:00Z</updated></feed>",
    ),
}
WORDS = st.sampled_from(
    [
        "Seoul",
        "Preis ü",
        "a &amp; b",
        "&lt;b&gt;bold&lt;/b&gt;",
        "<![CDATA[<p>In </item> CDATA</p>]]>",
        "&#8212;",
        " ",
        "",
    ]
)
PARTS = {
    "rss": [
        "<title>{}</title>", "<link>/{}</link>", "<link>https://n.example/{}</link>", "<guid>{}</guid>",
        '<guid isPermaLink="false">g{}</guid>', "<description>{}</description>", "<author>{}</author>",
        "<content:encoded>{}</content:encoded>", "<dc:creator>{}</dc:creator>", "<dc:language>ko</dc:language>",
        '<source url="https://s.example">{}</source>', "<pubDate>Mon, 02 Mar 2026 12:00:00 GMT</pubDate>",
        "<!-- <item> {} -->", '<media:title xmlns:media="http://search.yahoo.com/mrss/">{}</media:title>',
        '<x:y xmlns:x="urn:x" z="&gt;">{}</x:y>', "<image><title>{}</title></image>", "<category>{}</category>",
    ],
    "atom": [
        "<title>{}</title>", '<title type="html">{}</title>', '<link href="/{}"/>', "<id>urn:{}</id>",
        '<content type="xhtml" xml:base="/c/"><div xmlns="http://www.w3.org/1999/xhtml"><p>{}</p></div></content>',
        '<summary type="text">{}</summary>', "<author><name>{}</name></author>", "<dc:creator>{}</dc:creator>",
        "<source><title>{}</title><author><name>S</name></author></source>", '<x:y xmlns:x="urn:x">{}</x:y>',
        "<published>2026-03-02T12:00:00Z</published>", "<updated>2026-03-02T12:00:00Z</updated>", "<?pi {}?>",
    ],
}  # fmt: skip
PARTS["rdf"] = PARTS["rss"]


@st.composite
def documents(draw: st.DrawFn) -> bytes:
    kind = draw(st.sampled_from(sorted(HEADS)))
    head, tail = HEADS[kind]
    name = "entry" if kind == "atom" else "item"
    inner = st.lists(st.tuples(st.sampled_from(PARTS[kind]), WORDS), max_size=6)
    items = [
        f"<{name}>{''.join(part.replace('{}', word) for part, word in parts)}</{name} >\n"
        for parts in draw(st.lists(inner, max_size=8))
    ]
    encoding, bom = draw(st.sampled_from([("utf-8", b""), ("utf-8", b"\xef\xbb\xbf"), ("iso-8859-1", b"")]))
    prolog = f"<?xml version='1.0' encoding='{encoding}'?>"
    return bom + (prolog + head + "".join(items) + tail).encode(encoding)


def read(body: bytes) -> ParsedFeed:
    return rss.parse(body, None, BASE)


def outlined(body: bytes, content_type: str | None = None, salt: str = "") -> Outline:
    found = delta.outline(body, content_type, salt)
    assert found is not None
    return found


@settings(max_examples=300)
@given(documents(), st.data())
def test_the_items_that_are_left_read_as_in_the_whole_document(body: bytes, data: st.DataObject) -> None:
    found = delta.outline(body, None)
    if found is None:
        assert read(body).warnings or b"<?pi <" in body or b"<!-- " in body
        return
    whole = read(body)
    seen = data.draw(st.sets(st.sampled_from(found.hashes))) if found.hashes else set()
    left = tuple(one for one, told in zip(whole.entries, found.hashes, strict=True) if told not in seen)
    assert read(delta.reduced(body, found, seen)) == replace(whole, entries=left)


def document(kind: str, *items: str, prolog: str = "<?xml version='1.0'?>") -> bytes:
    head, tail = HEADS[kind]
    return (prolog + head + "".join(items) + tail).encode()


@pytest.mark.parametrize("kind", sorted(HEADS))
def test_only_what_changed_has_another_hash(kind: str) -> None:
    name = "entry" if kind == "atom" else "item"
    one, two, edited = (f"<{name}><title>{title}</title></{name}>" for title in ("One", "Two", "Two, edited"))
    before, after = outlined(document(kind, one, two)), outlined(document(kind, edited, " ", one))
    assert len({*before.hashes, *after.hashes}) == 3
    assert before.hashes[0] == after.hashes[1]
    left = read(delta.reduced(document(kind, edited, one), outlined(document(kind, edited, one)), before.hashes))
    assert [entry.title for entry in left.entries] == ["Two, edited"]


@pytest.mark.parametrize(
    "other",
    [
        {"salt": "another topic"},
        {"old": b"xml:base='/x/'", "new": b"xml:base='/y/'"},
        {"old": b"xmlns:dc='http://purl.org/dc/elements/1.1/'", "new": b"xmlns:dc='urn:other'"},
        {"old": b"encoding='utf-8'", "new": b"encoding='iso-8859-1'"},
    ],
)
def test_what_surrounds_the_items_counts(other: dict[str, str | bytes]) -> None:
    body = (
        b"<?xml version='1.0' encoding='utf-8'?><rss xml:base='/x/' xmlns:dc='http://purl.org/dc/elements/1.1/'>"
        b"<channel><item><link>a</link><dc:title>T</dc:title></item></channel></rss>"
    )
    changed = body.replace(bytes(other.get("old", b"")), bytes(other.get("new", b""))) if "old" in other else body  # type: ignore[arg-type]  # bytes, by the table above
    assert outlined(body).hashes != outlined(changed, None, str(other.get("salt", ""))).hashes


def test_the_date_of_the_document_does_not_count() -> None:
    bodies = [document("rss", f"<lastBuildDate>{n}</lastBuildDate><item><title>T</title></item>") for n in range(2)]
    assert outlined(bodies[0]).hashes == outlined(bodies[1]).hashes


ITEM = "<item><title>T</title></item>"
NOT_PLAIN = {
    "a DOCTYPE": document("rss", ITEM, prolog="<!DOCTYPE rss [<!ENTITY a 'b'>]>"),
    "a DOCTYPE elsewhere": document("rss", ITEM, prolog="<!DOCTYPE rss SYSTEM 'https://dtd.example/'>"),
    "not well-formed": document("rss", "<item><title>a & b</title></item>"),
    "broken off": document("rss", ITEM)[:-20],
    "an undeclared prefix": document("rss", "<item><nope:x>T</nope:x></item>"),
    "an item in an item": document("rss", f"<item>{ITEM}</item>"),
    "an ENTRY in an item": document("rss", "<item><ENTRY/></item>"),
    "an item elsewhere": document("rss", f"<group>{ITEM}</group>"),
    "an item with nothing in it": document("rss", "<item/>"),
    "an item with nothing in it at the end": b"<rss><channel><title>T</title><item/></channel></rss>",
    "UTF-16": document("rss", ITEM, prolog="").decode().encode("utf-16"),
    "a charset that expat lacks": document("rss", ITEM, prolog="<?xml version='1.0' encoding='shift_jis'?>"),
    "a charset that nobody has": document("rss", ITEM, prolog="<?xml version='1.0' encoding='nonsense'?>"),
    "a prefix with two meanings": document(
        "rss", "<item><a:b xmlns:a='urn:1'/></item>", "<item><a:b xmlns:a='urn:2'/></item>"
    ),
    "an endless namespace": document("rss", f"<item><a xmlns='{'x' * 5000}'/></item>"),
    "more items than are judged": document("rss", ITEM * (bounds.ENTRY_CAP + 1)),
    "a page": b"<html><body><p>Hello</p></body></html><p>",
    "nothing": b"",
}


@pytest.mark.parametrize("body", NOT_PLAIN.values(), ids=NOT_PLAIN)
def test_what_is_not_plain_is_parsed_whole(body: bytes) -> None:
    assert delta.outline(body, None) is None


@pytest.mark.parametrize(
    ("content_type", "plain"),
    [
        ("application/rss+xml", True),
        ("text/xml; charset=UTF8", True),
        ('text/xml; charset="utf-8"', True),
        ("text/xml; charset=iso-8859-1", False),
        ("text/xml; charset=nonsense", False),
    ],
)
def test_a_header_that_names_another_charset_is_left_to_the_parser(content_type: str, *, plain: bool) -> None:
    assert (delta.outline(document("rss", ITEM), content_type) is not None) == plain


HOSTILE = {
    "namespaces": b"<feed xmlns='" + b"n" * 499 + b"'>" + b"<a/>" * 30_000 + b"</feed>",
    "depth": b"<feed>" + b"<a>" * 40_000 + b"</a>" * 40_000 + b"</feed>",
    "attributes": b"<feed " + b" ".join(b"a%d='1'" % n for n in range(12_000)) + b"/>",
    "one attribute": b"<feed a='" + b"&lt;" * 32_000 + b"'/>",
    "comments": b"<feed>" + b"<!---->" * 18_000 + b"</feed>",
    "text": b"<feed><entry><title>" + b"x" * 131_000 + b"</title></entry></feed>",
    "references": b"<feed>" + b"&#65;" * 26_000 + b"</feed>",
    "declarations": b"<feed>" + b"".join(b"<a xmlns:p%d='u%d'/>" % (n, n) for n in range(5_000)) + b"</feed>",
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_no_document_that_is_looked_at_in_the_event_loop_takes_long(body: bytes) -> None:
    assert len(body) < 150_000 or body is HOSTILE["depth"]
    start = time.process_time()
    delta.outline(body, None)
    assert time.process_time() - start < 0.5
