"""The living thread: replies under the parent, and a parent that is kept up to date."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests import builders as b
from tests.delivering import TOPIC, policy, put, row, run
from tests.fakes import FakeClock, FakeNotifier, refusal
from watcher.deliver import Policy
from watcher.notifiers.blocks import payload
from watcher.store import Store
from watcher.store.outbox import pending_count
from watcher.store.report import outbox_rows
from watcher.store.save import save
from watcher.timing import parse_quiet_hours
from watcher.types import Batch, NewMember, OutboxItem, Receipt, Relation

DESK = "fake:#desk"
STORY = "s1"


class Thread:
    """One story at one destination, and the desk that reads it."""

    def __init__(self, store: Store) -> None:
        self.store, self.clock, self.desk = store, FakeClock(), FakeNotifier()

    def join(self, title: str, relation: Relation = "follow_up", *, told: bool = True, **over: Any) -> str:
        """An entry joins; ``told``: with a message of its own."""
        entry = b.entry(title, outlet=over.pop("outlet", title))
        key = f"inst/{STORY}" + ("" if relation == "founder" else f"/{entry.id}")
        member = NewMember(
            story=STORY, destination=DESK, entry=entry.id, relation=relation, nearest=None,
            summary=f"News of {title}.", summary_source="feed", at=self.clock(), topics=(TOPIC,),
        )  # fmt: skip
        kind = "parent" if relation == "founder" else "reply"
        row = b.outbox_item(
            key, destination=DESK, kind=kind, topic=TOPIC, story=STORY, entry=entry.id,
            created_at=self.clock(), **over,
        )  # fmt: skip
        decision = b.decision(entry.id, TOPIC, state="pending" if told else "grouped")
        batch = Batch(
            at=self.clock(), entries=(entry,), decisions=(decision,), members=(member,), outbox=(row,) if told else ()
        )
        self.store.write_now(save, batch)
        return key

    async def pass_(self, how: Policy | None = None, **span: float) -> int:
        self.clock.pass_(**(span or {"seconds": 10}))
        return (await run(self.store, self.desk, self.clock, how)).sent

    @property
    def parent(self) -> str:
        """How the parent reads now."""
        (post,) = [one for one in self.desk.posts if one.message.key == f"inst/{STORY}"]
        return str(payload(post.message, channel_id="C1")["text"])

    @property
    def update(self) -> OutboxItem | None:
        found = [one for one in self.store.read_now(outbox_rows) if one.kind == "update"]
        assert len(found) <= 1
        return found[0] if found else None


@pytest.fixture
def thread(store: Store) -> Thread:
    return Thread(store)


async def test_a_follow_up_is_a_reply_and_the_parent_says_what_is_new(thread: Thread) -> None:
    thread.join("Talks open", "founder")
    assert await thread.pass_() == 1
    key = thread.join("Talks fail", outlet="Wire")
    assert await thread.pass_() == 1
    reply = thread.desk.posts[1].message
    assert (reply.key, reply.kind, reply.thread, reply.broadcast) == (key, "reply", reply.thread, False)
    assert reply.thread is not None
    assert "News of Talks fail." in payload(reply, channel_id="C1")["text"]
    await thread.pass_()
    assert "New in the thread: Talks fail (Wire)" in thread.parent
    assert "2 outlets, also Wire · last 2 Mar 2026 12:00 UTC" in thread.parent
    assert len(thread.desk.updated) == 1
    await thread.pass_()
    assert len(thread.desk.updated) == 1, "nothing changed since"


async def test_a_copy_adds_its_outlet_to_the_parent_and_nothing_else(thread: Thread) -> None:
    thread.join("Talks open", "founder")
    await thread.pass_()
    thread.join("Copy", "copy", told=False, outlet="Second Wire")
    assert await thread.pass_() == 0
    assert len(thread.desk.posts) == 1
    assert "2 outlets, also Second Wire" in thread.parent
    assert "New in the thread" not in thread.parent


async def test_a_parent_that_is_still_to_be_sent_is_sent_as_it_then_is_without_an_update(thread: Thread) -> None:
    thread.join("Talks open", "founder")
    thread.join("Copy", "copy", told=False, outlet="Second Wire")
    await thread.pass_()
    assert thread.update is None
    assert "also Second Wire" in thread.parent


async def test_many_changes_before_an_update_are_one_update(thread: Thread) -> None:
    thread.join("Talks open", "founder")
    await thread.pass_()
    for number in range(5):
        thread.join(f"Copy {number}", "copy", told=False)
    await thread.pass_()
    assert thread.desk.updated == [f"inst/{STORY}"]
    assert "6 outlets" in thread.parent


async def test_updates_count_as_no_alerts_and_quiet_hours_do_not_hold_them(thread: Thread) -> None:
    thread.join("Talks open", "founder")
    await thread.pass_()
    thread.join("Copy", "copy", told=False)
    assert thread.store.read_now(pending_count) == 0
    quiet = parse_quiet_hours("00:00-23:00", ZoneInfo("UTC"))
    assert await thread.pass_(policy(quiet_hours=quiet, flood=0)) == 0
    assert "2 outlets" in thread.parent


async def test_replies_wait_for_the_end_of_quiet_hours_and_then_go_into_their_thread(thread: Thread) -> None:
    thread.join("Talks open", "founder")
    await thread.pass_()
    for number in range(5):
        thread.join(f"Follow-up {number}")
    quiet = policy(quiet_hours=parse_quiet_hours("11:00-13:00", ZoneInfo("UTC")))
    assert await thread.pass_(quiet) == 0
    sent = 0
    for _ in range(5):
        sent += await thread.pass_(quiet, hours=1)
    assert sent == 5
    assert {one.message.kind for one in thread.desk.posts[1:]} == {"reply"}


async def test_replies_pass_the_flood_cap_but_leave_the_channel_alone(thread: Thread) -> None:
    thread.join("Talks open", "founder")
    await thread.pass_()
    thread.join("Talks fail", broadcast="daily")
    assert await thread.pass_(policy(flood=1)) == 1
    assert thread.desk.posts[1].message.broadcast is False


async def test_the_channel_sees_one_reply_a_day_of_a_story(thread: Thread) -> None:
    thread.join("Talks open", "founder")
    await thread.pass_()
    shown: list[bool] = []
    for hours in (1, 2, 20, 2):
        thread.join(f"After {hours} and {len(shown)}", broadcast="daily")
        await thread.pass_(hours=hours)
        shown.append([one.message for one in thread.desk.posts if one.message.kind == "reply"][-1].broadcast)
    assert shown == [True, False, False, True]


async def test_a_topic_may_show_all_of_them(thread: Thread) -> None:
    thread.join("Talks open", "founder")
    await thread.pass_()
    for number in range(3):
        thread.join(f"Follow-up {number}", broadcast="always")
        await thread.pass_()
    assert [one.message.broadcast for one in thread.desk.posts] == [False, True, True, True]


async def test_a_change_is_told_by_its_note_without_a_second_summary(thread: Thread) -> None:
    thread.join("Talks open", "founder")
    await thread.pass_()
    thread.join("Talks postponed", note="The headline was changed from “Talks open”.")
    await thread.pass_()
    text = payload(thread.desk.posts[1].message, channel_id="C1")["text"]
    assert "The headline was changed from “Talks open”." in text
    assert "News of" not in text
    await thread.pass_()
    assert "New in the thread: The headline was changed" in thread.parent


async def test_an_update_of_a_deleted_message_is_dropped_and_the_next_news_is_a_parent_that_says_so(
    thread: Thread,
) -> None:
    thread.join("Talks open", "founder")
    await thread.pass_()
    thread.desk.posts.clear()  # somebody deletes it
    thread.join("Copy", "copy", told=False)
    await thread.pass_()
    assert thread.update is not None
    assert (thread.update.state, thread.desk.updated) == ("dropped", [])
    thread.join("Copy 2", "copy", told=False)
    assert await thread.pass_() == 0
    assert thread.desk.posts == [], "another outlet is no news"
    news = thread.join("Talks end")
    await thread.pass_()
    (post,) = thread.desk.posts
    assert (post.message.key, post.message.kind, post.message.thread) == (news, "alert", None)
    assert "The earlier message about this story was deleted." in payload(post.message, channel_id="C1")["text"]
    more = thread.join("Talks go on after all")
    await thread.pass_()
    reply = thread.desk.posts[-1].message
    assert (reply.key, reply.kind, reply.thread) == (more, "reply", Receipt(channel="CDESK", ts=post.ts))


@pytest.mark.parametrize("code", ["thread_not_found", "cannot_reply_to_message"])
async def test_a_reply_whose_thread_was_deleted_is_the_next_parent_at_once(thread: Thread, code: str) -> None:
    thread.join("Talks open", "founder")
    await thread.pass_()
    thread.desk.posts.clear()
    thread.desk.faults["CDESK"] = [refusal(code)]
    news = thread.join("Talks end")
    report = await run(thread.store, thread.desk, thread.clock)
    assert (report.sent, report.errors) == (1, ())
    (post,) = thread.desk.posts
    assert (post.message.key, post.message.kind) == (news, "alert")
    assert "was deleted" in payload(post.message, channel_id="C1")["text"]


async def test_a_story_told_in_a_digest_that_was_deleted_has_no_thread_either(thread: Thread) -> None:
    thread.join("Talks open", "founder", state="held", hold="first_poll")
    await thread.pass_()
    assert [post.message.kind for post in thread.desk.posts] == ["digest"]
    thread.desk.faults["CDESK"] = [refusal("thread_not_found")]
    news = thread.join("Talks end")
    await thread.pass_()
    assert thread.desk.posts[-1].message.key == news
    assert thread.desk.posts[-1].message.thread is None


async def test_an_update_that_is_refused_again_and_again_does_not_block_the_alerts_behind_it(thread: Thread) -> None:
    thread.join("Talks open", "founder")
    await thread.pass_()
    thread.desk.faults["CDESK"] = [refusal("brand_new_code") for _ in range(4)]
    thread.join("Copy", "copy", told=False)
    thread.clock.pass_(seconds=5)
    (later,) = put(thread.store, prefix="later", created_at=thread.clock())
    for _ in range(4):
        await thread.pass_(seconds=60)
    assert thread.update is not None
    assert thread.update.state == "dropped"
    assert row(thread.store, later).state == "sent"


async def test_a_lost_answer_to_an_update_is_no_doubt_it_is_done_again(thread: Thread) -> None:
    thread.join("Talks open", "founder")
    await thread.pass_()
    thread.desk.faults["CDESK"] = [refusal("timeout", scope="retry", outcome="unsure")]
    thread.join("Copy", "copy", told=False)
    await thread.pass_()
    await thread.pass_()
    assert (thread.desk.updated, thread.desk.looked_up) == ([f"inst/{STORY}"], [])
    assert thread.update is not None
    assert thread.update.state == "sent"


async def test_a_story_told_in_a_digest_is_answered_there_and_never_updated(thread: Thread) -> None:
    thread.join("Talks open", "founder", state="held", hold="first_poll")
    await thread.pass_()
    (digest,) = thread.desk.posts
    assert digest.message.kind == "digest"
    thread.join("Copy", "copy", told=False)
    thread.join("Talks fail")
    await thread.pass_()
    await thread.pass_()
    reply = thread.desk.posts[1].message
    assert reply.thread is not None
    assert reply.thread.ts == digest.ts
    assert (thread.update, thread.desk.updated) == (None, [])


async def test_what_changes_while_an_update_is_on_its_way_is_told_by_another(thread: Thread) -> None:
    thread.join("Talks open", "founder")
    await thread.pass_()
    thread.join("Copy", "copy", told=False, outlet="Early")

    class Slow(FakeNotifier):
        async def update(self, message: Any, receipt: Any) -> None:
            if not self.updated:
                thread.clock.pass_(seconds=1)
                thread.join("Copy 2", "copy", told=False, outlet="Late")
            await super().update(message, receipt)

    slow = Slow()
    slow.posts = thread.desk.posts
    thread.desk = slow
    await thread.pass_()
    await thread.pass_()
    assert len(slow.updated) == 2
    assert "also Early, Late" in thread.parent
