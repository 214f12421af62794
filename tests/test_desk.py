"""What pressing and typing in Slack does, from the websocket to the database and back: with Slack's own client."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from rich.console import Console

from tests import builders as b
from tests.commands import installed
from tests.fake_slack import TOKEN
from tests.fake_socket import APP_TOKEN, FakeSocketSlack
from tests.line import ON_TOPIC, SEEDS
from watcher.app import App, build
from watcher.config import load
from watcher.desk import Desk
from watcher.desk.listening import listen
from watcher.feedback import read
from watcher.feedback.answers import SlackPeople
from watcher.feedback.socket import Rest
from watcher.relevance.features import Document
from watcher.store import Store
from watcher.store.entries import find_entry
from watcher.store.feedback import labels, mutes_in_force, seeds_added
from watcher.store.report import entry_report
from watcher.store.save import save
from watcher.types import Batch, Entry, NewMember
from watcher.types.feedback import near_key

DESK, OPS = "C000DESK1", "C0GENERAL"
LOOK_ALIKE = ("Seoul zoo says its elephant is ill", "The zoo in Seoul said that officials were worried.")


@dataclass
class Place:
    """An app with its socket, in one loop with its Slack and a site."""

    app: App
    store: Store
    slack: FakeSocketSlack
    site: str
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def spawn(self, work: Rest) -> None:
        task = asyncio.create_task(work())
        self.tasks.add(task)

    async def told(self, title: str, text: str, *, feed: str = "f1") -> tuple[Entry, dict[str, Any]]:
        """An entry that matched and was posted; also the message."""
        entry = b.entry(title, text=text, first_seen=datetime.now(UTC))
        key = f"{self.store.installation}/{b.hex16(title)}"
        dest = f"slack:{DESK}"
        member = NewMember(
            story=b.hex16(title), destination=dest, entry=entry.id, relation="founder", nearest=None, summary="",
            summary_source="none", at=entry.first_seen, topics=("alliance",),
        )  # fmt: skip
        batch = Batch(
            at=entry.first_seen,
            entries=(entry,),
            sightings=(b.sighting(entry.id, feed),),
            decisions=(b.decision(entry.id, "alliance", decided_at=entry.first_seen),),
            members=(member,),
            outbox=(
                b.outbox_item(
                    key, destination=dest, topic="alliance", story=member.story, entry=entry.id,
                    created_at=entry.first_seen,
                ),
            ),
        )  # fmt: skip
        await self.store.write(save, batch)
        await self.app.deliver()
        return entry, next(one for one in self.slack.messages if one["metadata"]["event_payload"]["key"] == key)

    def button(self, message: dict[str, Any], action: str) -> dict[str, Any]:
        """A button of a message, with its block's id, as Slack sends both back."""
        (row,) = [block for block in message["blocks"] if block["type"] == "actions"]
        return next({**one, "block_id": row["block_id"]} for one in row["elements"] if one["action_id"] == action)

    def matches(self, title: str, text: str) -> bool:
        document = Document("x", title, text, "en", "snippet")
        return self.app.scorer.judge([document], now=self.app.clock())[0]["alliance"].match

    async def ops(self) -> list[str]:
        """What the ops channel was told."""
        await self.app.deliver()
        return [one["text"] for one in self.slack.messages if one["channel"] == OPS]


@pytest.fixture
async def place(tmp_path: Path, request: pytest.FixtureRequest, fresh: Callable[[], str]) -> AsyncIterator[Place]:
    """``request.param``: keys of the configuration's section ``slack``."""
    over = getattr(request, "param", {})
    async with FakeSocketSlack(clock=lambda: datetime.now(UTC)).serve() as slack:
        assert isinstance(slack, FakeSocketSlack)
        site = TestServer(_site())
        await site.start_server(shutdown_timeout=0.01)
        topics = {"alliance": {"title": "The alliance", "seeds": "seeds", "channel": DESK}}
        path = installed(tmp_path, notify="slack", topics=topics, slack={"ops_channel": OPS, **over}, database=fresh())
        environ = {"SLACK_BOT_TOKEN": TOKEN, "SLACK_APP_TOKEN": APP_TOKEN, "SLACK_API_URL": slack.url}
        config = load(path, environ)
        with Store.open(config.database) as store:
            app = build(config, store, console=Console(file=StringIO()))
            await app.start()
            made = Place(app=app, store=store, slack=slack, site=str(site.make_url("/")))
            socket = listen(app, made.spawn)
            assert socket is not None
            made.spawn(socket.run)
            await slack.until(app.answered)
            yield made
            for task in made.tasks:
                task.cancel()
            await asyncio.gather(*made.tasks, return_exceptions=True)
            await app.close()
        await site.close()


def _site() -> web.Application:
    async def article(request: web.Request) -> web.Response:
        if request.path != "/article.html":
            raise web.HTTPNotFound
        paragraphs = "".join(f"<p>{text}</p>" for _, text in ON_TOPIC)
        page = f"<html><head><title>Troops</title></head><body><article><h1>{ON_TOPIC[0][0]}</h1>{paragraphs}</article>"
        return web.Response(text=page, content_type="text/html")

    app = web.Application()
    app.router.add_get("/{path:.*}", article)
    return app


async def test_one_not_relevant_silences_the_next_look_alike_and_says_what_changed(place: Place) -> None:
    again = (LOOK_ALIKE[0].replace("elephant", "tiger"), LOOK_ALIKE[1])
    assert place.matches(*again)
    entry, message = await place.told(*LOOK_ALIKE)
    where = await place.slack.press(place.button(message, "feedback_not_relevant"), ts=message["ts"])
    said = await place.slack.answer(where)
    assert said.startswith(f"Noted: “{entry.title}” is not relevant to The alliance. ")
    assert " down" in said
    assert "1 of last week's alerts would now be held" in said
    assert not place.matches(*again)
    (one,) = place.store.read_now(labels)
    assert (one.label.user, one.label.name, one.label.relevant, one.label.state) == ("U1", "ann", False, "learned")
    assert place.slack.heard[where][0]["response_type"] == "ephemeral"


async def test_a_press_that_arrives_twice_counts_and_answers_once(place: Place) -> None:
    _, message = await place.told(*ON_TOPIC[0])
    first = await place.slack.press(place.button(message, "feedback_relevant"), ts=message["ts"])
    await place.slack.answer(first)
    second = await place.slack.press(place.button(message, "feedback_relevant"), ts=message["ts"])
    third = await place.slack.press(place.button(message, "feedback_not_relevant"), ts=message["ts"], at="101.0")
    await place.slack.answer(third)
    assert second not in place.slack.heard
    assert len(place.slack.acknowledged) == 3
    assert [one.label.relevant for one in place.store.read_now(labels)] == [False]


async def test_unknown_and_stale_presses_are_answered_and_change_nothing(place: Place) -> None:
    unknown = {"action_id": "feedback_relevant", "block_id": "x", "value": "elsewhere/0123456789abcdef"}
    assert "does not know this alert" in await place.slack.answer(await place.slack.press(unknown))
    later = {"action_id": "of_a_later_version", "block_id": "x", "value": "x"}
    assert "does not know that button" in await place.slack.answer(await place.slack.press(later))
    entry, message = await place.told(*ON_TOPIC[0])
    from watcher.store.entries import entomb

    await place.store.write(entomb, entry.id)
    where = await place.slack.press(place.button(message, "feedback_relevant"), ts=message["ts"])
    assert "no longer stored" in await place.slack.answer(where)
    assert place.store.read_now(labels, standing=False) == []


async def test_an_answer_without_an_address_is_a_message_that_only_they_see(place: Place) -> None:
    _, message = await place.told(*ON_TOPIC[0])
    where = await place.slack.press(place.button(message, "feedback_relevant"), ts=message["ts"], reply=False)
    assert (await place.slack.answer(where)).startswith("Noted")


async def test_a_story_and_a_source_are_muted_and_the_ops_channel_hears_by_whom(place: Place) -> None:
    entry, message = await place.told(*ON_TOPIC[0])
    more = place.button(message, "more")
    said = await place.slack.answer(await place.slack.press(more, option="mute_story", ts=message["ts"]))
    assert said.startswith(f"Muted in {DESK}: the story “{entry.title}”")
    said = await place.slack.answer(await place.slack.press(more, option="mute_source", ts=message["ts"], at="101.0"))
    assert said.startswith(f"Muted in {DESK}: what the feed")
    muted = place.store.read_now(mutes_in_force, now=place.app.clock())
    assert [one.kind for one in muted.values()] == ["story", "source"]
    told = await place.ops()
    assert [line.split(":")[0] for line in told] == ["ann (U1)", "ann (U1)"]
    before = len(place.slack.messages)
    other = b.entry("Another report", first_seen=datetime.now(UTC))
    item = b.outbox_item(
        "i/next", destination=f"slack:{DESK}", topic="alliance", story=b.hex16("s"), entry=other.id,
        created_at=other.first_seen,
    )  # fmt: skip
    batch = Batch(
        at=other.first_seen, entries=(other,), sightings=(b.sighting(other.id, "f1"),),
        decisions=(b.decision(other.id, "alliance"),), outbox=(item,),
    )  # fmt: skip
    await place.store.write(save, batch)
    await place.app.deliver()
    assert len(place.slack.messages) == before
    report = place.store.read_now(entry_report, other.id)
    assert report is not None
    assert report.decisions[0].state == "excluded"


async def test_undo_takes_back_the_last_thing_and_the_model_forgets_it(place: Place) -> None:
    plain = place.app.scorer.version("alliance")
    _, message = await place.told(*LOOK_ALIKE)
    await place.slack.answer(await place.slack.press(place.button(message, "feedback_not_relevant"), ts=message["ts"]))
    assert place.app.scorer.version("alliance") != plain
    more = place.button(message, "more")
    said = await place.slack.answer(await place.slack.press(more, option="undo", ts=message["ts"], at="101.0"))
    assert said.startswith("Taken back: your answer about")
    assert place.app.scorer.version("alliance") == plain
    again = await place.slack.press(more, option="undo", ts=message["ts"], at="102.0")
    assert await place.slack.answer(again) == "There is nothing to take back here."
    assert any("ann (U1): Taken back: ann's answer" in line for line in await place.ops())


@pytest.mark.parametrize("place", [{"editors": ["UEDITOR00", "SGROUP000"]}], indirect=True)
async def test_only_editors_mute_undo_and_add_seeds_and_anybody_answers(place: Place) -> None:
    place.slack.scopes |= {"usergroups:read"}
    place.slack.groups["SGROUP000"] = ["U0MEMBER0"]
    _, message = await place.told(*ON_TOPIC[0])
    more = place.button(message, "more")
    for number, option in enumerate(("mute_story", "mute_source", "undo")):
        where = await place.slack.press(more, option=option, ts=message["ts"], at=f"{number}")
        assert "slack.editors" in await place.slack.answer(where)
    for text in ("mute source x", "unmute 1", "seed add https://n.example/a", "retract key"):
        assert "slack.editors" in await place.slack.answer(await place.slack.type_(text))
    where = await place.slack.press(place.button(message, "feedback_relevant"), ts=message["ts"])
    assert (await place.slack.answer(where)).startswith("Noted")
    for number, user in enumerate(("UEDITOR00", "U0MEMBER0")):
        where = await place.slack.press(more, option="mute_story", ts=message["ts"], at=f"9{number}", user=user)
        assert (await place.slack.answer(where)).startswith("Muted")


async def test_a_seed_is_added_by_its_address_counts_at_once_and_after_a_restart(place: Place) -> None:
    where = await place.slack.type_(f"seed add <{place.site}article.html>")
    assert "is a seed of The alliance now" in await place.slack.answer(where)
    (added,) = place.store.read_now(seeds_added)
    assert (added.topic, added.person) == ("alliance", "ann")
    assert "sentence" not in json.dumps(added.card)
    assert len(place.app.topics["alliance"][0]) == len(SEEDS) + 1
    again = build(place.app.config, place.store, console=Console(file=StringIO()))
    assert again.scorer.version("alliance") == place.app.scorer.version("alliance")
    await again.fetcher.close()
    await again.workers.close()
    assert any("ann (U1)" in line for line in await place.ops())
    missing = await place.slack.answer(await place.slack.type_(f"seed add {place.site}none.html"))
    assert "could not be read" in missing
    assert "Which topic?" in await place.slack.answer(await place.slack.type_(f"seed add {place.site}x nosuch"))


async def test_the_command_tells_how_it_is_and_why(place: Place) -> None:
    entry, _ = await place.told(*ON_TOPIC[0])

    async def asked(text: str) -> str:
        return await place.slack.answer(await place.slack.type_(text))

    assert "buttons: connected" in await asked("status")
    assert "*The alliance* (`alliance`) to C000DESK1: 2 seeds, 0 answers" in await asked("topics")
    explained = await asked(f"explain <{entry.url}>")
    assert "alliance: posted" in explained
    assert "never seen" in await asked("explain https://n.example/none")
    week = await asked("preview")
    assert "1 entries of the last day:\nThe alliance: 0.0 alerts a day by balanced" in week, "no feed brings it"
    assert "1 fewer than was told: no configured feed brings it to the topic" in week
    assert await asked("preview alliance") == week
    assert "No topic is named “nosuch”. There are: alliance." in await asked("preview nosuch")
    assert "preview [TOPIC]" in await asked("preview a b")
    assert "`/news seed add URL [TOPIC]`" in await asked("help")
    assert await asked("") == await asked("help")
    assert "does not know “dance”" in await asked("dance")
    assert (await asked("retract nokey")).startswith("Not retracted: no alert has the key nokey; ")
    assert (await asked(f"mute story {entry.url}")).startswith("Muted")
    assert "1  Muted in C000DESK1: the story" in await asked("mute list")
    again = await asked(f"explain <{entry.url}>")
    assert "story muted " in again
    assert "report 1 of 1, since " in again
    assert (await asked("unmute 1")).startswith("No longer muted: the story")
    assert (await asked("mute list")).startswith("Nothing is muted")
    assert "There is no such story in this channel" in await asked("mute story https://n.example/none")
    elsewhere = await place.slack.answer(await place.slack.type_(f"mute story {entry.url}", channel="C0NOWHERE"))
    assert "no topic goes to this channel" in elsewhere


async def test_an_alert_is_taken_back_out_of_slack_and_out_of_the_database(place: Place) -> None:
    entry, message = await place.told(*ON_TOPIC[0])
    key = message["metadata"]["event_payload"]["key"]
    told = await place.slack.answer(await place.slack.type_(f"retract {key}"))
    assert told == "Retracted: 1 message was deleted. What it told stays known as told."
    assert message not in place.slack.messages
    assert any(f"ann (U1): {told}" in line for line in await place.ops())
    known = place.store.read_now(find_entry, entry.id, None)
    assert known is not None
    assert (known.title, known.text) == ("", "")


async def test_a_near_miss_is_answered_and_counts_for_its_topic(place: Place) -> None:
    entry = b.entry(*LOOK_ALIKE[:1], text=LOOK_ALIKE[1], first_seen=datetime.now(UTC))
    decision = b.decision(entry.id, "alliance", state="below", decided_at=entry.first_seen)
    await place.store.write(save, Batch(at=entry.first_seen, entries=(entry,), decisions=(decision,)))
    key = near_key(place.store.installation, "alliance", entry.id)
    where = await place.slack.press({"action_id": "feedback_relevant", "block_id": key, "value": key})
    assert (await place.slack.answer(where)).startswith("Noted")
    (one,) = place.store.read_now(labels)
    assert (one.label.topic, one.label.relevant) == ("alliance", True)
    wrong = key.replace("/alliance/", "/other/")
    where = await place.slack.press({"action_id": "feedback_relevant", "block_id": wrong, "value": wrong}, at="101.0")
    assert "does not know this alert" in await place.slack.answer(where)


async def test_an_answer_that_a_crash_came_after_is_learned_at_the_next_start(place: Place) -> None:
    _, message = await place.told(*LOOK_ALIKE)
    press = read("interactive", {
        "type": "block_actions", "user": {"id": "U1"}, "message": {"ts": message["ts"]},
        "actions": [place.button(message, "feedback_not_relevant")],
    }, "e")  # fmt: skip
    assert press is not None
    people = SlackPeople(lambda: TOKEN, place.slack.url, clock=lambda: 0.0)
    await Desk(app=place.app, people=people, works=lambda: "").take(press)
    assert [one.label.state for one in place.store.read_now(labels)] == ["new"]
    assert place.matches(*LOOK_ALIKE)
    await place.app.start()
    assert [one.label.state for one in place.store.read_now(labels)] == ["learned"]
    assert not place.matches(*LOOK_ALIKE)


async def test_without_a_token_for_it_nobody_listens_and_there_are_no_buttons(place: Place, tmp_path: Path) -> None:
    environ = {"SLACK_BOT_TOKEN": TOKEN, "SLACK_API_URL": place.slack.url}
    place.app.config = load(tmp_path / "watcher.yaml", environ)
    place.app.answered = lambda: False
    assert listen(place.app, place.spawn) is None
    _, message = await place.told(*ON_TOPIC[0])
    assert not [block for block in message["blocks"] if block["type"] == "actions"]
