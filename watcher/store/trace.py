"""An entry's whole way, for ``explain``: where it was seen, what it was told with, what people did about it.

Rule: reads only; what is gone (a feed, a message, the words of an entry) is told as far as it is remembered.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, func, or_, select

from watcher.store import tombs
from watcher.store.feedback import LABEL, MUTE, Numbered, feeds_of
from watcher.store.report import EntryReport, entry_report
from watcher.store.tables import entries, feed_states, feedback, mutes, outbox, sightings, stories, story_members
from watcher.store.tombs import Tombstone
from watcher.types import HoldReason, Label, Mute, OutboxKind, OutboxState
from watcher.urls import identity_hash

ALIKE = 5
"""Entries of the same words that are named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """An entry in a feed, under one guid."""

    feed: str
    """The feed's name, or its id when it is forgotten."""
    guid: str | None
    first: datetime
    last: datetime
    poll_error: str | None
    """What is wrong with the feed now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Other:
    """Another entry that this one has to do with. ``title`` is "" when its words are forgotten."""

    entry: str
    title: str
    url: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """An entry in a story. ``new``: what was told of it; of a follow-up only what was new."""

    story: str
    destination: str
    at: datetime
    position: int
    members: int
    new: str
    nearest: Other | None
    earlier: str | None
    """The closed story that its story takes up again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """An outbox row's way."""

    key: str
    kind: OutboxKind
    own: bool
    """It tells this entry; else it is its story's message."""
    story: str | None
    destination: str
    state: OutboxState
    created: datetime
    hold: HoldReason | None
    held_until: datetime | None
    next_attempt: datetime | None
    attempts: int
    error: str | None
    note: str | None
    digest: str | None
    """The digest that told it."""
    settled: datetime | None
    channel: str | None
    ts: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryTrace:
    """Everything that is known of one entry."""

    report: EntryReport
    seen: tuple[Seen, ...]
    forgotten: bool
    counted: bool
    """Counts of its words are kept."""
    alike: tuple[Other, ...]
    """Other entries of the same words, or whose links lead to the same page."""
    memberships: tuple[Membership, ...]
    sendings: tuple[Sending, ...]
    answers: tuple[Numbered, ...]
    mutes: tuple[tuple[Mute, datetime | None], ...]
    """Mutes of its stories and feeds, and when they were ended by hand."""


def entry_trace(conn: Connection, entry_id: str) -> EntryTrace | None:
    """Everything about one entry; None when it was never seen."""
    report = entry_report(conn, entry_id)
    if report is None:
        return None
    row = conn.execute(
        select(entries.c.tombstone, entries.c.terms.is_not(None).label("counted")).where(entries.c.id == entry_id)
    ).first()
    tomb = None if row else tombs.by_id(conn, [entry_id])[entry_id]
    memberships = _memberships(conn, entry_id)
    return EntryTrace(
        report=report,
        seen=_seen(conn, entry_id) if tomb is None else _visits(conn, tomb),
        forgotten=row is None or row.tombstone,
        counted=row is not None and row.counted,
        alike=_alike(conn, report),
        memberships=memberships,
        sendings=_sendings(conn, entry_id, [one.story for one in memberships]),
        answers=_answers(conn, entry_id),
        mutes=_mutes(conn, feeds_of(conn, entry_id), [one.story for one in memberships]),
    )


def _seen(conn: Connection, entry_id: str) -> tuple[Seen, ...]:
    found = (
        select(
            func.coalesce(feed_states.c.name, sightings.c.feed).label("name"),
            feed_states.c.error,
            sightings.c.guid,
            sightings.c.first_seen,
            sightings.c.last_seen,
        )
        .select_from(sightings)
        .outerjoin(feed_states, feed_states.c.id == sightings.c.feed)
        .where(sightings.c.entry == entry_id)
        .order_by(sightings.c.first_seen, sightings.c.feed, sightings.c.guid)
    )
    return tuple(
        Seen(feed=row.name, guid=row.guid or None, first=row.first_seen, last=row.last_seen, poll_error=row.error)
        for row in conn.execute(found)
    )


def _visits(conn: Connection, tomb: Tombstone) -> tuple[Seen, ...]:
    feeds = {row.id: row for row in conn.execute(select(feed_states).where(feed_states.c.id.in_(tomb.feeds)))}
    return tuple(
        Seen(
            feed=feeds[one.feed].name if one.feed in feeds else one.feed,
            guid=one.guid,
            first=one.first,
            last=one.last,
            poll_error=feeds[one.feed].error if one.feed in feeds else None,
        )
        for one in tomb.seen
    )


def _alike(conn: Connection, report: EntryReport) -> tuple[Other, ...]:
    """Entries of the same words; of a tombstone nobody can say, since the hash of other empty ones says nothing."""
    entry = report.entry
    pages = [one for one in (entry.identity, entry.landed) if one]
    same: list[ColumnElement[bool]] = [entries.c.landed.in_(pages), entries.c.identity.in_(pages)]
    if entry.title:
        same.append(entries.c.content_hash == entry.content_hash)
    marks = [tombs.page_mark(one) for one in pages] + ([tombs.words_mark(entry.content_hash)] if entry.title else [])
    found = (
        select(entries.c.first_seen, entries.c.id, entries.c.title, entries.c.url)
        .where(or_(*same), entries.c.id != entry.id)
        .order_by(entries.c.first_seen, entries.c.id)
        .limit(ALIKE)
    )
    named = [(row.first_seen, row.id, row.title, row.url) for row in conn.execute(found)]
    small = {**tombs.by_id(conn, list(map(identity_hash, pages)))}
    small |= {one.entry.id: one for each in tombs.by_mark(conn, marks).values() for one in each}
    named += [(one.entry.first_seen, one.entry.id, "", one.entry.url) for one in small.values()]
    return tuple(
        Other(entry=name, title=title, url=url)
        for _, name, title, url in sorted(named)[: ALIKE + 1]
        if name != entry.id
    )[:ALIKE]


def _memberships(conn: Connection, entry_id: str) -> tuple[Membership, ...]:
    near = entries.alias("near")
    found = (
        select(
            story_members.c.story,
            story_members.c.added_at,
            story_members.c.position,
            story_members.c.summary,
            stories.c.destination,
            stories.c.earlier,
            near.c.id.label("near_id"),
            near.c.title.label("near_title"),
            near.c.url.label("near_url"),
        )
        .join(stories, stories.c.id == story_members.c.story)
        .outerjoin(near, near.c.id == story_members.c.nearest)
        .where(story_members.c.entry == entry_id)
        .order_by(stories.c.destination, stories.c.opened_at)
    )
    return tuple(
        Membership(
            story=row.story,
            destination=row.destination,
            at=row.added_at,
            position=row.position,
            members=conn.scalar(select(func.count()).where(story_members.c.story == row.story)) or 0,
            new=row.summary,
            nearest=None if row.near_id is None else Other(entry=row.near_id, title=row.near_title, url=row.near_url),
            earlier=row.earlier,
        )
        for row in conn.execute(found).all()
    )


def _sendings(conn: Connection, entry_id: str, ids: Sequence[str]) -> tuple[Sending, ...]:
    """The rows that tell the entry, those of its stories' messages, and the digests that hold one of them."""
    own = outbox.c.entry == entry_id
    of_story = outbox.c.story.in_(ids), outbox.c.kind.in_(("parent", "update"))
    found = conn.execute(select(outbox).where(or_(own, of_story[0] & of_story[1])).order_by(outbox.c.number)).all()
    digests = {row.digest for row in found if row.digest}
    told = conn.execute(select(outbox).where(outbox.c.key.in_(digests)).order_by(outbox.c.number)).all()
    return tuple(
        Sending(
            key=row.key,
            kind=row.kind,
            own=row.entry == entry_id,
            story=row.story,
            destination=row.destination,
            state=row.state,
            created=row.created_at,
            hold=row.hold,
            held_until=row.held_until,
            next_attempt=row.next_attempt,
            attempts=row.attempts,
            error=row.error,
            note=row.note,
            digest=row.digest,
            settled=row.settled_at,
            channel=row.receipt_channel,
            ts=row.receipt_ts,
        )
        for row in (*found, *told)
    )


def _answers(conn: Connection, entry_id: str) -> tuple[Numbered, ...]:
    found = select(*LABEL, feedback.c.number, feedback.c.undone_at).where(feedback.c.entry == entry_id)
    return tuple(
        Numbered(
            number=row.number,
            label=Label(**{column.name: getattr(row, column.name) for column in LABEL}),
            undone_at=row.undone_at,
        )
        for row in conn.execute(found.order_by(feedback.c.number))
    )


def _mutes(conn: Connection, feeds: Collection[str], ids: Collection[str]) -> tuple[tuple[Mute, datetime | None], ...]:
    about = or_(
        (mutes.c.kind == "story") & mutes.c.subject.in_(ids), (mutes.c.kind == "source") & mutes.c.subject.in_(feeds)
    )
    found = select(*MUTE, mutes.c.undone_at).where(about).order_by(mutes.c.number)
    return tuple(
        (Mute(**{column.name: getattr(row, column.name) for column in MUTE}), row.undone_at)
        for row in conn.execute(found)
    )
