"""Which line, if any, is the headline.

One rule: a wrong headline harms more than none, because its words count double.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from watcher import text as texts
from watcher.leftovers.lines import Line
from watcher.leftovers.repeats import echo
from watcher.leftovers.vocabulary import LIST_HEADS, SMALL_WORDS

_SEARCHED = 15
"""Lines above the body among which a headline is looked for."""
_ENOUGH, _MOST = 0.4, 0.6
"""Shares of its telling words that a headline has in common with the body: to be one at all, and to beat others."""
_BODY = 14
"""Words of a whole sentence that surely belongs to the body. Korean says as much in two thirds as many."""


def find_headline(lines: Sequence[Line], gone: Collection[int], stretch: range) -> int | None:
    """Return the headline's place, or None.

    It stands at most 15 lines above the body, is one statement without a full stop (or a question), has 4 to 25 words
    (or 50 pairs of letters), heads no bullet list, is no bullet that a sentence of the body says again, and shares most
    with the body: at least two fifths of its telling words, however inflected.
    """
    body = next((place for place in stretch if place not in gone and _is_body(lines[place])), None)
    if body is None:
        return None
    sentences = [lines[place].words for place in range(body, stretch.stop) if lines[place].ends]
    said = set(map(_stem, {word for words in sentences for word in words}))
    near = [place for place in range(max(0, body - _SEARCHED), body) if place not in gone]
    least = 3 if len(stretch) < len(lines) else 1  # a copied page shows other articles' headlines too
    shared = {place: _shared(lines[place], said, least) for place in near if _may_head(lines, place, sentences)}
    found = [place for place, share in shared.items() if share >= _ENOUGH]
    if not found:
        return None
    best = max(found, key=lambda place: (shared[place] >= _MOST, -place))
    # "Headline - Outlet" from the window's title goes behind the plain headline that it repeats.
    first = lines[best].text.casefold()
    return next((place for place in found if place > best and first.startswith(lines[place].text.casefold())), best)


def _shared(line: Line, said: Collection[str], least: int) -> float:
    telling = {_stem(word) for word in line.words if word not in SMALL_WORDS and not word.isdigit()}
    common = sum(word in said for word in telling)
    return common / len(telling) if common >= least else 0.0


def _stem(word: str) -> str:
    """The first five letters: enough to see "withdrawing" in "withdrawal". Two of Hangul, before the particles."""
    return word[: 5 if word.isascii() or not _is_hangul(word) else 2]


def _is_hangul(said: Sequence[str]) -> bool:
    """Tell by the first letter (of the first word)."""
    return "가" <= "".join(said[:1])[:1] <= "힣"


def _is_body(line: Line) -> bool:
    enough = _BODY * 2 // 3 if _is_hangul(line.words[-1:]) else _BODY
    return line.ends and len(line.words) >= enough and not line.text.endswith("?")


def _may_head(lines: Sequence[Line], place: int, sentences: Sequence[tuple[str, ...]]) -> bool:
    line = lines[place]
    if not 4 <= len(line.words) <= (50 if line.pairs else 25) or (
        line.ends and not line.text.rstrip("\"'”’»」』").endswith(("?", "!", "？", "！"))
    ):
        return False
    if len(texts.sentences(line.text)) > 1 or _listed(lines, place):
        return False
    # in pairs of letters, a headline and the sentence below it share long runs as a matter of course
    return line.pairs or not echo(line.words, sentences)


def _listed(lines: Sequence[Line], place: int) -> bool:
    """Tell whether only lines that are no sentences stand between it and the heading of a bullet list."""
    for above in reversed(lines[:place]):
        if LIST_HEADS.match(above.text):
            return True
        if above.ends:
            return False
    return False
