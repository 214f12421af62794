"""What scoring sees of a text: its words and word pairs, counted.

Its one rule: seeds and entries are counted by the same code, and light (no scikit-learn): term cards, stream
statistics and the shipped background hold exactly these terms.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, groupby, pairwise
from operator import itemgetter

from watcher.relevance.stopwords import stop_words
from watcher.text import sentences, words
from watcher.types import Mode, TermCounts

UNDETERMINED = "und"
"""The language of a text whose language nobody knows (ISO 639-2)."""

LEAD = 2
"""A text's first two sentences are its lead."""

REPEATED = 6
"""So many words in a row that were there before are a repetition, not news."""

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
    return _terms(words(text), language)


def _terms(run: Sequence[str], language: str) -> Iterator[str]:
    stop = stop_words(language)
    kept = [word for word in run if word not in stop][:MOST_WORDS]
    return chain(kept, map(" ".join, pairwise(kept)))


def document_terms(document: Document, language: str) -> list[str]:
    """The terms of a document's title (twice: a headline is chosen words) and of its text, repeats included.

    No pair spans the two.
    """
    title = list(terms(document.title, language))
    return [*title, *title, *terms(document.text, language)]


def count_terms(title: str, paragraphs: Sequence[str], language: str) -> TermCounts:
    """The term counts of a seed by zone: title, lead (the first two sentences of the text), body.

    What is said again in the same words (a stand-first repeated in the text, say) counts once. No pair spans two
    sentences.
    """
    language = primary(language)
    passages = _Passages()
    title_runs = passages.new(sentences(title))
    of_text = [sentence for paragraph in paragraphs for sentence in sentences(paragraph)]
    return TermCounts(
        language=language,
        title=_count(title_runs, language),
        lead=_count(passages.new(of_text[:LEAD]), language),
        body=_count(passages.new(of_text[LEAD:]), language),
    )


class _Passages:
    """Remembers what was said, to leave out what is said again: whole sentences, and runs of `REPEATED` words."""

    def __init__(self) -> None:
        self._sentences: set[tuple[str, ...]] = set()
        self._runs: set[tuple[str, ...]] = set()

    def new(self, lines: Iterable[str]) -> list[list[str]]:
        """The runs of words in these sentences that were not said before."""
        found: list[list[str]] = []
        for line in lines:
            said = tuple(words(line))
            if said not in self._sentences:
                self._sentences.add(said)
                found.extend(self._unsaid(said))
        return found

    def _unsaid(self, said: tuple[str, ...]) -> list[list[str]]:
        again = [False] * len(said)
        runs = [said[i : i + REPEATED] for i in range(len(said) - REPEATED + 1)]
        for i, run in enumerate(runs):
            if run in self._runs:
                again[i : i + REPEATED] = [True] * REPEATED
        self._runs.update(runs)
        pairs = groupby(zip(said, again, strict=True), key=itemgetter(1))
        return [[word for word, _ in group] for repeated, group in pairs if not repeated]


def _count(runs: Iterable[Sequence[str]], language: str) -> dict[str, int]:
    return dict(sorted(Counter(term for run in runs for term in _terms(run, language)).items()))


def total(counts: TermCounts) -> Counter[str]:
    """The counts of all zones together."""
    return Counter(counts.title) + Counter(counts.lead) + Counter(counts.body)
