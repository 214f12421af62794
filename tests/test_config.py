"""The whole configuration: what it becomes, and every refusal word by word."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import fields
from datetime import time, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from watcher.config import Config, Flood, Weekly, keys, load
from watcher.config.keys import File, TopicKeys
from watcher.errors import ConfigError
from watcher.types import Destination, Rules, Sensitivity

FEEDS = "feeds: [https://a.example/f]\n"
TOPICS = "topics: {t: {seeds: s}}\n"
TOKEN = {"SLACK_BOT_TOKEN": "xoxb-1-2-abcdef"}
WEBHOOK = {"SLACK_WEBHOOK_URL": "https://hooks.slack.com/services/T1/B1/abcdef"}
EXAMPLE = Path(__file__).parent.parent / "config" / "watcher.yaml"


def loaded(folder: Path, text: str, environ: dict[str, str] | None = None) -> Config:
    file = folder / "watcher.yaml"
    file.write_text(text, encoding="utf-8")
    return load(file, environ or {})


def refused(folder: Path, text: str, environ: dict[str, str] | None = None) -> list[str]:
    """The problems as they are printed, without the folder's name."""
    with pytest.raises(ConfigError) as caught:
        loaded(folder, text, environ)
    assert caught.value.exit_code == 2
    assert not any(problem.warning for problem in caught.value.problems)
    return str(caught.value).replace(f"{folder}/", "").splitlines()


def test_the_example_loads_and_prints_to_the_console_without_a_token() -> None:
    config = load(EXAMPLE, {})
    topic = config.topics["us-south-korea"]
    assert config.notify == "console"
    assert len(config.feeds) >= 12
    assert any(feed.query for feed in config.feeds)
    assert len({feed.name for feed in config.feeds}) == len(config.feeds)
    assert topic.seeds == EXAMPLE.parent.parent / "seeds" / "us-south-korea"
    assert topic.destinations == (Destination(notifier="console", channel="#your-channel"),)
    assert [warning.key for warning in config.warnings] == ["notify"]


@pytest.mark.parametrize("environ", [TOKEN, WEBHOOK])
def test_the_example_is_refused_by_its_placeholder_when_it_would_post(environ: dict[str, str]) -> None:
    with pytest.raises(ConfigError) as caught:
        load(EXAMPLE, environ)
    (problem,) = caught.value.problems
    assert problem.key == "defaults.channel"
    assert problem.line is not None
    assert '"#your-channel"' in EXAMPLE.read_text(encoding="utf-8").splitlines()[problem.line - 1]
    assert problem.what == '"#your-channel" is the example\'s placeholder, not a channel'
    assert problem.remedy == 'write the channel that alerts go to, such as "#korea-desk"'


def test_what_the_example_shows_in_comments_is_the_default(tmp_path: Path) -> None:
    """The example is the reference: commented keys taken in, nothing changes."""
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("defaults:"))
    shown = "\n".join(line.replace("# ", "", 1) if line.lstrip().startswith("# ") else line for line in lines[start:])
    shown = shown.replace("Any key of a topic; each topic may override it.", "")
    shown = "\n".join(line for line in shown.splitlines() if not line.startswith("  #"))
    shown = shown.replace("must: [Korea*, Seoul]", "must: []").replace("exclude: [baseball]", "exclude: []")
    shown = shown.replace('channel: "#korea-desk"', 'channel: "#your-channel"').replace("notify: slack", "notify: null")
    full, plain = loaded(tmp_path, FEEDS + shown), loaded(tmp_path, FEEDS + "\n".join(lines[start:]))
    for field in fields(Config):
        if field.name not in {"lines", "warnings"}:
            assert getattr(full, field.name) == getattr(plain, field.name), field.name


def test_every_key_is_in_the_example() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    names = [*File.model_fields, *TopicKeys.model_fields]
    for group in ("fetch", "slack", "server", "health", "retention"):
        names += list(getattr(keys, group.capitalize()).model_fields)
    assert [name for name in names if f"{name}:" not in text] == []


def test_a_full_file_becomes_a_config(tmp_path: Path) -> None:
    config = loaded(
        tmp_path,
        """
feeds: [{url: https://a.example/f, name: A, every: 1h30m, topics: [t], headers: {X-Key: k}, full_text: never}]
defaults: {channel: news-alerts, urgent: 0.8, must: [Korea*]}
topics:
  t:
    title: Test topic
    seeds: ../seeds/t
    sensitivity: strict
    exclude: ['"spring training"']
    languages: [en, KO]
    channel: ["#desk", C0123ABCDE]
    digest: 08:00 mon-fri
    quiet_hours: [22:00-07:00 Asia/Seoul, sat-sun]
    summary: feed
    paused: true
  u: {seeds: /abs/seeds, sensitivity: 0.15, must: []}
fetch: {every: 5m, timeout: 1s, max_body: 512KiB, per_host: 1, allow_networks: [10.0.0.0/8, '::1'], max_age: 7d,
        first_poll: silent, full_text: always, contact: desk@a.example, proxy: 'http://proxy.example:3128',
        search_url: 'https://s.example/?q={query}'}
notify: slack
slack: {ops_channel: '#ops', editors: [U0123ABCDE, S0123ABCDE], flood: 3/1h, near_misses: fri 17:30}
database: sqlite:////data/w.db
server: {listen: '[::1]:0', hosts: [watcher.example]}
health: {polls: 5, outbox: 1m, ping: https://hc.example/x}
retention: {articles: 1d, entries: 2w, feedback: 1y}
timezone: Asia/Seoul
""",
        TOKEN,
    )
    topic, other = config.topics["t"], config.topics["u"]
    assert (topic.title, other.title) == ("Test topic", "u")
    assert topic.seeds == tmp_path.parent / "seeds" / "t"
    assert other.seeds == Path("/abs/seeds")
    assert topic.rules == Rules(must=("Korea*",), exclude=('"spring training"',), languages=("en", "ko"))
    assert (topic.sensitivity, other.sensitivity) == (Sensitivity(factor=1.25), Sensitivity(fixed=0.15))
    assert [str(each) for each in topic.destinations] == ["slack:#desk", "slack:C0123ABCDE"]
    assert [str(each) for each in other.destinations] == ["slack:#news-alerts"]
    assert (topic.urgent, topic.summary, topic.paused, topic.was) == (0.8, "feed", True, None)
    assert topic.digest is not None
    assert topic.digest.slots[0].zone == ZoneInfo("Asia/Seoul")
    assert topic.quiet_hours is not None
    assert len(topic.quiet_hours.windows) == 2
    assert other.rules.must == ()
    fetch, slack = config.fetch, config.slack
    assert (fetch.every, fetch.timeout, fetch.max_body) == (timedelta(minutes=5), timedelta(seconds=1), 512 * 1024)
    assert fetch.allow_networks == (ip_network("10.0.0.0/8"), ip_network("::1/128"))
    assert (fetch.max_age, fetch.first_poll, fetch.full_text, fetch.per_host) == (
        timedelta(days=7),
        "silent",
        "always",
        1,
    )
    assert (slack.ops_channel, slack.editors) == ("#ops", frozenset({"U0123ABCDE", "S0123ABCDE"}))
    assert slack.flood == Flood(count=3, window=timedelta(hours=1))
    assert slack.near_misses == Weekly(weekday=4, at=time(17, 30))
    assert config.database == "sqlite:////data/w.db"
    assert (config.server.host, config.server.port, config.server.hosts) == ("::1", 0, ("watcher.example",))
    assert (config.health.polls, config.health.outbox) == (5, timedelta(minutes=1))
    assert config.retention.entries == timedelta(days=14)
    assert config.timezone == ZoneInfo("Asia/Seoul")
    assert config.watched == (tmp_path / "watcher.yaml", topic.seeds, other.seeds)
    (feed,) = config.feeds
    assert (feed.name, feed.every, feed.topics, feed.full_text) == ("A", timedelta(minutes=90), ("t",), "never")
    assert feed.headers == {"X-Key": "k"}


def test_a_bom_and_windows_line_ends_are_fine(tmp_path: Path) -> None:
    file = tmp_path / "watcher.yaml"
    file.write_bytes(("\ufeff" + FEEDS + TOPICS).replace("\n", "\r\n").encode())
    assert load(file, {}).topics.keys() == {"t"}
    file.write_bytes(("\ufeff" + FEEDS + TOPICS + "nothing: 1\n").replace("\n", "\r\n").encode())
    with pytest.raises(ConfigError, match=r"watcher\.yaml:3: nothing: there is no such key"):
        load(file, {})


YES = [
    "feeds: [https://a.example/f]\ntopics: {t: {seeds: s, languages: [no]}}",  # Norwegian is no boolean
    "feeds: [https://a.example/f]\ntopics: {off: {seeds: on}}",
    "feeds: [https://a.example/f]\ntopics: {'2024': {seeds: 's'}, 2025: {seeds: s}}",
    "feeds: [https://a.example/f]\ntopics: {t: {seeds: s, digest: 22:30}}",  # no base-60 number
    "%YAML 1.1\n---\nfeeds: [https://a.example/f]\ntopics: {t: {seeds: on}}",
    "feeds: [https://a.example/f]\ntopics: {t: {seeds: s, sensitivity: 1.0}}",
    "feeds: [https://a.example/f]\ntopics: {t: {seeds: s}}\nslack:\nfetch:\nserver: null",
    "feeds: [https://a.example/f]\ntopics: {t: {seeds: s, must: [AT&T, C++, U.S., 한국]}}",
    "feeds: [{url: https://a.example, headers: &h {A: b}}, {url: https://b.x, headers: *h}]\ntopics: {t: {seeds: a}}",
    "feeds: [https://a.example/f]\ntopics:\n  t: &t {seeds: s, paused: true}\n  u: {<<: *t, seeds: x}",
    "defaults: {seeds: s}\nfeeds: [https://a.example/f]\ntopics: {t: , u: {}}",
    "feeds: [https://a.example/f]\ntopics: {t: {seeds: s}}\nslack: {ops_channel: null}  #comment",
]


@pytest.mark.parametrize("text", YES)
def test_this_is_fine(tmp_path: Path, text: str) -> None:
    loaded(tmp_path, text)


def test_a_control_character_is_refused(tmp_path: Path) -> None:
    expected = "watcher.yaml:3: there is a character that YAML does not allow; remove control characters"
    assert refused(tmp_path, f"{FEEDS}{TOPICS}timezone: 'U\x01TC'") == [expected]


def topic(rest: str) -> str:
    """A file whose fourth line is the topic's second key."""
    return f"{FEEDS}topics:\n  t:\n    seeds: s\n    {rest}\n"


def bad() -> dict[str, tuple[str, str]]:
    """The faults of data/bad_configs.txt: name → a file, and what is printed for it."""
    table = (Path(__file__).parent / "data" / "bad_configs.txt").read_text(encoding="utf-8")
    rows = {}
    for block in table.split("\n=== ")[1:]:
        name, _, rest = block.partition("\n")
        text, _, expected = rest.partition("\n--> ")
        rows[name] = (text, expected.strip().replace("\n--> ", "\n"))
    return rows


@pytest.mark.parametrize(("text", "expected"), bad().values(), ids=bad())
def test_one_fault_is_told_in_one_line_with_its_place(tmp_path: Path, text: str, expected: str) -> None:
    assert "\n".join(refused(tmp_path, text)) == expected


def test_all_faults_are_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = """feeds:
  - https://a.example/f
  - {url: https://b.example/f, every: 0s, topics: [tt]}
topics:
  t:
    seeds: s
    must: ['(x)', ok, 5]
    digest: never
  bad name: {}
fetch: {every: -1s, evry: 1}
server: {listen: 8080}
timezone: Nowhere/Land
what: 1
"""
    environ = {"SLACK_BOT_TOKEN": "nonsense", "WATCHER_LISTEN": "x"}
    told = [line.split(": ")[:2] for line in refused(tmp_path, text, environ)]
    assert told == [
        ["watcher.yaml:3", "feeds[1].every"],
        ["watcher.yaml:3", "feeds[1].topics[0]"],
        ["watcher.yaml:7", "topics.t.must[0]"],
        ["watcher.yaml:7", "topics.t.must[2]"],
        ["watcher.yaml:8", "topics.t.digest"],
        ["watcher.yaml:9", "topics.bad name"],
        ["watcher.yaml:10", "fetch.every"],
        ["watcher.yaml:10", "fetch.evry"],
        ["watcher.yaml:11", "server.listen"],
        ["watcher.yaml:12", "timezone"],
        ["watcher.yaml:13", "what"],
        ["environment", "SLACK_BOT_TOKEN"],
        ["environment", "WATCHER_LISTEN"],
    ]


def test_a_bad_default_is_told_once_and_where_it_stands(tmp_path: Path) -> None:
    text = f"{FEEDS}defaults:\n  quiet_hours: 25:00-26:00\ntopics:\n  t: {{seeds: s}}\n  u: {{seeds: s}}"
    (line,) = refused(tmp_path, text)
    assert line.startswith("watcher.yaml:3: defaults.quiet_hours: ")


def test_slack_without_a_way_in_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path, f"{FEEDS}{TOPICS}notify: slack") == [
        (
            "watcher.yaml:3: notify: there is neither a Slack token nor a webhook; "
            "set SLACK_BOT_TOKEN or SLACK_WEBHOOK_URL, or write notify: console"
        )
    ]


def test_without_a_way_in_alerts_go_to_the_console_and_it_says_so(tmp_path: Path) -> None:
    config = loaded(tmp_path, FEEDS + TOPICS)
    assert config.notify == "console"
    assert [str(each) for each in config.topics["t"].destinations] == ["console:#console"]
    (warning,) = config.warnings
    assert warning.warning
    assert warning.what.startswith("alerts are printed to the console, because")
    assert loaded(tmp_path, f"{FEEDS}{TOPICS}notify: console").warnings == ()


@pytest.mark.parametrize("environ", [TOKEN, WEBHOOK, TOKEN | WEBHOOK])
def test_with_a_way_in_alerts_go_to_slack(tmp_path: Path, environ: dict[str, str]) -> None:
    config = loaded(tmp_path, topic("channel: desk"), environ)
    assert config.notify == "slack"
    assert [str(each) for each in config.topics["t"].destinations] == ["slack:#desk"]


def test_a_topic_needs_a_channel_with_a_bot_token(tmp_path: Path) -> None:
    assert refused(tmp_path, FEEDS + TOPICS, TOKEN) == [
        (
            "watcher.yaml:2: topics.t.channel: the topic has no channel to post to; "
            'write channel: "#korea-desk" here or under defaults'
        )
    ]


def test_a_webhook_needs_no_channel_but_takes_one_only(tmp_path: Path) -> None:
    config = loaded(tmp_path, FEEDS + TOPICS, WEBHOOK)
    assert [str(each) for each in config.topics["t"].destinations] == ["slack:webhook"]
    two = f"{FEEDS}topics:\n  t: {{seeds: s, channel: a}}\n  u: {{seeds: s, channel: b}}\n  v: {{seeds: s}}"
    assert refused(tmp_path, two, WEBHOOK) == [
        (
            'watcher.yaml:4: topics.u.channel: a webhook posts to one channel, and the topics name two: "#a" and "#b"; '
            "name one, or set SLACK_BOT_TOKEN in place of the webhook"
        )
    ]
    one = loaded(tmp_path, two.replace("channel: b", "channel: '#a'"), WEBHOOK)
    assert {str(*each.destinations) for each in one.topics.values()} == {"slack:#a"}


def test_the_placeholder_is_refused_only_where_it_would_be_posted_to(tmp_path: Path) -> None:
    text = f"{FEEDS}defaults: {{channel: '#your-channel'}}\ntopics: {{t: {{seeds: s, channel: '#desk'}}}}\n"
    assert loaded(tmp_path, text, TOKEN).notify == "slack"  # every topic has its own
    ops = f"{text}slack: {{ops_channel: '#your-channel'}}\n"
    (line,) = refused(tmp_path, ops, TOKEN)
    assert line.startswith("watcher.yaml:4: slack.ops_channel: ")
    assert loaded(tmp_path, f"{ops}notify: console\n", TOKEN).notify == "console"


def test_a_sound_file_has_no_warnings(tmp_path: Path) -> None:
    config = loaded(
        tmp_path,
        FEEDS
        + "defaults: {follow_ups: none}\n"
        + "topics:\n  t: {seeds: s, was: old, follow_ups: thread}\n"
        + "slack: {editors: U0123ABCDE, near_misses: mon 09:00, flood: 1/1h}\n"
        + "health: {ping: https://hc.example/}\nretention: {articles: 15d}\nserver: {hosts: [a.example]}\n"
        + "notify: console\n",
    )
    assert config.warnings == ()


def test_a_topic_that_no_feed_serves_is_a_warning(tmp_path: Path) -> None:
    text = "feeds: [{url: https://a.example, topics: [t]}]\ntopics: {t: {seeds: s}, u: {seeds: s}}\nnotify: console"
    (warning,) = loaded(tmp_path, text).warnings
    assert str(warning).endswith(
        "2: topics.u: no feed serves this topic: each names other topics; add it to the topics of a feed"
    )


def test_paths_count_from_the_file_and_the_variable_from_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir("/")
    config = loaded(tmp_path, FEEDS + TOPICS)
    assert config.database == f"sqlite:///{tmp_path.parent}/var/watcher.db"
    monkeypatch.chdir(tmp_path)
    config = loaded(
        tmp_path, FEEDS + TOPICS, {"WATCHER_DATABASE_URL": "sqlite:///my.db", "WATCHER_LISTEN": "0.0.0.0:80"}
    )
    assert config.database == f"sqlite:///{tmp_path}/my.db"
    assert config.backups is None
    assert not [one for one in config.warnings if one.key == "backups"], "a file is copied beside itself"
    assert (config.server.host, config.server.port) == ("0.0.0.0", 80)
    assert refused(tmp_path, FEEDS + TOPICS, {"WATCHER_DATABASE_URL": "my.db", "WATCHER_LISTEN": "80"}) == [
        (
            "environment: WATCHER_DATABASE_URL: this is no address of a database; write sqlite:///../var/watcher.db, "
            "or sqlite:////data/watcher.db with four slashes for a full path"
        ),
        (
            'environment: WATCHER_LISTEN: "80" has no port from 0 to 65535 at its end; '
            "write host:port, such as 127.0.0.1:8080 (0.0.0.0:8080 for every address)"
        ),
    ]


def test_a_later_problem_with_a_key_has_its_line(tmp_path: Path) -> None:
    config = loaded(tmp_path, topic("paused: false"))
    assert str(config.problem("topics.t.seeds", "the folder is empty")).endswith(
        ":4: topics.t.seeds: the folder is empty"
    )
    assert config.problem("topics.t.channel", "x").line == 3
    assert config.problem("server.listen", "x").line is None


def test_no_secret_is_in_the_repr(tmp_path: Path) -> None:
    text = (
        "feeds: [{url: 'https://u:pa55word@a.example/?k=${KEY}', headers: {A: '${KEY}'}}]\n"
        "fetch: {proxy: 'http://u:pa55word@p.example'}\nhealth: {ping: https://hc.example/pa55word}\n"
        "topics: {t: {seeds: s, channel: c}}\ndatabase: postgresql://u:pa55word@db.example/w\n"
    )
    environ = {"KEY": "pa55word", "SLACK_BOT_TOKEN": "xoxb-pa55word", "WATCHER_SERVER_TOKEN": "pa55word-pa55word"}
    config = loaded(tmp_path, text, environ)
    assert "pa55word" not in repr(config)
    assert config.secrets.bot_token == "xoxb-pa55word"


KEYS = st.sampled_from(
    [*File.model_fields, *TopicKeys.model_fields, "url", "opml", "search", "t", "every", "flood", "x"]
)
PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(
        ["5m", "#desk", "https://a.example", "0s", "10/10m", "${X}", "mon 09:00", "08:00", "sqlite:///x"]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS | st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(raw=st.dictionaries(KEYS, PLAIN, max_size=6), environ=st.sampled_from([{}, TOKEN, WEBHOOK]))
def test_whatever_the_keys_hold_it_loads_or_is_refused(
    tmp_path: Path, raw: dict[str, Any], environ: dict[str, str]
) -> None:
    file = tmp_path / "watcher.yaml"
    with file.open("w", encoding="utf-8", errors="replace") as stream:
        YAML(typ="safe", pure=True).dump(
            {"feeds": ["https://a.example/f"], "topics": {"t": {"seeds": "s"}}, **raw}, stream
        )
    with suppress(ConfigError):
        load(file, environ)


@pytest.mark.parametrize(
    ("line", "backups", "said"),
    [
        ("", None, "nothing says where it is copied to before an upgrade changes it; name a folder, or write false"),
        ("backups: ../copies\n", Path("copies"), None),
        ("backups: false\n", False, None),
    ],
)
def test_where_a_database_on_a_server_is_copied_to_has_to_be_said(
    tmp_path: Path, line: str, backups: object, said: str | None
) -> None:
    config = loaded(tmp_path, FEEDS + TOPICS + f"database: postgresql://u@db.example/w\n{line}")
    assert config.backups == (tmp_path.parent / backups if isinstance(backups, Path) else backups)
    assert [said in str(one) for one in config.warnings if said and one.key == "backups"] == ([True] if said else [])


@pytest.mark.parametrize("value", ["true", "3", "''", "[a]"])
def test_a_folder_for_backups_is_a_path(tmp_path: Path, value: str) -> None:
    (told,) = refused(tmp_path, FEEDS + TOPICS + f"backups: {value}\n")
    assert "backups: this names no folder; name a folder, or write false" in told
