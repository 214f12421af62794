"""``watcher run`` as a process: it tells, it answers, it stops within ten seconds and loses nothing."""

from __future__ import annotations

import json
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from tests import databases
from tests.commands import WITHIN, Child, Heard, Outcome, child, run
from tests.fake_slack import TOKEN
from tests.fake_socket import APP_TOKEN
from tests.line import ON_TOPIC, Item, World, world
from watcher.store import Store, sessions

STOPS_WITHIN = 10


@pytest.fixture
def place(tmp_path: Path, server: str | None) -> Iterator[World]:
    """One feed on the topic, polled every second, and a Slack; both can be waited for."""
    with world(tmp_path, server=server) as made:
        made.requests = Heard()
        made.slack.calls, made.slack.messages = Heard(), Heard()
        made.feeds = {"one": [Item(title=t, text=x, path=f"/{n}.html") for n, (t, x) in enumerate(ON_TOPIC)]}
        configure(made)
        yield made


def configure(place: World, **over: Any) -> None:
    feeds = [{"url": f"{place.base}/{name}.xml", "name": name, "every": "1s"} for name in place.feeds]
    place.configure(**{"feeds": feeds, **over})


def service(place: World, *more: str) -> Child:
    return Child("--config", place.config, "run", *more, environ=place.environ())


def asked(place: World, *words: str) -> Outcome:
    """A command beside the service."""
    return run("--config", place.config, *words, environ=place.environ())


@pytest.fixture
def started(place: World) -> Iterator[Child]:
    made = service(place)
    made.event("service.started")
    yield made
    made.kill()


def wait_for_messages(place: World, number: int) -> None:
    heard = place.slack.messages
    assert isinstance(heard, Heard)
    heard.wait(lambda all_of_them: len(all_of_them) >= number)


def wait_for_call(place: World, method: str, number: int = 1) -> None:
    heard = place.slack.calls
    assert isinstance(heard, Heard)
    heard.wait(lambda calls: sum(name == method for name, _ in calls) >= number)


def told_once_each(place: World, number: int = len(ON_TOPIC)) -> None:
    told = place.told()
    assert len(told) == number
    assert set(told.values()) == {1}, told


# -- buttons


@pytest.mark.slow
def test_alerts_have_buttons_once_the_socket_stands(place: World) -> None:
    service = Child("--config", place.config, "run", environ={**place.environ(), "SLACK_APP_TOKEN": APP_TOKEN})
    try:
        service.event("feedback.connected")
        wait_for_messages(place, len(ON_TOPIC))
        place.feeds["one"].append(
            Item(
                title="Pyongyang praises talk of an American withdrawal",
                text="State radio said that the alliance with South Korea was crumbling and that troops would leave.",
                path="/new.html",
            )
        )
        wait_for_messages(place, len(ON_TOPIC) + 1)
        assert "actions" in {block["type"] for block in place.slack.messages[-1]["blocks"]}
        assert service.stop() == 0
    finally:
        service.kill()


@pytest.mark.slow
def test_a_socket_that_slack_refuses_keeps_no_alert_back(place: World) -> None:
    service = Child(
        "--config", place.config, "run", environ={**place.environ(), "SLACK_APP_TOKEN": "xapp-1-A0-refused"}
    )
    try:
        service.event("feedback.disconnected")
        wait_for_messages(place, len(ON_TOPIC))
        assert not any(block["type"] == "actions" for one in place.slack.messages for block in one["blocks"])
    finally:
        service.kill()


# -- it works


@pytest.mark.slow
def test_it_tells_what_its_feeds_bring_answers_health_checks_and_stops(place: World, started: Child) -> None:
    wait_for_messages(place, len(ON_TOPIC))
    healthy = asked(place, "health")
    assert healthy.code == 0
    assert f"pid {started.process.pid}" in healthy.out
    assert asked(place, "health", "--json").json["alive"] is True
    assert isinstance(place.requests, Heard)
    place.requests.wait(lambda paths: paths.count("/one.xml") >= 3)
    place.feeds["one"].append(Item(title="Seoul fears for the alliance", text="American troops may go.", path="/new"))
    wait_for_messages(place, len(ON_TOPIC) + 1)
    assert started.stop(STOPS_WITHIN) == 0
    told_once_each(place, len(ON_TOPIC) + 1)
    assert asked(place, "health").code == 1


@pytest.mark.slow
def test_no_token_is_in_any_output_or_in_the_database(place: World, started: Child) -> None:
    place.slack.faults["chat.postMessage"].append("html")
    wait_for_messages(place, 1)
    assert started.stop(STOPS_WITHIN) == 0
    assert "slack" in started.words
    assert TOKEN not in started.words
    for file in place.folder.iterdir():
        if file.is_file():
            assert TOKEN.encode() not in file.read_bytes(), file
    with Store.open(place.url, mode="read") as store:
        assert TOKEN not in str(databases.content(store))


@pytest.mark.slow
def test_a_token_that_is_mended_in_its_file_needs_no_restart(place: World, tmp_path: Path) -> None:
    file = tmp_path / "token.txt"
    file.write_text("xoxb-1-2-abcdefabcdefabcdefabcd")
    environ = {"SLACK_BOT_TOKEN_FILE": str(file), "SLACK_API_URL": place.slack.url}
    with child("--config", place.config, "run", environ=environ) as made:
        address = made.event("service.listening")["address"]
        assert made.event("deliver.token_refused")["code"] == "invalid_auth"
        with pytest.raises(HTTPError) as red:
            urlopen(f"http://{address}/readyz")
        (reason,) = json.loads(red.value.read())["reasons"]
        assert "the token is refused (invalid_auth, since " in reason
        file.write_text(TOKEN)
        wait_for_messages(place, len(ON_TOPIC))
        assert made.event("deliver.token_taken")["code"] == "invalid_auth"
        assert made.stop(STOPS_WITHIN) == 0
    told_once_each(place)


# -- SIGTERM


@pytest.mark.slow
@pytest.mark.parametrize(
    "module",
    ["watcher.cli.commands", "ruamel.yaml", "numpy", "sqlalchemy", "watcher.relevance.model", "watcher.service"],
)
def test_told_to_stop_while_it_is_still_being_loaded_it_ends_with_0(place: World, module: str) -> None:
    with child("--config", place.config, "run", environ=place.environ(), python=["-X", "importtime"]) as made:
        made.expect(f" {module}\n")
        assert made.stop(STOPS_WITHIN) == 0, made.words[-2000:]
    assert "Traceback" not in made.words


@pytest.mark.slow
def test_told_to_stop_as_soon_as_it_listens_it_ends_with_0(place: World) -> None:
    with child("--config", place.config, "run", environ=place.environ()) as made:
        made.event("service.listening")
        assert made.stop(STOPS_WITHIN) == 0
    assert "Traceback" not in made.words
    assert place.once() == 0
    told_once_each(place)


@pytest.mark.slow
def test_told_to_stop_while_a_feed_hangs_it_ends_with_0_and_the_others_were_told(place: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as hanging:
        hanging.settimeout(WITHIN)
        feeds = [{"url": f"http://127.0.0.1:{hanging.getsockname()[1]}/{n}.xml", "name": f"h{n}"} for n in range(2)]
        configure(place, feeds=[*feeds, {"url": f"{place.base}/one.xml", "name": "one"}])
        with child("--config", place.config, "run", environ=place.environ()) as made:
            connection, _ = hanging.accept()
            wait_for_messages(place, 1)
            assert made.stop(STOPS_WITHIN) == 0
            connection.close()
    assert "Traceback" not in made.words
    configure(place)
    assert place.once() == 0
    told_once_each(place)


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["hang", "store-hang"])
def test_told_to_stop_while_slack_hangs_it_ends_with_0_and_each_alert_arrives_once(place: World, fault: str) -> None:
    place.slack.faults["chat.postMessage"].append(fault)
    with child("--config", place.config, "run", environ=place.environ()) as made:
        wait_for_call(place, "chat.postMessage")
        assert made.stop(STOPS_WITHIN) == 0
    assert "Traceback" not in made.words
    assert place.once() == 0
    told_once_each(place)


@pytest.mark.slow
@pytest.mark.parametrize("more", [[], ["--once"]])
def test_told_to_stop_while_another_program_holds_the_database_it_ends_with_0(place: World, more: list[str]) -> None:
    place.slack.faults["chat.postMessage"].append("hang")
    with child("--config", place.config, "run", *more, environ=place.environ()) as made:
        wait_for_call(place, "chat.postMessage")
        with databases.held(place.url):
            assert made.stop(STOPS_WITHIN) == 0
    assert "Traceback" not in made.words
    assert place.once() == 0
    told_once_each(place)


@pytest.mark.slow
def test_once_ends_with_0_too(place: World) -> None:
    place.slack.faults["chat.postMessage"].append("hang")
    with child("--config", place.config, "run", "--once", environ=place.environ()) as made:
        wait_for_call(place, "chat.postMessage")
        assert made.stop(STOPS_WITHIN) == 0
    assert "Traceback" not in made.words
    assert place.once() == 0
    told_once_each(place)


@pytest.mark.slow
def test_told_to_reload_while_it_is_still_being_loaded_it_starts(place: World) -> None:
    with child("--config", place.config, "run", environ=place.environ(), python=["-X", "importtime"]) as made:
        made.expect(" watcher.cli.commands\n")
        made.send(signal.SIGHUP)
        made.expect(" watcher.service\n")
        place.feeds["two"] = []
        configure(place)
        made.event("service.started")
        assert made.event("service.reloaded")["feeds"] == 2, "what changes while it starts is not overlooked"
        made.send(signal.SIGINT)
        assert made.end(STOPS_WITHIN) == 0


# -- one at a time


@pytest.mark.slow
def test_a_second_instance_is_refused_and_says_who_runs(place: World, started: Child) -> None:
    for more in ([], ["--once"]):
        second = asked(place, "run", *more)
        assert second.code == 3
        assert f"already running (pid {started.process.pid})" in second.err
        assert f" on {sessions.shown(place.server) if place.server else place.database};" in second.err
    looking = asked(place, "feeds", "list", "--json")
    assert looking.code == 0, "reading commands work beside it"
    assert asked(place, "run", "--dry-run", "--json").code == 0


@pytest.mark.slow
def test_one_that_waits_takes_over_with_the_configuration_of_that_moment(place: World, started: Child) -> None:
    with child("--config", place.config, "run", "--wait-lock", environ=place.environ()) as second:
        second.expect(f"waiting: already running (pid {started.process.pid})")
        place.feeds["two"] = []
        configure(place)
        assert started.stop(STOPS_WITHIN) == 0
        assert second.event("service.started")["feeds"] == 2
        assert asked(place, "health").code == 0
        assert second.stop(STOPS_WITHIN) == 0


@pytest.mark.slow
def test_one_that_waits_ends_with_0_when_told_to(place: World, started: Child) -> None:
    del started
    with child("--config", place.config, "run", "--wait-lock", environ=place.environ()) as second:
        second.expect("waiting: already running")
        assert second.stop(STOPS_WITHIN) == 0


# -- reload


def metrics(started: Child, listening: dict[str, Any]) -> str:
    del started
    with urlopen(f"http://{listening['address']}/metrics", timeout=WITHIN) as answer:
        return str(answer.read().decode())


@pytest.mark.slow
def test_a_changed_file_is_obeyed_and_a_broken_one_is_not(place: World) -> None:
    with child("--config", place.config, "run", environ=place.environ()) as made:
        address = made.event("service.listening")
        made.event("service.started")
        wait_for_messages(place, len(ON_TOPIC))

        good = place.config.read_text()
        place.config.write_text('{"feeds": [], "topcs": {}}')
        refused = made.event("service.reload_refused")
        assert refused["cause"] == "the file changed"
        assert f"{place.config}:1: topcs" in refused["problems"]
        assert "topics" in refused["problems"], "a did-you-mean"
        assert 'watcher_reloads_total{outcome="refused"} 1.0' in metrics(made, address)
        assert isinstance(place.requests, Heard)
        polled = len(place.requests)
        place.requests.wait(lambda paths: len(paths) >= polled + 2)

        place.config.write_text(good)
        place.feeds["two"] = [Item(title="Seoul fears for the alliance", text="American troops may go.", path="/new")]
        topics = json.loads(good)["topics"]
        topics["costs"] = {"seeds": "seeds", "channel": "C0GENERAL", "must": ["cost*"]}
        configure(place, topics=topics)
        made.send(signal.SIGHUP)
        while made.event("service.reloaded")["feeds"] != 2:
            pass
        assert isinstance(place.slack.messages, Heard)
        place.slack.messages.wait(lambda found: {one["channel"] for one in found} == {"C000DESK1", "C0GENERAL"})
        place.slack.messages.wait(lambda found: any("fears for the alliance" in one["text"] for one in found))
        assert 'watcher_reloads_total{outcome="ok"}' in metrics(made, address)
        assert made.stop(STOPS_WITHIN) == 0
    assert set(place.told().values()) == {1}


@pytest.mark.slow
def test_a_changed_seed_is_a_reload_and_what_needs_a_restart_is_said(place: World, started: Child) -> None:
    (place.folder / "seeds" / "more.txt").write_text(
        "Seoul and the cost of troops\n\nThe alliance costs more than ever."
    )
    assert started.event("service.reloaded")["cause"] == "the file changed"
    configure(place, server={"listen": "127.0.0.1:1"}, database="sqlite:///other.db")
    assert [started.event("service.restart_needed")["key"] for _ in range(2)] == ["database", "server.listen"]
    for file in (place.folder / "seeds").iterdir():
        file.unlink()
    assert "seeds" in started.event("service.reload_refused")["problems"]
    assert asked(place, "health").code == 1, "the new file names another database"
    assert started.stop(STOPS_WITHIN) == 0
    assert not (place.folder / "other.db").exists()


# -- not well


@pytest.mark.slow
def test_a_service_that_is_stuck_is_not_healthy(place: World, started: Child) -> None:
    started.send(signal.SIGSTOP)
    told = asked(place, "health")
    started.send(signal.SIGCONT)
    assert told.code == 1
    assert f"watcher (pid {started.process.pid}) does not answer at 127.0.0.1:" in told.err
    assert asked(place, "health").code == 0
    assert started.stop(STOPS_WITHIN) == 0


@pytest.mark.slow
def test_a_database_that_another_program_holds_for_a_while_costs_no_alert(place: World, started: Child) -> None:
    wait_for_messages(place, len(ON_TOPIC))
    with databases.held(place.url):
        place.feeds["one"].append(
            Item(title="Seoul fears for the alliance", text="American troops may go.", path="/new")
        )
        assert asked(place, "health").code == 0
        assert asked(place, "feeds", "list", "--json").json[0]["seen"] == len(ON_TOPIC)
    wait_for_messages(place, len(ON_TOPIC) + 1)
    assert started.stop(STOPS_WITHIN) == 0
    told_once_each(place, len(ON_TOPIC) + 1)
