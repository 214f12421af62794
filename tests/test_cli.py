"""The command line: its help, its refusals, `check` and `health`."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.commands import Outcome, installed, run
from watcher import __version__

COMMANDS = ["demo", "try", "run", "check", "score", "explain", "health"]
GROUPS = {"seeds": ["add", "check", "export"], "feeds": ["list", "test", "import", "export"]}


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return installed(tmp_path)


def check(config: Path, *more: str) -> Outcome:
    return run("--config", config, "check", *more)


# -- help, version, usage


@pytest.mark.parametrize(
    "words",
    [[], *([one] for one in COMMANDS), *([one] for one in GROUPS), *([a, b] for a in GROUPS for b in GROUPS[a])],
)
def test_every_command_has_help(words: list[str]) -> None:
    told = run(*words, "--help")
    assert told.code == 0
    assert "Usage: watcher" in told.out
    assert "--help" in told.out


def test_help_lists_every_command_with_a_sentence() -> None:
    told = run("--help").out
    for name in [*COMMANDS, *GROUPS]:
        assert re.search(rf"\b{name} +[A-Z]", told), name


def test_version_is_the_package_s() -> None:
    assert run("--version").out.strip() == f"watcher {__version__}"


@pytest.mark.parametrize(
    "words", [["nonsense"], ["run", "--nonsense"], ["score"], ["explain"], ["--log-level", "loud", "check"]]
)
def test_wrong_usage_is_exit_code_2_and_said_on_stderr(words: list[str]) -> None:
    told = run(*words)
    assert (told.code, told.out) == (2, "")
    assert "Usage" in told.err


def test_no_command_at_all_shows_the_help() -> None:
    told = run()
    assert told.code == 2
    assert "check" in told.out + told.err


def test_a_missing_configuration_names_the_file_and_what_to_do(tmp_path: Path) -> None:
    told = run("--config", tmp_path / "none.yaml", "check")
    assert told.code == 2
    assert str(tmp_path / "none.yaml") in told.err
    assert ";" in told.err, "a remedy follows"


def test_the_configuration_is_found_by_the_environment(config: Path) -> None:
    assert run("check", environ={"WATCHER_CONFIG": str(config)}).code == 0


# -- check


def test_check_says_what_carries_each_topic(config: Path) -> None:
    told = check(config)
    assert (told.code, told.err) == (0, "")
    assert "feeds: 1, topics: 1, alerts go to: console" in told.out
    assert re.search(r"carried by: .*south korea", told.out)


def test_check_as_json(config: Path) -> None:
    told = check(config, "--json").json
    assert told.keys() == {"ok", "errors", "warnings", "topics"}
    assert told["ok"] is True
    topic = told["topics"]["alliance"]
    assert topic["languages"] == ["en"]
    assert {"seoul", "south korea"} <= {term for term, _ in topic["terms"]}


def test_check_touches_no_database(config: Path) -> None:
    before = {path.name for path in config.parent.iterdir()}
    check(config)
    assert {path.name for path in config.parent.iterdir()} == before


def test_check_reports_all_errors_at_once_each_with_its_place_and_a_remedy(tmp_path: Path) -> None:
    installed(tmp_path)
    config = tmp_path / "bad.yaml"
    config.write_text(
        "feeds: [https://news.example/feed.xml]\n"
        "fetch:\n"
        "  evry: 5m\n"
        "  timeout: -3s\n"
        "topics:\n"
        "  Alliance!:\n"
        "    seeds: seeds\n"
        "    channel: '#desk'\n"
        "    sensitivity: high\n"
        "notify: console\n"
    )
    told = check(config)
    assert (told.code, told.out) == (2, "")
    lines = told.err.splitlines()
    assert {int(line.split(":")[1]) for line in lines} >= {3, 4, 6, 9}
    assert all(line.startswith(f"{config}:") for line in lines)
    assert "every" in told.err, "a did-you-mean"
    as_json = check(config, "--json")
    assert as_json.code == 2
    assert as_json.json["ok"] is False
    assert as_json.json["errors"] == lines


def test_run_reports_the_same_errors_as_check(tmp_path: Path) -> None:
    config = tmp_path / "bad.yaml"
    config.write_text("feeds: []\ntopcs: {}\n")
    assert run("--config", config, "run").err == check(config).err
    assert run("--config", config, "run").code == 2


@pytest.mark.parametrize("content", [None, {}, {"empty.txt": b""}, {".DS_Store": b"\0\0"}, {"photo.jpg": b"\xff\xd8"}])
def test_a_topic_without_a_usable_seed_is_refused_with_how_to_make_one(
    config: Path, tmp_path: Path, content: dict[str, bytes] | None
) -> None:
    folder = tmp_path / "seeds"
    for file in folder.iterdir():
        file.unlink()
    if content is None:
        folder.rmdir()
    for name, data in (content or {}).items():
        (folder / name).write_bytes(data)
    for command in (["check"], ["run"], ["run", "--once"]):
        told = run("--config", config, *command)
        assert told.code == 2
        assert str(folder) in told.err
        assert "watcher seeds add" in told.err or ".txt" in told.err
    assert not (tmp_path / "watcher.db").exists()


def test_one_unusable_seed_among_usable_ones_is_a_warning(config: Path, tmp_path: Path) -> None:
    (tmp_path / "seeds" / "binary.txt").write_bytes(bytes(range(256)) * 40)
    (tmp_path / "seeds" / "empty.txt").write_bytes(b"")
    (tmp_path / "seeds" / "loop.txt").symlink_to("loop.txt")
    (tmp_path / "seeds" / ".DS_Store").write_bytes(b"\0\1")
    told = check(config)
    assert told.code == 0
    warnings = [line for line in told.err.splitlines() if line.startswith("warning: ")]
    for name in ("binary.txt", "empty.txt", "loop.txt"):
        assert any(name in line for line in warnings), name
    assert ".DS_Store" not in told.err


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        ("identical", ["Seoul and Washington fall out over troops\n\nThe talks about the troops ended on Monday."] * 3),
        (
            "only stop words",
            ["The and of\n\nThis is that and those are these, but it was not so and will be what it is."],
        ),
        (
            "another script",
            ["주한미군 철수론 다시 고개\n\n한미 동맹의 방위비 분담금 협상이 월요일에 결렬되었다고 당국자가 말했다."],
        ),
    ],
)
def test_odd_seeds_work_or_are_refused_and_never_match_everything(
    config: Path, tmp_path: Path, name: str, texts: list[str]
) -> None:
    for file in (tmp_path / "seeds").iterdir():
        file.unlink()
    for number, text in enumerate(texts):
        (tmp_path / "seeds" / f"{number}.txt").write_text(text)
    told = check(config)
    if told.code == 2:
        assert name == "only stop words"
        assert "seed" in told.err
        return
    lines = [
        {"title": t, "text": x}
        for t, x in (("Squid prices fall", "Fishermen were pleased."), ("It is", "so"), ("", ""))
    ]
    scored = run("score", "--seeds", tmp_path / "seeds", "--jsonl", "-", stdin="\n".join(map(json.dumps, lines)))
    assert scored.code == 0
    assert not any(one["match"] for one in scored.lines)


def test_expectations_that_fail_are_exit_code_1_with_their_line(config: Path, tmp_path: Path) -> None:
    expect = tmp_path / "seeds" / "expect.jsonl"
    good = {"title": "American troops to leave South Korea", "text": "Seoul fears for the alliance.", "match": True}
    other = {"title": "Squid prices fall by a third", "text": "Fishermen were pleased.", "match": False}
    expect.write_text("\n".join(map(json.dumps, [good, other])) + "\n\n")
    assert check(config).code == 0
    expect.write_text("\n".join(map(json.dumps, [good, {**other, "match": True}])) + "\nnot json\n")
    told = check(config)
    assert told.code == 1
    assert f"{expect}:2: 'Squid prices fall by a third' does not match; expected match: True" in told.err
    assert f"{expect}:3: not an example" in told.err
    as_json = check(config, "--json").json
    assert as_json["ok"] is False
    assert len(as_json["errors"]) == 2


def test_tokens_are_never_printed(tmp_path: Path) -> None:
    config = installed(tmp_path, notify="slack")
    for token in ("xoxp-1234567890-sentinel", "xapp-1234567890-sentinel", "xoxb-your-token-sentinel", "xoxb sentinel"):
        told = run("--config", config, "check", environ={"SLACK_BOT_TOKEN": token})
        assert told.code == 2, token
        assert "SLACK_BOT_TOKEN" in told.err
        assert "sentinel" not in told.out + told.err


# -- health


def test_health_of_nothing_is_1_and_says_so(config: Path) -> None:
    told = run("--config", config, "health")
    assert told.code == 1
    assert "no watcher is running" in told.err
    assert run("--config", config, "health", "--json").json == {
        "alive": False,
        "message": "no watcher is running on this database",
    }


def test_health_needs_no_configuration_where_the_environment_names_the_database(tmp_path: Path) -> None:
    environ = {"WATCHER_DATABASE_URL": f"sqlite:///{tmp_path}/watcher.db"}
    assert run("--config", tmp_path / "none.yaml", "health", environ=environ).code == 1
    assert not (tmp_path / "watcher.db").exists()
