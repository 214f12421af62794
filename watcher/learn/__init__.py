"""feedback → examples → train → gate → adopt: what people answered in Slack becomes what the models look for.

Rule: what is in use is what the store says was learned: a restart, and taking an answer back, give the same models.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from watcher.learn.texts import text_of
from watcher.relevance import Scorer
from watcher.relevance.trial import Trial
from watcher.relevance.votes import Change, change, examples, objection
from watcher.seeds.answers import unknown_to
from watcher.store import Store
from watcher.store.feedback import Numbered, labels, mark_labels
from watcher.store.report import Judged, near_decisions
from watcher.types import Example, Label, LabelState

__all__ = ["Change", "Learner", "Lesson", "learned"]

LATELY = timedelta(days=7)
"""A lesson is tried on what was judged in so many days."""
MOST = 400
"""Texts of those days that it is tried on at most, the nearest to the threshold first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """What learning one topic's answers came to. ``aside``: why the new ones were kept aside; None: they count."""

    topic: str
    change: Change
    answers: int
    aside: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Studied:
    """What to adopt, and what becomes of each answer."""

    adopted: tuple[Example, ...]
    states: Mapping[int, tuple[LabelState, str | None]]
    new: tuple[Label, ...]
    """The answers that were not learned before."""
    aside: str | None


def learned(numbered: Sequence[Numbered], from_file: Sequence[Label]) -> tuple[Example, ...]:
    """The examples of one topic that are in use: a file's, and the store's that passed the gate."""
    return examples([*from_file, *(one.label for one in numbered if one.label.state == "learned")])


@dataclass(slots=True, kw_only=True)
class Learner:
    """Learns topics anew. ``scorer`` gives the one in use; ``from_files`` the answers in seed folders, by topic."""

    store: Store
    scorer: Callable[[], Scorer]
    clock: Callable[[], datetime]
    from_files: Callable[[], Mapping[str, Sequence[Label]]]
    known: Callable[[], Collection[str]]
    """The topics there are now."""
    in_use: dict[str, tuple[Example, ...]] = field(default_factory=dict)
    """Topic → the examples that its model was taught."""
    one_lesson: asyncio.Lock = field(default_factory=asyncio.Lock)
    turn: Callable[[str], AbstractAsyncContextManager[None]] = field(default=lambda _: nullcontext())
    """Of several processes, one at a time learns a topic. Waited for before ``one_lesson``, never while holding it:
    what has its turn already must get through."""

    async def learn(self, topics: Collection[str]) -> list[Lesson]:
        """Learn those of these topics that there are, from all answers that stand; one lesson each, by name."""
        lessons = []
        for topic in sorted(topics):
            async with self.turn(topic):
                lessons += await self.learn_now(topic)
        return lessons

    async def learn_now(self, topic: str) -> list[Lesson]:
        """One lesson, for whoever has the topic's turn; none where the topic is gone."""
        async with self.one_lesson:
            return [await self._learn(topic)] if topic in self.known() else []

    async def _learn(self, topic: str) -> Lesson:
        now = self.clock()
        stored = await self.store.read(labels, topics=[topic], standing=False)
        numbered = [one for one in stored if one.undone_at is None]
        near = await self.store.read(near_decisions, topic, since=now - LATELY, limit=MOST)
        trial = self.scorer().trial(topic, now)
        from_file = unknown_to([one.label for one in stored], self.from_files().get(topic, ()))
        before = self.in_use.get(topic, ())
        # Seconds of numbers: the polls go on meanwhile, and a trial looks at nothing that they change.
        studied = await asyncio.to_thread(study, trial, numbered, from_file)
        if studied.states:
            await self.store.write(mark_labels, studied.states)
        if topic in self.known():  # a reload may have taken it away meanwhile
            self.scorer().teach(topic, studied.adopted)
        self.in_use[topic] = studied.adopted
        told = await asyncio.to_thread(_change, trial, before, studied, near)
        return Lesson(topic=topic, change=told, answers=len(numbered), aside=studied.aside)


def study(trial: Trial, numbered: Sequence[Numbered], from_file: Sequence[Label]) -> Studied:
    """Find the most that may be learned: all answers; else all but those kept aside before; else none of the new."""
    asked = [*from_file, *(one.label for one in numbered)]
    known = [*from_file, *(one.label for one in numbered if one.label.state == "learned")]
    without_aside = [*from_file, *(one.label for one in numbered if one.label.state != "aside")]
    base, why = examples(known), None
    chosen = known
    for wanted in (asked, without_aside):
        found = objection(trial, base, examples(wanted), asked) if len(wanted) > len(known) else None
        if found is None:
            chosen = wanted
            break
        why = why or found
    taken = {id(label) for label in chosen}
    states: dict[int, tuple[LabelState, str | None]] = {}
    for one in numbered:
        state: tuple[LabelState, str | None] = ("learned", None) if id(one.label) in taken else ("aside", why)
        if state != (one.label.state, one.label.note):
            states[one.number] = state
    new = tuple(one.label for one in numbered if one.label.state == "new")
    aside = why if any(id(label) not in taken for label in new) else None
    return Studied(adopted=examples(chosen), states=states, new=new, aside=aside)


def _change(trial: Trial, before: Sequence[Example], studied: Studied, near: Sequence[Judged]) -> Change:
    lately = [text_of(one.entry, one.decision.mode, trial.seeds) for one in near]
    return change(trial.teach(before), trial.teach(studied.adopted), studied.new, lately)
