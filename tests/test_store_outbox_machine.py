"""Whatever happens to the outbox, in whatever order: no key is lost, and none is told twice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, multiple, rule
from sqlalchemy import create_engine, select
from sqlalchemy.pool import StaticPool

from tests import builders as b
from tests.builders import NOW
from tests.contract.test_store import member
from watcher.store import outbox
from watcher.store.report import outbox_rows
from watcher.store.save import save
from watcher.store.tables import decisions, meta, metadata
from watcher.types import Batch, OutboxItem, Receipt

LEASE = timedelta(seconds=60)
STORIES = 3
TOLD_AS = {
    "pending": "pending",
    "sending": "pending",
    "held": "held",
    "in_digest": "held",
    "sent": "posted",
    "dead": "dead",
}


class Outbox(RuleBasedStateMachine):
    """Deliverers that die, wait, fail and win, over three stories at two destinations."""

    keys = Bundle("keys")
    claimed = Bundle("claimed")

    @initialize()
    def start(self) -> None:
        self.engine = create_engine("sqlite://", poolclass=StaticPool)
        metadata.create_all(self.engine)
        self.now = NOW
        self.number = 0
        self.known: set[str] = set()
        self.sent: dict[str, Receipt | None] = {}
        with self.engine.begin() as conn:
            conn.execute(meta.insert(), {"key": "installation", "value": "i"})

    def teardown(self) -> None:
        if hasattr(self, "engine"):
            self.everything_ends()
            self.engine.dispose()

    def do(self, verb: Any, *args: Any, **how: Any) -> Any:
        with self.engine.begin() as conn:
            return verb(conn, *args, **how)

    def rows(self) -> dict[str, OutboxItem]:
        """What tells something; updates come and go beside it."""
        return {item.key: item for item in self.do(outbox_rows) if item.kind != "update"}

    @rule(target=keys, story=st.integers(0, STORIES - 1), kind=st.sampled_from(["parent", "reply", "reply", "copy"]))
    def find(self, story: int, kind: str) -> Any:
        self.number += 1
        entry, name = b.entry(f"headline {self.number}"), f"s{story}"
        destination = f"slack:#{story % 2}"
        told = kind != "copy"
        key = f"i/{name}/{entry.id}"
        item = b.outbox_item(key, kind=kind, story=name, entry=entry.id, destination=destination, created_at=self.now)
        batch = Batch(
            at=self.now,
            entries=(entry,),
            decisions=(b.decision(entry.id, state="pending" if told else "grouped"),),
            members=(member(entry, name, destination=destination, at=self.now),),
            outbox=(item,) if told else (),
        )
        self.do(save, batch)
        self.known |= {key} if told else set()
        return key if told else multiple()

    @rule(seconds=st.sampled_from([1, 30, 61, 600]))
    def wait(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule(target=claimed, limit=st.integers(1, 3))
    def claim(self, limit: int) -> Any:
        before = self.rows()
        in_flight = {
            item.destination
            for item in before.values()
            if item.state == "sending" and item.lease_until and item.lease_until > self.now
        }
        taken = self.do(outbox.claim, owner="me", now=self.now, lease=LEASE, limit=limit)
        destinations = [item.destination for item in taken]
        assert len(destinations) == len(set(destinations))
        assert not in_flight & set(destinations)
        for item in taken:
            assert item.key not in self.sent
            assert item.kind == "update" or item.unsure or before[item.key].state == "pending"
            assert (item.kind in {"reply", "update"}) == (item.thread is not None)
        return multiple(*(item.key for item in taken))

    @rule(key=consumes(claimed))
    def settle(self, key: str) -> None:
        if key.endswith("/update"):
            self.do(outbox.settle_update, key, now=self.now)
            return
        receipt = Receipt(channel="C", ts=str(self.number))
        if self.do(outbox.settle, key, receipt=receipt, now=self.now):
            assert key not in self.sent
        for told in [self.rows()[key], *self.do(outbox.in_digest, key)]:
            assert told.state == "sent"
            self.sent.setdefault(told.key, told.receipt)

    @rule(key=consumes(claimed), unsure=st.booleans(), seconds=st.sampled_from([0, 20]))
    def retry_later(self, key: str, unsure: bool, seconds: int) -> None:
        at = self.now + timedelta(seconds=seconds)
        self.do(outbox.retry_later, key, at=at, error="503", unsure=unsure)

    @rule(key=consumes(claimed))
    def give_back(self, key: str) -> None:
        self.do(outbox.give_back, key)

    @rule(key=consumes(claimed))
    def bury(self, key: str) -> None:
        if key.endswith("/update"):
            self.do(outbox.settle_update, key, now=self.now, error="message_not_found")
            return
        self.do(outbox.bury, key, reason="invalid_blocks", now=self.now)
        self.known |= set(self.rows())

    @rule(key=keys, until=st.booleans())
    def hold(self, key: str, until: bool) -> None:
        self.do(outbox.hold, key, reason="flood", until=self.now + LEASE if until else None)

    @rule(key=keys)
    def release(self, key: str) -> None:
        self.do(outbox.release, [key])

    @rule(story=st.integers(0, STORIES - 1))
    def make_digest(self, story: int) -> None:
        destination = f"slack:#{story % 2}"
        members = [item.key for item in self.do(outbox.held) if item.destination == destination]
        self.number += 1
        key = f"i/digest/{self.number}"
        if self.do(outbox.make_digest, key=key, destination=destination, topic="t", members=members, now=self.now):
            self.known.add(key)

    @rule()
    def restart(self) -> None:
        self.do(outbox.mark_sending_unsure)

    @rule()
    def revive(self) -> None:
        self.do(outbox.revive, now=self.now)

    @invariant()
    def nothing_is_lost(self) -> None:
        if hasattr(self, "engine"):
            assert self.known == set(self.rows())

    @invariant()
    def what_was_sent_stays_as_it_was(self) -> None:
        if hasattr(self, "engine"):
            rows = self.rows()
            assert {key: rows[key].receipt for key in self.sent} == self.sent
            assert {key for key, item in rows.items() if item.state == "sent"} == set(self.sent)

    @invariant()
    def every_decision_says_what_became_of_its_row(self) -> None:
        if not hasattr(self, "engine"):
            return
        expected = {item.entry: TOLD_AS[item.state] for item in self.rows().values() if item.entry}
        found = self.do(lambda conn: conn.execute(select(decisions.c.entry, decisions.c.state)).all())
        assert {entry: state for entry, state in found if state != "grouped"} == expected

    def everything_ends(self) -> None:
        """When nothing fails any more, every row is told or was refused, in a bounded number of steps."""
        self.do(outbox.release, [item.key for item in self.do(outbox.held)])
        for _ in range(2 * len(self.known) + 2):  # after each reply its story's update
            self.now += timedelta(hours=1)
            for item in self.do(outbox.claim, owner="me", now=self.now, lease=LEASE, limit=9):
                assert item.key not in self.sent
                self._tell(item)
        assert {item.state for item in self.do(outbox_rows)} <= {"sent", "dead", "dropped"}
        assert self.do(outbox.pending_count) == 0

    def _tell(self, item: OutboxItem) -> None:
        if item.kind == "update":
            assert self.do(outbox.settle_update, item.key, now=self.now)
            return
        assert self.do(outbox.settle, item.key, receipt=Receipt(channel="C", ts="end"), now=self.now)
        self.sent[item.key] = None


TestOutbox = pytest.mark.slow(Outbox.TestCase)
TestOutbox.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
