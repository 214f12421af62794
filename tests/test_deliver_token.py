"""A token that Slack refuses: everything waits, nobody is asked more than needed, and mending it is enough."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.builders import NOW
from tests.delivering import policy, put, row, run
from tests.fake_slack import TOKEN, Channel, FakeSlack
from tests.fakes import FakeClock, FakeNotifier, refusal
from watcher.deliver import DeliverReport, Policy
from watcher.notifiers.slack import SlackNotifier
from watcher.notifiers.slack_errors import MEANINGS
from watcher.store import Store, outbox
from watcher.store.notices import notice_text
from watcher.store.report import outbox_rows

CHANNELS = {f"C0CHANNEL{letter}": letter.lower() for letter in "ABCDE"}
OPS = "slack:C0OPSROOM1"


@pytest.fixture
async def slack(clock: FakeClock) -> AsyncIterator[FakeSlack]:
    rooms = {key: Channel(name) for key, name in CHANNELS.items()} | {"C0OPSROOM1": Channel("ops")}
    async with FakeSlack(clock=clock, channels=rooms).serve() as there:
        yield there


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "token.txt"
    path.write_text("xoxb-revoked")
    return path


class Desk:
    """An outbox with two alerts for each channel, and the token in a file."""

    def __init__(self, store: Store, slack: FakeSlack, clock: FakeClock, file: Path) -> None:
        self.store, self.slack, self.clock = store, slack, clock
        self.notifier = SlackNotifier(file.read_text, slack.url)
        self.keys = [key for channel in CHANNELS for key in put(store, 2, destination=f"slack:{channel}")]

    async def pass_(self, how: Policy | None = None, **span: float) -> DeliverReport:
        self.clock.pass_(**span)
        return await run(self.store, self.notifier, self.clock, how or replace(policy(), ops=(OPS,)))

    def posts(self) -> int:
        return sum(method == "chat.postMessage" for method, _ in self.slack.calls)


@pytest.fixture
def desk(store: Store, slack: FakeSlack, clock: FakeClock, file: Path) -> Desk:
    return Desk(store, slack, clock, file)


async def test_everything_pending_waits_and_says_how_to_mend_it(desk: Desk) -> None:
    report = await desk.pass_()
    assert (report.sent, report.pending, report.dead) == (0, len(desk.keys), 0)
    assert report.suspended is not None
    assert (report.suspended.what, report.suspended.since) == ("invalid_auth", NOW)
    for key in desk.keys:
        item = row(desk.store, key)
        assert (item.state, item.unsure) == ("pending", False)
        assert item.next_attempt == NOW + timedelta(seconds=20)
        assert "xoxb-…" in (item.error or "")


async def test_while_it_is_refused_one_message_at_a_time_tries_it(desk: Desk) -> None:
    await desk.pass_()
    tried = desk.posts()
    for _ in range(10):
        await desk.pass_(seconds=1)
    assert desk.posts() == tried, "nothing is tried before its time"
    for _ in range(3):
        await desk.pass_(seconds=20)
    assert desk.posts() <= tried + 3, "five channels wait, one of them asks"


async def test_a_token_that_is_mended_in_its_file_is_enough_and_the_ops_channel_hears_of_it(
    desk: Desk, file: Path
) -> None:
    await desk.pass_()
    await desk.pass_(seconds=20)
    file.write_text(TOKEN)
    report = await desk.pass_(seconds=20)
    assert report.suspended is None
    await desk.pass_(seconds=4)
    told = desk.slack.keys()
    assert sorted(key for key in told if "/notice/" not in key) == sorted(desk.keys)
    assert len(told) == len(set(told))
    for channel in CHANNELS:
        assert desk.slack.keys(channel) == [key for key in desk.keys if key in desk.slack.keys(channel)], "in order"
    (notice,) = [one["text"] for one in desk.slack.messages if one["channel"] == "C0OPSROOM1"]
    assert "The token was refused (invalid_auth) from Mon" in notice
    assert "9 messages waited" in notice
    assert desk.store.read_now(outbox.silences, "slack") == {}


async def test_what_is_known_of_it_outlives_a_restart(desk: Desk) -> None:
    await desk.pass_()
    desk.store.write_now(outbox.retry_now)  # as a start does
    tried = desk.posts()
    report = await desk.pass_(seconds=1)
    assert desk.posts() == tried + 1
    assert report.suspended is not None
    assert report.suspended.since == NOW


@pytest.mark.parametrize("code", sorted(code for code, meaning in MEANINGS.items() if meaning.scope == "token"))
async def test_every_code_of_that_kind_stops_everything(desk: Desk, file: Path, code: str) -> None:
    file.write_text(TOKEN)
    desk.slack.faults["chat.postMessage"].extend([code] * 9)
    desk.slack.token = "xoxb-revoked"
    report = await desk.pass_()
    assert report.sent == 0
    assert report.suspended is not None
    assert {row(desk.store, key).state for key in desk.keys} == {"pending"}


async def test_a_refused_channel_stops_no_other(desk: Desk, file: Path) -> None:
    file.write_text(TOKEN)
    desk.slack.channels["C0CHANNELA"].archived = True
    report = await desk.pass_()
    assert report.suspended is None
    assert report.sent == len(desk.keys) - 2


# -- what dies


async def test_the_ops_channel_hears_why_a_message_is_given_up_and_how_to_send_it_again(
    store: Store, clock: FakeClock
) -> None:
    there = FakeNotifier(clock=clock)
    (bad,) = put(store, prefix="<!channel> Talks & tariffs")
    poison = refusal("invalid_blocks", scope="message", remedy="")
    there.faults["CDESK"] = [poison, poison]
    report = await run(store, there, clock, replace(policy(), ops=("fake:#ops",)))
    assert (report.dead, report.sent) == (1, 0)
    (post,) = there.posts
    assert post.channel == "COPS"
    assert post.message.title == (
        'Not told in #desk: "<!channel> Talks & tariffs 0 at fake:#desk". refused: invalid_blocks\n'
        f"Once that is mended, send it again: watcher retry {bad}"
    )


async def test_a_notice_that_dies_makes_no_further_notice(store: Store, clock: FakeClock) -> None:
    there = FakeNotifier(clock=clock)
    put(store)
    poison = refusal("invalid_blocks", scope="message", remedy="")
    there.faults["CDESK"], there.faults["COPS"] = [poison, poison], [poison, poison]
    report = await run(store, there, clock, replace(policy(), ops=("fake:#ops",)))
    assert report.dead == 2
    (notice,) = [one for one in store.read_now(outbox_rows) if one.kind == "notice"]
    assert notice.state == "dead"
    assert store.read_now(notice_text, notice.key)
