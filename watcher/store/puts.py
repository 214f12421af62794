"""How values become rows: the inserts that ``save`` and the other verbs share.

Rule: putting the same thing twice is putting it once, and nothing that was told or fetched is ever taken back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, case, func, or_, select, update

from watcher.errors import Overtaken
from watcher.relevance.stream import bin_of, weight
from watcher.store import rows
from watcher.store.tables import (
    boards,
    decisions,
    entries,
    feed_states,
    matches,
    notices,
    outbox,
    score_histograms,
    sightings,
    stories,
    story_members,
    stream_documents,
    stream_terms,
    troubles,
)
from watcher.types import Decision, Entry, FeedState, NewMember, Notice, OutboxItem, Sighting, StreamDelta, Trouble

OPEN_TO_REVISION = ("below", "excluded", "stale")
"""States of an entry that was not told: a later judgement replaces them."""


def put_feed_states(conn: Connection, states: Sequence[FeedState]) -> None:
    """Write what is now remembered of feeds; when a feed was first added is never rewritten."""
    if states:
        new = rows.insert(conn, feed_states)
        told = {column.name: new.excluded[column.name] for column in rows.FEED_STATE if column.name != "added_at"}
        rows.execute_many(
            conn, new.on_conflict_do_update(index_elements=["id"], set_=told), map(rows.values_of, states)
        )


def put_entries(conn: Connection, found: Sequence[Entry]) -> int:
    """Write entries; returns how many are new. An article that is there is never blanked, a tombstone stays empty."""
    ids = {entry.id for entry in found}
    known = {
        entry for part in rows.chunks(ids) for entry in conn.scalars(select(entries.c.id).where(entries.c.id.in_(part)))
    }
    if found:
        new = rows.insert(conn, entries)
        said = new.excluded
        keeps_article = said.article.is_(None) & entries.c.article.is_not(None)
        changed = {name: said[name] for name in ("url", "title", "text", "outlet", "language", "content_hash")}
        changed["published"] = func.coalesce(said.published, entries.c.published)
        changed["landed"] = func.coalesce(said.landed, entries.c.landed)
        changed["article"] = func.coalesce(said.article, entries.c.article)
        changed["article_note"] = case((keeps_article, entries.c.article_note), else_=said.article_note)
        told = new.on_conflict_do_update(index_elements=["id"], set_=changed, where=entries.c.tombstone.is_(False))
        rows.execute_many(conn, told, ({**rows.values_of(entry), "tombstone": False} for entry in found))
    return len(ids - known)


def put_sightings(conn: Connection, seen: Sequence[Sighting]) -> None:
    """Write that entries were seen in feeds: the first time stays, the last one moves on."""
    if seen:
        new = rows.insert(conn, sightings)
        later = case(
            (new.excluded.last_seen > sightings.c.last_seen, new.excluded.last_seen), else_=sightings.c.last_seen
        )
        rows.execute_many(
            conn,
            new.on_conflict_do_update(index_elements=["entry", "feed", "guid"], set_={"last_seen": later}),
            (
                {
                    "entry": one.entry,
                    "feed": one.feed,
                    "guid": one.guid or "",
                    "first_seen": one.seen,
                    "last_seen": one.seen,
                }
                for one in seen
            ),
        )


def put_decisions(conn: Connection, made: Sequence[Decision]) -> None:
    """Write decisions, one per topic and entry; one that is told, or about to be, stands."""
    if made:
        new = rows.insert(conn, decisions)
        told = {c.name: new.excluded[c.name] for c in rows.DECISION if c.name not in {"topic", "entry"}}
        open_ones = or_(*(decisions.c.state == state for state in OPEN_TO_REVISION))  # IN cannot be sent many times
        kept = new.on_conflict_do_update(index_elements=["topic", "entry"], set_=told, where=open_ones)
        rows.execute_many(conn, kept, (rows.values_of(decision) for decision in made))


def move_boards_on(conn: Connection, versions: Mapping[str, int]) -> None:
    """Count destinations' stories up from the versions that were looked at. Raises Overtaken when one is past it."""
    for destination, version in sorted(versions.items()):
        first = {"destination": destination, "version": 0}
        conn.execute(rows.insert(conn, boards).on_conflict_do_nothing(), first)
        seen = boards.c.destination == destination, boards.c.version == version
        if conn.execute(update(boards).where(*seen).values(version=version + 1)).rowcount != 1:
            raise Overtaken(f"{destination}: another process added to its stories meanwhile; they are looked at again")


def put_members(conn: Connection, joined: Sequence[NewMember]) -> None:
    """Write stories, their new members in the order given, and the topics that matched there."""
    if not joined:
        return
    _put_stories(conn, joined)
    places = _next_positions(conn, {member.story for member in joined})
    values = []
    for member in joined:
        values.append(
            {
                "story": member.story,
                "entry": member.entry,
                "position": places[member.story],
                "relation": member.relation,
                "nearest": member.nearest,
                "summary": member.summary,
                "summary_source": member.summary_source,
                "added_at": member.at,
            }
        )
        places[member.story] += 1
    conn.execute(rows.insert(conn, story_members).on_conflict_do_nothing(), values)
    _put_matches(conn, joined)


def put_outbox(conn: Connection, items: Sequence[OutboxItem]) -> int:
    """Write what is to be told, in the order given; a key that is there already stays as it is. Returns the new."""
    if not items:
        return 0
    before = conn.scalar(select(func.count()).select_from(outbox)) or 0
    new = rows.insert(conn, outbox).on_conflict_do_nothing(index_elements=["key"])
    conn.execute(new, [rows.outbox_values(item) for item in items])
    return (conn.scalar(select(func.count()).select_from(outbox)) or 0) - before


def _put_stories(conn: Connection, joined: Sequence[NewMember]) -> None:
    new = rows.insert(conn, stories)
    later = case((new.excluded.last_at > stories.c.last_at, new.excluded.last_at), else_=stories.c.last_at)
    conn.execute(
        new.on_conflict_do_update(index_elements=["id"], set_={"last_at": later}),
        [
            {
                "id": member.story,
                "destination": member.destination,
                "opened_at": member.at,
                "last_at": member.at,
                "earlier": member.earlier,
            }
            for member in joined
        ],
    )


def _next_positions(conn: Connection, ids: set[str]) -> dict[str, int]:
    places = dict.fromkeys(ids, 0)
    for part in rows.chunks(ids):
        last = (
            select(story_members.c.story, func.max(story_members.c.position).label("last"))
            .where(story_members.c.story.in_(part))
            .group_by(story_members.c.story)
        )
        places.update({row.story: row.last + 1 for row in conn.execute(last)})
    return places


def _put_matches(conn: Connection, joined: Sequence[NewMember]) -> None:
    values = [
        {"topic": topic, "entry": member.entry, "destination": member.destination, "story": member.story}
        for member in joined
        for topic in member.topics
    ]
    if values:
        conn.execute(rows.insert(conn, matches).on_conflict_do_nothing(), values)


def put_stream(conn: Connection, delta: StreamDelta, at: datetime) -> None:
    """Add what was polled at ``at`` to the stream statistics."""
    unit = weight(at)
    documents = {(language,): unit * n for language, n in delta.documents.items()}
    terms = {(language, term): unit * n for language, counted in delta.terms.items() for term, n in counted.items()}
    binned = Counter((topic, mode, bin_of(value)) for (topic, mode), values in delta.scores.items() for value in values)
    rows.add_weights(conn, stream_documents, documents)
    rows.add_weights(conn, stream_terms, terms)
    rows.add_weights(conn, score_histograms, {key: unit * n for key, n in binned.items()})


def put_notice(
    conn: Connection,
    notice: Notice,
    destinations: Collection[str],
    *,
    installation: str,
    now: datetime,
    at: datetime | None = None,
) -> None:
    """Queue one notice for each of these. ``at``: its place in their order."""
    key = f"{installation}/notice/{notice.name}"
    for number, destination in enumerate(destinations):
        item = OutboxItem(
            key=key if number == 0 else f"{key}/{number}",
            destination=destination,
            kind="notice",
            topic=notice.topic,
            story=None,
            entry=None,
            strength=0.0,
            created_at=at or now,
        )
        text = {"key": item.key, "text": notice.text, "made_at": now}
        conn.execute(rows.insert(conn, notices).on_conflict_do_nothing(), text)
        put_outbox(conn, (item,))


def put_troubles(conn: Connection, standing: Sequence[Trouble]) -> None:
    """Remember these in place of what was remembered of them."""
    if not standing:
        return
    new = rows.insert(conn, troubles)
    changed = {name: new.excluded[name] for name in ("what", "since", "told_at", "over_since")}
    conn.execute(
        new.on_conflict_do_update(index_elements=["subject"], set_=changed),
        [rows.values_of(trouble) for trouble in standing],
    )
