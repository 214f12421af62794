"""A feed's life, as its polls tell it: since when it fails, where it moved, what it missed, what is odd. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from watcher.errors import FetchError, ParseError, WorkerError
from watcher.poll.sift import Keyed, reads
from watcher.timing import next_poll
from watcher.types import Feed, FeedState, KnownEntry
from watcher.urls import redact

FEW = 3
"""Items below which a document says nothing about gaps: some feeds only ever hold the latest one."""
SAME = 0.5
"""Share of the items whose words are known: from here on the feed changed its ids, not its news."""
STEPS = 3
"""An interval is halved so often at most."""
SHORTEST = timedelta(minutes=1)
"""What gaps shorten an interval to at most."""
RELAXES = timedelta(days=1)
"""So long after a gap, and again after that, the interval is doubled until it is what the file says."""
SOON = timedelta(minutes=1)
"""Dates that differ by less are the same."""

IDS = "its items' ids and links change from poll to poll: they are told apart by their words"
DATES = "its items' dates change from poll to poll: an entry keeps the first one"

_WORDS = {
    "dns": "host not found",
    "connect": "no connection",
    "tls": "no secure connection",
    "timeout": "timed out",
    "refused_address": "refused address",
    "redirects": "too many redirects",
    "scheme": "bad redirect",
    "too_large": "too large",
    "encoding": "unreadable encoding",
    "incomplete": "answers break off",
    "protocol": "no proper HTTP",
}
"""Faults without a status, for people."""


def alive(
    feed: Feed, state: FeedState, *, now: datetime, max_age: timedelta | None, moved: str | None, jitter: float
) -> FeedState:
    """A feed that was read, or said that nothing changed. ``moved``: where permanent redirects led."""
    every = interval(feed.every, state, now)
    target = redact(moved) if moved else None
    times = state.moved_polls + 1 if target and target == state.moved_to else int(target is not None)
    return replace(
        state,
        name=feed.name,
        last_polled=now,
        last_success=now,
        failures=0,
        failing_since=None,
        fault=None,
        error=None,
        gone=False,
        told_to_wait=False,
        moved_to=target,
        moved_polls=times,
        next_due=next_poll(now, every=every, failures=0, max_age=max_age, retry_after=None, jitter=jitter),
    )


def failed(
    feed: Feed, state: FeedState, error: FetchError | ParseError | WorkerError, *, now: datetime, jitter: float
) -> FeedState:
    """A feed that could not be read: ETag and items stay as they were, so that what was missed is asked for again."""
    retry_after = error.retry_after if isinstance(error, FetchError) else None
    failures = state.failures + 1
    return replace(
        state,
        name=feed.name,
        last_polled=now,
        failures=failures,
        failing_since=state.failing_since or now,
        fault=in_short(error),
        error=str(error),
        gone=isinstance(error, FetchError) and error.fault == "gone",
        told_to_wait=retry_after is not None,
        next_due=next_poll(
            now, every=feed.every, failures=failures, max_age=None, retry_after=retry_after, jitter=jitter
        ),
    )


def in_short(error: FetchError | ParseError | WorkerError) -> str:
    """What a failure has in common with others of its kind, in a word or two."""
    if isinstance(error, ParseError):
        return "not a feed"
    if isinstance(error, WorkerError):
        return "not to be parsed"
    if error.fault == "bot_protection":
        return f"{error.status}, blocked by bot protection"
    return str(error.status) if error.status is not None else _WORDS.get(error.fault, error.fault)


def interval(every: timedelta, state: FeedState, now: datetime) -> timedelta:
    """The feed's interval; halved after gaps, and doubled again a day after the last one, and again a day later."""
    return min(every, max(SHORTEST, every / (1 << _steps(state, now))))


def strangers(feed: Feed, items: Sequence[Keyed], known: Collection[KnownEntry]) -> bool:
    """Whether a document has several items and this feed brought none of them before."""
    return len(items) >= FEW and not any(feed.id in one.feeds for one in known)


def under_other_ids(items: Sequence[Keyed], by_text: Mapping[str, KnownEntry]) -> dict[str, KnownEntry]:
    """Of a feed that changed its ids before: the items that read as an entry does and are not dated anew.

    A headline that comes back on another day is news, whatever the feed did once.
    """
    found = {}
    for one in items:
        known, published = by_text.get(reads(one.item)), one.item.published or one.item.updated
        before = known.entry.published if known is not None else None
        if known is not None and (published is None or before is None or abs(published - before) <= SOON):
            found[reads(one.item)] = known
    return found


def missed(
    before: FeedState, state: FeedState, items: Sequence[Keyed], by_text: Mapping[str, KnownEntry], *, every: timedelta
) -> FeedState:
    """What it means that all items of a document are strangers: a gap, or other ids for the same items.

    ``by_text``: which of them the feed did bring, by their words. A gap after a pause of ours (we were off, or the feed
    failed) is told like any other, but a shorter interval would not have prevented it.
    """
    if sum(reads(one.item) in by_text for one in items) >= SAME * len(items):
        return replace(state, warning=state.warning or IDS)
    now = state.last_success
    if before.last_success is None or now is None or not before.entries:
        return state
    steps = _steps(before, now)
    punctual = now - before.last_success <= 2 * every
    return replace(
        state, gap_from=before.last_success, gap_to=now, tightened=min(STEPS, steps + 1) if punctual else steps
    )


def dated_anew(
    feed: Feed, state: FeedState, items: Sequence[Keyed], by_identity: Mapping[str, KnownEntry]
) -> FeedState:
    """Note a feed that dates all of its old items anew."""
    pairs = [
        (one.item.published or one.item.updated, known.entry.published)
        for one in items
        if (known := by_identity.get(one.identity)) is not None and known.feeds == {feed.id}
    ]
    moved = [new is not None and old is not None and abs(new - old) > SOON for new, old in pairs]
    if state.warning is None and len(moved) >= FEW and all(moved):
        return replace(state, warning=DATES)
    return state


def _steps(state: FeedState, now: datetime) -> int:
    if state.gap_to is None:
        return 0
    return max(0, state.tightened - max(0, (now - state.gap_to) // RELAXES))
