"""What changes: alerts added and dropped between two ways to decide, each with its reason. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from watcher.preview.plan import Stage
from watcher.preview.scores import Scored
from watcher.preview.verdicts import Verdict

Because = Stage | Literal["threshold"]

Decide = Callable[[Scored, str], Verdict]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One alert that there is on one side only. ``because``: where it ends on the other side."""

    topic: str
    added: bool
    because: Because
    was: str
    """What becomes of it as things are."""
    now: str
    """What would become of it."""
    entry: str
    headline: str
    outlet: str
    url: str | None


def compare(near: Iterable[Scored], topics: Mapping[str, str], before: Decide, after: Decide) -> tuple[Change, ...]:
    """The differences, oldest entry first. ``topics``: name → what it was called before; both sides' topics."""
    return tuple(
        change
        for one in near
        for topic, former in topics.items()
        if (change := _change(one, topic, before(one, former), after(one, topic))) is not None
    )


def _change(one: Scored, topic: str, was: Verdict, now: Verdict) -> Change | None:
    if was.match == now.match:
        return None
    entry = one.past.entry
    return Change(
        topic=topic,
        added=now.match,
        because=_because(was, now),
        was=was.reason,
        now=now.reason,
        entry=entry.id,
        headline=entry.title,
        outlet=entry.outlet,
        url=entry.url,
    )


def _because(was: Verdict, now: Verdict) -> Because:
    """The stage at which the side without an alert ended; of scores, whether they moved or what they must reach."""
    ended = was if now.match else now
    if ended.stage != "score" or was.decision is None or now.decision is None:
        return ended.stage
    scores = was.decision.score, now.decision.score
    same = was.decision.mode == now.decision.mode and abs((scores[0] or 0.0) - (scores[1] or 0.0)) < 1e-9
    return "threshold" if same else "score"


def former_names(before: Iterable[str], after: Mapping[str, str | None]) -> dict[str, str]:
    """Topic → its name before, for the topics of both sides. ``after``: name → what the file says it was."""
    known = set(before)
    found = {
        name: was if was is not None and was in known and was not in after else name for name, was in after.items()
    }
    return found | {name: name for name in sorted(known - set(found.values()))}


def counted(changes: Sequence[Change]) -> dict[tuple[bool, Because], int]:
    """(added, reason) → how many, the most frequent first."""
    found: dict[tuple[bool, Because], int] = {}
    for one in changes:
        found[one.added, one.because] = found.get((one.added, one.because), 0) + 1
    return dict(sorted(found.items(), key=lambda pair: -pair[1]))
