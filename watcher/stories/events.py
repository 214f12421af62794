"""The same event in other words: which open story a text belongs to, though it copies none of its members.

Texts are TF-IDF vectors of title and text. How rare a word is comes from ordinary news and from the open stories: what
stands in many of them (the topic's own words, above all) tells none of them apart, however rare it is in the news.
What a text has in common with a story is put into a few figures (`Likeness`), and a logistic model with fixed constants
weighs them. Nothing is trained when it runs; `tests/eval/fit_stories.py` made the constants.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import nlargest
from math import log, log1p, sqrt
from typing import NamedTuple

from watcher.relevance.features import primary
from watcher.relevance.stopwords import stop_words
from watcher.relevance.subjects import UNSPACED
from watcher.text import words
from watcher.types import StoryMember, TermShares

PRIOR = 20.0
"""Open stories are taken to be so many more when the share of them that hold a word is told: few stories say little."""

RAREST = 3.5e-4
"""Share of ordinary news that a word is taken to be in when no table knows it."""

HEAVIEST = 40
"""Words of a text by which stories are looked up; all of them are compared afterwards."""

MOST_READ = 30_000
"""Places of the index read for one text, rare words first: it bounds the cost, whatever is open."""

LOOKED_AT = 10
"""Stories that are compared in full."""

COMPARED = 20
"""Members of a story that are compared one by one, the latest."""

RARE = 4.0
"""From this idf on (a word in less than 2 % of the news and of the open stories) a word tells something."""

ENOUGH_RARE = 4
"""So many rare words must be shared where no names can be compared: "Minister … resigns over expenses" is a pattern."""

ENOUGH_NAMES = 0.15
"""Share (by weight) of the names of either side that must stand in the other, where both have names."""

ENOUGH_HEADLINE = 0.1
"""Share of the headlines that the other text must have: a feed's standing phrase is no report."""

CROWD = slice(2, 6)
"""The third to sixth nearest stories: how alike to a text is what is not its event."""

UNKNOWN_FIGURES = 0.3
"""What counts where one side has no figures."""

A_DAY = 0.3
"""What each day since a story's last member costs (on the logit). Chosen, not measured: the sets have no dates."""


class Likeness(NamedTuple):
    """What a text has in common with an open story."""

    cosine: float
    """Half the largest, half the mean cosine to the story's members (0 to 1)."""
    shared: float
    """ln(1 + the summed weights of the words shared with the nearest member): an absolute amount of evidence."""
    figures: float
    """Share of the figures of the side with fewer that the other has, too (0 to 1)."""
    names: float
    """Share (by weight) of the text's names that stand in the story (0 to 1)."""
    first: float
    """1 for a story of one member, else 0."""
    length: float
    """ln(1 + the text's words)."""
    other_length: float
    """ln(1 + the nearest member's words)."""
    headline: float
    """Share (by weight) of the two headlines, the text's and the nearest member's, that the other text has (0 to 1)."""
    crowd: float
    """Mean cosine to the nearest members of the third to sixth nearest stories (0 to 1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """A story near a text, its member that is nearest, and the logit of their being one event: from 0 on, yes."""

    story: str
    entry: str
    likeness: Likeness
    logit: float


WEIGHTS = Likeness(
    cosine=5.44, shared=2.32, figures=1.97, names=2.44, first=1.05, length=-0.87, other_length=-1.33, headline=1.65,
    crowd=-10.3,
)  # fmt: skip
BIAS = -5.32
"""The fitted one (-4.02) less 1.3: there the cross-fitted precision of every set is about 0.95."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reading:
    """A text as it is compared. ``weights``: unit TF-IDF vector; ``size``: its length before.

    ``per_word``: how many of the tokeniser's words make one word of the language.
    """

    entry: str
    weights: Mapping[str, float]
    idf: Mapping[str, float]
    size: float
    words: float
    per_word: float
    headline: frozenset[str]
    names: frozenset[str]
    figures: frozenset[str]


@dataclass(slots=True, kw_only=True, eq=False)
class _Open:
    """An open story: its members' readings, their sum, and when the last one came."""

    last: datetime
    members: list[Reading] = field(default_factory=list)
    summed: dict[str, float] = field(default_factory=dict)
    figures: set[str] = field(default_factory=set)


class Events:
    """The open stories of a destination, to be compared by what they report. ``background``: language → its table."""

    def __init__(self, background: Mapping[str, TermShares]) -> None:
        self._background = background
        self._open: dict[str, _Open] = {}
        self._stories_with: Counter[str] = Counter()
        self._by_word: defaultdict[str, dict[str, float]] = defaultdict(dict)

    def read(self, member: StoryMember) -> Reading:
        """Title and text as a vector, weighed by what is known now; it keeps these weights from then on."""
        code = primary(member.language)
        counts = Counter(_content(f"{member.title}\n{member.text}", code))
        table = self._background.get(code)
        shares: Mapping[str, float] = table.shares if table else {}
        per_word = 2.0 if code in UNSPACED else 1.0  # one word is about two overlapping pairs of characters
        idf = {word: self._idf(word, shares) for word in counts}
        raw = {word: (1.0 + log(count)) * idf[word] for word, count in counts.items()}
        size = sqrt(sum(weight * weight for weight in raw.values()))
        return Reading(
            entry=member.entry,
            weights={word: weight / size for word, weight in raw.items() if weight} if size else {},
            idf=idf,
            size=size / per_word,
            per_word=per_word,
            words=sum(counts.values()) / per_word,
            headline=frozenset(word for word in _content(member.title, code) if idf[word]),
            names=frozenset(word for word in _names(member.text) & counts.keys() if idf[word]),
            figures=frozenset(word for word in counts if word[0].isdigit()),
        )

    def _idf(self, word: str, shares: Mapping[str, float]) -> float:
        others = max(0, self._stories_with.get(word, 0) - 1)
        share = max(shares.get(word, 0.0), RAREST, others / (len(self._open) + PRIOR))
        return -log(share) if share < 1.0 else 0.0

    def nearest(self, new: Reading, *, seen: datetime) -> Near | None:
        """The story a text fits best; None where none shares a word with it."""
        return max(self.near(new, seen=seen), key=lambda one: one.logit, default=None)

    def near(self, new: Reading, *, seen: datetime) -> list[Near]:
        """The stories that share enough with a text, those with the nearest members first."""
        compared = [(story, *self._compare(new, self._open[story])) for story in self._candidates(new)]
        compared.sort(key=lambda one: -one[2])
        crowd = sum(closest for _, _, closest, _ in compared[CROWD]) / (CROWD.stop - CROWD.start)
        found = []
        for story, member, _, alone in compared:
            if not self._enough(new, member, alone):
                continue
            like = alone._replace(crowd=crowd)
            days = max(0.0, (seen - self._open[story].last) / timedelta(days=1))
            found.append(Near(story=story, entry=member.entry, likeness=like, logit=logit(like) - A_DAY * days))
        return found

    def _candidates(self, new: Reading) -> list[str]:
        """Stories by the sum of cosines over the root of their size: neither large ones nor small ones are favoured."""
        sums: defaultdict[str, float] = defaultdict(float)
        read = 0
        heaviest = nlargest(HEAVIEST, new.weights.items(), key=lambda item: (item[1], item[0]))
        for word, weight in sorted(heaviest, key=lambda item: (len(self._by_word.get(item[0], ())), item[0])):
            places = self._by_word.get(word, {})
            read += len(places)
            if read > MOST_READ:
                break
            for story, theirs in places.items():
                sums[story] += weight * theirs
        return nlargest(LOOKED_AT, sums, key=lambda story: sums[story] / sqrt(len(self._open[story].members)))

    def _compare(self, new: Reading, story: _Open) -> tuple[Reading, float, Likeness]:
        """The nearest member, its cosine, and the likeness without the crowd."""
        cosines = [_dot(new.weights, member.weights) for member in story.members[-COMPARED:]]
        closest = max(cosines)
        member = story.members[-COMPARED:][cosines.index(closest)]
        mean = _dot(new.weights, story.summed) / len(story.members)
        shared = sum(
            min(weight * new.size, member.weights[word] * member.size)
            for word, weight in new.weights.items()
            if word in member.weights
        )
        like = Likeness(
            cosine=0.5 * closest + 0.5 * mean,
            shared=log1p(shared),
            figures=_shared_figures(new.figures, story.figures),
            names=_share(new, new.names, story.summed),
            first=1.0 if len(story.members) == 1 else 0.0,
            length=log1p(new.words),
            other_length=log1p(member.words),
            headline=0.5 * (_share(new, new.headline, member.weights) + _share(member, member.headline, new.weights)),
            crowd=0.0,
        )
        return member, closest, like

    def _enough(self, new: Reading, member: Reading, like: Likeness) -> bool:
        """Whether there is evidence at all: without it, no sum of likenesses makes one event of two patterns."""
        rare = sum(new.idf[word] >= RARE for word in new.weights if word in member.weights)
        if like.headline < ENOUGH_HEADLINE:
            return False
        if not new.names or not member.names:
            return rare >= ENOUGH_RARE * new.per_word
        return max(_share(new, new.names, member.weights), _share(member, member.names, new.weights)) >= ENOUGH_NAMES

    def add(self, story: str, new: Reading, *, seen: datetime) -> None:
        """Remember a text as a member of a story, which opens with its first one."""
        if story not in self._open:
            self._open[story] = _Open(last=seen)
        grown = self._open[story]
        self._stories_with.update(word for word in new.weights if word not in grown.summed)
        grown.members.append(new)
        grown.last = max(grown.last, seen)
        grown.figures |= new.figures
        for word, weight in new.weights.items():
            grown.summed[word] = grown.summed.get(word, 0.0) + weight
            self._by_word[word][story] = grown.summed[word]

    def remove(self, story: str) -> None:
        """Forget a story that has closed."""
        for word in self._open.pop(story).summed:
            del self._by_word[word][story]
            self._stories_with[word] -= 1
            if not self._by_word[word]:
                del self._by_word[word], self._stories_with[word]


def logit(like: Likeness) -> float:
    """ln(p / (1 − p)) of a text and a story being one event, moved so that 0 is where precision suffices."""
    return BIAS + sum(weight * value for weight, value in zip(WEIGHTS, like, strict=True))


def _content(text: str, language: str) -> list[str]:
    stop = stop_words(language)
    return [word for word in words(text) if word not in stop]


_NAME = re.compile(r"(?<=[^\W\d_A-Z,;:'’\"»)] )[^\W\d_a-z][^\W_]+(?:[ -][^\W\d_a-z][^\W_]+)*")


def _names(text: str) -> set[str]:
    """Words that are written with a capital inside a sentence, and figures; headlines capitalise anything."""
    found = {word for match in _NAME.finditer(text) for word in words(match.group()) if match.group()[0].isupper()}
    found |= {word for word in words(text) if word[0].isdigit()}
    return found


def _share(text: Reading, of: Collection[str], told: Mapping[str, float]) -> float:
    """Share of these words of a text that are told, by weight; of all of its words where there are none of these."""
    chosen = of or text.weights.keys()
    whole = sum(text.weights[word] for word in chosen)
    return sum(text.weights[word] for word in chosen if word in told) / whole if whole else 0.0


def _shared_figures(ours: frozenset[str], theirs: set[str]) -> float:
    if not ours or not theirs:
        return UNKNOWN_FIGURES
    return len(ours & theirs) / min(len(ours), len(theirs))


def _dot(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    if len(one) > len(other):
        one, other = other, one
    return sum(weight * other[word] for word, weight in one.items() if word in other)
