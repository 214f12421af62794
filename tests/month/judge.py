"""What was published against what was told: the promises, checked over a whole month.

The database is read as the service left it; what Slack holds is asked of Slack itself.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, select

from tests.month.calendar import DAY, MONTH, ZONE, Calendar
from tests.month.installed import TOPICS, polled
from tests.month.life import LOOK, STEP, Lived, Measured
from tests.month.news import Item
from tests.month.world import World
from watcher.store import Store, tombs
from watcher.store.report import outbox_rows
from watcher.store.tables import decisions, entries, matches, stories, story_members
from watcher.store.tombs import Tombstone
from watcher.types import OutboxItem

FINAL = {"posted", "grouped", "below", "excluded", "stale"}
"""States in which an entry ends when nothing waits any more."""
SLOWEST = timedelta(hours=7)
"""Each feed was polled within so long a time."""
MEMORY_GROWS = 0.05
"""At most, between two moments as long after a start."""
ALIKE = (15, 30)
"""Days on which the service runs for as long as on the other."""
HOUR = timedelta(hours=1)
FORGOTTEN = 10
"""The day from which on words are forgotten."""
AN_ENTRY = 512
"""Bytes that an entry may add to the database for good, once words are forgotten: tombstones, and all that was told."""


@dataclass(slots=True)
class Week:
    """What a week brought."""

    entries: int = 0
    matches: int = 0
    stories: int = 0
    messages: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class Verdict:
    """What came of a month. ``wrong``: sentences; none means that every promise was kept."""

    weeks: list[Week] = field(default_factory=list)
    entries: int = 0
    events: int = 0
    tellings: int = 0
    """Events times channels."""
    close: int = 0
    """Entries close to a topic and about no event that were told."""
    false: int = 0
    """Other ones."""
    repeats: int = 0
    looked_up: int = 0
    memory: float = 0.0
    """By which share it grew from the middle of the month to its end."""
    an_entry: float = 0.0
    """Bytes that each entry adds to the database for good."""
    wrong: list[str] = field(default_factory=list)


def judge(place: World, store: Store, lived: Lived) -> Verdict:
    """Look at everything."""
    verdict = Verdict(wrong=[*lived.failures])
    known = store.read_now(_entries)
    rows = store.read_now(outbox_rows)
    verdict.entries = len(known)
    _weeks(place, store, rows, verdict)
    verdict.wrong += _lost(place, known)
    verdict.wrong += store.read_now(_undecided)
    verdict.wrong += _keys(place, rows, verdict)
    verdict.wrong += [*_order(rows), *_hours(rows, place.news.calendar)]
    _events(place, store, rows, known, verdict)
    verdict.wrong += [*_grown(lived.measured, place, store, verdict), *_unready(place, lived)]
    return verdict


# -- nothing is lost


def _entries(conn: Connection) -> dict[str, str]:
    """Address → id."""
    known = {row.url: row.id for row in conn.execute(select(entries.c.url, entries.c.id))}
    return known | {one.entry.url or "": one.entry.id for one in _small(conn)}


def _small(conn: Connection) -> list[Tombstone]:
    """What is left of entries that were forgotten and never told."""
    return list(tombs.by_id(conn, conn.scalars(select(tombs.tombstones.c.entry)).all()).values())


def _lost(place: World, known: dict[str, str]) -> Iterator[str]:
    """What the feeds held when they were polled, and the database has never seen."""
    news = place.news
    lost = []
    for feed in range(news.feeds):
        begin, end = polled(place, feed)
        read = begin + SLOWEST
        items = [*news.held(feed, read), *news.published(feed, read, end - SLOWEST)]
        lost += [one for one in items if not {place.link(one), place.link(one, again=True)} & known.keys()]
    for item in lost[:5]:
        yield f"never read: {place.link(item)}, published {item.at:%d %b %H:%M}"
    if len(lost) > 5:
        yield f"and {len(lost) - 5} more were never read"


def _undecided(conn: Connection) -> list[str]:
    """Entries without one final decision for each topic."""
    small = _small(conn)
    topics = {*conn.scalars(select(decisions.c.topic)), *(made.topic for one in small for made in one.decisions)}
    counted = select(entries.c.id).outerjoin(decisions, decisions.c.entry == entries.c.id).group_by(entries.c.id)
    odd = list(conn.scalars(counted.having(func.count(decisions.c.topic) != len(topics))))
    odd += [one.entry.id for one in small if len(one.decisions) != len(topics)]
    states = select(decisions.c.state, func.count()).group_by(decisions.c.state)
    open_ = {state: count for state, count in conn.execute(states) if state not in FINAL}
    wrong = [f"{len(odd)} entries have more or fewer than {len(topics)} decisions, such as {odd[0]}"] if odd else []
    return wrong + [f"{count} decisions ended as {state}" for state, count in open_.items()]


# -- nothing is told twice


def _keys(place: World, rows: list[OutboxItem], verdict: Verdict) -> Iterator[str]:
    """Each message is in Slack once, and there is none that the database does not know."""
    slack = place.slack
    verdict.looked_up = sum(method in {"conversations.history", "conversations.replies"} for method, _ in slack.calls)
    verdict.repeats = sum("may be a repeat" in str(one.get("text")) for one in slack.messages)
    told = Counter((one["channel"], one["metadata"]["event_payload"]["key"]) for one in slack.messages)
    yield from (f"{key} is there {count} times in {channel}" for (channel, key), count in told.items() if count != 1)
    sent = {row.key for row in rows if row.state == "sent" and row.digest is None and row.kind != "update"}
    there = {key.partition("/rest/")[0] for _, key in told}
    yield from (f"{key} was sent, and is not there" for key in sorted(sent - there))
    yield from (f"{key} is there, and was not sent" for key in sorted(there - sent))
    for row in rows:
        if row.state != "sent" and not (row.state == "dropped" and row.kind in {"update", "reply"}):
            yield f"{row.key} ended as {row.state}: {row.error}"


def _order(rows: list[OutboxItem]) -> Iterator[str]:
    """A channel hears of a topic's stories in the order in which they came, and of a story's news, too."""
    groups: defaultdict[tuple[str, ...], list[OutboxItem]] = defaultdict(list)
    for row in rows:
        if row.digest is not None or row.receipt is None or row.kind in {"update", "notice"}:
            continue
        if row.kind != "reply":
            groups["topic", row.destination, row.topic].append(row)
        if row.kind != "digest":
            groups["story", row.destination, row.story or ""].append(row)
    for name, group in groups.items():
        times = [row.receipt.ts for row in group if row.receipt is not None]
        if times != sorted(times, key=float):
            yield f"out of order: {' '.join(name)}"


def _hours(rows: list[OutboxItem], calendar: Calendar) -> Iterator[str]:
    """Quiet hours are quiet and digests come in the morning, by the wall clock, before it is put on and after."""
    for row in rows:
        if row.receipt is None or row.digest is not None or row.kind not in {"parent", "digest"}:
            continue
        moment = datetime.fromtimestamp(float(row.receipt.ts), UTC)
        hour, channel = moment.astimezone(ZoneInfo(ZONE)).hour, row.destination.partition(":")[2]
        late = calendar.outage.begin <= moment <= calendar.outage.end + HOUR or moment <= calendar.start + HOUR
        if channel == "C00FISHING" and not 7 <= hour < 22:
            yield f"{row.key} came in quiet hours: {moment:%d %b %H:%M} UTC"
        if channel == "C000CABLES" and hour != 8 and not late:
            yield f"{row.key} came at another hour than the digest's: {moment:%d %b %H:%M} UTC"


def _events(place: World, store: Store, rows: list[OutboxItem], known: dict[str, str], verdict: Verdict) -> None:
    """Every event that was published is told exactly once in each of its channels, and nothing else is told."""
    news = place.news
    of_entry = {}
    for item in news.items:
        for link in (place.link(item), place.link(item, again=True)):
            if link in known:
                of_entry[known[link]] = item
    told: defaultdict[tuple[int, str], set[str]] = defaultdict(set)
    events_of: defaultdict[str, set[int]] = defaultdict(set)
    for story, destination, entry in store.read_now(_members):
        item = of_entry[entry]
        if item.event is not None:
            told[item.event, destination].add(story)
            events_of[story].add(item.event)
    verdict.wrong += [f"events {sorted(found)} are one story" for found in events_of.values() if len(found) > 1]
    parents = {(row.story, row.destination): row for row in rows if row.kind == "parent"}
    digests = {row.key: row for row in rows if row.kind == "digest"}
    seen = {item.event for item in of_entry.values() if item.event is not None}
    for event in news.events:
        if event.number not in seen:
            continue
        verdict.events += 1
        for destination in _destinations(event.topic):
            verdict.tellings += 1
            messages = [
                row
                for story in told[event.number, destination]
                if (row := parents.get((story, destination))) is not None and _is_told(row, digests)
            ]
            if len(messages) != 1:
                what = next(item for item in news.items if item.event == event.number)
                title = news.words(what, what.at).title
                verdict.wrong.append(f"event {event.number} told {len(messages)} times in {destination}: {title}")
    _false(parents.values(), of_entry, verdict)


def _members(conn: Connection) -> list[Any]:
    joined = select(story_members.c.story, stories.c.destination, story_members.c.entry).join(
        stories, stories.c.id == story_members.c.story
    )
    return list(conn.execute(joined))


def _is_told(row: OutboxItem, digests: dict[str, OutboxItem]) -> bool:
    return row.state == "sent" and (row.digest is None or digests[row.digest].state == "sent")


def _false(parents: Any, of_entry: dict[str, Item], verdict: Verdict) -> None:
    told = {row.entry for row in parents if row.entry in of_entry and of_entry[row.entry].event is None}
    verdict.close = sum(of_entry[entry].kind == "near" for entry in told)
    verdict.false = len(told) - verdict.close
    if verdict.false:
        verdict.wrong.append(f"{verdict.false} entries about nothing were told")


def _destinations(topic: str) -> list[str]:
    channels = TOPICS[topic]["channel"]
    return [f"slack:{one}" for one in ([channels] if isinstance(channels, str) else channels)]


# -- it stays as it is


def _grown(measured: list[Measured], place: World, store: Store, verdict: Verdict) -> Iterator[str]:
    """Memory as long after one start as after another; the database by what came since words are forgotten."""
    calendar = place.news.calendar
    if calendar.days < MONTH / 3:
        return
    before, after = (one.proportional for one in measured if one.day in ALIKE)
    verdict.memory = after / before - 1
    if verdict.memory > MEMORY_GROWS:
        yield f"memory grew by {verdict.memory:.0%} from day {ALIKE[0]} to day {ALIKE[1]}"
    first, *_, last = [one for one in measured if one.day > FORGOTTEN]
    came = sum(calendar.at(first.day) <= moment <= calendar.at(last.day) for moment in store.read_now(_first_seen))
    verdict.an_entry = (last.database - first.database) / max(1, came)
    if verdict.an_entry > AN_ENTRY:
        yield f"an entry adds {verdict.an_entry:.0f} bytes to the database for good"


def _first_seen(conn: Connection) -> list[datetime]:
    return [*conn.scalars(select(entries.c.first_seen)), *conn.scalars(select(tombs.tombstones.c.first_seen))]


def _unready(place: World, lived: Lived) -> Iterator[str]:
    outage = place.news.calendar.outage
    for begin, end, reason in lived.unready:
        if begin < outage.begin or end > outage.end + LOOK + STEP:
            yield f"not ready from {begin:%d %b %H:%M} to {end:%d %b %H:%M}: {reason}"


# -- by week


def _weeks(place: World, store: Store, rows: list[OutboxItem], verdict: Verdict) -> None:
    start, days = place.news.calendar.start, place.news.calendar.days
    verdict.weeks = [Week() for _ in range(-(-days // 7))]

    def week(moment: datetime) -> Week:
        return verdict.weeks[max(0, min((moment - start) // (7 * DAY), len(verdict.weeks) - 1))]

    for moment in store.read_now(_first_seen):
        week(moment).entries += 1
    matched = select(matches.c.topic, entries.c.id, entries.c.first_seen).join(entries, matches.c.entry == entries.c.id)
    for _, _, moment in store.read_now(lambda conn: conn.execute(matched.distinct()).all()):
        week(moment).matches += 1
    for (moment,) in store.read_now(lambda conn: conn.execute(select(stories.c.opened_at)).all()):
        week(moment).stories += 1
    for row in rows:
        if row.receipt is not None:
            week(datetime.fromtimestamp(float(row.receipt.ts), start.tzinfo)).messages[row.kind] += 1
