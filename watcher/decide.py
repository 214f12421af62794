"""Score + rules + history → a decision with its reason.

The one rule: every entry ends, per topic, in exactly one state, and the reason is a sentence a reader understands.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from watcher.relevance import Judgement
from watcher.text import words
from watcher.types import Decision, Entry, Rules, State

MATERIAL = 0.2
"""Share of an entry's words that must differ before a change of it counts."""


CAPPED = "beyond the feed's entry cap"
"""The reason of what a document held beyond the bound: a fact about the document that no configuration changes."""
SILENT = "the feed's first poll is silent"
"""Likewise, under ``first_poll: silent``; figures follow."""
PAUSED = "the topic was paused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """All that one decision looks at. ``silent`` and ``capped`` are facts about the feed's document."""

    topic: str
    entry: Entry
    judgement: Judgement | None
    """None when the entry was not scored (no text in a language of the topic's seeds, beyond the cap)."""
    rules: Rules
    model: str
    now: datetime
    max_age: timedelta
    capped: bool = False
    silent: bool = False
    """The feed's first poll, under ``first_poll: silent``."""
    paused: bool = False


def decide(case: Case) -> Decision:
    """Give the entry its state for the topic. Matches come out as ``pending``; grouping and holds come later."""
    state, reason = _verdict(case)
    judged = case.judgement
    return Decision(
        topic=case.topic,
        entry=case.entry.id,
        state=state,
        reason=reason,
        score=judged.score.value if judged else None,
        threshold=judged.threshold if judged else None,
        strength=judged.strength if judged else None,
        mode=judged.score.mode if judged else "headline",
        terms=judged.score.terms if judged else (),
        nearest_seed=judged.score.nearest_seed if judged else None,
        decided_at=case.now,
        model=case.model,
    )


def _verdict(case: Case) -> tuple[State, str]:
    if case.paused:
        return "excluded", PAUSED
    if case.capped:
        return "excluded", CAPPED
    if too_old(case.entry, now=case.now, max_age=case.max_age):
        return "stale", f"published {case.entry.published:%Y-%m-%d}, before the last {_days(case.max_age)}"
    broken = broken_rule(case.rules, case.entry)
    if broken is not None:
        return "excluded", broken
    if case.judgement is None:
        return "below", f"its language ({case.entry.language}) is not one of the topic's seeds"
    return _by_score(case, case.judgement)


def _by_score(case: Case, judged: Judgement) -> tuple[State, str]:
    figures = f"score {judged.score.value:.3f}, threshold {judged.threshold:.3f}"
    if not judged.match:
        learned = "; it would have matched, had readers not said of alerts like it that they are not relevant"
        return "below", f"below the threshold ({figures})" + (learned if judged.without_answers else "")
    if case.silent:
        return "excluded", f"{SILENT} ({figures})"
    learned = "; it would not have, had readers not said of texts like it that they are relevant"
    return "pending", f"a match ({figures})" + (learned if judged.without_answers is False else "")


def too_old(entry: Entry, *, now: datetime, max_age: timedelta) -> bool:
    """Tell whether the publisher dates the entry before what the service still tells; an unknown date is not old."""
    return entry.published is not None and entry.published < now - max_age


def broken_rule(rules: Rules, entry: Entry) -> str | None:
    """Name the rule that keeps the entry out, or None. ``must`` also looks at the article, ``exclude`` does not."""
    if rules.languages is not None and entry.language not in rules.languages:
        return f"its language ({entry.language}) is not one of: {', '.join(rules.languages)}"
    seen = f"{entry.title}\n{entry.text}"
    hit = first_hit(rules.exclude, seen)
    if hit is not None:
        return f"the exclude rule {hit!r} hits"
    if rules.must and first_hit(rules.must, f"{seen}\n{entry.article or ''}") is None:
        return f"none of the must words is in it: {', '.join(rules.must)}"
    return None


def first_hit(patterns: Sequence[str], text: str) -> str | None:
    """The first pattern that the text holds: whole words, "phrases" or prefix*, without case."""
    return next((pattern for pattern in patterns if _compiled(pattern).search(text)), None)


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    """One pattern as a linear regular expression: only literals and white space come into it."""
    bare = pattern.strip().strip('"').strip()
    prefix = bare.endswith("*")
    literal = r"\s+".join(re.escape(part) for part in bare.rstrip("*").split())
    if not literal:
        return re.compile(r"(?!)")  # nothing asked for, nothing found
    # Scripts without spaces between words have no word borders to ask for.
    spaced = bare.isascii() or not any("\u2e80" <= sign <= "\uffdc" for sign in bare)
    before, after = (r"(?<!\w)", "" if prefix else r"(?!\w)") if spaced else ("", "")
    return re.compile(before + literal + after, re.IGNORECASE)


def materially_changed(old: Entry, new: Entry) -> bool:
    """Tell whether an edit is news: other figures, or a good part of the words; not a comma, case or a date touched."""
    if old.content_hash == new.content_hash:
        return False
    before, after = set(words(f"{old.title} {old.text}")), set(words(f"{new.title} {new.text}"))
    changed = before ^ after
    if any(word[0].isdigit() for word in changed):
        return True
    return len(changed) >= MATERIAL * max(1, len(before | after))


def _days(age: timedelta) -> str:
    hours = round(age.total_seconds() / 3600)
    return f"{hours // 24} days" if hours % 24 == 0 and hours > 24 else f"{hours} hours"
