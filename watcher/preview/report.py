"""A preview put together: what each topic would have told, and what changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from watcher.config import TopicConfig
from watcher.preview.budget import Budget, try_budget
from watcher.preview.changes import Change, compare, former_names
from watcher.preview.labelled import Answered
from watcher.preview.lines import Line, lines
from watcher.preview.plan import Hit, Plan, Source, Told
from watcher.preview.scores import Past, Scored
from watcher.preview.sweep import Row, sweep
from watcher.preview.verdicts import Bench, Verdict, then, when
from watcher.relevance import Scorer
from watcher.relevance.stream import BINS
from watcher.types import Mode

DAY = timedelta(days=1)
MOST_GROUPED = 1_000
"""Matches of the lowest thresholds that are grouped into stories; beyond, only matches are counted."""
BEGINNING = 800
"""Characters of an article by which those are grouped."""
WIDTH, PARTS = 0.1, 30
"""Of the histogram: bars of a tenth of the threshold, up to three times the threshold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicReport:
    """What one topic would have told."""

    topic: str
    title: str
    entries: int
    """Judged."""
    matches: int
    stories: int
    replies: int
    unread: int
    """Entries whose article would be asked for, and was not read then: judged by what the feed brought."""
    present: Line
    rows: tuple[Row, ...]
    histogram: tuple[int, ...]
    """Entries by score as a part of the threshold, in bars of a tenth; the last one holds all beyond."""
    answers: int
    budget: Budget | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What would have been told, and what changes. ``against``: what it is compared with."""

    since: datetime
    until: datetime
    days: float
    entries: int
    forgotten: int
    against: str
    topics: tuple[TopicReport, ...]
    changes: tuple[Change, ...]
    moved: tuple[tuple[str, str, str], ...]
    """Topic, the channels it goes to now, and those it would go to."""

    @property
    def differs(self) -> bool:
        """Whether anything would be told otherwise."""
        return bool(self.changes or self.moved)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A configuration on the past: who decides, and what comes of it."""

    bench: Bench
    number: int
    verdicts: Mapping[tuple[str, str], Verdict]
    """(entry, topic) → verdict, of entries that came near."""
    told: Sequence[Told]

    def of(self, one: Scored, topic: str) -> Verdict:
        """The verdict on an entry, whether the topic is configured or not."""
        return self.verdicts.get((one.past.entry.id, topic)) or self.bench.verdict(one, topic)


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtest:
    """A past that was read, and everything that configurations are tried on it with."""

    source: Source
    past: Past
    scorer: Scorer
    now: datetime
    only: str | None = None
    """The one topic that is asked about."""

    def attempt(self, plan: Plan, number: int) -> Tried:
        """Decide and group everything by one configuration; ``number`` is its place among those of the past."""
        thresholds = {
            topic: self.scorer.thresholds(model, plan.topics[topic].sensitivity, self.now)
            for topic, model in plan.models.items()
        }
        bench = Bench(plan=plan, thresholds=thresholds, known=self.source.known)
        verdicts = self._verdicts(bench)
        told = plan.tell(_hits(self.past.near, bench, verdicts))
        return Tried(bench=bench, number=number, verdicts=verdicts, told=told)

    def report(
        self, tried: Tried, before: Tried | None, *, answers: Mapping[str, Sequence[Answered]], zone: ZoneInfo
    ) -> Preview:
        """What ``tried`` came to, compared with ``before``, or with what really was decided where that is None."""
        topics = tried.bench.plan.topics
        low = self.lowest(tried)
        return Preview(
            since=self.source.since,
            until=self.source.until,
            days=self._days(),
            entries=self.source.entries,
            forgotten=self.source.forgotten,
            against="decided" if before is None else "present",
            topics=tuple(
                self._topic(name, tried, low, answers.get(name, ()), zone)
                for name in topics
                if self.only in {None, name}
            ),
            changes=self._changes(tried, before),
            moved=() if before is None else self._moved(before.bench.plan, tried.bench.plan),
        )

    def _verdicts(self, bench: Bench) -> dict[tuple[str, str], Verdict]:
        return {
            (one.past.entry.id, topic): bench.verdict(one, topic)
            for one in self.past.near
            for topic in bench.plan.topics
        }

    def _tries(self, plan: Plan, topic: str) -> list[Line]:
        found = partial(self.scorer.thresholds, plan.models[topic], now=self.now)
        return lines(plan.topics[topic].sensitivity, found)

    def _topic(
        self,
        name: str,
        tried: Tried,
        low: Mapping[tuple[str, str], frozenset[str]],
        texts: Sequence[Answered],
        zone: ZoneInfo,
    ) -> TopicReport:
        plan, bench = tried.bench.plan, tried.bench
        config = plan.topics[name]
        here = [one for one in self.past.near if name in plan.topics_of(one.past)]
        verdicts = [tried.verdicts[one.past.entry.id, name] for one in here]
        told = [one for one in tried.told if name in one.topics]
        tries = self._tries(plan, name)
        present = next(one for one in tries if one.present)
        stories = {entry: found for (entry, topic), found in low.items() if topic == name}
        far = self.past.far.get((tried.number, name), Counter())
        number = len({one.story for one in told})
        return TopicReport(
            topic=name,
            title=config.title,
            entries=len(here) + far.total(),
            matches=sum(one.match for one in verdicts),
            stories=number,
            replies=sum(one.news and one.relation != "founder" for one in told),
            unread=sum(one.unread for one in verdicts),
            present=present,
            rows=tuple(sweep(here, name, bench, tries, stories=stories, present=number, texts=texts)),
            histogram=_histogram(verdicts, far, present),
            answers=len(texts),
            budget=_budget(told, config, zone),
        )

    def lowest(self, tried: Tried) -> dict[tuple[str, str], frozenset[str]]:
        """(entry, topic) → the stories that tell it when thresholds are as low as any that is tried.

        Where that would be more than `MOST_GROUPED` matches, the next higher ones, and so on. They are grouped by the
        beginning of their articles, which takes a third as long: what a lower threshold would tell is an estimate.
        """
        plan = tried.bench.plan
        tries = {topic: self._tries(plan, topic) for topic in plan.models}
        hits: list[Hit] = []
        for step in range(max(map(len, tries.values()), default=0)):
            low = {topic: found[max(0, len(found) - 1 - step)].thresholds for topic, found in tries.items()}
            bench = Bench(plan=plan, thresholds=low, known=tried.bench.known)
            hits = _hits(self.past.near, bench, self._verdicts(bench))
            if len(hits) <= MOST_GROUPED:
                break
        found: dict[tuple[str, str], set[str]] = {}
        for one in plan.tell([_shortened(hit) for hit in hits[:MOST_GROUPED]]):
            for topic in one.topics:
                found.setdefault((one.entry, topic), set()).add(one.story)
        return {key: frozenset(stories) for key, stories in found.items()}

    def _changes(self, tried: Tried, before: Tried | None) -> tuple[Change, ...]:
        topics = tried.bench.plan.topics
        decided = {topic for one in self.past.near for topic in one.past.decided}
        known = decided if before is None else before.bench.plan.topics
        names = former_names(known, {name: topic.was for name, topic in topics.items()})
        wanted = {name: former for name, former in names.items() if self.only in {None, name, former}}

        def was(one: Scored, topic: str) -> Verdict:
            return then(one.past.decided.get(topic)) if before is None else before.of(one, topic)

        return compare(self.past.near, wanted, was, tried.of)

    def _moved(self, before: Plan, after: Plan) -> tuple[tuple[str, str, str], ...]:
        places = [
            (name, [" and ".join(map(str, side.topics[name].destinations)) for side in (before, after)])
            for name in after.topics
            if name in before.topics and self.only in {None, name}
        ]
        return tuple((name, was, now) for name, (was, now) in places if was != now)

    def _days(self) -> float:
        """The days that the entries span: those of a young database are fewer than were asked for; at least one."""
        oldest = self.past.oldest or self.source.until
        return max(1.0, (self.source.until - max(self.source.since, oldest)) / DAY)


def _hits(near: Sequence[Scored], bench: Bench, verdicts: Mapping[tuple[str, str], Verdict]) -> list[Hit]:
    """The matches in the order in which the line would have placed them."""
    found = []
    for one in near:
        told = [
            (topic, verdict.decision)
            for topic in bench.plan.topics
            if (verdict := verdicts[one.past.entry.id, topic]).match and verdict.decision is not None
        ]
        if told:
            found.append(
                Hit(
                    past=one.past,
                    decisions=tuple(decision for _, decision in told),
                    at=min(when(one, topic) for topic, _ in told),
                    first=any(bench.first(one, topic) for topic, _ in told),
                )
            )
    return sorted(
        found, key=lambda hit: (hit.at, hit.past.entry.published or hit.past.entry.first_seen, hit.past.entry.id)
    )


def _shortened(hit: Hit) -> Hit:
    entry = hit.past.entry
    beginning = entry.article[:BEGINNING] if entry.article else None
    return replace(hit, past=replace(hit.past, entry=replace(entry, article=beginning)))


def _budget(told: Sequence[Told], config: TopicConfig, zone: ZoneInfo) -> Budget | None:
    number = config.sensitivity.budget
    stories = [one for one in told if one.news and one.relation == "founder"]
    return None if number is None else try_budget(stories, alerts_per_day=number, zone=zone, urgent=config.urgent)


def _histogram(verdicts: Sequence[Verdict], far: Mapping[tuple[Mode, int], int], present: Line) -> tuple[int, ...]:
    bars = [0] * (PARTS + 1)
    for verdict in verdicts:
        decision = verdict.decision
        if decision is not None and decision.score is not None and decision.threshold:
            bars[min(PARTS, int(decision.score / decision.threshold / WIDTH))] += 1
    for (mode, place), count in far.items():
        middle = (place + 0.5) / BINS if place else 0.0
        bars[min(PARTS, int(middle / present.thresholds[mode] / WIDTH))] += count
    return tuple(bars)
