"""What `watcher doctor` finds, in the words that the operator reads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from tests import builders as b
from tests.commands import Outcome, run
from tests.delivering import put
from tests.fake_slack import SCOPES, TOKEN, Channel
from tests.fake_socket import APP_TOKEN, FakeSocketSlack
from tests.line import World, world
from watcher.store import Store, outbox

EVERYTHING = frozenset({*SCOPES, "chat:write.public"})


@pytest.fixture
def place(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as made:
        made.feeds = {"one": []}
        made.slack.scopes = EVERYTHING
        made.configure()
        yield made


def topic(place: World, channel: str, **over: Any) -> None:
    place.configure(topics={"alliance": {"seeds": "seeds", "channel": channel}}, **over)


def doctor(place: World, *more: str, environ: dict[str, str] | None = None) -> Outcome:
    return run("--config", place.config, "doctor", *more, environ={**place.environ(), **(environ or {})})


def lines(told: Outcome, state: str) -> list[str]:
    return [line.removeprefix(state).strip() for line in told.out.splitlines() if line.startswith(state)]


def the_fault(told: Outcome) -> str:
    (line,) = lines(told, "fault")
    assert told.code == 1, told
    assert "; " in line, f"it names no remedy: {line}"
    return line


def test_a_sound_installation_has_no_fault_and_nothing_is_posted(place: World) -> None:
    told = doctor(place)
    assert told.code == 0, told
    assert lines(told, "fault") == []
    said = "\n".join(lines(told, "ok"))
    for what in ("token: Slack takes it: @watcher in T", "scopes: all 7", "clock: ", "C000DESK1 (alliance): public"):
        assert what in said
    assert not [method for method, _ in place.slack.calls if method not in {"auth.test", "conversations.info"}]
    assert not place.database.exists(), "it changes nothing"


def test_json_holds_the_same(place: World) -> None:
    place.slack.channels["C000DESK1"].archived = True
    told, as_json = doctor(place), doctor(place, "--json")
    assert (told.code, as_json.code, as_json.json["ok"]) == (1, 1, False)
    for one in as_json.json["findings"]:
        assert f"{one['subject']}: {one['what']}" in told.out
    assert {one["state"] for one in as_json.json["findings"]} == {"ok", "note", "fault"}


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("xoxp-1-2-abcdefabcdefabcdef", "a user token"),
        (APP_TOKEN, "that belongs in SLACK_APP_TOKEN"),
        (f'"{TOKEN}"', "no such token"),
        (TOKEN[:12] + " " + TOKEN[12:], "white space"),
    ],
)
def test_swapped_and_mangled_tokens_are_named_and_not_shown(place: World, value: str, says: str) -> None:
    told = doctor(place, environ={"SLACK_BOT_TOKEN": value})
    assert told.code == 2
    assert says in told.err
    assert value not in told.err + told.out


def test_white_space_around_a_token_does_no_harm(place: World) -> None:
    assert doctor(place, environ={"SLACK_BOT_TOKEN": f"  {TOKEN}\n"}).code == 0


def test_a_dead_token_is_told_with_its_remedy_and_the_rest_is_still_looked_at(place: World) -> None:
    place.slack.token = "xoxb-another"
    told = doctor(place)
    assert "token: Slack refused it: invalid_auth; put a valid bot token" in the_fault(told)
    assert any("channels: not looked at" in line for line in lines(told, "note"))
    assert any("database: " in line for line in lines(told, "note"))


@pytest.mark.parametrize("scope", sorted(EVERYTHING))
def test_a_missing_scope_is_named_with_what_goes_without_it(place: World, scope: str) -> None:
    place.slack.scopes = EVERYTHING - {scope}
    told = doctor(place)
    said = [line for line in told.out.splitlines() if f"{scope} is missing: without it" in line]
    assert len(said) == 1
    assert "OAuth & Permissions" in said[0]
    assert said[0].startswith("fault") is (scope == "chat:write")


def test_groups_that_may_edit_want_a_scope_of_their_own(place: World) -> None:
    place.configure(slack={"editors": ["U0123ABCD"]})
    assert "usergroups:read" not in doctor(place).out
    place.configure(slack={"editors": ["S0123ABCD"]})
    assert any("usergroups:read is missing: without it nobody" in line for line in lines(doctor(place), "note"))


@pytest.mark.parametrize(
    ("channel", "there", "says"),
    [
        ("#nowhere", None, "no channel of that name or id that the app can see; check the spelling"),
        ("C0NOWHERE1", None, "no channel of that name or id that the app can see"),
        ("#old", Channel("old", archived=True), "it is archived; unarchive it"),
        ("C0CHANNEL1", Channel("old", archived=True), "it is archived; unarchive it"),
        ("#secret", Channel("secret", private=True, member=False), "until somebody types /invite @watcher"),
        ("C0CHANNEL1", Channel("secret", private=True, member=False), "until somebody types /invite @watcher"),
    ],
)
def test_a_channel_that_takes_no_alert(place: World, channel: str, there: Channel | None, says: str) -> None:
    if there is not None:
        place.slack.channels["C0CHANNEL1"] = there
    topic(place, channel)
    assert says in the_fault(doctor(place))


def test_a_public_channel_without_the_app_is_a_fault_only_if_it_cannot_get_in(place: World) -> None:
    place.slack.channels["C0PUBLIC1"] = Channel("public", member=False)
    topic(place, "#public")
    assert doctor(place).code == 0
    place.slack.scopes = EVERYTHING - {"channels:join"}
    told = doctor(place)
    assert told.code == 0
    assert any("looking for a lost post does not; type /invite @watcher" in line for line in lines(told, "note"))
    place.slack.scopes = EVERYTHING - {"channels:join", "chat:write.public"}
    assert "the app is not in this public channel; type /invite @watcher in #public" in the_fault(doctor(place))


def remembered(place: World, name: str, channel: str) -> None:
    with Store.open(f"sqlite:///{place.database}") as store:
        store.write_now(outbox.remember_channel, f"slack:{name}", channel)


def test_a_renamed_channel_is_found_by_its_id(place: World) -> None:
    remembered(place, "#former", "C000DESK1")
    topic(place, "#former")
    assert 'it was renamed to #desk; alerts still arrive there by its id; write channel: "#desk"' in the_fault(
        doctor(place)
    )


def test_a_name_that_another_channel_has_by_now_is_told(place: World) -> None:
    remembered(place, "#desk", "C0GENERAL")
    topic(place, "#desk")
    assert "alerts go to C0GENERAL, which had this name before; C000DESK1 has it now" in the_fault(doctor(place))


@pytest.mark.parametrize(("seconds", "state"), [(10, "ok"), (100, "note"), (1000, "fault"), (-1000, "fault")])
def test_clocks_that_differ(place: World, seconds: int, state: str) -> None:
    place.slack.date = format_datetime(datetime.now(UTC) - timedelta(seconds=seconds), usegmt=True)
    told = doctor(place)
    (line,) = [line for line in lines(told, state) if line.startswith("clock: ")]
    assert ("behind" if seconds < 0 else "ahead" if state != "ok" else "agrees") in line
    assert told.code == (state == "fault")


def test_a_slack_that_cannot_be_reached_says_what_to_look_at(place: World) -> None:
    told = doctor(place, environ={"SLACK_API_URL": "http://127.0.0.1:1/api/"})
    assert "token: Slack cannot be reached" in the_fault(told)
    assert "proxy" in the_fault(told)


def test_a_proxy_that_is_down_is_named(place: World) -> None:
    place.configure(fetch={"proxy": "http://127.0.0.1:1", "allow_networks": ["127.0.0.0/8"]})
    assert "token: the proxy cannot be reached; check fetch.proxy" in the_fault(doctor(place))


def test_settings_of_the_environment_that_are_not_what_they_seem(place: World) -> None:
    told = doctor(place, environ={"HTTPS_PROXY": "http://proxy.example:3128", "SSL_CERT_FILE": "/etc/ssl/own.pem"})
    said = "\n".join(lines(told, "note"))
    assert "HTTPS_PROXY is set, and not used" in said
    assert "/etc/ssl/own.pem" in said


def test_socket_mode_is_looked_at_when_there_is_a_token_for_it(place: World) -> None:
    assert "socket mode" not in doctor(place).out
    told = doctor(place, environ={"SLACK_APP_TOKEN": APP_TOKEN})
    assert any(line.startswith("socket mode: ") for line in lines(told, "ok"))
    assert isinstance(place.slack, FakeSocketSlack)
    place.slack.connections = 3
    told = doctor(place, environ={"SLACK_APP_TOKEN": APP_TOKEN})
    assert "has 2 more connections" in the_fault(told)
    place.slack.connections = 2
    with Store.open(f"sqlite:///{place.database}"):  # a service runs here, and has a connection of its own
        told = doctor(place, environ={"SLACK_APP_TOKEN": APP_TOKEN})
        assert any(line.startswith("socket mode: ") for line in lines(told, "ok"))
    place.slack.socket_mode = False
    told = doctor(place, environ={"SLACK_APP_TOKEN": APP_TOKEN})
    assert "switch Socket Mode on in the app's settings" in the_fault(told)


def test_a_webhook_is_told_with_its_limits(place: World) -> None:
    environ = {"SLACK_BOT_TOKEN": "", "SLACK_WEBHOOK_URL": place.slack.webhook}
    topic(place, "#general", slack={"ops_channel": "#ops"})
    told = doctor(place, environ=environ)
    assert told.code == 0
    assert any("webhook: Slack knows it" in line for line in lines(told, "ok"))
    said = "\n".join(lines(told, "note"))
    for what in ("no threads", "no updates", "no buttons", "comes twice", "slack.ops_channel"):
        assert what in said
    assert place.slack.messages == []
    place.slack.faults["webhook"].append("no_service")
    assert "webhook: Slack does not take this webhook: no_service; make a new" in the_fault(
        doctor(place, environ=environ)
    )
    assert place.slack.webhook not in told.out + told.err


def test_send_proves_each_channel_and_leaves_nothing_behind(place: World) -> None:
    place.configure(
        topics={name: {"seeds": "seeds", "channel": "#desk"} for name in ("a", "b")},
        slack={"ops_channel": "#general"},
    )
    told = doctor(place, "--send")
    assert told.code == 0, told
    proved = [line for line in lines(told, "ok") if "a test message was posted, found and removed" in line]
    assert [line.partition(":")[0] for line in proved] == ["#desk (a, b)", "#general (slack.ops_channel)"]
    posts = [args for method, args in place.slack.calls if method == "chat.postMessage"]
    assert all("test message" in post["text"] for post in posts)
    assert len(posts) == 2
    assert place.slack.messages == []


def test_send_says_what_stays_and_what_is_refused(place: World) -> None:
    place.slack.faults["chat.delete"].append("cant_delete_message")
    told = doctor(place, "--send")
    assert told.code == 0
    assert any("posted and not removed" in line for line in lines(told, "note"))
    place.slack.faults["chat.postMessage"].append("restricted_action")
    told = doctor(place, "--send")
    assert "restricted_action; ask a workspace admin" in the_fault(told)


def test_a_console_has_nothing_to_ask_slack(place: World) -> None:
    place.configure(notify="console")
    told = doctor(place)
    assert told.code == 0
    assert "alerts are printed, not posted" in told.out
    assert place.slack.calls == []


def test_what_waits_and_what_was_refused_for_good_is_told(place: World) -> None:
    with Store.open(f"sqlite:///{place.database}") as store:
        put(store, destination="slack:#desk")
        (dead,) = put(store, destination="slack:#other")
        (first, second) = store.write_now(outbox.claim, owner="me", now=b.NOW, lease=timedelta(seconds=60), limit=2)
        store.write_now(outbox.retry_later, first.key, at=b.NOW, error="Slack refused it: not_in_channel", unsure=False)
        store.write_now(outbox.bury, second.key, reason="Slack refused it: invalid_blocks", now=b.NOW)
    told = doctor(place)
    assert re.search(r"#desk: alerts wait since [\d.]+ h; Slack's last answer: .*not_in_channel", the_fault(told))
    assert any(f"alerts: 1 were refused for good, the last one ({dead})" in line for line in lines(told, "note"))
    assert any("no watcher runs on this database; start it" in line for line in lines(told, "note"))


def test_feeds_that_fail_are_a_note_and_all_of_them_failing_is_a_fault(place: World) -> None:
    place.feeds = {"one": [], "two": []}
    place.configure()
    assert place.once() == 0
    assert any("feeds: all 2 that were polled" in line for line in lines(doctor(place), "ok"))
    place.status["/two.xml"] = 404
    assert place.once() == 0
    told = doctor(place)
    assert told.code == 0
    assert any(re.match(r"feeds: 1 of 2 cannot be read \(two: .*404", line) for line in lines(told, "note"))
    place.status["/one.xml"] = 404
    assert place.once() == 0
    assert "feeds: 2 of 2 cannot be read" in the_fault(doctor(place))


def test_a_database_that_is_none_is_a_fault_among_the_others(place: World) -> None:
    place.database.write_bytes(b"no database at all, but long enough to be looked at" * 40)
    told = doctor(place)
    assert "is not a database" in the_fault(told)
    assert any(line.startswith("token: ") for line in lines(told, "ok"))
