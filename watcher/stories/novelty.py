"""What is new in a follow-up: its whole sentences that say what the story did not tell yet.

A sentence is new by a figure, by a name, or by enough words that stand nowhere in the texts told so far. Its one rule:
a copy says nothing new, however it was cut or touched up, and more told never makes more new.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache

from watcher import leftovers
from watcher import text as texts
from watcher.relevance.stopwords import stop_words

READ = 30_000
"""Characters of a text that are looked at."""

NEW_WORDS = 4
NEW_SHARE = 0.4
"""A sentence without a new figure or name needs so many new words, and this share of its words."""

FEWEST_WORDS = 4
"""A shorter sentence tells nothing alone, unless it is all there is."""

STEM = 6
"""Letters by which two forms of one word are told to be the same."""

MONTHS = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    "|nov(?:ember)?|dec(?:ember)?|januar|februar|märz|mai|juni|juli|oktober|dezember|janvier|février|mars|avril|juin"
    "|juillet|août|septembre|octobre|novembre|décembre|enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre"
    "|octubre|noviembre|diciembre"
)
_WHEN = re.compile(
    r"(?=\d)(?:"  # what the next character is is looked at first: this is asked at each of them
    r"\b\d{1,2}[:h]\s?\d{2}\b(?:\s?[ap]\.?m\b)?|\b\d{1,2}\s?[ap]\.?m\b"  # 14:05, 2 p.m.
    rf"|\b\d{{1,2}}(?:st|nd|rd|th|\.)?\s(?:{MONTHS})\b"
    r"|\b(?:19|20)\d\d(?:[-/.]\d{1,2}[-/.]\d{1,2})?\b|\b\d{1,2}[-/.]\d{1,2}[-/.](?:19|20)\d\d\b"
    r"|\d{1,4}[年月日時分년월일]|\d{1,2}시"
    rf")|(?=[adefjmnos])\b(?:{MONTHS})\.?\s\d{{1,2}}(?:st|nd|rd|th)?\b",
    re.IGNORECASE,
)
_DIGITS = re.compile(r"\d(?:\D{0,40}\d)*")
_AROUND = 20
"""Characters before and after its digits that a date or a time of day has at most; half of those between `_DIGITS`."""
_FIGURE = re.compile(r"\d+(?:[.,]\d+)*")
_NAME = re.compile(r"[^\W\d_a-z](?<=[^\W\d_A-Z,;:'’\"»)] .)[^\W_]+(?:[ -][^\W\d_a-z][^\W_]+)*")
_ASCII_NAME = re.compile(r"[A-Z](?<=[a-z] .)[A-Za-z0-9]+(?:[ -][A-Z][A-Za-z0-9]+)*")
"""The same in ASCII: a short class is found several times faster than one that is put as what it is not."""
_BROKEN = re.compile(r"(?:\.\.\.|…|\[…\]|\[\.\.\.\])[\"'”’»)\]]*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """What a passage says: figures, names and words in a form that stays the same in another sentence."""

    figures: frozenset[str]
    names: frozenset[str]
    words: frozenset[str]


def new_sentences(told: Sequence[str], text: str, *, language: str = "und") -> tuple[str, ...]:
    """The whole sentences of a text, in its order, that say something none of the texts ``told`` says.

    Dates and times of day are no figures here: every report has its own. A sentence that stands twice counts once.
    """
    before = [_told(one, language) for one in told]
    figures = frozenset[str]().union(*(one.figures for one in before))
    known = frozenset[str]().union(*(one.words for one in before))
    found: dict[str, None] = {}
    for sentence in _sentences(text):
        if _is_new(_said(sentence, language), figures, known):
            found[sentence] = None
    return tuple(found)


def figures(text: str) -> frozenset[str]:
    """The figures of a text but for dates and times of day, digits only: "28,500" and "28 500" differ, "28.500" not."""
    return _figures(_undated(text))


def content_stems(text: str, language: str = "und") -> frozenset[str]:
    """The words of a text that are no stop words, cut to the letters that their forms share."""
    return _stems(set(texts.words(text)) - _stops(language))


def _sentences(text: str) -> list[str]:
    """Whole sentences without left-overs; a broken last one is none, a text of one sentence is one in any case."""
    paragraphs = leftovers.clean(text[:READ]).paragraphs
    parts = [sentence for paragraph in paragraphs for sentence in texts.sentences(paragraph)]
    if len(parts) == 1:
        return parts
    return [part for part in parts if not _BROKEN.search(part) and len(texts.words(part)) >= FEWEST_WORDS]


@lru_cache(maxsize=64)
def _told(text: str, language: str) -> _Said:
    """What a text of a story says; a story's texts are asked for several times while one entry is placed."""
    return _said(texts.tidy(text[:READ], lines=True), language)


def _undated(text: str) -> str:
    """The text without dates and times of day, looked for where there are digits only: every date has one."""
    parts, end = [], 0
    for found in _DIGITS.finditer(text):
        start, stop = max(0, found.start() - _AROUND), found.end() + _AROUND
        parts += [text[end:start], _WHEN.sub(" ", text[start:stop])]
        end = stop
    return "".join([*parts, text[end:]]) if parts else text


def _figures(undated: str) -> frozenset[str]:
    return frozenset(re.sub(r"[.,]", "", figure) for figure in _FIGURE.findall(undated))


def _said(text: str, language: str) -> _Said:
    names = _stems(texts.words(" ".join((_ASCII_NAME if text.isascii() else _NAME).findall(text))))
    undated = _undated(text)
    stems = content_stems(_FIGURE.sub(" ", undated), language)
    return _Said(figures=_figures(undated), names=names, words=stems)


def _is_new(said: _Said, told_figures: frozenset[str], told_words: frozenset[str]) -> bool:
    unheard = said.words - told_words
    if said.figures - told_figures:
        return True
    if len(said.names & unheard) > 0 and len(unheard) > 1:
        return True  # a name alone may be another spelling, or a day of the week
    return len(unheard) >= NEW_WORDS and len(unheard) >= NEW_SHARE * len(said.words)


def _stems(words: Collection[str]) -> frozenset[str]:
    return frozenset([word.removesuffix("s")[:STEM] if word.isascii() else word for word in words])


@lru_cache(maxsize=64)
def _stops(language: str) -> frozenset[str]:
    return stop_words(language) | stop_words("en")
