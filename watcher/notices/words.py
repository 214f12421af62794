"""The sentences of notices. Pure.

Rule: one line says what, since when, and what to do; feeds of one host with one fault are one line.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from watcher.notices.pace import Pace
from watcher.types import Feed, FeedState

NAMED = 3
"""Feeds or faults that a line names; of more it gives the number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What a configuration holds, by name."""

    topics: Sequence[str]
    feeds: Sequence[str]


def moment(at: datetime, zone: ZoneInfo) -> str:
    """A time as operators read it: "Mon 23 Nov 14:05 KST"."""
    local = at.astimezone(zone)
    return f"{local:%a} {local.day} {local:%b %H:%M %Z}"


def several(names: Sequence[str]) -> str:
    """As in: A, B and C."""
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


def wrong(state: FeedState, moment: Callable[[datetime | None], str]) -> list[str]:
    """What is to be known of a feed, in lists of all feeds; none: all is well. ``moment`` writes times."""
    lines = []
    if state.gone:
        lines.append(f"is not polled any more: {state.error}")
    elif state.error:
        lines.append(f"failing since {moment(state.failing_since or state.last_polled)}: {state.error}")
    if state.moved_to:
        lines.append(f"{state.moved_polls} polls in a row were sent on for good to {state.moved_to}")
    if state.gap_from and state.gap_to:
        lines.append(
            f"gap: no entry of {moment(state.gap_from)} was there at {moment(state.gap_to)}; "
            "entries in between were probably missed"
        )
    if state.warning:
        lines.append(state.warning)
    return lines


def failing(host: str, fault: str, states: Sequence[FeedState], since: datetime, zone: ZoneInfo) -> str:
    """Feeds of one host that have failed for a day."""
    count = len(states)
    if count > 1:
        return f"{count} feeds of {host}: {fault} since {moment(since, zone)}. One of them: {states[0].error}"
    return f"{states[0].name} ({host}): {fault} since {moment(since, zone)}. {states[0].error}"


def again(host: str, fault: str, names: Sequence[str], since: datetime, zone: ZoneInfo) -> str:
    """They are read again."""
    who = f"{len(names)} feeds of {host}" if len(names) > 1 else f"{names[0]} ({host})"
    return f"{who}: read again ({fault} since {moment(since, zone)}); what they still hold of that time was read now."


def all_failing(states: Sequence[FeedState], since: datetime, zone: ZoneInfo) -> str:
    """Nothing can be fetched."""
    faults = Counter(state.fault or "failing" for state in states)
    told = ", ".join(f"{count} × {fault}" for fault, count in faults.most_common(NAMED))
    return (
        f"All {len(states)} feeds fail since {moment(since, zone)} ({told}). "
        "That looks like this machine's own network: check its connection, DNS and proxy. "
        "No new coverage is seen until then."
    )


def all_again(read: int, count: int, since: datetime, zone: ZoneInfo) -> str:
    """Something can be fetched again."""
    return (
        f"Feeds answer again: {read} of {count}. All of them had failed since {moment(since, zone)}; "
        "what they still hold of that time is read now."
    )


def moved(feed: Feed, state: FeedState) -> str:
    """A new address to write into the file."""
    return (
        f"{feed.name}: {state.url} has moved for good to {state.moved_to} ({state.moved_polls} polls in a row were "
        "sent there, and it is a feed). Write the new address into the "
        "configuration; until then each poll takes the detour."
    )


def gap(feed: Feed, state: FeedState, since: datetime, zone: ZoneInfo) -> str:
    """Items were probably missed."""
    until = moment(state.gap_to, zone) if state.gap_to else "now"
    return (
        f"{feed.name}: no entry of the poll of {moment(since, zone)} was in that of {until}, so entries in between "
        "were probably missed. It is polled more often for a while; give it a shorter every: if this goes on."
    )


def odd(feed: Feed, state: FeedState) -> str:
    """A feed does what feeds should not."""
    return f"{feed.name} ({state.url}): {state.warning}. Nothing is told twice because of it; tell the publisher."


def was_off(title: str, since: datetime, until: datetime, zone: ZoneInfo) -> str:
    """For the topic's own readers."""
    return (
        f"{title}: watcher was off from {moment(since, zone)} to {moment(until, zone)}. "
        "What its feeds still hold of that time is read now."
    )


def topic_blind(title: str, bad: Sequence[str], count: int) -> str:
    """For the topic's own readers."""
    who = f" ({several(bad)})" if len(bad) <= NAMED else ""
    return (
        f"{title}: {len(bad)} of its {count} feeds{who} cannot be read any more, so this channel may miss coverage. "
        "Whoever runs watcher finds the reasons with: watcher feeds list"
    )


def topic_sees(title: str, count: int, bad: int) -> str:
    """For the topic's own readers."""
    return f"{title}: {count - bad} of its {count} feeds are read again."


def taken_up(was: Named, now: Named, renamed: Mapping[str, str]) -> str:
    """A changed configuration is in use: what came and what went. ``renamed``: former names with present ones."""
    told = []
    for what, before, after in (("topic", was.topics, now.topics), ("feed", was.feeds, now.feeds)):
        came, went = sorted(set(after) - set(before)), sorted(set(before) - set(after))
        moved = {old: new for old, new in renamed.items() if what == "topic" and old in went and new in came}
        told += [f"topic {old} is {new} now" for old, new in moved.items()]
        told += _named(f"new {what}", [one for one in came if one not in moved.values()])
        told += _named(f"{what} left out", [one for one in went if one not in moved])
    return f"The changed configuration is in use: {'; '.join(told) or 'the same topics and feeds'}."


def upgraded(was: str, version: str, topics: Sequence[tuple[str, float, float]]) -> str:
    """Another version scores otherwise. ``topics``: title, alerts a day before and after."""
    told = "; ".join(f"{title}: {after:.1f} in place of {before:.1f}" for title, before, after in topics)
    return (
        f"watcher {version} scores otherwise than {was} did. Alerts a day on what was polled in the last week: {told}. "
        "`watcher preview` shows which, and what another sensitivity would do."
    )


def _named(what: str, names: Sequence[str]) -> list[str]:
    if not names:
        return []
    shown = names if len(names) <= NAMED else [*names[: NAMED - 1], f"{len(names) - NAMED + 1} more"]
    return [f"{what}: {several(shown)}"]


def not_taken_up(problems: Sequence[str]) -> str:
    """A changed configuration is broken."""
    more = [f"… and {len(problems) - NAMED} more: `watcher check` tells them all"] if len(problems) > NAMED else []
    lines = "\n".join([*problems[:NAMED], *more])
    return f"The changed configuration is not used, for it is broken; the last good one stays.\n{lines}"


def left_behind(topic: str, count: int) -> str:
    """Alerts of a topic that is no longer there."""
    waited = "1 alert that waited is" if count == 1 else f"{count} alerts that waited are"
    return f"Topic {topic} is not in the configuration any more: {waited} not sent."


def paced(title: str, found: Pace, now: datetime, zone: ZoneInfo) -> str:
    """A topic tells much less, or much more, than it used to."""
    usual = f"usually {_a_day(found.usual)}"
    if found.kind == "quiet":
        days = (now - found.since).days
        return (
            f"{title}: no alert for {days} days, since {moment(found.since, zone)}; {usual}. "
            "Nothing may have happened, or it has become deaf: `watcher check` shows what came closest."
        )
    return (
        f"{title}: {found.count} alerts within a day; {usual}. "
        "If that is no event, `watcher preview` shows what a stricter sensitivity would do."
    )


def _a_day(rate: float) -> str:
    """As in: 4 a day, 3 a week."""
    return f"{rate:.0f} a day" if rate >= 1.5 else f"{max(1, round(rate * 7))} a week"
