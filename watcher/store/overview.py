"""What the page shows of topics and of the outbox.

Rule: reads only; every list has a bound, and no text of an entry or article is read for a headline's sake.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Integer, Row, and_, case, cast, func, select

from watcher.store import rows
from watcher.store.report import MATCHED, NEARLY
from watcher.store.tables import decisions, entries, feedback, matches, outbox, story_members
from watcher.types import HoldReason, Mode, OutboxKind, OutboxState, Relation, State

STEPS = 100
"""Bins a threshold's length: scores are counted in hundredths of what they had to reach."""
HIGHEST = 3 * STEPS
"""Scores of three times the threshold and more share a bin."""
WAITING: tuple[OutboxState, ...] = ("pending", "sending", "held")
DEAD: tuple[OutboxState, ...] = ("dead",)
NEAR_KEYS = "%/near/%"
"""Keys of answers to near misses, which nobody was alerted of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judging:
    """One decision with what a list shows of its entry."""

    entry: str
    title: str
    url: str | None
    outlet: str
    published: datetime | None
    first_seen: datetime
    topic: str
    state: State
    reason: str
    score: float
    threshold: float
    strength: float
    mode: Mode
    terms: tuple[tuple[str, float], ...]
    decided_at: datetime
    story: str | None
    """The story that it is in, at one of the topic's destinations."""
    relation: Relation | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """The scores of one topic since some moment, counted."""

    since: datetime
    """When the first of them was made."""
    shares: Mapping[int, int]
    """Hundredths of the threshold that a score reached → how many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What people answered for one topic: the latest answer to each entry, those that were taken back aside."""

    relevant: int = 0
    not_relevant: int = 0
    near_relevant: int = 0
    """Of near misses, which were shown once a week and never alerted."""
    near_not_relevant: int = 0
    aside: int = 0
    """Answers of all these that are kept aside: learning them made the model worse."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """A row of the outbox that waits or is dead."""

    key: str
    kind: OutboxKind
    destination: str
    topic: str
    entry: str | None
    title: str | None
    """Of its entry; a digest and a notice have none."""
    state: OutboxState
    hold: HoldReason | None
    held_until: datetime | None
    next_attempt: datetime | None
    attempts: int
    error: str | None
    created_at: datetime


def matched_lately(conn: Connection, *, since: datetime, limit: int, topic: str | None = None) -> list[Judging]:
    """What topics (or one) matched at or after ``since``: newest first. Without forgotten texts."""
    story, relation = _place(story_members.c.story), _place(story_members.c.relation)
    found = (
        select(
            *(entries.c[name] for name in ("title", "url", "outlet", "published", "first_seen")),
            *(one for one in decisions.c if one.name not in {"nearest_seed", "model"}),
            story.label("story"),
            relation.label("relation"),
        )
        .join(entries, entries.c.id == decisions.c.entry)
        .where(decisions.c.decided_at >= since, decisions.c.threshold > 0, decisions.c.score.is_not(None))
        .where(decisions.c.state.in_(MATCHED), entries.c.tombstone.is_(False), *_of(topic))
        .order_by(decisions.c.decided_at.desc(), decisions.c.entry)
        .limit(limit)
    )
    return [_judging(row) for row in conn.execute(found)]


def nearest_misses(conn: Connection, *, since: datetime, limit: int, topic: str | None = None) -> list[Judging]:
    """What stayed just below the threshold of topics (or one) at or after ``since``: the nearest to it first."""
    share = rows.share(decisions.c.score, decisions.c.threshold)
    found = (
        select(
            *(entries.c[name] for name in ("title", "url", "outlet", "published", "first_seen")),
            *(one for one in decisions.c if one.name not in {"nearest_seed", "model"}),
        )
        .join(entries, entries.c.id == decisions.c.entry)
        .where(decisions.c.decided_at >= since, decisions.c.state == "below", decisions.c.threshold > 0)
        .where(share >= NEARLY, entries.c.tombstone.is_(False), *_of(topic))
        .order_by(share.desc(), decisions.c.entry)
        .limit(limit)
    )
    return [_judging(row) for row in conn.execute(found)]


def tallies(conn: Connection, *, since: datetime) -> dict[str, Tally]:
    """Topic → the scores of its decisions at or after ``since``, counted, as far as the threshold decided."""
    topic = (decisions.c.topic + rows.EMPTY).label("topic")  # the planner begins with the time, and not with the topics
    share = cast(rows.floor(conn, rows.share(decisions.c.score * STEPS, decisions.c.threshold)), Integer)
    place = case((share >= HIGHEST, HIGHEST), else_=share).label("place")
    counted = (
        select(topic, place, func.count().label("number"))
        .add_columns(func.min(decisions.c.decided_at, type_=decisions.c.decided_at.type).label("first"))
        .where(decisions.c.decided_at >= since, decisions.c.state.in_((*MATCHED, "below")))
        .where(decisions.c.threshold > 0, decisions.c.score.is_not(None))
        .group_by(topic, "place")
    )
    found: dict[str, list[Row[Any]]] = {}
    for row in conn.execute(counted):
        found.setdefault(row.topic, []).append(row)
    return {
        topic: Tally(since=min(row.first for row in own), shares={row.place: row.number for row in own})
        for topic, own in found.items()
    }


def ends(conn: Connection, *, since: datetime) -> dict[str, dict[str, int]]:
    """Topic → state → how many decisions at or after ``since`` came to it."""
    topic = (decisions.c.topic + rows.EMPTY).label("topic")  # as above
    counted = (
        select(topic, decisions.c.state, func.count())
        .where(decisions.c.decided_at >= since)
        .group_by(topic, decisions.c.state)
    )
    found: dict[str, dict[str, int]] = {}
    for topic, state, number in conn.execute(counted):
        found.setdefault(topic, {})[state] = number
    return found


def answers(conn: Connection) -> dict[str, Answers]:
    """Topic → what people answered."""
    latest = select(func.max(feedback.c.number)).where(feedback.c.undone_at.is_(None))
    near = case((feedback.c.key.like(NEAR_KEYS), 1), else_=0).label("near")
    counted = (
        select(feedback.c.topic, feedback.c.relevant, near, feedback.c.state, func.count().label("number"))
        .where(feedback.c.number.in_(latest.group_by(feedback.c.topic, feedback.c.entry)))
        .group_by(feedback.c.topic, feedback.c.relevant, "near", feedback.c.state)
    )
    found: dict[str, dict[str, int]] = {}
    for row in conn.execute(counted):
        own = found.setdefault(row.topic, {})
        names = ["near_" * row.near + ("relevant" if row.relevant else "not_relevant")]
        for name in names + ["aside"] * (row.state == "aside"):
            own[name] = own.get(name, 0) + row.number
    return {topic: Answers(**own) for topic, own in found.items()}


def queued(conn: Connection, states: Collection[OutboxState], *, limit: int) -> tuple[list[Queued], int]:
    """Rows of the outbox in these states, and how many there are: what waits oldest first, what is dead newest first.

    Rows that a digest tells are not listed: the digest is.
    """
    # An empty text in place of NULL, since the planner takes the index of digests for the better one.
    wanted = outbox.c.state.in_(states), func.coalesce(outbox.c.digest, "") == ""
    newest_first = "dead" in states
    order = (
        (outbox.c.created_at.desc(), outbox.c.number.desc()) if newest_first else (outbox.c.created_at, outbox.c.number)
    )
    found = (
        select(*(outbox.c[name] for name in Queued.__slots__ if name != "title"), entries.c.title)
        .outerjoin(entries, entries.c.id == outbox.c.entry)
        .where(*wanted)
        .order_by(*order)
        .limit(limit)
    )
    number = conn.scalar(select(func.count()).select_from(outbox).where(*wanted)) or 0
    return [Queued(**row._mapping) for row in conn.execute(found)], number  # noqa: SLF001  its public name in SQLAlchemy


def _of(topic: str | None) -> tuple[ColumnElement[bool], ...]:
    # Joined to an empty text, since the planner takes the index of all the topic's decisions ever for the better one.
    return () if topic is None else (decisions.c.topic + "" == topic,)


def _place(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """Something of the story that an entry is in for a topic; of several destinations' the first by name."""
    return (
        select(column)
        .join(matches, and_(matches.c.story == story_members.c.story, matches.c.entry == story_members.c.entry))
        .where(matches.c.topic == decisions.c.topic, matches.c.entry == decisions.c.entry)
        .order_by(matches.c.destination)
        .limit(1)
        .correlate(decisions)
        .scalar_subquery()
    )


def _judging(row: Row[*tuple[Any, ...]]) -> Judging:
    given = {"story": None, "relation": None, **row._mapping}  # noqa: SLF001  its public name in SQLAlchemy
    terms = tuple((term, float(share)) for term, share in given["terms"])
    return Judging(**{**given, "terms": terms, "strength": given["strength"] or 0.0})
