"""``watcher score``: one JSON line per input, in order, judged as the service would."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.commands import Outcome, installed, rss, run, site
from tests.line import OFF_TOPIC, ON_TOPIC

KEYS = ["id", "topic", "score", "threshold", "strength", "match", "mode", "nearest_seed", "terms"]
LINES = [{"id": f"n{number}", "title": t, "text": x} for number, (t, x) in enumerate([*ON_TOPIC, *OFF_TOPIC])]
ARTICLE = " ".join(text for _, text in ON_TOPIC) * 3


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return installed(tmp_path)


def by_seeds(config: Path, lines: list[dict[str, Any]], *more: str) -> Outcome:
    told = "".join(json.dumps(line) + "\n" for line in lines)
    return run("score", "--seeds", config.parent / "seeds", "--jsonl", "-", *more, stdin=told)


def by_topic(config: Path, lines: list[dict[str, Any]], *more: str) -> Outcome:
    told = "".join(json.dumps(line) + "\n" for line in lines)
    return run("--config", config, "score", "--topic", "alliance", "--jsonl", "-", *more, stdin=told)


def test_seeds_alone_are_enough_and_the_order_stays(config: Path) -> None:
    config.unlink()
    told = by_seeds(config, LINES)
    assert (told.code, told.err) == (0, "")
    assert [line["id"] for line in told.lines] == [line["id"] for line in LINES]
    assert all(list(line) == KEYS for line in told.lines)
    assert [line["match"] for line in told.lines] == [True] * len(ON_TOPIC) + [False] * len(OFF_TOPIC)
    assert {line["mode"] for line in told.lines} == {"snippet"}
    assert {line["topic"] for line in told.lines} == {"seeds"}


def test_terms_contributions_sum_to_the_score(config: Path) -> None:
    for line in by_seeds(config, LINES).lines:
        assert math.isclose(sum(part for _, part in line["terms"]), line["score"], abs_tol=1e-9)
    assert any(line["score"] > 0 for line in by_seeds(config, LINES).lines)


def test_a_line_without_id_is_called_by_its_number(config: Path) -> None:
    told = by_seeds(config, [{"title": "One", "text": "one"}, {"title": "Two", "text": "two"}])
    assert [line["id"] for line in told.lines] == ["1", "2"]


def test_a_headline_alone_is_judged_as_such(config: Path) -> None:
    (told,) = by_seeds(config, [{"title": ON_TOPIC[0][0], "text": ""}]).lines
    assert told["mode"] == "headline"


def test_an_article_is_read_where_the_snippet_is_likely_and_only_there(config: Path) -> None:
    likely, not_likely = ({**LINES[0], "article": ARTICLE}, {**LINES[-1], "article": ARTICLE})
    first, second = by_seeds(config, [likely, not_likely]).lines
    assert first["mode"] == "full"
    assert second["mode"] == "snippet"
    assert second["match"] is False


def test_a_bad_line_is_reported_and_the_others_are_scored(config: Path) -> None:
    bad = ["not json", "[]", '{"title": 1, "text": ""}', '{"title": "only"}', '{"title": "a", "text": "b", "url": 3}']
    text = "\n".join([json.dumps(LINES[0]), *bad, "", json.dumps(LINES[1])]) + "\n"
    told = run("score", "--seeds", config.parent / "seeds", "--jsonl", "-", stdin=text)
    assert told.code == 1
    assert [line["id"] for line in told.lines] == ["n0", "n1"]
    assert [line.split(":")[0] for line in told.err.splitlines()] == [f"line {number}" for number in range(2, 7)]


def test_lines_are_judged_by_those_before_them_unless_stateless(config: Path) -> None:
    # What every line of a stream says is no news: its words weigh less.
    flood = [{"title": f"{n}: {title}", "text": text} for n, (title, text) in enumerate(ON_TOPIC * 80)]
    stream, alone = by_seeds(config, flood).lines, by_seeds(config, flood, "--stateless").lines
    assert stream[:50] == alone[:50]
    assert stream[-1]["score"] < alone[-1]["score"]
    assert by_seeds(config, [flood[-1]], "--stateless").lines[0] == {**alone[-1], "id": "1"}


@pytest.mark.parametrize(
    "line",
    [
        {"title": "", "text": ""},
        {"title": "🇰🇷🇺🇸 👩‍👩‍👧‍👦" * 50, "text": "🎉" * 1000},
        {"title": "Seoul", "text": "troops in South Korea " * 50_000},
        {"title": "x" * 100_000, "text": "\u202e\u200b\x00"},
        {"title": "Seoul", "text": "", "article": ""},
        {"title": "Seoul", "text": "troops", "article": None, "url": None},
        {"id": 7, "title": "\ud800", "text": "lone surrogate"},
    ],
    ids=["empty", "emoji", "huge", "control", "empty article", "nulls", "surrogate"],
)
def test_odd_texts_are_scored_like_any_other(config: Path, line: dict[str, Any]) -> None:
    told = by_seeds(config, [line, LINES[0]])
    assert told.code == 0, told.err
    assert len(told.lines) == 2
    assert all(0 <= one["score"] <= 1 for one in told.lines)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.text(max_size=60), st.text(max_size=200)), min_size=1, max_size=4))
def test_whatever_comes_there_is_one_line_per_line(config: Path, texts: list[tuple[str, str]]) -> None:
    lines = [{"title": title, "text": text} for title, text in texts]
    told = by_seeds(config, lines)
    assert told.code == 0, told.err
    assert len(told.lines) == len(lines)
    for line in told.lines:
        assert 0 <= line["score"] <= 1
        assert math.isclose(sum(part for _, part in line["terms"]), line["score"], abs_tol=1e-9)


# -- a topic of the configuration


def test_a_topic_s_rules_count_and_say_which_was_broken(tmp_path: Path) -> None:
    topic = {"seeds": "seeds", "channel": "#desk", "exclude": ["troops"], "must": ["Seoul"]}
    told = by_topic(installed(tmp_path, topics={"alliance": topic}), LINES[:1]).lines[0]
    assert told["match"] is False
    assert told["score"] > told["threshold"]
    assert "troops" in told["excluded"]


def test_a_topic_starts_from_what_was_polled_and_writes_nothing(tmp_path: Path) -> None:
    with site() as web:
        web.pages["/feed.xml"] = rss(
            *((f"Seoul {n}: {t}", x, f"https://news.example/{n}") for n, (t, x) in enumerate(ON_TOPIC * 50))
        )
        config = installed(tmp_path, feeds=[web.base + "/feed.xml"])
        before = by_topic(config, LINES[:1]).lines
        assert not (tmp_path / "watcher.db").exists()
        assert run("--config", config, "run", "--once").code == 0
    database = (tmp_path / "watcher.db").read_bytes()
    after = by_topic(config, LINES[:1]).lines
    assert after[0]["score"] != before[0]["score"], "the stored statistics count"
    assert by_topic(config, LINES[:1]).lines == after
    assert (tmp_path / "watcher.db").read_bytes() == database


def test_an_unknown_topic_is_refused_with_those_that_there_are(config: Path) -> None:
    told = run("--config", config, "score", "--topic", "aliance", "--text", config)
    assert told.code == 2
    assert "no topic is named 'aliance'" in told.err
    assert "known: alliance" in told.err


# -- one text


def test_a_text_file_s_first_line_is_its_headline(tmp_path: Path) -> None:
    installed(tmp_path)
    file = tmp_path / "article.txt"
    file.write_text(f"\ufeff{ON_TOPIC[0][0]}\r\n\r\n{ARTICLE}\r\n")
    told = run("score", "--seeds", tmp_path / "seeds", "--text", file)
    assert told.code == 0
    assert told.json["match"] is True
    assert told.json["mode"] == "full"
    assert told.json["id"] == str(file)


def test_an_address_is_fetched_and_judged(config: Path, tmp_path: Path) -> None:
    with site() as web:
        url = web.page("/story.html", ON_TOPIC[0][0], *(text for _, text in ON_TOPIC * 2))
        told = run("--config", config, "score", "--topic", "alliance", "--url", url)
        assert told.code == 0, told.err
        assert told.json["match"] is True
        missing = run("score", "--seeds", tmp_path / "seeds", "--url", web.base + "/none?token=sentinel")
    assert missing.code == 2
    assert "404" in missing.err
    assert "sentinel" not in missing.err


@pytest.mark.parametrize(
    "words",
    [
        ["--topic", "a", "--seeds", "b", "--text", "c"],
        ["--text", "c"],
        ["--seeds", "seeds"],
        ["--seeds", "seeds", "--text", "c", "--jsonl", "-"],
        ["--seeds", "none", "--text", "c"],
        ["--seeds", "seeds", "--text", "none.txt"],
        ["--seeds", "seeds", "--jsonl", "none.jsonl"],
    ],
)
def test_what_is_missing_or_too_much_is_refused(
    config: Path, words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(config.parent)
    told = run("score", *words)
    assert (told.code, told.out) == (2, "")
    assert told.err
