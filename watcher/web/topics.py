"""What the page says of topics: today's alerts, near misses, scores, answers.

Rule: reports of one story are one line, and what was told is not shown as missed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from watcher.config import TopicConfig
from watcher.precision import precision
from watcher.store.overview import Answers, Judging, Tally, answers, ends, matched_lately, nearest_misses, tallies
from watcher.store.report import MATCHED
from watcher.web.scene import Scene
from watcher.web.sweep import Sweep, sweep

LATELY = timedelta(days=1)
PAST = timedelta(days=7)
"""Scores are counted, and near misses of a topic's own page looked for, in so many days."""
KEPT = timedelta(minutes=1)
"""So long the scores of a week are not counted anew: of all that is read that takes longest, and changes least."""
READ = 500
"""Matches, and near misses, that are read of all topics at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One story's alert, or one near miss."""

    head: Judging
    """The report that it is told by: the founder where that is among them, else the newest."""
    others: int
    """Further reports of the story among these."""

    @property
    def share(self) -> float:
        """How much of the threshold the score reached."""
        return self.head.score / self.head.threshold


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One topic."""

    config: TopicConfig
    alerts: tuple[Line, ...]
    stories: int
    """How many stories had a match lately."""
    matches: int
    judged: int
    misses: tuple[Line, ...]
    sweep: Sweep | None
    answers: Answers
    precision: str


@dataclass(slots=True)
class Scores:
    """The scores of all topics, counted now and then."""

    _at: datetime | None = None
    _tallies: Mapping[str, Tally] = field(default_factory=dict)

    async def of(self, scene: Scene) -> Mapping[str, Tally]:
        """As they were counted a minute ago at most."""
        if self._at is None or not timedelta() <= scene.now - self._at < KEPT:
            self._tallies = await scene.store.read(tallies, since=scene.now - PAST)
            self._at = scene.now
        return self._tallies


async def cards(
    scene: Scene, names: Sequence[str], scores: Scores, *, each: int, past: timedelta = LATELY
) -> list[Card]:
    """These topics, with so many alerts and near misses each at most."""
    one = names[0] if len(names) == 1 else None
    since = scene.now - past
    matched = _by_topic(await scene.store.read(matched_lately, since=since, limit=READ, topic=one))
    near = _by_topic(await scene.store.read(nearest_misses, since=since, limit=READ, topic=one))
    counted = await scores.of(scene)
    states = await scene.store.read(ends, since=scene.now - LATELY)
    given = await scene.store.read(answers)
    return [
        _card(
            scene.config.topics[name],
            matched=matched.get(name, ()),
            near=near.get(name, ()),
            tally=counted.get(name),
            states=states.get(name, {}),
            given=given.get(name, Answers()),
            each=each,
            now=scene.now,
        )
        for name in names
    ]


def _card(
    topic: TopicConfig,
    *,
    matched: Sequence[Judging],
    near: Sequence[Judging],
    tally: Tally | None,
    states: Mapping[str, int],
    given: Answers,
    each: int,
    now: datetime,
) -> Card:
    lines = _stories(matched)
    return Card(
        config=topic,
        alerts=tuple(lines[:each]),
        stories=len(lines),
        matches=sum(states.get(one, 0) for one in MATCHED),
        judged=sum(states.values()),
        misses=tuple(_missed(near, matched)[:each]),
        sweep=sweep(tally, topic.sensitivity, now),
        answers=given,
        precision=precision(given),
    )


def _by_topic(found: Sequence[Judging]) -> dict[str, list[Judging]]:
    topics: dict[str, list[Judging]] = {}
    for one in found:
        topics.setdefault(one.topic, []).append(one)
    return topics


def _stories(matched: Sequence[Judging]) -> list[Line]:
    """One line a story, the one with the newest report first."""
    grouped: dict[str, list[Judging]] = {}
    for one in matched:
        grouped.setdefault(one.story or one.entry, []).append(one)
    lines = []
    for reports in grouped.values():
        head = next((one for one in reports if one.relation == "founder"), reports[0])
        lines.append(Line(head=head, others=len(reports) - 1))
    return lines


def _missed(near: Sequence[Judging], matched: Sequence[Judging]) -> list[Line]:
    """Of those with one headline the nearest; without those whose headline was told."""
    told = {one.title.casefold() for one in matched}
    best: dict[str, Judging] = {}
    for one in near:
        if one.title.casefold() not in told:
            best.setdefault(one.title.casefold(), one)
    return [Line(head=one, others=0) for one in best.values()]
