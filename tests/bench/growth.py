"""What entries take in the database, while they live and once they are forgotten. ``make bench-own``.

Rows as the line saves them: three topics, one or two feeds an entry, addresses and guids as long as publishers make
them, a new model each day; one entry in fifty is near one of them, and half of these are told.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import accumulate
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time

from sqlalchemy import Connection, func, select

from tests import builders as b
from tests.builders import NOW, hex16
from watcher.data import background
from watcher.store import Store
from watcher.store.condensing import Condensed, condense
from watcher.store.entries import tidy
from watcher.store.save import save
from watcher.store.tables import entries
from watcher.store.tombs import tombstones
from watcher.types import Batch, Decision, Entry, NewMember, OutboxItem, Sighting

ENTRIES, DAYS, BATCH, FEEDS, TOPICS = 90_000, 30, 500, 500, ("alliance", "cables", "fishing")
NEAR, TOLD = 50, 100
"""One entry in so many is near a topic; one in so many is told."""
MOST_BYTES = 500
"""That are left of an entry which is forgotten, all in all."""
LONGEST = 0.3
"""Seconds of processor time that one transaction of tidying may take."""
_SHARES = {term: share for term, share in background()["en"].shares.items() if " " not in term}
_WORDS, _WEIGHTS = list(_SHARES), list(accumulate(_SHARES.values()))


def batches(number: int, *, rng: random.Random) -> Iterator[Batch]:
    """A month of entries, some at a time."""
    step = timedelta(days=DAYS) / number
    for start in range(0, number, BATCH):
        made = [_entry(rng, at, NOW - step * (number - at)) for at in range(start, min(number, start + BATCH))]
        told = [one for at, one in enumerate(made, start) if at % TOLD == 0]
        yield Batch(
            at=made[-1].first_seen,
            entries=tuple(made),
            sightings=tuple(seen for one in made for seen in _seen(rng, one)),
            decisions=tuple(_decision(rng, one, topic, at) for at, one in enumerate(made, start) for topic in TOPICS),
            members=tuple(_member(one) for one in told),
            outbox=tuple(_row(one) for one in told),
        )


def _entry(rng: random.Random, number: int, seen: datetime) -> Entry:
    slug = "-".join(_said(rng, 8))
    url = f"https://www.outlet{number % FEEDS}.example/world/2026/03/{number % 28 + 1:02}/{slug}"
    return b.entry(
        " ".join(_said(rng, 10)),
        url=f"{url}?utm_source=rss",
        identity=url.replace("www.", ""),
        text=" ".join(_said(rng, 50)),
        article=" ".join(_said(rng, 400)) if number % NEAR == 0 else None,
        outlet=f"The Outlet Number {number % FEEDS}",
        published=seen.replace(microsecond=0) - timedelta(minutes=7),
        first_seen=seen,
    )


def _said(rng: random.Random, number: int) -> list[str]:
    return rng.choices(_WORDS, cum_weights=_WEIGHTS, k=number)


def _seen(rng: random.Random, entry: Entry) -> Iterator[Sighting]:
    guids = entry.url, f"https://{rng.choice(_WORDS)}.example/?p={rng.randrange(10**7)}", hex16(entry.id) * 2
    for _ in range(rng.choice((1, 2))):
        at = entry.first_seen + timedelta(seconds=rng.choice((0, rng.uniform(0, 90_000))))
        yield b.sighting(entry.id, hex16(f"feed {rng.randrange(FEEDS)}"), guid=rng.choice(guids), seen=at)


def _decision(rng: random.Random, entry: Entry, topic: str, number: int) -> Decision:
    threshold = 0.105 + rng.randrange(100) / 10_000
    told, near = (topic == TOPICS[0] and number % every == 0 for every in (TOLD, NEAR))
    score = threshold * 1.5 if told else threshold * 0.6 if near else max(0.0, rng.uniform(-0.03, 0.03))
    figures = f"(score {score:.3f}, threshold {threshold:.3f})"
    return b.decision(
        entry.id,
        topic,
        state="posted" if told else "below",
        reason=f"a match {figures}" if told else f"below the threshold {figures}",
        score=score,
        threshold=threshold,
        strength=score / (score + 0.1),
        terms=tuple((rng.choice(_WORDS), score / 9) for _ in range(9 if score else 0)),
        nearest_seed=rng.choice(("one.txt", "two.txt")) if score else None,
        decided_at=entry.first_seen,
        model=f"tfidf-1-{hex16(f'{entry.first_seen:%Y-%m-%d}')[:8]}",
    )


def _member(entry: Entry) -> NewMember:
    return NewMember(
        story=hex16(entry.id), destination="slack:#desk", entry=entry.id, relation="founder", nearest=None,
        summary=entry.text[:250], summary_source="feed", at=entry.first_seen, topics=("alliance",),
    )  # fmt: skip


def _row(entry: Entry) -> OutboxItem:
    story = hex16(entry.id)
    return b.outbox_item(f"0123456789abcdef/{story}", entry=entry.id, story=story, state="sent")


def forget(store: Store) -> list[float]:
    """Forget all of it; the processor time that each transaction took."""
    took, begun = [], process_time()
    while store.write_now(tidy, articles_before=NOW, entries_before=NOW) != (0, 0):
        took.append(process_time() - begun)
        begun = process_time()
    done = Condensed(number=0, last=None)
    while (done := store.write_now(condense, before=NOW, after=done.last)).last is not None:
        took.append(process_time() - begun)
        begun = process_time()
    return took


def in_use(conn: Connection) -> dict[str, int]:
    """Table or index → bytes; pages that are free are in none of them."""
    found = conn.exec_driver_sql("SELECT name, SUM(pgsize) FROM dbstat GROUP BY name ORDER BY 2 DESC")
    return {row[0]: row[1] for row in found}


def left(conn: Connection) -> list[int]:
    """How many entries have rows, and how many are small."""
    return [conn.scalar(select(func.count()).select_from(table)) or 0 for table in (entries, tombstones)]


def tell(store: Store, number: int, what: str) -> float:
    """Print the sizes; bytes an entry."""
    sizes = store.read_now(in_use)
    each = sum(sizes.values()) / number
    parts = ", ".join(f"{name} {size / number:.0f}" for name, size in sizes.items() if size > 4 * number)
    print(f"{what}: {each:,.0f} bytes an entry ({parts})", flush=True)
    return each


def main() -> None:
    """Read the options."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--entries", type=int, default=ENTRIES)
    number = options.parse_args().entries
    with TemporaryDirectory() as folder, Store.open(f"sqlite:///{Path(folder)}/watcher.db", now=NOW) as store:
        for batch in batches(number, rng=random.Random(7)):
            store.write_now(save, batch)
        tell(store, number, "live")
        took = forget(store)
        each = tell(store, number, "forgotten")
        rows, small = store.read_now(left)
        took_each = f"{len(took)} transactions of {sum(took) / len(took):.2f} s, the longest {max(took):.2f} s"
        print(f"{small:,} are small, {rows:,} keep rows; {took_each}")
    if each > MOST_BYTES or max(took) > LONGEST:
        sys.exit(f"more than {MOST_BYTES} bytes are left of each, or a transaction took more than {LONGEST} s")


if __name__ == "__main__":
    main()
