"""``watcher demo``: the real line over two invented days, without account, network or trace."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.commands import run
from watcher.data.demo import sample

OTHER = {"near miss", "look-alike", "unrelated"}


@pytest.mark.slow
def test_the_demo_shows_each_story_once_and_says_what_became_of_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    told = run("demo", "--json")
    assert told.code == 0
    states = Counter(row["state"] for row in told.json)
    assert states["posted"] >= 5
    assert states["grouped"] >= 2, "a wire story in several outlets"
    assert states["below"] > states["posted"] + states["grouped"]
    assert all(row.keys() >= {"title", "outlet", "state", "reason", "score", "threshold"} for row in told.json)
    assert all(row["reason"] for row in told.json)
    for row in told.json:
        if row["state"] == "posted":
            assert row["score"] >= row["threshold"]
    intended = {headline: one.intended for one in sample.describe() for headline in (one.title, one.title_2)}
    wrong = [row["title"] for row in told.json if row["state"] != "below" and intended[row["title"]] in OTHER]
    missed = [row["title"] for row in told.json if row["state"] == "below" and intended[row["title"]] not in OTHER]
    assert wrong == []
    assert missed == []
    wire = [row for row in told.json if "South Korea" in row["title"] and "Pentagon" in row["title"]]
    assert {row["state"] for row in wire} == {"posted"}, "the wire story, and one reply with what is new"
    assert told.err.count("reply to") == 1
    assert "4 outlets" not in told.err.split("evening")[0]
    assert any("5 outlets" in shown for shown in told.err.split("updated")[1:])
    assert "New in the thread: Pentagon confirms" in told.err
    assert "The headline was changed" not in told.err, "a preposition is no news"
    assert "Day one" in told.err
    assert "Day two" in told.err
    pressed = told.err.split("somebody presses [ Not relevant ]")[1]
    assert "Only you see this: Noted: “South Korea and United States split baseball series" in pressed
    assert "down" in pressed
    silent = [row for row in told.json if intended[row["title"]] == "look-alike"]
    assert [row["state"] for row in silent] == ["below"]
    assert silent[0]["reason"].endswith(
        "it would have matched, had readers not said of alerts like it that they are not relevant"
    )
    assert "had readers not said" in " ".join(pressed.split())
    assert "a web page" in told.err, "the broken feed is named"
    assert list(tmp_path.iterdir()) == []
