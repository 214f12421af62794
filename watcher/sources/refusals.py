"""Why a document is no feed, in a sentence.

Its one rule: called only when nothing was found in the document; it looks at the first kilobytes and guesses what the
reader of the message wants to know: did the address change, is there a login in between, is it another format.
"""

from __future__ import annotations

import codecs
import re

from watcher import text
from watcher.sources import html

_LOOKED_AT = 65_536
_BINARY = (
    (b"%PDF", "a PDF file"),
    (b"\x1f\x8b", "a gzip file"),
    (b"PK\x03\x04", "a ZIP file"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
)
_PAGE = re.compile(r"<(?:!doctype\s+html|html)\b", re.IGNORECASE)
_PARTS_OF_PAGES = frozenset(
    {"head", "body", "title", "meta", "div", "p", "script", "style", "h1", "img", "iframe", "form"}
)
_TITLE = re.compile(r"<title[^>]{0,200}>([^<]{0,300})", re.IGNORECASE)
_ROOT = re.compile(r"<([A-Za-z][\w.-]{0,40}:?[\w.-]{0,40})[\s>/]")
_PASSWORD = re.compile(r"type\s*=\s*[\"']?password", re.IGNORECASE)
_LOGIN = re.compile(r"\b(?:log ?in|sign ?in|log ?on|anmelden|connexion)\b|로그인|登录", re.IGNORECASE)
_CONSENT = re.compile(r"\bconsent\b|cookie[- ](?:wall|banner|policy)|\bgdpr\b|\bcmp\b", re.IGNORECASE)
_ROBOT = re.compile(
    r"captcha|cf-chl|just a moment|are you (?:a )?(?:human|robot)|enable javascript|access denied|unusual traffic",
    re.IGNORECASE,
)


def why_no_feed(body: bytes, detail: str = "") -> str:
    """Say what the document seems to be, and what to do; ``detail`` is the parser's complaint."""
    start = body[:_LOOKED_AT]
    if not start.strip(b" \t\r\n\0" + codecs.BOM_UTF8 + codecs.BOM_UTF16):
        return "the answer is empty, not a feed; check the address, or wait: the publisher may be at work on it"
    kind = next((name for magic, name in _BINARY if start.startswith(magic)), None)
    if kind is not None:
        return f"this is {kind}, not a feed; check the address"
    decoded = _decoded(start)
    if decoded is None:
        return "this is binary data, not a feed; check the address"
    return _textual(decoded, detail)


def _textual(decoded: str, detail: str) -> str:
    lead = decoded.lstrip("\ufeff \t\r\n")
    complaint = f" ({detail})" if detail else ""
    if lead.startswith(("{", "[")):
        if "jsonfeed.org" in lead.replace("\\/", "/")[:4000]:
            return f"this is a JSON Feed that cannot be read{complaint}; tell the publisher, or use the site's RSS feed"
        return f"this is JSON, not a feed{complaint}; look for the site's RSS, Atom or JSON feed"
    root = _ROOT.search(decoded)
    if _PAGE.search(decoded) or (root is not None and root[1].lower() in _PARTS_OF_PAGES):
        return _page(decoded)
    if root is not None and root[1].lower() == "opml":
        return "this is a list of feeds (<opml>), not a feed; save it as a file and write opml: FILE in its place"
    if root is not None:
        return f"this is no RSS or Atom document: it starts with <{root[1]}>{complaint}; check the address"
    return f"this is plain text, not a feed{complaint}; check the address"


def _page(decoded: str) -> str:
    found = _TITLE.search(decoded)
    named = text.tidy(html.plain(found[1]))[:80] if found else ""
    shown = f"a web page (“{named}”)" if named and "\ufffd" not in named else "a web page"
    if _ROBOT.search(decoded):
        return f"this is {shown} that keeps programs out, not a feed; ask the publisher, or use another feed"
    if _PASSWORD.search(decoded) or _LOGIN.search(named):
        return f"this is {shown} with a login, not a feed; give the feed its headers, or find its public address"
    if _CONSENT.search(decoded):
        return f"this is {shown} that asks for consent, not a feed; find the feed's own address"
    return f"this is {shown}, not a feed; find the site's feeds with: watcher feeds discover URL"


def _decoded(start: bytes) -> str | None:
    """The text, or None when it is none."""
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return start.decode("utf-16", "replace")
    if start.count(b"\0") > len(start) // 50:
        return None
    decoded = start.decode("utf-8", "replace")
    control = sum(1 for character in decoded[:2000] if character < " " and character not in "\t\r\n\f")
    return None if control > 20 else decoded
