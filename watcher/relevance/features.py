"""What scoring sees of a text: its words and word pairs, counted.

Its one rule: seeds and entries are counted by the same code, and light (no scikit-learn): term cards, stream
statistics and the shipped background hold exactly these terms.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise

from watcher.relevance.stopwords import stop_words
from watcher.text import sentences, words
from watcher.types import Mode, TermCounts

UNDETERMINED = "und"
"""The language of a text whose language nobody knows (ISO 639-2)."""

LEAD = 2
"""A text's first two sentences are its lead."""

MOST_WORDS = 20_000
"""Words counted of one text; the longest newspaper articles have less than half of that."""


@dataclass(frozen=True, slots=True)
class Document:
    """One text to judge: an entry's title with its feed's text, or with its fetched article (mode "full")."""

    id: str
    title: str
    text: str
    language: str
    mode: Mode


_OTHER_NAMES = {"nb": "no", "nn": "no", "iw": "he", "in": "id", "fil": "tl"}


def primary(language: str | None) -> str:
    """The language without its region ("en-US" → "en"); "und" for none; narrow and older codes as usual."""
    code = (language or "").replace("_", "-").split("-")[0].strip().lower()
    return _OTHER_NAMES.get(code, code) or UNDETERMINED


def terms(text: str, language: str) -> Iterator[str]:
    """The words of a text without stop words, then the pairs of neighbours among them, in order."""
    stop = stop_words(language)
    kept = [word for word in words(text) if word not in stop][:MOST_WORDS]
    return chain(kept, map(" ".join, pairwise(kept)))


def document_terms(document: Document, language: str) -> list[str]:
    """The terms of a document's title and of its text, repeats included. No pair spans the two."""
    return [*terms(document.title, language), *terms(document.text, language)]


def count_terms(title: str, paragraphs: Sequence[str], language: str) -> TermCounts:
    """The term counts of a seed by zone: title, lead (the first two sentences of the text), body.

    A sentence that comes again (a stand-first repeated in the text, say) counts once. No pair spans two sentences.
    """
    language = primary(language)
    seen: set[str] = set()
    title_lines = _new(sentences(title), seen)
    text_lines = _new(chain.from_iterable(sentences(paragraph) for paragraph in paragraphs), seen)
    return TermCounts(
        language=language,
        title=_count(title_lines, language),
        lead=_count(text_lines[:LEAD], language),
        body=_count(text_lines[LEAD:], language),
    )


def _new(lines: Iterable[str], seen: set[str]) -> list[str]:
    kept = []
    for line in lines:
        key = " ".join(words(line))
        if key and key not in seen:
            seen.add(key)
            kept.append(line)
    return kept


def _count(lines: Iterable[str], language: str) -> dict[str, int]:
    return dict(sorted(Counter(term for line in lines for term in terms(line, language)).items()))


def total(counts: TermCounts) -> Counter[str]:
    """The counts of all zones together."""
    return Counter(counts.title) + Counter(counts.lead) + Counter(counts.body)
