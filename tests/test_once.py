"""``watcher run --once`` and ``--dry-run``: what they do, what they report, what they leave alone."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests import databases
from tests.commands import Outcome, Site, installed, rss, run, site
from tests.fake_slack import TOKEN
from tests.line import OFF_TOPIC, ON_TOPIC, Item, world
from watcher.store import Store

KEYS = ["feeds", "feeds_failed", "entries_new", "matches", "alerts_sent", "alerts_pending", "errors"]
NUMBER = len(ON_TOPIC)


@pytest.fixture
def web() -> Iterator[Site]:
    """Two feeds with stories in common, and pages of none of them."""
    with site() as made:
        told = [(t, x, f"https://news.example/{n}") for n, (t, x) in enumerate(ON_TOPIC)]
        other = [(t, x, f"https://news.example/other/{n}") for n, (t, x) in enumerate(OFF_TOPIC)]
        made.pages["/one.xml"] = rss(*told, *other)
        made.pages["/two.xml"] = rss(*told[:2], other[0])
        yield made


def feeds(web: Site, *names: str) -> list[dict[str, str]]:
    return [{"url": f"{web.base}/{name}.xml?key=sentinel", "name": name} for name in names]


def once(config: Path, *more: str, environ: dict[str, str] | None = None) -> Outcome:
    told = run("--config", config, "run", "--once", "--json", *more, environ=environ)
    assert told.code == 0, told.err
    return told


def test_each_entry_counts_once_and_each_topic_s_match_once(web: Site, tmp_path: Path) -> None:
    topics = {name: {"seeds": "seeds", "channel": "#desk"} for name in ("alliance", "costs")}
    config = installed(tmp_path, feeds=feeds(web, "one", "two"), topics=topics)
    told = once(config)
    assert list(told.json) == KEYS
    assert told.json == {
        "feeds": 2,
        "feeds_failed": 0,
        "entries_new": NUMBER + len(OFF_TOPIC),
        "matches": 2 * NUMBER,
        "alerts_sent": NUMBER,
        "alerts_pending": 0,
        "errors": [],
    }
    assert all(title in told.err for title, _ in ON_TOPIC), "printed alerts leave stdout to the JSON"
    again = once(config).json
    assert (again["entries_new"], again["matches"], again["alerts_sent"]) == (0, 0, 0)


def test_stale_entries_are_new_entries_but_no_matches(web: Site, tmp_path: Path) -> None:
    old = datetime.now(UTC) - timedelta(days=30)
    web.pages["/old.xml"] = rss(*((t, x, f"https://news.example/old/{n}") for n, (t, x) in enumerate(ON_TOPIC)), at=old)
    told = once(installed(tmp_path, feeds=feeds(web, "old"))).json
    assert (told["entries_new"], told["matches"], told["alerts_sent"]) == (NUMBER, 0, 0)


def test_failed_feeds_are_errors_and_no_failure_of_the_run(web: Site, tmp_path: Path) -> None:
    web.pages["/page.xml"] = (200, "text/html", b"<html><body>Please log in</body></html>")
    told = once(installed(tmp_path, feeds=feeds(web, "one", "none", "page")))
    assert (told.json["feeds"], told.json["feeds_failed"], told.json["alerts_sent"]) == (3, 2, NUMBER)
    errors = told.json["errors"]
    assert [(one["kind"], one["name"]) for one in errors] == [("feed", "none"), ("feed", "page")]
    assert all(one.keys() == {"kind", "name", "url", "message"} for one in errors)
    assert errors[0]["url"] == f"{web.base}/none.xml?…"
    assert "404" in errors[0]["message"]
    assert "web page" in errors[1]["message"]
    assert "sentinel" not in told.out + told.err


def test_an_article_that_cannot_be_read_is_an_error_and_its_entry_is_judged_by_its_snippet(
    web: Site, tmp_path: Path
) -> None:
    web.pages["/links.xml"] = rss((*ON_TOPIC[0], f"{web.base}/story?key=sentinel"), (*OFF_TOPIC[0], f"{web.base}/no"))
    fetch = {"allow_networks": ["127.0.0.0/8"], "first_poll": "alert", "full_text": "likely"}
    told = once(installed(tmp_path, feeds=feeds(web, "links"), fetch=fetch))
    assert told.json["alerts_sent"] == 1
    (error,) = told.json["errors"]
    assert (error["kind"], error["name"]) == ("article", ON_TOPIC[0][0])
    assert error["url"] == f"{web.base}/story?…"
    assert "404" in error["message"]
    assert "sentinel" not in told.out


def test_a_feed_with_a_proxy_of_its_own_is_read_by_way_of_it_articles_included(tmp_path: Path) -> None:
    with world(tmp_path) as place:
        proxy, place.base = place.base, "http://news.example"  # no such name: only a proxy can tell what is there
        title, text = ON_TOPIC[0]
        place.feeds = {"one": [Item(title=title, text=text, path="/story.html", page=text)]}
        feed = {"url": f"{place.base}/one.xml", "name": "one", "proxy": proxy}
        place.configure(feeds=[feed], fetch={"full_text": "always", "first_poll": "alert"})
        assert place.once() == 0
        assert len(place.told()) == 1
        assert place.requests == ["/one.xml", "/robots.txt", "/.well-known/tdmrep.json", "/story.html"]


def test_a_back_off_does_not_count_and_a_410_does(web: Site, tmp_path: Path) -> None:
    web.pages["/gone.xml"] = (410, "text/plain", b"")
    config = installed(tmp_path, feeds=feeds(web, "late", "gone"))
    first = once(config).json
    assert (first["feeds"], first["feeds_failed"]) == (2, 2)
    web.pages["/late.xml"] = web.pages["/one.xml"]
    web.pages["/gone.xml"] = web.pages["/two.xml"]
    web.requests.clear()
    second = once(config).json
    assert (second["entries_new"], second["alerts_sent"], second["feeds_failed"]) == (
        NUMBER + len(OFF_TOPIC),
        NUMBER,
        0,
    )
    assert [path for path in web.requests if "gone" in path] == []


def test_people_get_a_line_and_the_errors(web: Site, tmp_path: Path) -> None:
    told = run("--config", installed(tmp_path, feeds=feeds(web, "one", "none")), "run", "--once")
    assert told.code == 0
    assert f"{NUMBER} alerts sent, 0 pending" in told.out
    assert all(title.split()[0] in told.out for title, _ in ON_TOPIC)
    assert "feed none (http://127.0.0.1" in told.err


def test_a_summary_of_the_service_is_refused(tmp_path: Path) -> None:
    told = run("--config", installed(tmp_path), "run", "--json")
    assert told.code == 2
    assert "--once" in told.err


# -- dry runs


def files(folder: Path) -> dict[str, bytes]:
    """Everything in the folder but SQLite's own working files, which reading makes, too."""
    found = [path for path in folder.rglob("*") if path.is_file() and not path.name.endswith(("-wal", "-shm"))]
    return {str(path): path.read_bytes() for path in found}


def test_a_dry_run_prints_what_would_be_posted_and_makes_no_database(tmp_path: Path) -> None:
    with world(tmp_path) as place:
        place.feeds = {"one": []}
        place.raw["/one.xml"] = rss(*((t, x, f"https://news.example/{n}") for n, (t, x) in enumerate(ON_TOPIC)))[2]
        place.configure()
        before = files(tmp_path)
        told = run("--config", place.config, "run", "--dry-run", environ=place.environ())
        assert told.code == 0
        assert all(title.split()[0] in told.out for title, _ in ON_TOPIC)
        assert f"{NUMBER} alerts sent" in told.out or f"{NUMBER} alerts" in told.out
        assert files(tmp_path) == before
        assert place.slack.calls == []


def test_a_dry_run_on_a_database_leaves_every_byte(web: Site, tmp_path: Path) -> None:
    config = installed(tmp_path, feeds=feeds(web, "two"))
    assert once(config).json["alerts_sent"] == 2
    installed(tmp_path, feeds=feeds(web, "one", "two"))
    before = files(tmp_path)
    told = run("--config", config, "run", "--dry-run", "--json")
    assert told.code == 0
    assert told.json["matches"] == NUMBER - 2, "what the database knows is not told again"
    assert files(tmp_path) == before


def test_a_dry_run_on_a_server_writes_nothing_there(web: Site, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    url = databases.empty("postgresql", request, tmp_path)
    config = installed(tmp_path, feeds=feeds(web, "two"), database=url)
    told = run("--config", config, "run", "--dry-run", "--json")
    assert (told.code, told.json["matches"], Store.exists(url)) == (0, 2, False)
    assert once(config).json["alerts_sent"] == 2
    installed(tmp_path, feeds=feeds(web, "one", "two"), database=url)
    with Store.open(url) as store:  # beside a service
        before = databases.content(store)
        told = run("--config", config, "run", "--dry-run", "--json")
        assert told.code == 0
        assert told.json["matches"] == NUMBER - 2, "what the database knows is not told again"
        assert databases.content(store) == before


# -- Slack says no


def test_a_refused_token_keeps_the_alerts_and_names_the_remedy(tmp_path: Path) -> None:
    with world(tmp_path) as place:
        place.feeds = {"one": []}
        place.raw["/one.xml"] = rss(*((t, x, f"https://news.example/{n}") for n, (t, x) in enumerate(ON_TOPIC)))[2]
        place.configure()
        place.slack.token = "xoxb-another"
        told = once(place.config, environ=place.environ())
        assert (told.json["alerts_sent"], told.json["alerts_pending"]) == (0, NUMBER)
        (error,) = told.json["errors"]
        assert (error["kind"], error["name"], error["url"]) == ("channel", "C000DESK1", None)
        assert "invalid_auth" in error["message"]
        assert "SLACK_BOT_TOKEN" in error["message"]
        in_words = run("--config", place.config, "run", "--once", environ=place.environ())
        assert "SLACK_BOT_TOKEN" in in_words.err or "pending" in in_words.out
        for said in (told.out, told.err, in_words.out, in_words.err):
            assert TOKEN not in said
            assert "None" not in said
        assert TOKEN.encode() not in place.database.read_bytes()


# -- a database that cannot be used


def corrupt(path: Path) -> None:
    data = bytearray(path.read_bytes())
    for page in range(1, len(data) // 4096):
        data[page * 4096 : page * 4096 + 64] = os.urandom(64)
    path.write_bytes(bytes(data))


def foreign(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as made:
        made.execute("CREATE TABLE cookies (name TEXT)")


def newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as made:
        made.execute("UPDATE alembic_version SET version_num = '9999_from_tomorrow'")
        made.commit()


def nothing(path: Path) -> None:
    path.write_bytes(b"")


def words(path: Path) -> None:
    path.write_text("this is not a database at all\n" * 400)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A database after its first run."""
    folder = tmp_path_factory.mktemp("sound")
    with site() as web:
        web.pages["/one.xml"] = rss()
        assert once(installed(folder, feeds=[web.base + "/one.xml"])).json["errors"] == []
    return (folder / "watcher.db").read_bytes()


@pytest.mark.parametrize("spoil", [corrupt, foreign, newer, nothing, words], ids=lambda one: one.__name__)
def test_a_database_that_cannot_be_used_is_refused_and_left_alone(tmp_path: Path, sound: bytes, spoil: Any) -> None:
    config, database = installed(tmp_path), tmp_path / "watcher.db"
    database.write_bytes(sound)
    spoil(database)
    before = database.read_bytes()
    commands = (["run"], ["run", "--once"], ["run", "--dry-run"], ["feeds", "list"], ["explain", "0123456789abcdef"])
    for command in commands:
        told = run("--config", config, *command)
        if told.code != 4 and spoil is corrupt and command[0] != "run":
            continue  # readers do not read every page
        assert (told.code, told.out) == (4, ""), command
        assert len(told.err.splitlines()) == 1, told.err
        assert str(database) in told.err
    assert database.read_bytes() == before
    assert not [path.name for path in tmp_path.iterdir() if "backup" in path.name or "unfinished" in path.name]


def test_a_volume_that_cannot_be_written_is_a_sentence_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    told = run("--config", installed(tmp_path, database="sqlite:///file/watcher.db"), "run", "--once")
    assert told.code == 4
    assert "cannot be made" in told.err
    told = run("--config", installed(tmp_path, database="sqlite:////proc/watcher.db"), "run", "--once")
    assert told.code == 4
    assert "/proc/watcher.db" in told.err


def test_a_taken_port_is_a_sentence_with_the_key(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        told = run("--config", installed(tmp_path, server={"listen": f"127.0.0.1:{port}"}), "run")
    assert told.code == 2
    (line,) = [one for one in told.err.splitlines() if "server.listen" in one]
    assert f"cannot listen at 127.0.0.1:{port} (address already in use)" in line
    assert "port 0" in line


def test_a_database_that_another_program_holds_for_a_while_is_waited_for(web: Site, tmp_path: Path) -> None:
    config = installed(tmp_path, feeds=feeds(web, "one"))
    assert run("--config", config, "run", "--once").code == 0
    with closing(sqlite3.connect(tmp_path / "watcher.db", isolation_level=None)) as browser:
        browser.execute("BEGIN IMMEDIATE")
        assert json.loads(run("--config", config, "feeds", "list", "--json").out)[0]["seen"]
        assert run("--config", config, "run", "--dry-run", "--json").code == 0
        browser.execute("ROLLBACK")
    assert once(config).json["errors"] == []
