"""Addresses: canonical forms, links, redaction, identities."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watcher import urls

PLAIN = "https://example.com/news/talks"


@pytest.mark.parametrize(
    "variant",
    [
        "http://example.com/news/talks",
        "https://www.example.com/news/talks/",
        "HTTPS://EXAMPLE.COM/news/talks#comments",
        "https://example.com:443/news/talks?utm_source=rss&utm_medium=feed",
        "http://example.com:80/news/talks?fbclid=1",
        "https://m.example.com/news/talks",
        "https://amp.example.com/news/talks/amp/",
        "https://example.com/news/talks/AMP.amp",
        "https://example.com/amp/news/talks?outputType=amp",
        "https://user:secret@example.com/news/talks",
        "https://example.com./news/talks?ref=rss",
        "  https://example.com/news/%74alks?at_medium=RSS&at_campaign=rss  ",
        "https://www.google.com/url?rct=j&sa=t&url=https://example.com/news/talks&ct=ga",
        "https://www.google.co.uk/amp/s/example.com/news/talks",
        "https://example-com.cdn.ampproject.org/c/s/example.com/news/talks",
        "http://www.bing.com/news/apiclick.aspx?ref=FexRss&url=https%3a%2f%2fexample.com%2fnews%2ftalks&c=1",
        "https://example.com/news/talks;jsessionid=0123ABC",
    ],
)
def test_variants_of_an_address_share_one_form(variant: str) -> None:
    assert urls.canonical(variant) == PLAIN


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://example.com/?p=1", "https://example.com/?p=2"),
        ("https://example.com/a", "https://example.com/A"),
        ("https://example.com/a?id=%e4", "https://example.com/a?id=%e5"),
        ("https://example.com/#!/one", "https://example.com/#!/two"),
        ("https://example.com:8080/a", "https://example.com/a"),
        ("https://example.com/a?source=reuters", "https://example.com/a"),
        ("https://example.com/a%2Fb", "https://example.com/a/b"),
        ("https://edition.example.com/a", "https://example.com/a"),
    ],
)
def test_different_articles_stay_different(one: str, other: str) -> None:
    assert urls.canonical(one) != urls.canonical(other)


def test_the_order_of_parameters_does_not_count() -> None:
    assert urls.canonical("https://example.com/a?b=2&a=1") == urls.canonical("https://example.com/a?a=1&b=2")


def test_international_hosts_have_one_form() -> None:
    assert urls.canonical("https://BÜCHER.example/x") == urls.canonical("https://xn--bcher-kva.example/x")


@pytest.mark.parametrize(
    "text", ["", "not an address", "mailto:a@b.example", "javascript:alert(1)", "http://[::1", "//a/b"]
)
def test_what_is_no_address_is_left_alone(text: str) -> None:
    assert urls.canonical(text) == text
    assert not urls.is_web(text)


@pytest.mark.parametrize(
    "url",
    ["https://example.com", "http://example.com:8080/x?y=1#z", "https://[2001:db8::1]/x", "https://bücher.example/"],
)
def test_web_addresses_are_known(url: str) -> None:
    assert urls.is_web(url)


@pytest.mark.parametrize(
    "url",
    ["https://", "https:///x", "https://exa mple.com/", "https://example.com:99999/", "https://a\nb/", "https://a\\b/",
     "https://./", "ftp://example.com/", "https://example.com/a b", "https://exa%6dple.com/", "https://\ud800.example/"],
)  # fmt: skip
def test_broken_and_foreign_addresses_are_refused(url: str) -> None:
    assert not urls.is_web(url)


@pytest.mark.parametrize(
    ("href", "expected"),
    [
        ("/talks", "https://example.com/talks"),
        ("talks?x=1", "https://example.com/news/talks?x=1"),
        ("//other.example/x", "https://other.example/x"),
        (" https://other.example/a b\n", "https://other.example/a%20b"),
        ('https://other.example/"><x>', "https://other.example/%22%3E%3Cx%3E"),
        ("https://bob:secret@other.example/", "https://other.example/"),
        ("javascript:alert(1)", None),
        ("data:text/html,x", None),
        ("file:///etc/passwd", None),
        ("", None),
        ("http://[", None),
        ("https://other.example/" + "a" * 3500, None),
    ],
)
def test_links_are_resolved_or_dropped(href: str, expected: str | None) -> None:
    assert urls.absolute("https://example.com/news/feed.xml", href) == expected


def test_a_relative_link_without_a_base_is_no_link() -> None:
    assert urls.absolute(None, "/talks") is None
    assert urls.absolute("", "https://example.com/x") == "https://example.com/x"


def test_redaction_keeps_host_and_path_only() -> None:
    assert (
        urls.redact("https://bob:hunter2@example.com:8443/feed?token=hunter2#hunter2")
        == "https://example.com:8443/feed?…"
    )
    assert urls.redact("https://hooks.slack.com/services/T0/B0/hunter2") == "https://hooks.slack.com/…"
    assert urls.redact("https://bob:hun/ter2@example.com/") == urls.UNREADABLE
    assert urls.redact("token hunter2") == urls.UNREADABLE


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://www.example.com/x", "example.com"),
        ("https://feeds.example.co.uk/rss", "example.co.uk"),
        ("https://edition.example.com:8080/", "edition.example.com"),
        ("http://127.0.0.1:9/x", "127.0.0.1"),
        ("nothing", ""),
    ],
)
def test_an_outlet_is_named_by_its_host(url: str, name: str) -> None:
    assert urls.outlet(url) == name


def test_an_entry_is_its_address() -> None:
    one = urls.entry_identity("http://www.example.com/a?utm_source=x", "f1", "guid-1", "T", "x")
    assert one == urls.entry_identity("https://example.com/a", "f2", "guid-2", "U", "y") == "https://example.com/a"


def test_without_an_address_an_entry_is_its_feed_and_guid() -> None:
    assert urls.entry_identity(None, "f1", " guid-1 ", "T", "x") == "f1 guid-1"
    assert urls.entry_identity("https://example.com/", "f1", "guid-1", "T", "x") == "f1 guid-1"


def test_without_guid_an_entry_is_its_content() -> None:
    one = urls.entry_identity(None, "f1", None, "A title", "some text")
    assert one == urls.entry_identity(None, "f1", "", "A title ", "some  text")
    assert one != urls.entry_identity(None, "f1", None, "A title", "other text")
    assert one.startswith("f1 ")


def test_items_of_one_page_are_told_apart_by_the_fragment_their_guid_names() -> None:
    page = "https://example.com/changes"
    one = urls.entry_identity(f"{page}#v1", "f1", f"{page}#v1", "1", "")
    two = urls.entry_identity(f"{page}#v2", "f1", f"{page}#v2", "2", "")
    assert one != two
    assert urls.entry_identity(f"{page}#comments", "f1", page, "1", "") == page


def test_an_identity_hash_has_16_hex_digits_even_of_odd_text() -> None:
    assert len(urls.identity_hash("\ud800")) == 16
    assert urls.identity_hash("a") == "ca978112ca1bbdca"


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("https://bob:secret@Bücher.example/ä b?q=ü%2f#x", "https://xn--bcher-kva.example/%C3%A4%20b?q=%C3%BC%2f"),
        ("http://example.com:80?a=100%", "http://example.com/?a=100%25"),
        ("http://example.com:443/", "http://example.com:443/"),
        ("http://[2001:db8::1]:8080/x", "http://[2001:db8::1]:8080/x"),
        ("http://" + "\udc80" + ".example/", None),
        ("http://" + "ü" * 80 + ".example/", None),
        ("mailto:x", None),
    ],
)
def test_an_address_is_asked_for_in_ascii(url: str, asked: str | None) -> None:
    assert urls.wire(url) == asked


def test_credentials_are_read_and_decoded() -> None:
    assert urls.credentials("https://b%40b:s%3Ac@example.com/") == ("b@b", "s:c")
    assert urls.credentials("https://bob@example.com/") == ("bob", "")
    assert urls.credentials("https://example.com/@bob:x") is None
    assert urls.credentials("nothing") is None


hosts = st.sampled_from(
    ["example.com", "www.example.com", "m.example.co.uk", "www.google.com", "a.cdn.ampproject.org", "Bücher.example"]
)
paths = st.text(alphabet="/%aAmp4125.;=é ?&#!+", max_size=40)
odd_urls = st.builds(
    "{}://{}{}/{}".format,
    st.sampled_from(["http", "https", "HTTP"]),
    hosts,
    st.sampled_from(["", ":80", ":8080"]),
    paths,
)


@given(st.one_of(st.text(), odd_urls))
def test_canonical_is_idempotent(url: str) -> None:
    once = urls.canonical(url)
    assert urls.canonical(once) == once


@given(odd_urls)
def test_every_function_takes_any_text(url: str) -> None:
    for text in (url, url[5:], "\ud800" + url):
        urls.is_web(text)
        urls.host(text)
        urls.outlet(text)
        urls.redact(text)
        urls.absolute(text, text)


@given(st.text(min_size=1), st.text(min_size=1), st.text())
def test_redaction_holds_no_credentials(user: str, password: str, value: str) -> None:
    secrets = f"u{quote(user, safe='')}ser", f"p{quote(password, safe='')}ass", f"v{quote(value, safe='')}al"
    shown = urls.redact(f"https://{secrets[0]}:{secrets[1]}@h.example/x?k={secrets[2]}#{secrets[2]}")
    assert not any(secret in shown for secret in secrets)
    assert urls.redact(shown) == shown


@given(st.text(), st.text())
def test_absolute_links_are_web_addresses_of_sane_length(base: str, href: str) -> None:
    link = urls.absolute(base, href)
    assert link is None or (urls.is_web(link) and len(link) <= urls.LONGEST and "@" not in link.split("/")[2])
