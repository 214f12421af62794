"""What a sentence is worth: for the article's own event, for the topic, and beside what is told already.

One rule: a term counts by being there, not by how often; a sentence that only piles up terms pays for its length.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

from watcher import text as texts
from watcher.leftovers.vocabulary import SMALL_WORDS
from watcher.summary.sentence import Sentence

_PLACE, _EVENT, _TOPIC = 0.5, 0.6, 0.5
"""What the first place, all of the headline's words, and half of the topic's terms in the text are worth."""
_DECAY = 0.3
"""News stands first: the place is worth 1 / (1 + 0.3 n)."""
_FIGURE = 0.05
"""A figure is worth a little: how many, how much, when."""
_TOLD = 0.1
"""What is left of a term's worth once it was told."""
_LIKE = 0.4
"""Cost of a sentence whose telling words were all told."""
_TERMS = 10
"""Half the weight of so many of the topic's heaviest terms in the text is all that is asked of a sentence."""
_REACH = 3
"""A pair of words counts when they stand this close together: small words between them are not in the pair."""
_UNKNOWN = 0.7
"""What is left of the worth where somebody acts by the surname alone whom only an untold sentence introduces."""
_SHORT, _USUAL, _COST = 80, 120, 0.5
"""Worth goes down with the root of the length; below 80 characters there is nothing more to save."""


class Interest:
    """What is of interest in one article, with one topic in view."""

    def __init__(self, title: str, sentences: Sequence[Sentence], terms: Mapping[str, float]) -> None:
        said = {word for sentence in sentences for word in sentence.words}
        self._known = frozenset(texts.words(title))
        self._first = _introduced(sentences)
        self._headline = frozenset(word for word in texts.words(title) if word in said and word not in SMALL_WORDS)
        self._weights = {term: abs(weight) for term, weight in terms.items()}
        self._words = self._weights.keys() & said
        self._pairs = {pair for pair in self._weights if " " in pair and said.issuperset(pair.split())}
        self._firsts = {pair.split()[0] for pair in self._pairs}
        self._found = {sentence.text: self._terms(sentence.words) for sentence in sentences}
        there = sorted((self._weights[term] for term in frozenset[str]().union(*self._found.values())), reverse=True)
        self._whole = sum(there[:_TERMS]) or 1.0

    def values(self, able: Mapping[int, Sentence], told: Sequence[Sentence]) -> dict[int, float]:
        """The worth of each sentence (by its place in the text) beside those told already; 1.5 is much."""
        heard = {word for other in told for word in other.words}
        again = {term for other in told for term in self._found[other.text]}
        return {place: self._value(place, sentence, told, heard, again) for place, sentence in able.items()}

    def _value(
        self,
        place: int,
        sentence: Sentence,
        told: Sequence[Sentence],
        heard: AbstractSet[str],
        again: AbstractSet[str],
    ) -> float:
        event = sum(_TOLD if word in heard else 1.0 for word in self._headline & sentence.telling)
        topic = sum(
            self._weights[term] * (_TOLD if term in again else 1) for term in sorted(self._found[sentence.text])
        )
        worth = (
            _PLACE / (1 + _DECAY * place)
            + _EVENT * event / (len(self._headline) or 1)
            + _TOPIC * min(1.0, 2 * topic / self._whole)
            + _FIGURE * sentence.figure
        )
        if self._first.get(sentence.opening, place) < place and sentence.opening.lower() not in self._known | heard:
            worth *= _UNKNOWN
        alike = max((_share(sentence.telling, other.telling) for other in told), default=0.0)
        cost: float = (max(_SHORT, len(sentence.text)) / _USUAL) ** _COST
        return (worth * sentence.weight - _LIKE * alike) / cost

    def _terms(self, words: Sequence[str]) -> frozenset[str]:
        found = {word for word in words if word in self._words}
        for place, first in enumerate(words):
            if first in self._firsts:
                near = words[place + 1 : place + 1 + _REACH]
                found |= {pair for second in near if (pair := f"{first} {second}") in self._pairs}
        return frozenset(found)


def _introduced(sentences: Sequence[Sentence]) -> dict[str, int]:
    """Surname → the place of the first sentence that has another name before it."""
    first: dict[str, int] = {}
    for place, sentence in enumerate(sentences):
        for surname in sentence.named:
            first.setdefault(surname, place)
    return first


def _share(own: frozenset[str], others: frozenset[str]) -> float:
    """Share of the smaller set that is in the other."""
    return len(own & others) / max(1, min(len(own), len(others)))
