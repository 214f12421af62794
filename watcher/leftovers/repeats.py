"""Which sentences say again what another one said.

One rule: of two near-copies the whole sentence stays, and among whole sentences the first.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from itertools import chain

_NUMBER = re.compile(r"\d+")
_SHINGLE = 3
_COMMON = 6
"""Shingles of three words shared: a run of about eight words."""
_COMMON_PAIRS = 18
"""The same where words are pairs of letters: a headline and the sentence below it easily share ten letters in a row."""
_CANDIDATES = 6
"""Sentences remembered per shingle: a bound on the work for a text that says one thing a thousand times."""


def repeated(
    sentences: Sequence[tuple[str, ...]], whole: Sequence[bool], *, pairs: Collection[int] = ()
) -> frozenset[int]:
    """Return the places of the sentences (given as words) to leave out.

    ``whole[i]`` tells whether sentence i ends as a sentence; a bullet that echoes a sentence of the text goes even when
    it comes first. ``pairs``: the places of those whose words are pairs of letters.
    """
    gone: set[int] = set()
    seen: dict[tuple[str, ...], int] = {}
    holders: dict[tuple[str, ...], list[int]] = defaultdict(list)
    shingles = [_shingles(words) for words in sentences]
    counts = Counter(chain.from_iterable(shingles))
    common = {shingle for shingle, count in counts.items() if count > 1}  # few: the others find no twin
    for place, words in enumerate(sentences):
        if len(words) < 3:
            continue
        if words in seen:
            gone.add(_weaker(seen[words], place, whole))
            continue
        seen[words] = place
        run = _COMMON_PAIRS if place in pairs else _COMMON
        shared = Counter(other for shingle in shingles[place] & common for other in holders[shingle])
        twin = _twin(place, sentences, shingles, shared, run)
        if twin is not None and twin not in gone:
            gone.add(_weaker(twin, place, whole))
        for shingle in shingles[place] & common:
            if len(held := holders[shingle]) < _CANDIDATES:
                held.append(place)
    return frozenset(gone)


def echo(words: tuple[str, ...], others: Sequence[tuple[str, ...]]) -> bool:
    """Tell whether more than half of a line stands word for word in one of the others: a bullet, hardly a headline."""
    own = _shingles(words)
    return len(own) >= 3 and any(len(own & _shingles(other)) * 2 > len(own) for other in others)


def _twin(
    place: int,
    sentences: Sequence[tuple[str, ...]],
    shingles: Sequence[frozenset[tuple[str, ...]]],
    shared: Counter[int],
    run: int,
) -> int | None:
    for other, common in shared.most_common(3):
        smaller = min(len(shingles[place]), len(shingles[other]))
        # A short sentence must be nearly contained; a long one is a copy from half on, if the run is long.
        enough = common >= 0.5 * smaller if common >= run else smaller >= 3 and common >= 0.8 * smaller
        if enough and _numbers(sentences[place]) == _numbers(sentences[other]):
            return other
    return None


def _weaker(first: int, second: int, whole: Sequence[bool]) -> int:
    return first if whole[second] and not whole[first] else second


def _shingles(words: tuple[str, ...]) -> frozenset[tuple[str, ...]]:
    return frozenset(zip(*(words[start:] for start in range(_SHINGLE)), strict=False))


def _numbers(words: tuple[str, ...]) -> frozenset[str]:
    """Figures tell apart what is worded alike: the second quarter's results are not the third's."""
    return frozenset(number for word in words for number in _NUMBER.findall(word))
