"""Forgetting a topic that is gone, or a person who wants to be forgotten.

Rule: what was told stays known as told, and what was learned stays learned; words and names go.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Table, and_, delete, exists, func, or_, select, update

from watcher.store import tombs
from watcher.store.outbox.followers import LIVE
from watcher.store.tables import (
    added_seeds,
    clicks,
    decisions,
    feedback,
    matches,
    mutes,
    notices,
    outbox,
    score_histograms,
    topics,
    troubles,
)

FORGOTTEN = "the topic was forgotten"
"""The reason of decisions and rows that are left of a topic."""
SOMEBODY = "somebody"
"""The name of people who were forgotten."""
_WAITS = ("pending", "held", "in_digest")
_ENDED = ("posted", "grouped", "held", "pending", "dead")


@dataclass(frozen=True, slots=True, kw_only=True)
class OfTopic:
    """What is stored of a topic. ``told`` stays and loses its words; ``waiting`` is dropped; the rest goes."""

    seeds: int
    answers: int
    decisions: int
    told: int
    waiting: int

    def __bool__(self) -> bool:
        """Whether there is anything to forget."""
        return any((self.seeds, self.answers, self.decisions, self.told, self.waiting))


@dataclass(frozen=True, slots=True, kw_only=True)
class OfPerson:
    """What is stored of a person: clicks go; the rest stays as somebody's."""

    clicks: int
    answers: int
    mutes: int
    seeds: int
    notices: int


def topic_traces(conn: Connection, topic: str) -> OfTopic:
    """Count what is stored of a topic."""
    stays = _stays(topic)
    ends = tombs.tombstone_ends.c
    forgotten = conn.scalar(select(func.sum(ends.times)).where(ends.topic == topic)) or 0
    return OfTopic(
        seeds=_count(conn, added_seeds, added_seeds.c.topic == topic),
        answers=_count(conn, feedback, feedback.c.topic == topic),
        decisions=_count(conn, decisions, decisions.c.topic == topic, ~stays) + forgotten,
        told=_count(conn, decisions, decisions.c.topic == topic, decisions.c.reason != FORGOTTEN, stays),
        waiting=_count(conn, outbox, *_waits_for_it_alone(topic)),
    )


def forget_topic(conn: Connection, topic: str) -> OfTopic:
    """Forget a topic's seeds, answers, decisions and statistics; returns what there was.

    What waits to be told for it alone is dropped. Decisions on what was told stay, without their words: nothing is told
    twice if the topic comes back.
    """
    there = topic_traces(conn, topic)
    _overwrite(conn)
    idle: dict[str, Any] = {"lease_owner": None, "lease_until": None, "unsure": False, "hold": None, "digest": None}
    dropped = update(outbox).where(*_waits_for_it_alone(topic))
    conn.execute(dropped.values(state="dropped", error=FORGOTTEN, note=None, **idle))
    of_notices = select(outbox.c.key).where(outbox.c.kind == "notice", outbox.c.topic == topic)
    conn.execute(update(notices).where(notices.c.key.in_(of_notices)).values(text=""))
    kept = update(decisions).where(decisions.c.topic == topic, _stays(topic))
    words: dict[str, Any] = {"terms": [], "nearest_seed": None, "reason": FORGOTTEN}
    conn.execute(kept.where(decisions.c.state.in_(("held", "pending")), ~_still_told()).values(state="excluded"))
    conn.execute(kept.values(**words))
    conn.execute(delete(decisions).where(decisions.c.topic == topic, ~_stays(topic)))
    conn.execute(delete(troubles).where(troubles.c.subject == f"topic:{topic}"))
    conn.execute(delete(topics).where(topics.c.name == topic))
    for table in (added_seeds, feedback, score_histograms, tombs.tombstone_ends):
        conn.execute(delete(table).where(table.c.topic == topic))
    return there


def people_called(conn: Connection, called: str) -> dict[str, tuple[str, ...]]:
    """The people with this id or name: id → the names that they are known by."""
    known = [
        select(table.c.user, name.label("name")).where(or_(table.c.user == called, name == called))
        for table, name in _SIGNED
    ]
    users = {row.user for query in known for row in conn.execute(query)} - {""}
    names = {
        user: {one for table, name in _SIGNED for one in conn.scalars(select(name).where(table.c.user == user))}
        for user in users
    }
    return {user: tuple(sorted(names[user])) for user in sorted(users)}


def person_traces(conn: Connection, user: str, names: Collection[str]) -> OfPerson:
    """Count what is stored of a person. ``names``: as ``people_called`` tells them."""
    return OfPerson(
        clicks=_count(conn, clicks, clicks.c.user == user),
        answers=_count(conn, feedback, feedback.c.user == user),
        mutes=_count(conn, mutes, mutes.c.user == user),
        seeds=_count(conn, added_seeds, added_seeds.c.user == user),
        notices=len(_notices_of(conn, user, names)),
    )


def forget_person(conn: Connection, user: str, names: Collection[str], *, alias: str) -> OfPerson:
    """Forget who did what this person did; returns what there was.

    Their clicks go. Answers, mutes and seeds stay in force under an ``alias`` that tells nothing: how much the answers
    of one person count depends on which of them are the same person's.
    """
    there = person_traces(conn, user, names)
    _overwrite(conn)
    for key, text in _notices_of(conn, user, names):
        conn.execute(update(notices).where(notices.c.key == key).values(text=_without(text, user, names)))
    conn.execute(delete(clicks).where(clicks.c.user == user))
    for table, name in _SIGNED[1:]:
        conn.execute(update(table).where(table.c.user == user).values({table.c.user: alias, name: SOMEBODY}))
    return there


_SIGNED: tuple[tuple[Table, ColumnElement[Any]], ...] = (
    (clicks, clicks.c.name),
    (feedback, feedback.c.name),
    (mutes, mutes.c.name),
    (added_seeds, added_seeds.c.person),
)
"""Tables that say who, and the column with the name."""


def _count(conn: Connection, table: Table, *conditions: ColumnElement[bool]) -> int:
    return conn.scalar(select(func.count()).select_from(table).where(*conditions)) or 0


def _overwrite(conn: Connection) -> None:
    """Have what is deleted overwritten in the file, and not only given free."""
    if conn.dialect.name == "sqlite":
        conn.exec_driver_sql("PRAGMA secure_delete = ON")


def _stays(topic: str) -> ColumnElement[bool]:
    """A decision on what was told, or would have been: it keeps the entry from being judged anew for the topic."""
    matched = exists().where(matches.c.topic == topic, matches.c.entry == decisions.c.entry).correlate(decisions)
    return or_(decisions.c.state.in_(_ENDED), matched)


def _still_told() -> ColumnElement[bool]:
    """Some row tells the decision's entry, or will."""
    return exists().where(outbox.c.entry == decisions.c.entry, outbox.c.state.in_((*LIVE, "sent"))).correlate(decisions)


def _waits_for_it_alone(topic: str) -> Sequence[ColumnElement[bool]]:
    """Rows that wait and that no other topic wants told; of digests those whose members all go."""
    member = outbox.alias("member")
    needed = exists().where(member.c.digest == outbox.c.key, _wanted(member, topic)).correlate(outbox)
    alone = and_(outbox.c.kind.in_(("parent", "reply")), ~_wanted(outbox, topic))
    return (
        outbox.c.topic == topic,
        outbox.c.state.in_(_WAITS),
        or_(alone, and_(outbox.c.kind == "digest", ~needed), outbox.c.kind == "notice"),
    )


def _wanted(row: FromClause, topic: str) -> ColumnElement[bool]:
    """Another topic matched the row's entry there; or, since a parent speaks for all of its story, any member."""
    same = or_(matches.c.entry == row.c.entry, and_(row.c.kind == "parent", matches.c.story == row.c.story))
    return exists().where(matches.c.destination == row.c.destination, matches.c.topic != topic, same).correlate(row)


def _notices_of(conn: Connection, user: str, names: Collection[str]) -> list[tuple[str, str]]:
    """Notices that name somebody: as who did it, or as whose it was."""
    told = select(notices.c.key, notices.c.text).where(notices.c.text != "")
    return [(row.key, row.text) for row in conn.execute(told) if _without(row.text, user, names) != row.text]


def _without(text: str, user: str, names: Collection[str]) -> str:
    """A notice with "somebody" in the person's place: "ann (U1): …" and "… ann's answer …"."""
    text = re.sub(rf"^.* \({re.escape(user)}\)", SOMEBODY, text, flags=re.MULTILINE)
    for name in names:
        text = text.replace(f" {name}'s ", f" {SOMEBODY}'s ")
    return text
