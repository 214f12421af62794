"""Deciding on the past: the two stages, the rules and the decision of the line, by one configuration.

Its one rule: what is decided here for an entry is what the service would decide, were it to see it for the first time
at the time when it did, with the models and thresholds of today.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from watcher.decide import CAPPED, PAUSED, SILENT, Case, decide
from watcher.preview.counted import broken_by_counts
from watcher.preview.plan import Plan, Stage, Thresholds
from watcher.preview.scores import Scored
from watcher.relevance import Judgement
from watcher.relevance.scoring import nothing
from watcher.relevance.threshold import likely, reached, strength
from watcher.store.past import PastDecision
from watcher.types import Decision, Mode, Rules, Score


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What would have become of an entry for a topic, and at which stage."""

    stage: Stage
    reason: str
    decision: Decision | None = None
    unread: bool = False
    """Its article would have been asked for, and was not read then."""

    @property
    def match(self) -> bool:
        """Whether it would have been told."""
        return self.stage == "match"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """One configuration with its thresholds and the facts of the past it is tried on."""

    plan: Plan
    thresholds: Mapping[str, Thresholds]
    known: Mapping[str, datetime]
    """Topic → since when it was known: what it caught up on counts as its first poll."""

    def verdict(self, one: Scored, topic: str) -> Verdict:
        """Decide on one entry for one topic."""
        if topic not in self.plan.topics:
            return Verdict(stage="topic", reason="the topic is not configured")
        if topic not in self.plan.topics_of(one.past):
            known = any(feed in self.plan.feeds for feed in one.past.feeds)
            return Verdict(
                stage="feed", reason="its feed is not configured" if not known else "its feed does not serve the topic"
            )
        judged, unread = self.judged(one, topic, self.thresholds[topic])
        decision = self._decision(one, topic, None if self._capped(one) else judged)
        return Verdict(
            stage=self._stage(one, topic, decision), reason=decision.reason, decision=decision, unread=unread
        )

    def judged(self, one: Scored, topic: str, lines: Thresholds) -> tuple[Judgement, bool]:
        """The judgement that counts, by these thresholds: the second one where there is one."""
        model = self.plan.models[topic]
        first = one.short.get(model) or nothing(one.mode)
        always = self.plan.policy(one.past) == "always"
        if not (always or likely(first.value, lines[first.mode])):
            return _judgement(topic, first, lines), False
        if one.whole_mode is None or not self._may_read(one):
            wanted = self.plan.policy(one.past) != "never" and one.past.entry.url is not None
            return _judgement(topic, first, lines), wanted
        return _judgement(topic, one.whole.get(model) or nothing(one.whole_mode), lines), False

    def _may_read(self, one: Scored) -> bool:
        return one.own or self.plan.policy(one.past) != "never"

    def first(self, one: Scored, topic: str) -> bool:
        """Whether it came with the first document of its feed, or before its topic was there."""
        return one.past.first or one.past.entry.first_seen < self.known.get(topic, one.past.entry.first_seen)

    def rules_allow(self, one: Scored, topic: str) -> bool:
        """Whether nothing but the score decides: no rule, age, cap or pause."""
        decision = self._decision(one, topic, None)
        return not self._capped(one) and decision.state == "below" and self._stage(one, topic, decision) != "language"

    def _decision(self, one: Scored, topic: str, judged: Judgement | None) -> Decision:
        past, config = one.past, self.plan.topics[topic]
        counted = past.terms if past.terms is not None and not past.entry.article else None
        decision = decide(
            Case(
                topic=topic,
                entry=past.entry,
                judgement=judged,
                rules=config.rules if counted is None else Rules(),
                model=self.plan.models[topic],
                now=when(one, topic),
                max_age=self.plan.max_age,
                capped=self._capped(one),
                silent=self.first(one, topic) and self.plan.first_poll == "silent",
                paused=config.paused,
            )
        )
        if counted is None or decision.state not in {"below", "pending"}:
            return decision
        broken = broken_by_counts(config.rules, past.entry, counted)
        return decision if broken is None else replace(decision, state="excluded", reason=broken)

    def _capped(self, one: Scored) -> bool:
        return any(told.reason == CAPPED for told in one.past.decided.values())

    def _stage(self, one: Scored, topic: str, decision: Decision) -> Stage:
        if decision.state == "pending":
            return "match"
        if decision.state in {"stale", "below"}:
            return "age" if decision.state == "stale" else "score"
        config = self.plan.topics[topic]
        if config.paused or self._capped(one):
            return "paused" if config.paused else "cap"
        languages = config.rules.languages
        if languages is not None and one.past.entry.language not in languages:
            return "language"
        return "first poll" if decision.reason.startswith(SILENT) else "rule"


def when(one: Scored, topic: str) -> datetime:
    """When an entry was decided on; for a topic that was not there then, when it was first seen."""
    told = one.past.decided.get(topic)
    return told.at if told else min((each.at for each in one.past.decided.values()), default=one.past.entry.first_seen)


def then(told: PastDecision | None) -> Verdict:
    """What really was decided, as a verdict."""
    if told is None:
        return Verdict(stage="unjudged", reason="the topic did not judge it then")
    if told.matched:
        return Verdict(stage="match", reason=told.reason)
    if told.state == "below":
        return Verdict(stage="score", reason=told.reason)
    if told.state == "stale":
        return Verdict(stage="age", reason=told.reason)
    stages: dict[str, Stage] = {CAPPED: "cap", PAUSED: "paused"}
    ended: Stage = "first poll" if told.reason.startswith(SILENT) else stages.get(told.reason, "rule")
    return Verdict(stage=ended, reason=told.reason)


def _judgement(topic: str, given: Score, lines: Thresholds) -> Judgement:
    mode: Mode = given.mode
    return Judgement(
        topic=topic,
        score=given,
        threshold=lines[mode],
        strength=strength(given.value, lines[mode], mode),
        match=reached(given.value, lines[mode]),
    )
