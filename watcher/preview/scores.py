"""Every text of the past scored once, and what of it is worth keeping.

Its one rule: what scores so little that no sensitivity makes a match of it is counted and let go; memory holds the
entries that came near, and those that really matched.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from watcher.preview.lines import lines
from watcher.preview.plan import Plan, Source
from watcher.relevance import Scorer
from watcher.relevance.features import Document, document_terms
from watcher.relevance.kept import SNIPPET, WHOLE, kept_document, kept_terms
from watcher.relevance.stages import full_document, own_article, snippet_document
from watcher.relevance.stream import BINS, bin_of
from watcher.relevance.threshold import LIKELY
from watcher.store.past import PastEntry
from watcher.types import Entry, EntryTerms, Mode, Score

Advance = Callable[[int], None]


class KeptWords:
    """Reads documents for the scorer: texts as ever, and from counts what has no text any more."""

    def __init__(self) -> None:
        self._kept: dict[str, EntryTerms] = {}
        self._needed: frozenset[str] = frozenset()

    def expect(self, needed: frozenset[str]) -> None:
        """Know the words without which a text scores 0: it need not be read word by word."""
        self._needed = needed

    def _may_score(self, document: Document) -> bool:
        if not self._needed or not (document.title.isascii() and document.text.isascii()):
            return True  # the words of other scripts are not found by looking for them
        said = f"{document.title}\n{document.text}".lower()
        return any(word in said for word in self._needed)

    def terms(self, document: Document, language: str) -> list[str]:
        """The terms of a document; counts were read in the entry's own language."""
        kept = self._kept.get(document.id)
        if kept is None or document.title or document.text not in {SNIPPET, WHOLE}:
            return document_terms(document, language) if self._may_score(document) else []
        return kept_terms(kept, document.text)

    def hold(self, page: Sequence[PastEntry]) -> None:
        """Know the counts of these entries, and no others."""
        self._kept = {one.entry.id: one.terms for one in page if one.terms is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """One entry with its scores. ``whole``: by its article, where there is one; both by model, without zeros."""

    past: PastEntry
    mode: Mode
    short: Mapping[str, Score]
    whole_mode: Mode | None
    whole: Mapping[str, Score]
    own: bool
    """The whole text is the feed's own."""


@dataclass(slots=True, kw_only=True)
class Past:
    """What was read: entries worth a look, and of the others how many there were, by topic, mode and score."""

    near: list[Scored] = field(default_factory=list)
    far: Mapping[tuple[int, str], Counter[tuple[Mode, int]]] = field(default_factory=lambda: defaultdict(Counter))
    """(number of the plan, topic) → (mode, bin) → entries that its feeds brought and that came nowhere near."""
    floors: Mapping[str, float] = field(default_factory=dict)
    oldest: datetime | None = None
    """When the oldest entry came; those of a first document came when they were published."""

    def scores(self, plan: Plan, number: int, topic: str) -> dict[Mode, tuple[float, ...]]:
        """All scores of one topic by mode, as its stream statistics would hold them."""
        found: defaultdict[Mode, list[float]] = defaultdict(list)
        model = plan.models[topic]
        for (mode, place), count in self.far.get((number, topic), Counter()).items():
            found[mode] += [(place + 0.5) / BINS if place else 0.0] * count
        for one in self.near:
            if topic in plan.topics_of(one.past):
                found[one.mode].append(one.short[model].value if model in one.short else 0.0)
                if one.whole_mode == "full":
                    found["full"].append(one.whole[model].value if model in one.whole else 0.0)
        return {mode: tuple(values) for mode, values in found.items()}


def read_past(
    source: Source,
    plans: Sequence[Plan],
    scorer: Scorer,
    words: KeptWords,
    *,
    now: datetime,
    advance: Advance = lambda _: None,
) -> Past:
    """Score everything; ``words`` is what the scorer reads documents with."""
    past = Past(floors=_floors(plans, scorer, now))
    words.expect(scorer.needed_words())
    for page in source.pages():
        words.hold(page)
        _score(source, page, plans, scorer, past=past, now=now)
        advance(len(page))
    words.hold(())
    return past


def _floors(plans: Sequence[Plan], scorer: Scorer, now: datetime) -> dict[str, float]:
    """Model → the score below which a snippet matters to no sensitivity that is tried."""
    found: dict[str, float] = {}
    for plan in plans:
        for topic, model in plan.models.items():
            tried = lines(plan.topics[topic].sensitivity, partial(scorer.thresholds, model, now=now))
            least = min(value for line in tried for value in line.thresholds.values())
            found[model] = min(found.get(model, 1.0), LIKELY * least)
    return found


def _score(
    source: Source, page: Sequence[PastEntry], plans: Sequence[Plan], scorer: Scorer, *, past: Past, now: datetime
) -> None:
    documents = [_short(one) for one in page]
    shorts = scorer.judge(documents, now=now)
    near = []
    max_age = max(plan.max_age for plan in plans)
    for one, document, judged in zip(page, documents, shorts, strict=True):
        came = moment(one, max_age)
        past.oldest = came if past.oldest is None else min(past.oldest, came)
        found = {name: given.score for name, given in judged.items() if given.score.value > 0.0}
        if _worth(one, found, past.floors, plans, source.matched):
            near.append((one, document.mode, found))
        else:
            _count(one, document.mode, found, plans, past)
    wholes = [(number, read) for number, (one, *_) in enumerate(near) if (read := _whole(one)) is not None]
    judged_whole = scorer.judge([document for _, document in wholes], now=now)
    by_number = {number: (document, judged) for (number, document), judged in zip(wholes, judged_whole, strict=True)}
    decided = source.decided([one for one, *_ in near])
    for number, (one, (_, mode, found)) in enumerate(zip(decided, near, strict=True)):
        whole, judged = by_number.get(number, (None, {}))
        past.near.append(
            Scored(
                past=one,
                mode=mode,
                short=found,
                whole_mode=whole.mode if whole else None,
                whole={name: given.score for name, given in judged.items() if given.score.value > 0.0},
                own=own_article(one.entry.text) is not None or (one.terms is not None and one.terms.own),
            )
        )


def moment(one: PastEntry, max_age: timedelta) -> datetime:
    """When an entry came: when it was seen; a first document holds what was published days before."""
    entry = one.entry
    if not one.first or entry.published is None:
        return entry.first_seen
    return min(entry.first_seen, max(entry.published, entry.first_seen - max_age))


def _short(one: PastEntry) -> Document:
    if one.worded or one.terms is None:
        return snippet_document(one.entry)
    return kept_document(one.entry.id, one.terms, SNIPPET)


def _whole(one: PastEntry) -> Document | None:
    """What a second judgement would read: the article, the feed's own where that is one, or what is kept of it."""
    entry: Entry = one.entry
    if entry.article or own_article(entry.text):
        return full_document(entry)
    if one.terms is not None and one.terms.whole is not None:
        return kept_document(entry.id, one.terms, WHOLE)
    return None


def _worth(
    one: PastEntry,
    found: Mapping[str, Score],
    floors: Mapping[str, float],
    plans: Sequence[Plan],
    matched: Collection[str],
) -> bool:
    """Whether an entry may match by some sensitivity, or did match, or is judged by its article in any case."""
    if any(given.value >= floors.get(name, 0.0) for name, given in found.items()):
        return True
    if one.entry.id in matched:
        return True
    return _whole(one) is not None and any(plan.policy(one) == "always" for plan in plans)


def _count(one: PastEntry, mode: Mode, found: Mapping[str, Score], plans: Collection[Plan], past: Past) -> None:
    for number, plan in enumerate(plans):
        for topic in plan.topics_of(one):
            given = found.get(plan.models[topic])
            past.far[number, topic][mode, bin_of(given.value if given else 0.0)] += 1
