"""The TF-IDF scorer: topics, background and stream together.

Its one rule: a judgement depends on the seeds, the background and what was absorbed before it; nothing else. Given the
same documents in the same order it says the same again.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from typing import get_args

from watcher.errors import Problem, SeedError
from watcher.relevance import Judgement
from watcher.relevance.features import UNDETERMINED, Document, document_terms, primary, total
from watcher.relevance.learning import labelled, learn
from watcher.relevance.model import Floats, Rarity, TopicModel, no_words, train
from watcher.relevance.scoring import Analyse, TopicIndex, nothing, score
from watcher.relevance.stream import RAREST, Stream
from watcher.relevance.subjects import Subjects
from watcher.relevance.threshold import reached, strength, threshold
from watcher.relevance.trial import Trial, moved, scored
from watcher.text import TOKENISER
from watcher.types import Example, Mode, Score, Seed, Sensitivity, StreamDelta, TermShares

GROWN = 0.1
GROWN_AT_LEAST = 100
"""Models are trained again when a language's stream has grown by a tenth, and by this many documents at least."""

NEAR = 0.25
"""From this part of its threshold on a text is worth asking what answers have done to it."""

REMEMBERED = 500
"""Texts of one batch whose terms are kept from its judgement until they are counted: as many as a feed may bring."""


class TfidfScorer:
    """Judges documents by topics; see `watcher.relevance.Scorer`.

    ``topics``: name → (seeds, sensitivity). ``background``: language → shares; ``subjects``: language → (words, their
    places), as `watcher.data` brings them. ``examples``: topic → texts that readers have judged. ``stream`` is taken
    over: `absorb` changes it. With ``now`` the stream counts from the start (in `key_terms` too), else from the first
    `judge`.
    Raises SeedError for a topic whose seeds hold no words.
    """

    def __init__(
        self,
        topics: Mapping[str, tuple[Sequence[Seed], Sensitivity]],
        background: Mapping[str, TermShares],
        stream: Stream,
        *,
        subjects: Mapping[str, tuple[Sequence[str], Floats]] | None = None,
        examples: Mapping[str, Sequence[Example]] | None = None,
        now: datetime | None = None,
        analyse: Analyse = document_terms,
    ) -> None:
        self._background = background
        self._subjects = {language: Subjects.of(*space) for language, space in (subjects or {}).items()}
        self._stream = stream
        self._analyse = analyse
        self._sensitivity = {topic: sensitivity for topic, (_, sensitivity) in topics.items()}
        self._examples = {topic: tuple(given) for topic, given in (examples or {}).items() if topic in topics}
        self._labels: dict[tuple[str, str], list[tuple[Score, Example]]] = {}
        self._seeds = {topic: _by_language(topic, seeds) for topic, (seeds, _) in topics.items()}
        self._version = {topic: self._fingerprint(topic) for topic in topics}
        self._trained: dict[str, TopicIndex] = {}
        self._plain: dict[str, Sequence[TopicModel]] = {}
        self._untaught: dict[str, TopicIndex] = {}
        self._grown: Counter[str] = Counter()
        self._size: dict[str, float] = {}
        self._thresholds: dict[tuple[str, Mode], float] = {}
        self._placed: dict[tuple[str, Mode], float] = {}
        self._silent: dict[Mode, dict[str, Judgement]] = {}
        self._lately: dict[tuple[Document, str], list[str]] = {}
        for language in self._all_languages():
            self._train(language, now)

    # --- judging

    def judge(
        self, documents: Sequence[Document], *, topics: Sequence[Collection[str]] | None = None, now: datetime
    ) -> list[dict[str, Judgement]]:
        """Per document, topic → judgement. ``topics`` names those to judge per document; None means all.

        A document in a language for which a topic has no seed scores 0; one in an unknown language ("und") is read
        as each of the topic's languages, and the highest score counts.
        """
        self._lately.clear()
        asked = [frozenset(wanted) for wanted in topics] if topics is not None else None
        found: list[dict[str, Score]] = [{} for _ in documents]
        for language in self._all_languages():
            self._score(documents, language, now, found)
        judged = []
        for i, document in enumerate(documents):
            of_document = self._unrelated(document.mode, now)
            of_document.update({name: self._judged(name, given, now) for name, given in found[i].items()})
            self._say_what_answers_did(document, of_document, now)
            judged.append(
                of_document if asked is None else {name: of_document[name] for name in asked[i] if name in of_document}
            )
        return judged

    def _score(
        self, documents: Sequence[Document], language: str, now: datetime, found: list[dict[str, Score]]
    ) -> None:
        rows = [i for i, document in enumerate(documents) if primary(document.language) in {language, UNDETERMINED}]
        if not rows:
            return
        index = self._index(language, now)
        scores = score([documents[i] for i in rows], index, language, self._terms)
        for i, of_document in zip(rows, scores, strict=True):
            for model, given in zip(index.models, of_document, strict=True):
                if given.value > (found[i][model.topic].value if model.topic in found[i] else 0.0):
                    found[i][model.topic] = given

    def _say_what_answers_did(self, document: Document, judged: dict[str, Judgement], now: datetime) -> None:
        """Judge once more, as if nobody had answered, what lies so near a threshold that they may have decided."""
        near = {
            topic
            for topic, one in judged.items()
            if self._examples.get(topic) and one.score.value >= NEAR * one.threshold
        }
        for language, index in self._untaught.items() if near else ():
            if primary(document.language) != language:
                continue
            for model, given in zip(index.models, score([document], index, language, self._terms)[0], strict=True):
                if model.topic in near:
                    match = reached(given.value, self._place(model.topic, given.mode, now))
                    judged[model.topic] = replace(judged[model.topic], without_answers=match)

    def _terms(self, document: Document, language: str) -> list[str]:
        """The terms of a document; those of a snippet are wanted twice, when it is judged and when it is counted."""
        key = (document, language)
        found = self._lately.get(key)
        if found is None:
            found = self._analyse(document, language)
            if document.mode != "full" and len(self._lately) < REMEMBERED:
                self._lately[key] = found
        return found

    def _unrelated(self, mode: Mode, now: datetime) -> dict[str, Judgement]:
        """What is said of a text that shares no term with any topic: of most of what is polled, so it is kept."""
        if mode not in self._silent:
            self._silent[mode] = {topic: self._judged(topic, nothing(mode), now) for topic in self._seeds}
        return self._silent[mode].copy()

    def _judged(self, topic: str, given: Score, now: datetime) -> Judgement:
        line = self._threshold(topic, given.mode, now)
        return Judgement(
            topic=topic,
            score=given,
            threshold=line,
            strength=strength(given.value, line, given.mode),
            match=reached(given.value, line),
        )

    def _threshold(self, topic: str, mode: Mode, now: datetime) -> float:
        key = (topic, mode)
        if key not in self._thresholds:
            placed = self._place(topic, mode, now)
            self._thresholds[key] = self._by_labels(topic, placed, mode, self._sensitivity[topic])
        return self._thresholds[key]

    def thresholds(self, topic: str, sensitivity: Sensitivity, now: datetime) -> dict[Mode, float]:
        """What scores would have to reach by another sensitivity; nothing has to be scored again for it."""
        return {
            mode: self._by_labels(topic, self._placed_by(topic, mode, sensitivity, now), mode, sensitivity)
            for mode in get_args(Mode)
        }

    def _place(self, topic: str, mode: Mode, now: datetime) -> float:
        """The threshold as it would be had nobody answered."""
        key = (topic, mode)
        if key not in self._placed:
            self._placed[key] = self._placed_by(topic, mode, self._sensitivity[topic], now)
        return self._placed[key]

    def _placed_by(self, topic: str, mode: Mode, sensitivity: Sensitivity, now: datetime) -> float:
        modes: tuple[Mode, ...] = ("headline", "snippet")
        short = [found for each in modes if (found := self._stream.histogram(topic, each, now))]
        full = self._stream.histogram(topic, "full", now)
        seeds = max(map(len, self._seeds[topic].values()))
        return threshold(mode, sensitivity, seeds=seeds, short=short, full=full)

    def _by_labels(self, topic: str, placed: float, mode: Mode, sensitivity: Sensitivity) -> float:
        """A threshold as readers' answers move it; one that the user has fixed stays."""
        if sensitivity.fixed is not None:
            return placed
        return moved(
            placed, mode, [one for (name, _), labels in self._labels.items() if name == topic for one in labels]
        )

    # --- the stream

    def delta(self, documents: Sequence[Document], judged: Sequence[Mapping[str, Judgement]]) -> StreamDelta:
        """What these documents add to the stream statistics; articles (mode "full") add scores only.

        Copies of one text in a batch count once as documents: syndication does not make a word common. A document in
        a language that a topic has no seed for says nothing about where that topic's threshold should be.
        """
        counts: Counter[str] = Counter()
        terms: dict[str, Counter[str]] = {}
        scores: dict[tuple[str, Mode], list[float]] = {}
        seen: set[tuple[str, str]] = set()
        for document, judgements in zip(documents, judged, strict=True):
            language = primary(document.language)
            for topic, judgement in judgements.items():
                if language == UNDETERMINED or language in self._seeds[topic]:
                    scores.setdefault((topic, document.mode), []).append(judgement.score.value)
            content = (document.title, document.text)
            if document.mode != "full" and content not in seen:
                seen.add(content)
                counts[language] += 1
                terms.setdefault(language, Counter()).update(set(self._terms(document, language)))
        self._lately.clear()
        return StreamDelta(documents=counts, terms=terms, scores={key: tuple(values) for key, values in scores.items()})

    def absorb(self, delta: StreamDelta, at: datetime) -> None:
        """Take in what was saved. Models are trained again, at the next `judge`, when the stream has grown enough."""
        self._stream.add(delta, at)
        self._grown.update(delta.documents)
        self._forget_thresholds()

    # --- the topics

    def version(self, topic: str) -> str:
        """Names tokeniser, background and seeds."""
        return self._version[topic]

    def key_terms(self, topic: str, n: int) -> tuple[tuple[str, float], ...]:
        """The ``n`` heaviest terms of the topic's main language with their weights, heaviest first."""
        models = self._trained[self._main_language(topic)].models
        weights = next(model.weights for model in models if model.topic == topic)
        return tuple(weights.items())[:n]

    def needed_words(self) -> frozenset[str]:
        """A text without any of these scores 0 for every topic: the longest word of each of their heaviest terms."""
        terms = {term for index in self._trained.values() for term in index.key_terms}
        return frozenset(max(term.split(" "), key=len) for term in terms)

    def languages(self, topic: str) -> frozenset[str]:
        """The languages of the topic's seeds."""
        return frozenset(self._seeds[topic])

    def _main_language(self, topic: str) -> str:
        """The language of most seeds; the first by the alphabet where two have as many."""
        seeds = self._seeds[topic]
        return min(seeds, key=lambda language: (-len(seeds[language]), language))

    def _all_languages(self) -> list[str]:
        return sorted({language for seeds in self._seeds.values() for language in seeds})

    # --- training

    def _index(self, language: str, now: datetime) -> TopicIndex:
        if self._grown[language] >= max(GROWN_AT_LEAST, GROWN * self._size[language]):
            self._train(language, now)
        return self._trained[language]

    def _train(self, language: str, now: datetime | None) -> None:
        stream = self._stream.shares(language, now, at_least=RAREST) if now else None
        rarity, subjects = Rarity(self._background.get(language), stream), self._subjects.get(language)
        models = [
            train(topic, seeds[language], language, rarity, subjects)
            for topic, seeds in self._seeds.items()
            if language in seeds
        ]
        self._take(language, models, rarity)
        self._size[language] = stream.documents if stream else 0.0
        # without `now` nobody knows how old the stream is: the next call trains
        self._grown[language] = 0 if stream else GROWN_AT_LEAST

    def _take(self, language: str, models: Sequence[TopicModel], rarity: Rarity) -> None:
        """Put models of a language to use: as answers teach them, and (where there are answers) as they were."""
        subjects = self._subjects.get(language)
        self._plain[language] = models
        taught = [
            learn(model, labelled(self._examples.get(model.topic, ()), language, rarity, subjects)) for model in models
        ]
        untaught = [model for model in models if self._examples.get(model.topic)]
        index = self._trained[language] = TopicIndex(taught, rarity, subjects)
        self._untaught.pop(language, None)
        if untaught:
            self._untaught[language] = TopicIndex(untaught, rarity, subjects)
        for position, model in enumerate(models):
            self._labels[model.topic, language] = scored(self._examples.get(model.topic, ()), language, index, position)
        self._forget_thresholds()

    def _forget_thresholds(self) -> None:
        self._thresholds.clear()
        self._placed.clear()
        self._silent.clear()

    # --- learning

    def trial(self, topic: str, now: datetime) -> Trial:
        """The topic as it is at this moment, to try other examples on."""
        return Trial(
            topic=topic,
            seeds=self._seeds[topic],
            rarity={language: self._trained[language].rarity for language in self._seeds[topic]},
            subjects=self._subjects,
            placed={mode: self._place(topic, mode, now) for mode in get_args(Mode)},
            fixed=self._sensitivity[topic].fixed is not None,
        )

    def teach(self, topic: str, examples: Sequence[Example]) -> None:
        """Have these examples, and no others, count for a topic from here on; the other topics stay as they are."""
        self._examples[topic] = tuple(examples)
        for language in self._seeds[topic]:
            self._take(language, self._plain[language], self._trained[language].rarity)
        self._version[topic] = self._fingerprint(topic)

    def _fingerprint(self, topic: str) -> str:
        seeds = [
            (seed.name, seed.outlet, sorted(zone.items()))
            for of_language in self._seeds[topic].values()
            for seed in of_language
            for zone in (seed.counts.title, seed.counts.lead, seed.counts.body)
        ]
        known = [(shares.language, shares.documents, len(shares.shares)) for shares in self._background.values()]
        places = [(language, *space.vectors.shape) for language, space in self._subjects.items()]
        packed = json.dumps(
            [TOKENISER, sorted(known), sorted(places), sorted(seeds, key=repr), *self._taught(topic)], sort_keys=True
        )
        return f"tfidf-{TOKENISER}-{sha256(packed.encode()).hexdigest()[:8]}"

    def _taught(self, topic: str) -> list[object]:
        return [
            [sorted(one.terms.items()), one.mode, one.relevant, one.weight] for one in self._examples.get(topic, ())
        ]


def _by_language(topic: str, seeds: Sequence[Seed]) -> dict[str, list[Seed]]:
    if not seeds:
        what, remedy = "this topic has no seed", "add at least one article: watcher seeds add FILE --topic " + topic
        raise SeedError([Problem(file="seeds", key=topic, what=what, remedy=remedy)])
    found: dict[str, list[Seed]] = {}
    for seed in sorted(seeds, key=lambda seed: seed.name):
        if total(seed.counts):
            found.setdefault(primary(seed.counts.language), []).append(seed)
    if not found:
        raise SeedError([no_words(topic, seeds)])
    return found
