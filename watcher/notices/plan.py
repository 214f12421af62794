"""What has to be told of feeds now, and what is to be remembered of it. Pure.

Rule: a trouble is told once, its end once, and troubles with one cause are one line. What is remembered is exactly what
was told and is not over.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256
from zoneinfo import ZoneInfo

from watcher.notices import words
from watcher.notices.pace import pace
from watcher.types import Feed, FeedState, Notice, Trouble
from watcher.urls import host

AFTER = timedelta(hours=24)
"""A feed fails so long before anybody hears of it: most mend themselves."""
WITH_IT = timedelta(hours=20)
"""Feeds of the same host with the same fault are told along with it from here on."""
SETTLED = timedelta(hours=1)
"""So long the end of a trouble waits for the others of its host."""
MOVED_POLLS, MOVED_AFTER = 5, timedelta(hours=24)
"""A new address is proposed after so many polls in a row, the feed being known so long."""
CALM = timedelta(days=7)
"""Without another gap, a feed's next one is news again."""
HALF = 0.5
PACES = ("quiet", "loud")
ALL = "feeds"
"""The subject of: all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """A topic's title, the ids of the feeds that serve it, and its alerts."""

    title: str
    feeds: tuple[str, ...]
    alerts: tuple[datetime, ...] = ()
    """When its alerts were made, oldest first."""
    known_since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """All that notices depend on. ``topics``: those that are not paused."""

    feeds: Mapping[str, Feed]
    states: Mapping[str, FeedState]
    troubles: Mapping[str, Trouble]
    topics: Mapping[str, Sources]
    now: datetime
    zone: ZoneInfo


@dataclass(slots=True, kw_only=True)
class Told:
    """What comes of a look at the scene."""

    notices: list[Notice] = field(default_factory=list)
    standing: list[Trouble] = field(default_factory=list)
    """Troubles to remember, in place of what was remembered of them."""
    over: list[str] = field(default_factory=list)
    """Subjects to forget."""

    def say(self, text: str, subjects: Iterable[str], since: datetime, topic: str = "") -> None:
        """Add a notice; what it is about and since when makes its name."""
        about = "\n".join([text[:40], since.isoformat(), *sorted(subjects)])
        self.notices.append(Notice(name=sha256(about.encode()).hexdigest()[:16], text=text, topic=topic))


def plan(scene: Scene) -> Told:
    """Look at everything once."""
    told = Told()
    _forget_removed(scene, told)
    _all(scene, told)
    _failing(scene, told)
    _again(scene, told)
    _topics(scene, told)
    _once(scene, told, "moved", _has_moved, words.moved)
    _once(scene, told, "odd", _is_odd, words.odd)
    _gaps(scene, told)
    _paces(scene, told)
    return told


def _forget_removed(scene: Scene, told: Told) -> None:
    """A feed or topic that left the configuration takes its troubles along."""
    for subject in scene.troubles:
        kind, _, name = subject.partition(":")
        if kind in {"token", "outage"}:
            continue  # no feed's and no topic's: delivery begins and ends them
        if subject != ALL and name not in (scene.topics if kind in {"topic", *PACES} else scene.feeds):
            told.over.append(subject)


def _bad(state: FeedState, now: datetime) -> bool:
    """Failing for a day, or gone for good (of which a day's wait tells nothing more)."""
    return state.gone or (state.failing_since is not None and now - state.failing_since >= AFTER)


def _all(scene: Scene, told: Told) -> None:
    """All feeds fail: no publisher's fault. Hosts, since one server that is down is no network."""
    polled = [one for one in scene.states.values() if one.last_polled is not None and not one.gone]
    broken = [one for one in polled if one.failures]
    trouble = scene.troubles.get(ALL)
    if trouble is None:
        hosts = {host(one.url) for one in broken}
        if polled and len(broken) == len(polled) == len(scene.feeds) - _gone(scene) and len(hosts) > 1:
            since = max(one.failing_since or scene.now for one in broken)
            told.say(words.all_failing(broken, since, scene.zone), [ALL], since)
            told.standing.append(Trouble(subject=ALL, what="all", since=since, told_at=scene.now))
    elif len(broken) < len(polled):
        read = len(polled) - len(broken)
        told.say(words.all_again(read, len(polled), trouble.since, scene.zone), [ALL, "again"], trouble.since)
        told.over.append(ALL)


def _gone(scene: Scene) -> int:
    return sum(one.gone for one in scene.states.values())


def _failing(scene: Scene, told: Told) -> None:
    """Tell of feeds that have failed for a day, those of one host and fault together."""
    groups: defaultdict[tuple[str, str], list[FeedState]] = defaultdict(list)
    for state in scene.states.values():
        known = scene.troubles.get(f"feed:{state.id}")
        if state.failing_since is not None and known is None:
            groups[host(state.url), state.fault or "failing"].append(state)
        elif state.failing_since is not None and known is not None and known.over_since is not None:
            told.standing.append(replace(known, over_since=None))
    for (where, fault), states in sorted(groups.items()):
        if not any(_bad(one, scene.now) for one in states):
            continue
        mine = [one for one in states if _bad(one, scene.now) or scene.now - _since(one, scene.now) >= WITH_IT]
        since = min(_since(one, scene.now) for one in mine)
        told.say(words.failing(where, fault, mine, since, scene.zone), (f"feed:{one.id}" for one in mine), since)
        told.standing += [
            Trouble(subject=f"feed:{one.id}", what=fault, since=_since(one, scene.now), told_at=scene.now)
            for one in mine
        ]


def _since(state: FeedState, now: datetime) -> datetime:
    return state.failing_since or now


def _again(scene: Scene, told: Told) -> None:
    """Tell that feeds are read again: those of one host together, an hour after the first at the latest."""
    groups: defaultdict[tuple[str, str], list[Trouble]] = defaultdict(list)
    for trouble in scene.troubles.values():
        kind, _, feed = trouble.subject.partition(":")
        state = scene.states.get(feed)
        if kind == "feed" and state is not None and feed in scene.feeds:
            groups[host(state.url), trouble.what].append(trouble)
    for (where, fault), troubles in sorted(groups.items()):
        well = [one for one in troubles if scene.states[one.subject[5:]].failing_since is None]
        over = {one.subject: one.over_since or scene.now for one in well}
        if not over or (len(well) < len(troubles) and scene.now - min(over.values()) < SETTLED):
            told.standing += [replace(one, over_since=scene.now) for one in well if one.over_since is None]
            continue
        since = min(one.since for one in well)
        names = sorted(scene.states[one.subject[5:]].name for one in well)
        told.say(words.again(where, fault, names, since, scene.zone), [*over, "again"], since)
        told.over += over


def _topics(scene: Scene, told: Told) -> None:
    """Tell a topic's own readers that half of its feeds are lost; one feed of one is the operator's business, too."""
    for name, sources in sorted(scene.topics.items()):
        served = [scene.states[one] for one in sources.feeds if one in scene.states]
        bad = [one for one in served if _bad(one, scene.now)]
        subject, lost = f"topic:{name}", bool(served) and len(bad) >= HALF * len(served)
        trouble = scene.troubles.get(subject)
        if lost and trouble is None:
            told.say(words.topic_blind(sources.title, _names(bad), len(served)), [subject], scene.now, name)
            told.standing.append(Trouble(subject=subject, what="half", since=scene.now, told_at=scene.now))
        elif trouble is not None and not lost:
            told.say(words.topic_sees(sources.title, len(served), len(bad)), [subject, "again"], trouble.told_at, name)
            told.over.append(subject)


def _names(states: Sequence[FeedState]) -> list[str]:
    return sorted(one.name for one in states)


def _has_moved(state: FeedState, now: datetime) -> bool:
    known = now - state.added_at >= MOVED_AFTER
    return state.moved_to is not None and state.moved_polls >= MOVED_POLLS and known


def _is_odd(state: FeedState, now: datetime) -> bool:
    del now
    return state.warning is not None


def _once(
    scene: Scene,
    told: Told,
    kind: str,
    holds: Callable[[FeedState, datetime], bool],
    text: Callable[[Feed, FeedState], str],
) -> None:
    """What is told once and has no end to tell: a proposal, a warning. What comes together is one notice."""
    found = [
        state
        for name, state in scene.states.items()
        if name in scene.feeds and f"{kind}:{name}" not in scene.troubles and holds(state, scene.now)
    ]
    told.over += [
        f"{kind}:{name}"
        for name, state in scene.states.items()
        if f"{kind}:{name}" in scene.troubles and not holds(state, scene.now)
    ]
    if found:
        lines = "\n".join(text(scene.feeds[one.id], one) for one in sorted(found, key=lambda one: one.name))
        subjects = [f"{kind}:{one.id}" for one in found]
        told.say(lines, subjects, min(one.added_at for one in found))
        told.standing += [Trouble(subject=one, what=kind, since=scene.now, told_at=scene.now) for one in subjects]


def _gaps(scene: Scene, told: Told) -> None:
    """Tell of a gap, and of the next one only after a week without any."""
    lines: list[str] = []
    subjects: list[str] = []
    for name, state in scene.states.items():
        if name not in scene.feeds or state.gap_from is None or state.gap_to is None:
            continue
        subject = f"gap:{name}"
        known = scene.troubles.get(subject)
        if known is not None and scene.now - state.gap_to >= CALM:
            told.over.append(subject)
        elif known is None and scene.now - state.gap_to < CALM:
            lines.append(words.gap(scene.feeds[name], state, state.gap_from, scene.zone))
            subjects.append(subject)
            told.standing.append(Trouble(subject=subject, what="gap", since=state.gap_to, told_at=scene.now))
    if lines:
        told.say("\n".join(sorted(lines)), subjects, scene.now)


def _paces(scene: Scene, told: Told) -> None:
    """Tell once that a topic has gone quiet or loud. That feeds are lost explains a silence, and is told already."""
    for name, sources in sorted(scene.topics.items()):
        known = sources.known_since
        found = None if known is None else pace(sources.alerts, known_since=known, now=scene.now)
        blind = {ALL, f"topic:{name}"} & {*scene.troubles, *(one.subject for one in told.standing)}
        for kind in PACES:
            subject = f"{kind}:{name}"
            if found is None or found.kind != kind:
                told.over += [subject] if subject in scene.troubles else []
            elif subject not in scene.troubles and not blind:
                told.say(words.paced(sources.title, found, scene.now, scene.zone), [subject], found.since)
                told.standing.append(Trouble(subject=subject, what=kind, since=found.since, told_at=scene.now))
