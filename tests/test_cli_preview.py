"""``watcher preview`` and ``watcher export`` as users run them."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from tests.commands import installed, rss, run, site
from tests.line import OFF_TOPIC, ON_TOPIC
from watcher.cli.preview_text import HEIGHT, histogram
from watcher.preview.report import PARTS

HOST = "https://www.news.example"


@pytest.fixture(scope="module")
def polled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A configuration whose feed was polled once."""
    folder = tmp_path_factory.mktemp("polled")
    items = [(*told, f"{HOST}/{number}.html") for number, told in enumerate([*ON_TOPIC[:3], *OFF_TOPIC[:3]])]
    with site() as web:
        web.pages["/one.xml"] = rss(*items)
        config = installed(folder, feeds=[{"url": f"{web.base}/one.xml", "name": "one"}])
        assert run("--config", config, "run", "--once").code == 0
    return config


def written(config: Path, name: str, **topic: Any) -> Path:
    """The configuration with other keys of its topics."""
    given = json.loads(config.read_text())
    for one in given["topics"].values():
        one.update(topic)
    other = config.with_name(name)
    other.write_text(json.dumps(given))
    return other


def test_it_says_what_would_be_told_and_that_nothing_changed(polled: Path) -> None:
    before = (polled.parent / "watcher.db").read_bytes()
    told = run("--config", polled, "preview", "--fail-on-change")
    assert told.code == 0, told.out + told.err
    assert "5 entries of " in told.out
    assert "alerts a day" in told.out
    assert "→ balanced" in told.out
    assert "The same alerts as by what was really decided." in told.out
    assert (polled.parent / "watcher.db").read_bytes() == before


def test_a_change_is_listed_with_its_reason_and_fails_if_asked(polled: Path) -> None:
    new = written(polled, "new.yaml", exclude=["troops"])
    told = run("--config", polled, "preview", "--config", new)
    assert told.code == 0
    assert "Against the present configuration: 0 added," in told.out
    assert "dropped: a rule" in told.out
    assert "now: the exclude rule 'troops' hits" in told.out
    assert run("--config", polled, "preview", "--config", new, "--fail-on-change").code == 1
    report = run("--config", polled, "preview", "--config", new, "--json").json
    assert report["differs"] is True
    assert {one["because"] for one in report["dropped"]} == {"rule"}
    assert all(one["url"].startswith(HOST) for one in report["dropped"])


def test_a_sample_is_read_without_a_database(polled: Path, tmp_path: Path) -> None:
    sample = tmp_path / "past.jsonl.gz"
    assert run("--config", polled, "export", "--since", "2d", sample).code == 0
    text = gzip.decompress(sample.read_bytes()).decode()
    assert HOST not in text
    assert len(text.splitlines()) == 6
    assert run("--config", polled, "export", "--since", "2d").out.splitlines()[1:] == text.splitlines()[1:]
    elsewhere = written(polled, "elsewhere.yaml")
    given = json.loads(elsewhere.read_text()) | {"database": "sqlite:///none/there.db"}
    elsewhere.write_text(json.dumps(given))
    assert run("--config", elsewhere, "preview", "--from", sample, "--fail-on-change").code == 0
    new = written(polled, "new.yaml", sensitivity=0.9)
    told = run("--config", elsewhere, "preview", "--from", sample, "--config", new, "--fail-on-change", "--json")
    assert told.code == 1
    assert {one["because"] for one in told.json["dropped"]} == {"threshold"}


@pytest.mark.parametrize(("suffix", "begins"), [(".svg", b"<?xml"), (".png", b"\x89PNG")])
def test_it_is_drawn(polled: Path, tmp_path: Path, suffix: str, begins: bytes) -> None:
    picture = tmp_path / f"preview{suffix}"
    assert run("--config", polled, "preview", "--plot", picture).code == 0
    assert picture.read_bytes().startswith(begins)


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (["--since", "3x"], 2, "is no duration"),
        (["--plot", "preview.gif"], 2, "a picture ends with .png or .svg"),
        (["--topic", "nosuch"], 2, "no topic is named 'nosuch'"),
        (["--from", "nosuch.jsonl"], 2, "nosuch.jsonl: cannot be read"),
        (["--config", "nosuch.yaml"], 2, "nosuch.yaml"),
    ],
)
def test_what_cannot_be_is_said(polled: Path, options: list[str], code: int, said: str) -> None:
    told = run("--config", polled, "preview", *options)
    assert (told.code, said in told.err) == (code, True), told.err


def test_a_change_is_reviewed_where_there_is_no_token(polled: Path, tmp_path: Path) -> None:
    present = polled.with_name("slack.yaml")
    present.write_text(json.dumps(json.loads(polled.read_text()) | {"notify": "slack"}))
    sample = tmp_path / "past.jsonl.gz"
    exported = run("--config", present, "export", sample)
    assert exported.code == 0, exported.err
    told = run("--config", present, "preview", "--from", sample, "--config", present, "--fail-on-change")
    assert (told.code, told.err) == (0, "")
    assert run("--config", present, "check").code == 2, "what posts wants one still"


@pytest.mark.parametrize("command", ["preview", "export"])
def test_without_a_database_there_is_nothing_to_preview(tmp_path: Path, command: str) -> None:
    told = run("--config", installed(tmp_path), command)
    assert told.code == 4
    assert "nothing was polled" in told.err


def test_a_histogram_has_its_threshold_at_one_and_is_empty_of_nothing() -> None:
    bars = [100, *range(PARTS)]
    lines = histogram(bars, {"broad": 0.56, "balanced": 0.8})
    assert all("│" in line for line in lines[:HEIGHT])
    assert lines[HEIGHT].count("┴") == 1
    assert lines[HEIGHT].index("┴") == lines[0].index("│")
    assert "100 entries" in lines[-1]
    marked = lines[HEIGHT + 1]
    assert marked.index("│") == lines[0].index("│")
    assert ("broad" in marked, "strict" in marked) == (True, False), "the one in use is the threshold itself"
    assert marked.index("broad") == round((0.56 / 0.1 - 1) * 2)
    assert "█" not in "".join(histogram([0] * (PARTS + 1), {}))
