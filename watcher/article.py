"""A page becomes an article: headline, text, outlet, date (trafilatura).

One rule: it runs in a worker process, one page at a time, and says no rather than hand on a consent or login page.
"""

from __future__ import annotations

import logging
import re
from datetime import UTC, datetime

from lxml import etree
from trafilatura import bare_extraction
from trafilatura.settings import Document

from watcher import text as texts
from watcher import urls
from watcher.errors import FetchError
from watcher.types import Article

LARGEST = 1_500_000
"""Bytes of markup that are read, scripts and styles not counted: trafilatura's time grows faster than the page."""
LARGEST_PAGE = 16_000_000
"""Bytes of a page that is looked at at all."""
LONGEST_TEXT = 100_000
"""Characters of text that are kept."""
FEWEST_WORDS = 40
"""Below this there is no article on the page, whatever its layout."""
_TEASER = 110
"""Words up to which the text of a page that asks for money is only its teaser."""

_ASKS_FOR_CONSENT = "it asks for consent to cookies before it shows the article"
_FAILURES = (ValueError, TypeError, AttributeError, LookupError, ArithmeticError, RecursionError, etree.Error)
_LANGUAGE = re.compile(rb"<html\b[^>]{0,2000}?\blang\s*=\s*[\"']?([A-Za-z]{2,3})\b", re.IGNORECASE)
_MARKUP = re.compile(rb"<(?:!doctype\s+html|html|head|body|article|main|section|div|p|h1|meta|title)\b", re.IGNORECASE)
_FEED = re.compile(rb"^\s*(?:<\?xml[^>]*>\s*)?(?:<!--.{0,500}?-->\s*)?<(?:rss|feed|rdf:RDF|urlset)\b", re.DOTALL)
_ROBOT = re.compile(
    r"captcha|are you (?:a )?(?:robot|human)|unusual (?:traffic|activity)|verify (?:that )?you are (?:a )?human"
    r"|checking your browser|just a moment|access (?:is |has been )?denied|enable (?:javascript|js) and cookies",
    re.IGNORECASE,
)
_PAYWALL = re.compile(
    r"[\"']isAccessibleForFree[\"']\s*:\s*[\"']?false|subscribe (?:now )?to (?:continue|keep|read|unlock)"
    r"|to continue reading|(?:log|sign) in to (?:continue|read)|article is (?:exclusive|reserved) (?:to|for)",
    re.IGNORECASE,
)
_CONSENT = re.compile(
    r"\bcookies?\b|\bconsent\b|\bpersonal data\b|\bprivacy (?:policy|settings|choices)\b|\badvertising partners\b"
    r"|\b(?:accept|reject|manage) all\b|\bgdpr\b|\bdatenschutz|\btraceurs\b|개인정보|同意",
    re.IGNORECASE,
)
_MISSING = re.compile(
    r"\b404\b|\b(?:page|article|story) (?:was )?not found\b|\bno longer (?:available|exists)\b", re.IGNORECASE
)
_WINDOW_TITLE = re.compile(r"<title[^>]{0,200}>([^<]{0,500})", re.IGNORECASE)
_TITLE_CUT = re.compile(r"\s+[|\-–—·•:»]\s+")

for _library in ("trafilatura", "htmldate", "courlan"):  # their complaints about pages are no news to our operators
    logging.getLogger(_library).setLevel(logging.CRITICAL)


def extract(page: bytes, url: str | None) -> Article:
    """Return the article of an HTML page (bytes as they came, decompressed).

    Raises ``FetchError``: ``too_large``, or ``not_a_page`` for other kinds of documents, consent, login, robot-check
    and error pages, and pages with less than 40 words of text.
    """
    place = urls.redact(url) if url else "the page"
    if url and urls.is_consent(url):
        raise FetchError(f"no article text on {place}: {_ASKS_FOR_CONSENT}", fault="not_a_page")
    _refuse_other_documents(page, place)
    markup = _trimmed(page)
    document = _read(markup, url, place)
    title = _headline(document)
    text = _tidied(document.text or "", title)
    _refuse_walls(text, markup.decode("utf-8", "replace"), place)
    language = _LANGUAGE.search(page[:10_000])
    return Article(
        title=title,
        text=text,
        outlet=_outlet(document),
        published=_day(document.date),
        language=language.group(1).decode("ascii").lower()[:2] if language else None,
        url=url or (document.url if document.url and urls.is_web(document.url) else None),
    )


def _refuse_other_documents(page: bytes, place: str) -> None:
    if len(page) > LARGEST_PAGE:
        raise FetchError(f"{place} is larger than {LARGEST_PAGE // 1_000_000} MB: no article is", fault="too_large")
    start = page[:2000].lstrip(b"\xef\xbb\xbf \t\r\n")
    kind = None
    if not start:
        kind = "empty"
    elif start.startswith(b"%PDF"):
        kind = "a PDF document"
    elif start[:1] in b"{[":
        kind = "JSON data"
    elif _FEED.match(start):
        kind = "a feed or a site map"
    elif start.startswith((b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"PK\x03\x04", b"\x1f\x8b")):
        kind = "a picture or an archive"
    elif not _MARKUP.search(page[:200_000].replace(b"\x00", b"")):  # zeros: UTF-16
        kind = "not HTML"
    if kind:
        raise FetchError(f"{place} is {kind}, so there is no article to read", fault="not_a_page")


def _trimmed(page: bytes) -> bytes:
    """Leave out scripts and styles of an oversized page, then cut it at the limit; linear in its size."""
    if len(page) <= LARGEST:
        return page
    for name in (b"script", b"style", b"svg"):
        page = _without(page, name)
    return page[:LARGEST]


def _without(page: bytes, name: bytes) -> bytes:
    folded = page.lower()
    kept, start = [], 0
    while (opened := folded.find(b"<" + name, start)) >= 0:
        kept.append(page[start:opened])
        closed = folded.find(b"</" + name, opened)
        if closed < 0:
            return b"".join(kept)
        start = folded.find(b">", closed) + 1 or len(page)
    return b"".join([*kept, page[start:]])


def _read(markup: bytes, url: str | None, place: str) -> Document:
    """Extract strictly first (fewer teasers and captions); with the ordinary settings when that finds too little."""
    try:
        strict = _extraction(markup, url, strict=True)
        if strict is not None and len(texts.words(strict.text or "")) >= FEWEST_WORDS:
            return strict
        document = _extraction(markup, url, strict=False) or strict
    except _FAILURES as error:
        raise FetchError(
            f"{place} could not be read as an article: {type(error).__name__}", fault="not_a_page"
        ) from error
    return document if document is not None else Document()


def _extraction(markup: bytes, url: str | None, *, strict: bool) -> Document | None:
    found = bare_extraction(markup, url=url, favor_precision=strict, include_comments=False, with_metadata=True)
    return found if isinstance(found, Document) else None


def _tidied(text: str, title: str) -> str:
    """Return one paragraph a line, the repeated headline left out."""
    paragraphs = [line for line in map(texts.tidy, text.splitlines()) if line]
    if paragraphs and paragraphs[0].casefold() == title.casefold():
        del paragraphs[0]
    return texts.cut("\n".join(paragraphs), LONGEST_TEXT) if len(text) > LONGEST_TEXT else "\n".join(paragraphs)


def _refuse_walls(text: str, page: str, place: str) -> None:
    count = len(texts.words(text))
    title = _WINDOW_TITLE.search(page[:200_000])
    reason = None
    if count < _TEASER and title and _MISSING.search(title.group(1)):
        reason = "it says that the page does not exist"
    elif count < FEWEST_WORDS and _ROBOT.search(page):
        reason = "it asks for a proof that its reader is human"
    elif count < _TEASER and _PAYWALL.search(page):
        reason = "the article is behind a paywall or login"
    elif _is_consent(text):
        reason = _ASKS_FOR_CONSENT
    elif count < FEWEST_WORDS:
        reason = f"it holds {count} words of text, too few for an article"
    if reason:
        raise FetchError(f"no article text on {place}: {reason}", fault="not_a_page")


def _is_consent(text: str) -> bool:
    """Half of the sentences of a short text speak of cookies and consent: an article on the subject says more."""
    sentences = texts.sentences(text[:20_000])
    about = sum(bool(_CONSENT.search(sentence)) for sentence in sentences)
    return len(texts.words(text[:20_000])) < 500 and about >= 2 and about * 2 >= len(sentences)


def _headline(document: Document) -> str:
    """Return the page's title without the site's name before or behind it."""
    title = texts.tidy(document.title or "")
    parts = _TITLE_CUT.split(title)
    names = (_letters(document.sitename or ""), _letters(document.hostname or ""))
    while len(parts) > 1 and _is_name(parts[-1], names):
        title = title[: title.rindex(parts.pop())].rstrip(" |-–—·•:»")
    while len(parts) > 1 and _is_name(parts[0], names):
        title = title[len(parts.pop(0)) :].lstrip(" |-–—·•:»")
    return title


def _is_name(part: str, names: tuple[str, ...]) -> bool:
    """Tell whether a part of the title is the site: a short one ("US") must be its whole name, not a part of it."""
    letters = _letters(part)
    return letters in names or (len(letters) >= 5 and any(letters in name for name in names))


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.lower())


def _outlet(document: Document) -> str | None:
    name = _TITLE_CUT.split(texts.tidy(document.sitename or ""))[0].lstrip("@")
    return texts.cut(name, 80) or None


def _day(date: str | None) -> datetime | None:
    try:
        day = datetime.strptime(date or "", "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        return None
    return day if day.year >= 1990 else None
