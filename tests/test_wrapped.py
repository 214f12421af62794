"""Links by way of somebody else: opened where they hold the address, left alone where they do not."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watcher import article, urls
from watcher.errors import FetchError
from watcher.sources import parse

STORY = "https://publisher.example/news/talks?id=7&lang=en"
CODED = quote(STORY, safe="")


def news_id(url: str, amp: str = "") -> str:
    """An id as Google News packed them until 2024."""

    def packed(text: str) -> bytes:
        data = text.encode()
        length = len(data)
        return (bytes([length]) if length < 128 else bytes([length & 0x7F | 0x80, length >> 7])) + data

    data = b"\x08\x13\x22" + packed(url) + (b"\xd2\x01" + packed(amp) if amp else b"\xd2\x01\x00")
    return urlsafe_b64encode(data).decode().rstrip("=")


HOLDING = [
    f"https://www.google.com/url?sa=t&rct=j&q=&url={CODED}&usg=AOv",
    f"https://www.google.co.kr/url?q={CODED}&sa=U",
    f"http://news.google.com/news/url?sa=t&fd=R&ct2=us&url={CODED}",
    f"https://news.google.com/rss/articles/{news_id(STORY)}?oc=5",
    f"https://news.google.com/articles/{news_id(STORY, 'https://amp.publisher.example/' + 'x' * 150)}?hl=en-US&gl=US",
    f"https://news.google.com/__i/rss/rd/articles/{news_id(STORY)}?oc=5",
    f"http://www.bing.com/news/apiclick.aspx?ref=FexRss&aid=&tid=1&url={CODED}&c=1&mkt=en-us",
    f"https://www.bing.com/ck/a?!&&p=1&u=a1{urlsafe_b64encode(STORY.encode()).decode().rstrip('=')}&ntb=1",
    f"https://r.search.yahoo.com/_ylt=Awr/RV=2/RE=1/RO=10/RU={CODED}/RK=2/RS=x",
    f"https://duckduckgo.com/l/?uddg={CODED}&rut=1",
    f"https://l.facebook.com/l.php?u={CODED}&h=AT1",
    f"https://nam02.safelinks.protection.outlook.com/?url={CODED}&data=1",
    f"https://t.umblr.com/redirect?z={CODED}&t=1",
    f"https://www.youtube.com/redirect?event=video&q={CODED}",
    f"https://consent.google.com/ml?continue={CODED}&gl=DE&hl=de&pc=n&src=1",
    f"https://guce.yahoo.com/consent?brandType=eu&done={CODED}",
    "https://consent.google.com/m?continue=" + quote(f"https://news.google.com/rss/articles/{news_id(STORY)}"),
]
SILENT = [
    STORY,
    "https://news.google.com/rss/articles/CBMiK0FVX3lxTE1abcdefghijklmnopqrstuvwxyz0123456789?oc=5",
    f"https://news.google.com/rss/articles/{news_id('AU_yqLMabcdefghijklmnopqr')}",
    f"https://news.google.com/rss/articles/{news_id('javascript:alert(document.domain)//0')}",
    "https://news.google.com/rss/articles/_____________________",
    "https://www.google.com/url?q=javascript:alert(1)",
    "https://www.google.com/url?q=not+an+address",
    f"https://www.google.com/search?q={CODED}",
    f"https://evil-bing.com/news/apiclick.aspx?url={CODED}",
    f"https://publisher.example/share?url={CODED}",
    "https://www.bing.com/ck/a?u=a1%ff%ff",
    "https://consent.yahoo.com/v2/collectConsent?sessionId=3_cc-session",
]


@pytest.mark.parametrize("link", HOLDING)
def test_the_publishers_address_is_read_out_of_the_link(link: str) -> None:
    assert urls.direct(link) == STORY
    assert urls.canonical(link) == urls.canonical(STORY)
    assert urls.outlet(link) == "publisher.example"
    assert urls.entry_identity(link, "feed", "guid", "", "") == urls.canonical(STORY)


@pytest.mark.parametrize("link", SILENT)
def test_what_holds_no_address_stays_as_it_is(link: str) -> None:
    assert urls.direct(link) == link


CONSENT = "https://consent.yahoo.com/v2/collectConsent?sessionId=3_cc-session"


@pytest.mark.parametrize(
    ("link", "told"),
    [
        (CONSENT, True),
        ("https://CONSENT.google.de/m", True),
        ("https://guce.techcrunch.com/copyConsent", True),
        ("https://myprivacy.dpgmedia.nl/consent", True),
        ("https://consent.com/news/story", False),
        ("https://news.example/consent", False),
        ("no address", False),
    ],
)
def test_consent_pages_are_known(link: str, told: bool) -> None:
    assert urls.is_consent(link) is told


def test_a_consent_page_makes_no_identity_and_is_no_article() -> None:
    assert urls.entry_identity(CONSENT, "feed", "guid", "", "") == "feed guid"
    page = b"<html><body><article>" + b"<p>A long text about the talks of the two allies in Seoul.</p>" * 40
    with pytest.raises(FetchError, match="consent") as caught:
        article.extract(page, CONSENT)
    assert caught.value.fault == "not_a_page"


def test_entries_of_every_source_get_the_publishers_link() -> None:
    items = "".join(f"<item><link>{link.replace('&', '&amp;')}</link></item>" for link in (HOLDING[0], CONSENT, STORY))
    parsed = parse("rss", f"<rss version='2.0'><channel>{items}</channel></rss>".encode(), None, "https://f.example/")
    assert [entry.url for entry in parsed.entries] == [STORY, None, STORY]


wraps = st.sampled_from(
    [
        lambda url: f"https://www.google.com/url?q={quote(url, safe='')}",
        lambda url: f"https://www.google.com/url?url={url}",
        lambda url: f"https://news.google.com/rss/articles/{news_id(url)}",
        lambda url: f"http://www.bing.com/news/apiclick.aspx?url={quote(url, safe='')}",
        lambda url: f"https://consent.google.com/m?continue={quote(url, safe='')}",
        lambda url: f"https://www.bing.com/ck/a?u=a1{urlsafe_b64encode(url.encode()).decode()}",
        lambda url: f"https://r.search.yahoo.com/RU={quote(url, safe='')}/RK=2",
    ]
)
paths = st.text(alphabet="/%aAmp4125.;=é ?&#!+", max_size=30)


@given(path=paths, nested=st.lists(wraps, max_size=3))
def test_opening_and_comparing_are_idempotent(path: str, nested: list[object]) -> None:
    url = f"https://www.publisher.example/{path}"
    for wrap in nested:
        url = wrap(url)  # type: ignore[operator]
    once = urls.direct(url)
    assert urls.direct(once) == once
    form = urls.canonical(url)
    assert urls.canonical(form) == form


@given(st.text(), st.binary(max_size=60), st.text(alphabet="/articles_-AZ09=", max_size=40))
def test_nothing_breaks_it(text: str, data: bytes, path: str) -> None:
    packed = urlsafe_b64encode(b"\x08\x13\x22" + data).decode()
    for link in (text, f"https://news.google.com/rss/articles/{packed}", f"https://news.google.com/{path}?{text}"):
        assert urls.direct(urls.direct(link)) == urls.direct(link)
        assert urls.is_web(urls.direct(link)) is urls.is_web(link)
