"""Pages become articles; pages that are none say so."""

from __future__ import annotations

import gzip
import json
import os
import re
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from trafilatura.settings import Document

from watcher import article
from watcher.errors import FetchError

PARAGRAPHS = [
    "The harbour authority of Port Ellis said on Tuesday that it would close the old ferry terminal in spring.",
    "Engineers found cracks in four of the pillars that carry the pier, according to a report seen by this newspaper.",
    "Shop owners near the terminal fear that passengers will stay away, and the council promised them a lower rent.",
    "A new ferry terminal would cost 48 million crowns and could open in three years, the report says.",
]
URL = "https://www.courier.example/news/ferry-terminal?id=secret"


def page(body: str, *, title: str = "Cracked pillars close ferry terminal | The Courier", head: str = "") -> bytes:
    return f"""<!doctype html><html lang="en-GB"><head><meta charset="utf-8"><title>{title}</title>
    <meta property="og:site_name" content="The Courier"><meta property="og:type" content="article">
    <meta property="article:published_time" content="2021-03-04T08:10:00Z">{head}</head>
    <body><nav><ul><li><a href="/">Home</a></li><li><a href="/sport">Sport</a></li></ul></nav>
    {body}<footer><p>Contact us</p><p>© 2021 The Courier</p></footer></body></html>""".encode()


def story(paragraphs: list[str]) -> str:
    inner = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return f"<main><article><h1>Cracked pillars close ferry terminal</h1>{inner}</article></main>"


def test_an_article_page_gives_its_headline_text_outlet_date_and_language() -> None:
    found = article.extract(page(story(PARAGRAPHS)), URL)
    assert found.title == "Cracked pillars close ferry terminal"
    assert all(paragraph in found.text for paragraph in PARAGRAPHS)
    assert "Contact us" not in found.text
    assert found.outlet == "The Courier"
    assert found.published == datetime(2021, 3, 4, tzinfo=UTC)
    assert found.language == "en"
    assert found.url == URL


def test_an_article_in_div_soup_without_metadata_is_found() -> None:
    body = "".join(f"<div class='row'><div><span></span>{paragraph}</div></div>" for paragraph in PARAGRAPHS)
    bare = f"<html><body><div id=menu><a href=/>Home</a></div><div id=story>{body}</div></body></html>"
    found = article.extract(bare.encode(), None)
    assert PARAGRAPHS[1] in found.text
    assert found.url is None


def test_a_korean_page_in_an_old_encoding_is_read() -> None:
    sentences = ["한국과 미국은 화요일 서울에서 방위비 분담 협상을 다시 시작했다고 외교부가 밝혔다."] * 2
    sentences.append("양측은 내년 봄까지 합의를 목표로 한다고 외교부 대변인이 기자들에게 말했다.")
    text = f"<html lang=ko><head><meta charset=euc-kr></head><body><article>{story(sentences)}</article></body></html>"
    found = article.extract(text.encode("euc-kr"), "https://news.example/1")
    assert sentences[-1] in found.text
    assert found.language == "ko"


def test_a_page_above_the_limit_is_read_without_its_scripts() -> None:
    ballast = "<script>" + "x=1;" * 500_000 + "</script>"
    found = article.extract(page(ballast + story(PARAGRAPHS)), URL)
    assert PARAGRAPHS[0] in found.text


def test_a_script_that_never_closes_ends_the_page() -> None:
    found = article._trimmed(page(story(PARAGRAPHS)) + b"<script>" + b"<script>" * 300_000)
    assert len(found) < 10_000


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "empty"),
        (b"%PDF-1.7 ...", "PDF"),
        (b'{"a": 1}', "JSON"),
        (b'<?xml version="1.0"?><rss version="2.0"></rss>', "feed"),
        (b"\x89PNG\r\n\x1a\n", "picture"),
        (b"just words", "not HTML"),
        (page("<main><p>Short.</p></main>"), "too few"),
        (page("<h1>Gone</h1><p>Sorry.</p>", title="404 Not Found"), "does not exist"),
        (page("<h1>Just a moment...</h1><p>Checking your browser</p><div class=captcha></div>"), "human"),
        (page(story(PARAGRAPHS[:1]) + "<div>Subscribe to continue reading.</div>"), "paywall"),
        (
            page(story(PARAGRAPHS[:3]), head="<script>{'isAccessibleForFree':false}</script>"),
            "paywall",
        ),
        (
            page(
                "<main><h1>Before you continue</h1><p>We and our partners use cookies to store personal data "
                "such as browsing data and unique identifiers on your device. Selecting accept all enables tracking "
                "technologies. You can change your consent at any time in the privacy settings. With your consent we "
                "use cookies to measure how our services are used.</p></main>"
            ),
            "consent",
        ),
    ],
)  # fmt: skip
def test_a_page_without_an_article_is_refused_with_its_reason(body: bytes, said: str) -> None:
    with pytest.raises(FetchError, match=said) as caught:
        article.extract(body, URL)
    assert caught.value.fault == "not_a_page"
    assert "secret" not in str(caught.value)


def test_a_page_too_large_for_any_article_is_refused() -> None:
    with pytest.raises(FetchError) as caught:
        article.extract(b"<html>" + b" " * article.LARGEST_PAGE, URL)
    assert caught.value.fault == "too_large"


@pytest.mark.parametrize(
    "body",
    [
        b"<html>" + b"<div>" * 50_000 + b"</div>" * 50_000,
        b"<html><table><tr><td colspan=1000000000>x</td></tr></table>",
        b"<html><body>" + bytes(range(33)) * 400,
        b"<html><p>" + b"&#1114112;&#0;&#xD800; " * 100,
        b"\xff\xfe<\x00h\x00t\x00m\x00l\x00>\x00",
    ],
)
def test_hostile_pages_are_refused_and_never_raise_anything_else(body: bytes) -> None:
    with pytest.raises(FetchError):
        article.extract(body, None)


def test_an_article_about_cookies_is_no_consent_page() -> None:
    about = [
        "The regulator fined four publishers on Monday because their cookies followed readers without consent.",
        "The fines are the highest since the law was passed, and two of the publishers said that they would appeal.",
        *PARAGRAPHS,
    ]
    assert about[0] in article.extract(page(story(about)), URL).text


@pytest.mark.parametrize(
    ("title", "found"),
    [
        ("Pier closes | The Courier", "Pier closes"),
        ("The Courier - Pier closes - again", "Pier closes - again"),
        ("US - China talks", "US - China talks"),
        ("Pier closes – at last – The Courier", "Pier closes – at last"),
        ("The Courier", "The Courier"),
        ("Pier closes - in spring", "Pier closes - in spring"),
    ],
)
def test_the_site_name_is_no_part_of_the_headline(title: str, found: str) -> None:
    document = Document()
    document.title, document.sitename, document.hostname = title, "The Courier", "courier.example"
    assert article._headline(document) == found


def test_dates_that_cannot_be_are_unknown() -> None:
    assert article._day("2018-05-01") == datetime(2018, 5, 1, tzinfo=UTC)
    assert article._day("0001-01-01") is None
    assert article._day("soon") is None
    assert article._day(None) is None


def overlap(found: str, true: str) -> float:
    one, two = (Counter(re.findall(r"\w+", text.lower())) for text in (found, true))
    common = sum((one & two).values())
    return 2 * common / (sum(one.values()) + sum(two.values()))


@pytest.mark.corpora
@pytest.mark.slow
def test_real_pages_give_their_true_text() -> None:
    folder = os.environ.get("WATCHER_CORPORA")
    if not folder:
        pytest.skip("WATCHER_CORPORA does not name the corpora")
    pages = Path(folder) / "pages"
    truth = json.loads((pages / "ground-truth.json").read_text(encoding="utf-8"))
    scores = []
    for name, true in truth.items():
        body = gzip.decompress((pages / f"{name}.html.gz").read_bytes())
        try:
            scores.append(overlap(article.extract(body, true["url"]).text, true["articleBody"]))
        except FetchError:
            scores.append(0.0)
    assert len(scores) == 60
    assert sum(scores) / len(scores) >= 0.9
