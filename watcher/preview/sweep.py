"""A range of thresholds tried on scores that are there already: how many alerts each would bring, how good they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from watcher.preview.labelled import Answered, Labelled, at
from watcher.preview.lines import Line
from watcher.preview.scores import Scored
from watcher.preview.verdicts import Bench


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What one threshold comes to."""

    line: Line
    matches: int
    stories: int | None
    """Distinct stories among the matches."""
    labelled: Labelled | None


def sweep(
    near: Sequence[Scored],
    topic: str,
    bench: Bench,
    tried: Sequence[Line],
    *,
    stories: Mapping[str, frozenset[str]],
    present: int,
    texts: Sequence[Answered],
) -> list[Row]:
    """Count the matches of every line.

    ``stories``: entry → the stories that tell it when the threshold is low, as far as they were grouped; ``present``:
    how many there are with the present one.
    """
    allowed = [one for one in near if topic in bench.plan.topics_of(one.past) and bench.rules_allow(one, topic)]
    now = next(one for one in tried if one.present).thresholds
    found = []
    for line in tried:
        matched = [one.past.entry.id for one in allowed if bench.judged(one, topic, line.thresholds)[0].match]
        grouped = not line.present and all(entry in stories for entry in matched)
        several = len(frozenset[str]().union(*(stories[one] for one in matched))) if grouped else None
        found.append(
            Row(
                line=line,
                matches=len(matched),
                stories=present if line.present else several,
                labelled=at(texts, line.thresholds, now) if texts else None,
            )
        )
    return found
