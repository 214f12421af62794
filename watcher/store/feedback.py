"""What readers answered, and what they asked to be left alone with.

Rule: a click that arrives twice is written once, and what is taken back stays readable as taken back.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, delete, func, select, update

from watcher.store import rows, tombs
from watcher.store.tables import added_seeds, channels, clicks, feedback, mutes, outbox, sightings, stories
from watcher.types import AddedSeed, Click, Label, LabelState, Mute, Undone

LABEL = rows.columns_of(feedback, Label)
MUTE = rows.columns_of(mutes, Mute)
ADDED_SEED = rows.columns_of(added_seeds, AddedSeed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbered:
    """An answer with its number, by which it is told from others."""

    number: int
    label: Label
    undone_at: datetime | None


def put_labels(conn: Connection, click: Click, given: Sequence[Label]) -> bool:
    """Write a click and the answers that it gives; False, and nothing written, when the click was there already.

    A person's earlier answer about the same entry and topic is undone by the new one.
    """
    if not _new(conn, click):
        return False
    for label in given:
        same = (feedback.c.topic == label.topic, feedback.c.entry == label.entry, feedback.c.user == label.user)
        conn.execute(update(feedback).where(*same, feedback.c.undone_at.is_(None)).values(undone_at=click.at))
        conn.execute(rows.insert(conn, feedback), {**rows.values_of(label), "terms": dict(label.terms)})
    return True


def put_mute(conn: Connection, click: Click, mute: Mute) -> bool:
    """Write a click and the mute that it asks for; False when the click was there already."""
    if not _new(conn, click):
        return False
    conn.execute(rows.insert(conn, mutes), rows.values_of(mute))
    return True


def put_seed(conn: Connection, click: Click, seed: AddedSeed) -> bool:
    """Write a click and the seed that it adds; the same article added again is one seed, as it was added last."""
    if not _new(conn, click):
        return False
    new = rows.insert(conn, added_seeds)
    told = {name: new.excluded[name] for name in ("card", "url", "user", "person", "at")}
    values = {**rows.values_of(seed), "card": dict(seed.card)}
    conn.execute(new.on_conflict_do_update(index_elements=["topic", "name"], set_=told), values)
    return True


def put_click(conn: Connection, click: Click) -> bool:
    """Write a click that changes nothing else; False when it was there already."""
    return _new(conn, click)


def undo(conn: Connection, click: Click) -> Undone | None:
    """Take back what was last done with the click's alert: by the same person if they did anything, else by anybody.

    None when the click was there already, or nothing is left to take back.
    """
    if not _new(conn, click):
        return None
    found: list[tuple[bool, datetime, Table, Row[Any]]] = []
    for table in (feedback, mutes):
        standing = select(table).where(table.c.key == click.key, table.c.undone_at.is_(None))
        found += [(row.user == click.user, row.at, table, row) for row in conn.execute(standing)]
    if not found:
        return None
    _, at, table, last = max(found, key=lambda one: (one[0], one[1], one[3].number))
    if table is mutes:
        conn.execute(update(mutes).where(mutes.c.number == last.number).values(undone_at=click.at))
        return Undone(what=last.kind, title=last.title, name=last.name)
    together = (feedback.c.key == click.key, feedback.c.user == last.user, feedback.c.at == at)
    topics = conn.scalars(select(feedback.c.topic).where(*together, feedback.c.undone_at.is_(None)).distinct()).all()
    conn.execute(update(feedback).where(*together, feedback.c.undone_at.is_(None)).values(undone_at=click.at))
    return Undone(what="label", title=last.title, topics=tuple(sorted(topics)), name=last.name)


def undo_label(conn: Connection, number: int, *, now: datetime) -> Undone | None:
    """Take back one answer by its number; None when there is none, or it is taken back already."""
    one = feedback.c.number == number, feedback.c.undone_at.is_(None)
    row = conn.execute(select(feedback).where(*one)).first()
    if row is None:
        return None
    conn.execute(update(feedback).where(*one).values(undone_at=now))
    return Undone(what="label", title=row.title, topics=(row.topic,), name=row.name)


def mark_labels(conn: Connection, states: Mapping[int, tuple[LabelState, str | None]]) -> None:
    """Write what became of answers: number → state, and why it was kept aside."""
    for number, (state, note) in states.items():
        conn.execute(update(feedback).where(feedback.c.number == number).values(state=state, note=note))


def tidy_feedback(conn: Connection, *, before: datetime) -> int:
    """Forget clicks, answers and mutes made before this time; returns how many answers. Seeds stay."""
    conn.execute(delete(clicks).where(clicks.c.at < before))
    conn.execute(delete(mutes).where(mutes.c.at < before))
    return conn.execute(delete(feedback).where(feedback.c.at < before)).rowcount


def labels(conn: Connection, *, topics: Collection[str] | None = None, standing: bool = True) -> list[Numbered]:
    """Answers in the order in which they came (of these topics); ``standing``: without those that were taken back."""
    wanted: list[ColumnElement[bool]] = [feedback.c.undone_at.is_(None)] if standing else []
    if topics is not None:
        wanted.append(feedback.c.topic.in_(topics))
    found = select(*LABEL, feedback.c.number, feedback.c.undone_at).where(*wanted).order_by(feedback.c.number)
    return [
        Numbered(
            number=row.number,
            label=Label(**{column.name: row._mapping[column] for column in LABEL}),  # noqa: SLF001  its public name in SQLAlchemy
            undone_at=row.undone_at,
        )
        for row in conn.execute(found)
    ]


def lessons_so_far(conn: Connection) -> tuple[object, ...]:
    """Figures that change whenever there is something new to be taught, or to be forgotten again."""
    learned = func.count().filter(feedback.c.state == "learned")
    answers = conn.execute(select(func.max(feedback.c.number), func.count(), func.count(feedback.c.undone_at), learned))
    seeds = conn.execute(select(func.count(), func.max(added_seeds.c.at)))
    return (*answers.one(), *seeds.one())


def seeds_added(conn: Connection, topics: Collection[str] | None = None) -> list[AddedSeed]:
    """Seeds that were added in Slack (to these topics), by topic and name."""
    wanted = () if topics is None else (added_seeds.c.topic.in_(topics),)
    found = select(*ADDED_SEED).where(*wanted).order_by(added_seeds.c.topic, added_seeds.c.name)
    return [AddedSeed(**row._mapping) for row in conn.execute(found)]  # noqa: SLF001  its public name in SQLAlchemy


def mutes_in_force(conn: Connection, *, now: datetime, closes_after: datetime | None = None) -> dict[int, Mute]:
    """Number → mute of those that hold now, oldest first.

    A story's mute ends when the story closed: when its last member came before a time.
    """
    standing = (mutes.c.undone_at.is_(None), mutes.c.until.is_(None) | (mutes.c.until > now))
    found = (
        select(*MUTE, mutes.c.number)
        .outerjoin(stories, (stories.c.id == mutes.c.subject) & (mutes.c.kind == "story"))
        .where(*standing)
        .order_by(mutes.c.number)
    )
    if closes_after is not None:
        found = found.where((mutes.c.kind != "story") | (stories.c.last_at > closes_after))
    return {row.number: _mute(row) for row in conn.execute(found)}


def lift(conn: Connection, click: Click, number: int) -> Mute | None:
    """End a mute by its number; None when the click was there already or there is no such mute in force."""
    one = mutes.c.number == number, mutes.c.undone_at.is_(None)
    row = conn.execute(select(*MUTE).where(*one)).first() if _new(conn, click) else None
    if row is None:
        return None
    conn.execute(update(mutes).where(*one).values(undone_at=click.at))
    return _mute(row)


def destinations_at(conn: Connection, channel: str) -> list[str]:
    """The destinations whose messages go to this channel, by its id."""
    return list(conn.scalars(select(channels.c.destination).where(channels.c.channel == channel)))


def muted_rows(conn: Connection, in_force: Collection[Mute]) -> dict[str, Mute]:
    """Key → the mute that keeps it from being told, of all rows that wait.

    An entry of a muted feed that another feed of ours brought, too, is told.
    """
    if not in_force:
        return {}
    waiting = select(outbox.c.key, outbox.c.story, outbox.c.entry, outbox.c.destination).where(
        outbox.c.state.in_(("pending", "held")), outbox.c.kind.in_(("parent", "reply"))
    )
    of_story = {(one.subject, one.destination): one for one in in_force if one.kind == "story"}
    of_source = {(one.subject, one.destination): one for one in in_force if one.kind == "source"}
    found = {}
    for row in conn.execute(waiting).all():
        mute = of_story.get((row.story, row.destination)) or _silenced(conn, row, of_source)
        if mute is not None:
            found[row.key] = mute
    return found


def answered_entries(conn: Connection, topic: str) -> frozenset[str]:
    """The entries that somebody answered for a topic, answers that were taken back aside."""
    standing = feedback.c.topic == topic, feedback.c.undone_at.is_(None)
    return frozenset(conn.scalars(select(feedback.c.entry).where(*standing)))


def feeds_of(conn: Connection, entry: str) -> list[str]:
    """The feeds that brought an entry, the first one first."""
    seen = select(sightings.c.feed).where(sightings.c.entry == entry)
    found = list(dict.fromkeys(conn.scalars(seen.order_by(sightings.c.first_seen, sightings.c.feed))))
    return found or [feed for one in tombs.by_id(conn, [entry]).values() for feed in one.feeds]


def _mute(row: Row[*tuple[Any, ...]]) -> Mute:
    return Mute(**{column.name: row._mapping[column] for column in MUTE})  # noqa: SLF001  its public name in SQLAlchemy


def _silenced(conn: Connection, row: Row[*tuple[Any, ...]], of_source: Mapping[tuple[str, str], Mute]) -> Mute | None:
    if not any(destination == row.destination for _, destination in of_source):
        return None
    found = [of_source.get((feed, row.destination)) for feed in feeds_of(conn, row.entry)]
    return found[0] if found and all(found) else None


def _new(conn: Connection, click: Click) -> bool:
    """Write the click itself; False when it was there."""
    put = rows.insert(conn, clicks).on_conflict_do_nothing(index_elements=["id"])
    # An insert's count is gone with its cursor, unless it is asked for.
    return conn.execute(put.execution_options(preserve_rowcount=True), rows.values_of(click)).rowcount == 1
