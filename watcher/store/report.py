"""What the store knows, for people: explain, status, the demo's table.

Rule: reads only, and everything that decides is already in the row; nothing is guessed here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, exists, func, select

from watcher.relevance.features import UNDETERMINED
from watcher.store import rows, tombs
from watcher.store.outbox.followers import items
from watcher.store.tables import (
    decisions,
    entries,
    feed_states,
    matches,
    outbox,
    sightings,
    stories,
    story_members,
    topics,
)
from watcher.types import Decision, Entry, FeedState, OutboxItem, OutboxState, Relation, State

LATEST, ENOUGH, MOST = 50, 5, 2 / 3
"""A feed's language is that of two thirds of its latest entries, where it has brought a few."""
CLOSEST, COPIES = 5, 5
"""Near misses that are told of a topic, out of so many times as many: one report is often there several times."""
NEARLY = 0.5
"""The part of a threshold from which on a score nearly reaches it."""
MATCHED: tuple[State, ...] = ("pending", "held", "posted", "grouped", "dead")
"""States of an entry that matched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """How an entry was, or will be, told at one destination."""

    destination: str
    topics: tuple[str, ...]
    """Topics that matched there."""
    story: str
    relation: Relation
    item: OutboxItem | None
    """The row that tells it: its own, or (for a copy) the story's parent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryReport:
    """All that happened to one entry."""

    entry: Entry
    feeds: tuple[str, ...]
    """Names of the feeds it was seen in."""
    decisions: tuple[Decision, ...]
    """One per topic, by name."""
    tellings: tuple[Telling, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedRow:
    """One feed, with what came of it."""

    state: FeedState
    seen: int
    """Entries ever seen in it."""
    latest: datetime | None
    """When its newest entry was first seen."""
    matched: int
    """Of its entries, how many matched a topic."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A decision with the entry it is about."""

    entry: Entry
    decision: Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class NearMiss:
    """An entry that stayed below a topic's threshold."""

    headline: str
    outlet: str
    url: str | None
    score: float
    threshold: float

    @property
    def ratio(self) -> float:
        """How much of the threshold the score reached."""
        return self.score / self.threshold


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietTopic:
    """A topic that judged entries and matched none, with those that came closest, best first."""

    closest: tuple[NearMiss, ...]
    new: bool
    """Not known here for so long: it had less time to match."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How much of everything there is."""

    feeds: int
    entries: int
    stories: int
    decisions: dict[str, dict[str, int]]
    """Topic → state → number."""
    outbox: dict[str, int]
    """State → number."""


def entry_report(conn: Connection, entry_id: str) -> EntryReport | None:
    """Everything about one entry; None when it was never seen."""
    found = conn.execute(select(*rows.ENTRY).where(entries.c.id == entry_id)).first()
    if found is None:
        return _of_tombstone(conn, entry_id)
    seen = (
        select(func.coalesce(feed_states.c.name, sightings.c.feed))
        .select_from(sightings)
        .outerjoin(feed_states, feed_states.c.id == sightings.c.feed)
        .where(sightings.c.entry == entry_id)
        .order_by(sightings.c.first_seen, sightings.c.feed)
    )
    judged = select(*rows.DECISION).where(decisions.c.entry == entry_id).order_by(decisions.c.topic)
    return EntryReport(
        entry=rows.entry(found),
        feeds=tuple(dict.fromkeys(conn.scalars(seen))),
        decisions=tuple(rows.decision(row) for row in conn.execute(judged)),
        tellings=_tellings(conn, entry_id),
    )


def _of_tombstone(conn: Connection, entry_id: str) -> EntryReport | None:
    one = tombs.by_id(conn, [entry_id]).get(entry_id)
    if one is None:
        return None
    names = tombs.feed_names(conn, one.feeds)
    feeds = tuple(dict.fromkeys(names.get(feed, feed) for feed in one.feeds))
    return EntryReport(entry=one.entry, feeds=feeds, decisions=one.decisions, tellings=())


def feed_rows(conn: Connection) -> list[FeedRow]:
    """Every feed ever known, by name."""
    counted = (
        select(sightings.c.feed, func.count(sightings.c.entry.distinct()).label("seen"))
        .add_columns(func.max(sightings.c.first_seen, type_=sightings.c.first_seen.type).label("latest"))
        .group_by(sightings.c.feed)
    )
    found = {row.feed: row for row in conn.execute(counted)}
    matching = (
        select(sightings.c.feed, func.count(matches.c.entry.distinct()).label("number"))
        .join(matches, matches.c.entry == sightings.c.entry)
        .group_by(sightings.c.feed)
    )
    matched = {row.feed: row.number for row in conn.execute(matching)}
    forgotten = {row.feed: row for row in conn.execute(select(tombs.tombstone_feeds))}
    known = conn.execute(select(*rows.FEED_STATE).order_by(feed_states.c.name, feed_states.c.id)).all()
    return [
        FeedRow(
            state=rows.feed_state(row),
            seen=sum(there[row.id].seen for there in (found, forgotten) if row.id in there),
            latest=max((there[row.id].latest for there in (found, forgotten) if row.id in there), default=None),
            matched=matched.get(row.id, 0),
        )
        for row in known
    ]


def feed_languages(conn: Connection, feeds: Collection[str]) -> dict[str, str]:
    """Feed → the language of most of its latest entries; none where they are few or mixed."""
    found = {}
    for feed in feeds:
        counted = Counter(_latest_languages(conn, feed)[:LATEST])
        (language, number), *_ = counted.most_common(1) or [("", 0)]
        if counted.total() >= ENOUGH and number >= MOST * counted.total() and language != UNDETERMINED:
            found[feed] = language
    return found


def _latest_languages(conn: Connection, feed: str) -> list[str]:
    came = func.max(sightings.c.first_seen)
    seen = select(sightings.c.entry).where(sightings.c.feed == feed).group_by(sightings.c.entry)
    latest = seen.order_by(came.desc(), sightings.c.entry).limit(LATEST).subquery()
    found = list(conn.scalars(select(entries.c.language).join(latest, latest.c.entry == entries.c.id)))
    former = select(tombs.tombstone_feeds.c.languages).where(tombs.tombstone_feeds.c.feed == feed)
    return found + (conn.scalar(former) or "").split()[::-1]


def outbox_rows(conn: Connection, states: Collection[OutboxState] | None = None) -> list[OutboxItem]:
    """Rows of the outbox (in these states), oldest first."""
    wanted = () if states is None else (outbox.c.state.in_(states),)
    return [rows.outbox_item(row) for row in items(conn, *wanted)]


def recent_decisions(conn: Connection, since: datetime) -> list[Judged]:
    """What was decided at or after ``since``, oldest first."""
    found = (
        select(entries, *(column.label(f"of_{column.name}") for column in rows.DECISION))
        .join(decisions, decisions.c.entry == entries.c.id)
        .where(decisions.c.decided_at >= since)
        .order_by(decisions.c.decided_at, entries.c.id, decisions.c.topic)
    )
    return [Judged(entry=rows.entry(row), decision=_labelled(row)) for row in conn.execute(found)]


def near_decisions(conn: Connection, topic: str, *, since: datetime, limit: int) -> list[Judged]:
    """What a topic matched, or nearly, among what it judged at or after ``since``: the nearest to the threshold first.

    Nearly is from half of the threshold on. Without texts that are forgotten.
    """
    share = rows.share(decisions.c.score, decisions.c.threshold)
    judged = (
        select(entries, *(column.label(f"of_{column.name}") for column in rows.DECISION))
        .join(decisions, decisions.c.entry == entries.c.id)
        .where(decisions.c.topic == topic, decisions.c.decided_at >= since, decisions.c.threshold > 0)
        .where(decisions.c.state.in_((*MATCHED, "below")), share >= NEARLY, entries.c.tombstone.is_(False))
        .order_by(func.abs(share - 1), entries.c.id)
    )
    return [Judged(entry=rows.entry(row), decision=_labelled(row)) for row in conn.execute(judged.limit(limit))]


def quiet_topics(conn: Connection, names: Collection[str], *, since: datetime) -> dict[str, QuietTopic]:
    """Those of these topics that judged entries at or after ``since``, and matched none of them."""
    found = {}
    for name in names:
        lately = decisions.c.topic == name, decisions.c.decided_at >= since
        if conn.scalar(select(exists().where(*lately, decisions.c.state.in_(MATCHED)))):
            continue
        closest = _closest(conn, *lately)
        if closest:
            known = conn.scalar(select(topics.c.added_at).where(topics.c.name == name))
            found[name] = QuietTopic(closest=closest, new=known is None or known > since)
    return found


def _closest(conn: Connection, *lately: ColumnElement[bool]) -> tuple[NearMiss, ...]:
    """The best of these entries that stayed below the threshold; of those with one headline, the better one."""
    ratio = rows.share(decisions.c.score, decisions.c.threshold)
    below = (
        select(entries.c.title, entries.c.outlet, entries.c.url, decisions.c.score, decisions.c.threshold)
        .join(decisions, decisions.c.entry == entries.c.id)
        .where(*lately, decisions.c.state == "below", decisions.c.score > 0, decisions.c.threshold > 0)
        .where(entries.c.tombstone.is_(False))
        .order_by(ratio.desc(), decisions.c.decided_at, entries.c.id)
    )
    best: dict[str, NearMiss] = {}
    for row in conn.execute(below.limit(CLOSEST * COPIES)):
        miss = NearMiss(headline=row.title, outlet=row.outlet, url=row.url, score=row.score, threshold=row.threshold)
        best.setdefault(row.title.casefold(), miss)
    return tuple(best.values())[:CLOSEST]


def counts(conn: Connection) -> Counts:
    """The numbers of the demo's table and of the metrics."""
    per_topic: dict[str, dict[str, int]] = {}
    states = select(decisions.c.topic, decisions.c.state, func.count()).group_by(decisions.c.topic, decisions.c.state)
    for topic, state, number in conn.execute(states.order_by(decisions.c.topic, decisions.c.state)):
        per_topic.setdefault(topic, {})[state] = number
    for topic, state, number in conn.execute(tombs.ends_counted()):
        found = per_topic.setdefault(topic, {})
        found[state] = found.get(state, 0) + number
    waiting = conn.execute(select(outbox.c.state, func.count()).group_by(outbox.c.state)).all()
    return Counts(
        feeds=conn.scalar(select(func.count()).select_from(feed_states)) or 0,
        entries=(conn.scalar(select(func.count()).select_from(entries)) or 0) + tombs.number_of(conn),
        stories=conn.scalar(select(func.count()).select_from(stories)) or 0,
        decisions=per_topic,
        outbox={row[0]: row[1] for row in waiting},
    )


def _labelled(row: Row[Any]) -> Decision:
    given = {column.name: getattr(row, f"of_{column.name}") for column in rows.DECISION}
    return Decision(**{**given, "terms": tuple((term, float(share)) for term, share in given["terms"])})


def _tellings(conn: Connection, entry_id: str) -> tuple[Telling, ...]:
    joined = (
        select(story_members.c.story, story_members.c.relation, stories.c.destination)
        .join(stories, stories.c.id == story_members.c.story)
        .where(story_members.c.entry == entry_id)
        .order_by(stories.c.destination, stories.c.opened_at)
    )
    return tuple(_telling(conn, entry_id, row) for row in conn.execute(joined).all())


def _telling(conn: Connection, entry_id: str, member: Row[*tuple[Any, ...]]) -> Telling:
    here = outbox.c.story == member.story, outbox.c.destination == member.destination
    own = items(conn, *here, outbox.c.entry == entry_id)
    parent = items(conn, *here, outbox.c.kind == "parent")
    row = (own or sorted(parent, key=lambda one: one.state in {"dead", "dropped"}) or [None])[0]
    matched = select(matches.c.topic).where(matches.c.entry == entry_id, matches.c.destination == member.destination)
    return Telling(
        destination=member.destination,
        topics=tuple(conn.scalars(matched.order_by(matches.c.topic))),
        story=member.story,
        relation=member.relation,
        item=None if row is None else rows.outbox_item(row),
    )
