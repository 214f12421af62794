"""Which language an entry is in, without the costly look where a glance will do. Pure."""

from __future__ import annotations

import re

from watcher.relevance.features import primary
from watcher.relevance.language import detect
from watcher.relevance.stopwords import STOP_WORDS, stop_words

LEAST_WORDS = 12
"""Words from which on a share of them says something."""
SHARE = 0.15
"""Of the words of a text. English prose has twice as many of these; other languages next to none."""

_WORD = re.compile(r"[^\W\d_]+")
_ENGLISH = stop_words("en") - {word for language in STOP_WORDS if language != "en" for word in stop_words(language)}
_EASTERN = "\u2e80"
"""From here on: scripts in which a letter is half a word, and pictures."""


def language(text: str, told: str | None) -> str:
    """The language of a text; ``told`` is its feed's own word.

    What a feed calls English, or nothing, and what is plainly English, is: letter statistics take a millisecond.
    """
    return "en" if primary(told) in {"en", "und"} and plainly_english(text) else detect(text, told)


def plainly_english(text: str) -> bool:
    """Whether many words are little English ones that mean nothing in another language."""
    found = _WORD.findall(text.lower())
    little = sum(map(_ENGLISH.__contains__, found))
    return len(found) >= LEAST_WORDS and little >= SHARE * len(found) and max(text) < _EASTERN
