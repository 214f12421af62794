"""The two stages in which an entry is judged, the same for the service and for ``watcher score``.

First by headline and the beginning of the feed's text (so that scores are comparable whatever the feed gives), then,
where that looks likely, by the whole text: the feed's own if it is an article, else the fetched one.
"""

from __future__ import annotations

from watcher.relevance.features import Document
from watcher.types import Entry, Mode

SNIPPET_WORDS = 60
"""As measured: a title and some 45 to 60 words."""
HEADLINE_ONLY = 8
"""Fewer words than this are no snippet."""
NOTICE_WORDS = 45
"""Fewer words than this score as snippets do."""
ARTICLE_WORDS = 150
"""From so many words on, a feed's own text is an article and nothing needs to be fetched."""


def snippet_document(entry: Entry) -> Document:
    """The entry as its first judgement sees it."""
    beginning = " ".join(entry.text.split(maxsplit=SNIPPET_WORDS)[:SNIPPET_WORDS])
    mode: Mode = "snippet" if _weight(beginning) >= HEADLINE_ONLY else "headline"
    return Document(id=entry.id, title=entry.title, text=beginning, language=entry.language, mode=mode)


def full_document(entry: Entry) -> Document:
    """The entry with its article, as its second judgement sees it."""
    text = entry.article or entry.text
    return Document(id=entry.id, title=entry.title, text=text, language=entry.language, mode=length_mode(text))


def length_mode(text: str) -> Mode:
    """The mode of a text by its length: a short notice is judged as a snippet, wherever it was read."""
    words = _weight(text)
    return "full" if words >= NOTICE_WORDS else "snippet" if words >= HEADLINE_ONLY else "headline"


def own_article(text: str) -> str | None:
    """The feed's text, when it is the whole article."""
    return text if _weight(text) >= ARTICLE_WORDS else None


def _weight(text: str) -> float:
    """Words; scripts that set no spaces are counted two characters to the word."""
    tokens = text.split()
    if text.isascii():
        return len(tokens)
    return sum(1 if token.isascii() else max(1, len(token) / 2) for token in tokens)
