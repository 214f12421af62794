"""The same event in other words: which open story a text belongs to, though it copies none of its members.

Texts are TF-IDF vectors of title and text. How rare a word is comes from ordinary news, from what was polled and from
the open stories: what stands in many of them (the topic's own words, above all) tells none of them apart.
What a text has in common with a story is put into a few figures (`Likeness`), and a logistic model with fixed constants
weighs them. Nothing is trained when it runs; `tests/eval/fit_stories.py` made the constants.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import nlargest
from math import fsum, log, log1p, sqrt

from watcher.relevance.features import primary
from watcher.stories.likeness import LEAD, Likeness, logit
from watcher.stories.reading import YEAR, Reading, agree, content, dot, marked, per_word, share_of, unit, weekdays
from watcher.text import words
from watcher.types import StoryMember, TermShares

ORDINARY = 500.0
"""Documents that the table of ordinary news counts for, beside those that were polled."""

MOST_POLLED = 5000.0
"""Documents that those polled count for at most: so that ordinary news is not forgotten."""

PRIOR = 20.0
"""Open stories are taken to be so many more when the share of them that hold a word is told: few stories say little.
Those hold the topics' words as often as is expected of them, and no others."""

FEW = 3.0
"""Polled documents, or open stories, that may be about one event: a word's share is made by those beyond them."""

TENTH = 0.1
"""No more than this part of them is left out: a word in each of three open stories is the topic's."""

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

TELLING = 2.0
"""One shared word at least must have this idf (a word in less than an eighth of the news and of the open stories)."""

ENOUGH_RARE = 4
"""So many rare words must be shared where no names can be compared: "Minister … resigns over expenses" is a pattern."""

ENOUGH_NAMES = 0.15
"""Share (by weight) of the names of either side that must stand in the other, where both have names."""

WRITTEN_AS_NAME = 0.4
"""Share of the texts with a word in which it is written as a name, for it to be one: the others begin with it."""

CROWD = slice(2, 8)
"""The third to eighth nearest stories: how alike to a text is what is not its event. Two are left out, and six are
taken, since an event that was told as several stories stands there several times."""

USUAL_CROWD = 0.1
"""The cosine of those that are not open: on an empty board nothing tells what the stories of a topic have in common."""

SAME_TOPIC = 0.9
"""So often two reports of one event match the same topic best."""

BELIEVED = 0.65
"""How much of what the topics say counts: they go by the same words as the rest, so part of it is said already."""

A_DAY = 0.3
"""What each day since a story's last member costs (on the logit). Chosen, not measured: the sets have no dates."""

OLD = 3.0
"""Days from which on a story gets no older: what is taken up again after weeks is as much the same event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """A story near a text, its member that is nearest, and the logit of their being one event: from 0 on, yes."""

    story: str
    entry: str
    likeness: Likeness
    logit: float


@dataclass(slots=True, kw_only=True, eq=False)
class _Open:
    """An open story: its members' readings, their sum, and when the last one came."""

    last: datetime
    members: list[Reading] = field(default_factory=list)
    summed: dict[str, float] = field(default_factory=dict)
    years: set[str] = field(default_factory=set)
    topics: set[str] = field(default_factory=set)


class Events:
    """The open stories of a destination, to be compared by what they report.

    ``background``: language → how common words are in ordinary news; ``polled``: language → in what was polled;
    ``topics``: how many have their news there; ``topical``: word → in which share of the stories there it is expected.
    """

    def __init__(
        self,
        background: Mapping[str, TermShares],
        polled: Mapping[str, TermShares] | None = None,
        *,
        topics: int = 1,
        topical: Mapping[str, float] | None = None,
    ) -> None:
        self._topics = topics
        self._topical = topical or {}
        self._background = background
        self._polled = polled or {}
        self._open: dict[str, _Open] = {}
        self._roots: dict[str, float] = {}
        """The roots of the sizes of those with more than one member."""
        self._stories_with: Counter[str] = Counter()
        self._texts_with: Counter[str] = Counter()
        self._marked: Counter[str] = Counter()
        self._stories_about: Counter[str] = Counter()
        self._by_word: defaultdict[str, dict[str, float]] = defaultdict(dict)

    def read(self, member: StoryMember) -> Reading:
        """Title and text as vectors, weighed by what is known now; it keeps these weights from then on."""
        code = primary(member.language)
        headline, text = words(member.title), words(member.text)
        title = content(headline, code)
        whole = title + content(text, code)
        counts = Counter(whole)
        idf = self._idf(counts, code)
        written = frozenset(marked(member.text) & counts.keys())
        names = {word: count for word, count in counts.items() if self._is_name(word, written)}
        return Reading(
            entry=member.entry,
            idf=idf,
            weights=unit(counts, idf),
            headline=unit(Counter(title), idf),
            lead=unit(Counter(whole[:LEAD]), idf),
            names=unit(names, idf),
            figures=unit({word: count for word, count in counts.items() if word[0].isdigit()}, idf),
            named=fsum(idf[word] for word in names),
            marked=written,
            years=frozenset(word for word in counts if YEAR.fullmatch(word)),
            weekdays=weekdays([*headline, *text]),
            words=len(whole) / per_word(code),
            per_word=per_word(code),
            topic=member.topic,
        )

    def _idf(self, counts: Collection[str], language: str) -> dict[str, float]:
        """−ln of the share of documents (ordinary and polled ones), or of open stories, that hold a word."""
        news, polled = self._background.get(language), self._polled.get(language)
        ordinary: Mapping[str, float] = news.shares if news else {}
        known: Mapping[str, float] = polled.shares if polled else {}
        documents = min(MOST_POLLED, polled.documents) if polled else 0.0
        by_chance = _few(polled.documents) / polled.documents if polled and known else 0.0
        rarest = max(RAREST, 1.0 / (ORDINARY + documents))  # few documents tell little of rare words
        found, total, holding = {}, ORDINARY + documents, self._stories_with
        opened, few, expected = len(self._open) + PRIOR, _few(len(self._open)), self._topical
        for word in counts:
            share = ORDINARY * ordinary.get(word, 0.0)
            if known:
                share += documents * max(0.0, known.get(word, 0.0) - by_chance)
            held = max(holding.get(word, 0) - 1.0, PRIOR * expected.get(word, 0.0)) - few
            share = max(share / total, rarest, held / opened)
            found[word] = -log(share) if share < 1.0 else 0.0
        return found

    def _is_name(self, word: str, marked: Collection[str]) -> bool:
        written = self._marked.get(word, 0) + (word in marked)
        return word[0].isdigit() or (written > 0 and written >= WRITTEN_AS_NAME * (self._texts_with.get(word, 0) + 1))

    def nearest(self, new: Reading, *, seen: datetime) -> Near | None:
        """The story a text fits best; None where none shares a word with it."""
        return max(self.near(new, seen=seen), key=lambda one: one.logit, default=None)

    def near(self, new: Reading, *, seen: datetime) -> list[Near]:
        """The stories that share enough with a text, those with the nearest members first."""
        if not self._open:
            return []
        compared = [(story, *self._compare(new, self._open[story])) for story in self._candidates(new)]
        compared.sort(key=lambda one: -one[2])
        places = CROWD.stop - CROWD.start
        others = [closest for _, _, closest, _ in compared[CROWD]]
        crowd = (sum(others) + USUAL_CROWD * (places - len(others))) / places
        found = []
        for story, member, _, alone in compared:
            if not self._enough(new, member, alone):
                continue
            like = alone._replace(crowd=crowd)
            days = min(OLD, max(0.0, (seen - self._open[story].last) / timedelta(days=1)))
            belief = logit(like) - A_DAY * days + self._by_topic(new.topic, self._open[story])
            found.append(Near(story=story, entry=member.entry, likeness=like, logit=belief))
        return found

    def _by_topic(self, topic: str | None, story: _Open) -> float:
        """What the topics say: the logarithm of a likelihood ratio, of which `BELIEVED` counts."""
        if topic is None or self._topics < 2 or not story.topics:
            return 0.0
        share = min(0.99, (self._stories_about[topic] + 1) / (len(self._open) + self._topics))
        ratio = SAME_TOPIC / share if topic in story.topics else (1 - SAME_TOPIC) / (1 - share)
        return BELIEVED * log(ratio)

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
        for story in sums.keys() & self._roots.keys():
            sums[story] /= self._roots[story]
        return nlargest(LOOKED_AT, sums, key=sums.__getitem__)

    def _compare(self, new: Reading, story: _Open) -> tuple[Reading, float, Likeness]:
        """The nearest member, its cosine, and the likeness without the crowd."""
        members = story.members[-COMPARED:]
        cosines = [dot(new.weights, member.weights) for member in members]
        closest = max(cosines)
        member = members[cosines.index(closest)]
        mean = dot(new.weights, story.summed) / len(story.members) if len(story.members) > 1 else closest
        like = Likeness(
            cosine=0.5 * closest + 0.5 * mean,
            shared=log1p(sum(new.idf[word] for word in new.weights if word in member.weights) / new.per_word),
            names=max(dot(new.names, one.names) for one in members),
            told=max(share_of(new, one) for one in members),
            retold=share_of(member, new),
            headline=max(dot(new.headline, one.headline) for one in members),
            lead=max(dot(new.lead, one.lead) for one in members),
            figures=max(dot(new.figures, one.figures) for one in members),
            year=agree(new.years, story.years),
            weekday=agree(new.weekdays, member.weekdays),
            first=1.0 if len(story.members) == 1 else 0.0,
            length=log1p(new.words),
            other_length=log1p(member.words),
            crowd=0.0,
            open=log1p(len(self._open)),
        )
        return member, closest, like

    def _enough(self, new: Reading, member: Reading, like: Likeness) -> bool:
        """Whether there is evidence at all: without it, no sum of likenesses makes one event of two patterns."""
        if new.headline.keys().isdisjoint(member.weights) and member.headline.keys().isdisjoint(new.weights):
            return False  # a feed's standing phrase is no report
        shared = [new.idf[word] for word in new.weights if word in member.weights]
        if max(shared, default=0.0) < TELLING:
            return False
        rare = sum(idf >= RARE for idf in shared)
        if not new.names or not member.names:
            return rare >= ENOUGH_RARE * new.per_word
        return max(like.told, like.retold) >= ENOUGH_NAMES

    def add(self, story: str, new: Reading, *, seen: datetime) -> None:
        """Remember a text as a member of a story, which opens with its first one."""
        if story not in self._open:
            self._open[story] = _Open(last=seen)
        grown = self._open[story]
        self._stories_with.update(word for word in new.weights if word not in grown.summed)
        self._texts_with.update(new.weights.keys())
        self._marked.update(new.marked)
        grown.members.append(new)
        if len(grown.members) > 1:
            self._roots[story] = sqrt(len(grown.members))
        grown.last = max(grown.last, seen)
        grown.years |= new.years
        if new.topic is not None and new.topic not in grown.topics:
            grown.topics.add(new.topic)
            self._stories_about[new.topic] += 1
        for word, weight in new.weights.items():
            grown.summed[word] = grown.summed.get(word, 0.0) + weight
            self._by_word[word][story] = grown.summed[word]

    def older_than(self, moment: datetime) -> list[str]:
        """The stories whose last member came before a moment."""
        return [story for story, held in self._open.items() if held.last < moment]

    def remove(self, story: str) -> list[Reading]:
        """Forget a story; what its members reported is handed back."""
        closed = self._open.pop(story)
        self._roots.pop(story, None)
        for member in closed.members:
            _take(self._texts_with, member.weights.keys())
            _take(self._marked, member.marked)
        _take(self._stories_with, closed.summed.keys())
        _take(self._stories_about, closed.topics)
        for word in closed.summed:
            del self._by_word[word][story]
            if not self._by_word[word]:
                del self._by_word[word]
        return closed.members


def _few(of: float) -> float:
    """How many of so many documents or stories say nothing of a word that they hold.

    A name in three of thirty stories is no word of the topic; it is rather one event that was told three times. To take
    weight from its name would split that event further.
    """
    return min(FEW, TENTH * of)


def _take(counts: Counter[str], keys: Collection[str]) -> None:
    """Count one less of each; what is left with none is forgotten."""
    for key in keys:
        counts[key] -= 1
        if not counts[key]:
            del counts[key]
