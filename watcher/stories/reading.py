"""A text as grouping compares it: sparse vectors, the names in it, the years and the days of the week.

Its one rule: what is said here of a text is said without looking at another one.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import fsum, log, sqrt
from typing import TypeVar

from watcher.relevance.stopwords import stop_words
from watcher.relevance.subjects import UNSPACED
from watcher.text import words

T = TypeVar("T")

_WEEKS = (
    ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
    ("montag", "dienstag", "mittwoch", "donnerstag", "freitag", "samstag", "sonntag"),
    ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
    ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
    ("lunedì", "martedì", "mercoledì", "giovedì", "venerdì", "sabato", "domenica"),
)
WEEKDAYS: Mapping[str, int] = {name: day for week in _WEEKS for day, name in enumerate(week)}
"""Word → day, Monday 0. Portuguese days have figures for names ("segunda-feira"), which mean other things as well."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reading:
    """A text as it is compared; its vectors are TF-IDF of unit length.

    ``per_word``: how many of the tokeniser's words make one word of the language. ``named``: the summed idf of names
    and figures. ``marked``: words written as names.
    """

    entry: str
    idf: Mapping[str, float]
    weights: Mapping[str, float]
    headline: Mapping[str, float]
    lead: Mapping[str, float]
    names: Mapping[str, float]
    figures: Mapping[str, float]
    named: float
    marked: frozenset[str]
    years: frozenset[str]
    weekdays: frozenset[int]
    words: float
    per_word: float
    topic: str | None = None
    """The topic that it matched best."""


def content(text: Sequence[str], language: str) -> list[str]:
    """The words of a text that are no stop words of its language."""
    stop = stop_words(language)
    return [word for word in text if word not in stop]


_NAME = re.compile(r"[^\W\d_a-z](?<=[^\W\d_A-Z,;:'’\"»)] .)[^\W_]+(?:[ -][^\W\d_a-z][^\W_]+)*")
YEAR = re.compile(r"(?:19|20)\d\d")


def marked(text: str) -> set[str]:
    """Words that are written with a capital inside a sentence; headlines capitalise anything."""
    return set(words(" ".join([name for name in _NAME.findall(text) if name[0].isupper()])))


def per_word(language: str) -> float:
    """How many of the tokeniser's words make one word of a language."""
    return 2.0 if language in UNSPACED else 1.0  # one word is about two overlapping pairs of characters


def unit(counts: Mapping[str, int], idf: Mapping[str, float]) -> dict[str, float]:
    """The TF-IDF vector of unit length, logarithmic in the counts."""
    raw = {word: (1.0 + log(count)) * idf[word] for word, count in counts.items() if idf[word]}
    size = sqrt(sum(weight * weight for weight in raw.values()))
    return {word: weight / size for word, weight in raw.items()}


def share_of(text: Reading, told: Reading) -> float:
    """Share of a text's names and figures that stand in another text, by idf; 0 without any."""
    if not text.named:
        return 0.0
    return fsum(text.idf[word] for word in text.names.keys() & told.idf.keys()) / text.named  # in whatever order


def agree(ours: Collection[T], theirs: Collection[T]) -> float:
    """1 where both have one in common, −1 where each has others, 0 where one has none."""
    if not ours or not theirs:
        return 0.0
    return 1.0 if any(one in theirs for one in ours) else -1.0


def weekdays(text: Collection[str]) -> frozenset[int]:
    """The days of the week that a text names."""
    return frozenset(WEEKDAYS[word] for word in WEEKDAYS.keys() & set(text))


def dot(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    """The scalar product of two sparse vectors, the same in whatever order their words come."""
    return fsum(one[word] * other[word] for word in one.keys() & other.keys())
