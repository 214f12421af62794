"""``watcher feedback``: what people answered, to read, to keep and to take back."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests import builders as b
from tests.builders import NOW
from tests.commands import Outcome, installed, run
from watcher.seeds import to_card
from watcher.seeds.making import from_text
from watcher.store import Store
from watcher.store.feedback import labels, mark_labels, put_labels, put_seed
from watcher.types import AddedSeed


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return installed(tmp_path)


@pytest.fixture
def answered(config: Path) -> Path:
    """A database with two answers, one of them kept aside."""
    one = b.label("Troops to stay", topic="alliance")
    two = b.label("A film about Seoul", topic="alliance", relevant=False, user="U2", name="bob", at=NOW + timedelta(1))
    with Store.open(f"sqlite:///{config.parent}/watcher.db") as store:
        store.write_now(put_labels, b.click("1"), [one])
        store.write_now(put_labels, b.click("2"), [two])
        store.write_now(mark_labels, {1: ("learned", None), 2: ("aside", "a seed would not match any more")})
    return config


def feedback(config: Path, *words: object) -> Outcome:
    return run("--config", config, "feedback", *words)


def test_answers_are_listed_with_who_said_what_and_what_became_of_it(answered: Path) -> None:
    told = feedback(answered, "list")
    assert (told.code, told.err) == (0, "")
    assert "ann: relevant  Troops to stay" in told.out
    assert "bob: not relevant  A film about Seoul" in told.out
    assert "kept aside (a seed would not match any more)" in told.out
    assert told.out.splitlines()[-1] == "alliance: 1 relevant, 1 not (a share is told from 20 answers on)"
    rows = feedback(answered, "list", "--topic", "alliance", "--json").json
    assert [(row["number"], row["state"], row["terms"]) for row in rows] == [
        (1, "learned", {"seoul": 2, "troop costs": 1}), (2, "aside", {"seoul": 2, "troop costs": 1}),
    ]  # fmt: skip


def test_nobody_has_answered_yet(config: Path) -> None:
    assert feedback(config, "list").out == "nobody has answered yet\n"
    assert feedback(config, "undo", 1).code == 4
    assert feedback(config, "list", "--topic", "nosuch").code == 2


def test_answers_are_exported_into_the_seed_folder_and_those_there_stay(answered: Path) -> None:
    folder = answered.parent / "seeds"
    assert feedback(answered, "export", "--topic", "alliance").code == 0
    lines = (folder / "feedback.jsonl").read_text().splitlines()
    assert [json.loads(line)["title"] for line in lines] == ["Troops to stay", "A film about Seoul"]
    other = replace(b.label("From elsewhere"), user="p-0123456789ab")
    from watcher.seeds.answers import dumps

    (folder / "feedback.jsonl").write_text(dumps([other]) + "\n".join(lines))
    told = feedback(answered, "export", "--topic", "alliance")
    assert "2 answers, and 1 that were there" in told.out
    assert len((folder / "feedback.jsonl").read_text().splitlines()) == 3
    assert run("--config", answered, "check").code == 0


def test_an_answer_is_taken_back_once(answered: Path) -> None:
    assert "taken back: ann about “Troops to stay” (alliance)" in feedback(answered, "undo", 1).out
    assert feedback(answered, "undo", 1).code == 1
    assert "taken back" in feedback(answered, "list").out
    with Store.open(f"sqlite:///{answered.parent}/watcher.db", mode="read") as store:
        assert [one.number for one in store.read_now(labels)] == [2]


def test_a_seed_added_in_slack_leaves_by_seeds_export(config: Path, tmp_path: Path) -> None:
    text = "Pilots strike\n\nHarbour pilots walked out on Monday; container ships lie at anchor off the coast.\n" * 3
    seed = from_text(text, name="slack.txt", title="Pilots strike")
    added = AddedSeed(
        topic="alliance", name=seed.name, card=to_card(seed), url="https://n.example/a", user="U1", person="ann", at=NOW
    )
    with Store.open(f"sqlite:///{config.parent}/watcher.db") as store:
        store.write_now(put_seed, b.click("1"), added)
    told = run("--config", config, "seeds", "export", "--topic", "alliance", "--to", tmp_path / "out")
    assert told.code == 0
    titles = {json.loads(path.read_text())["title"] for path in (tmp_path / "out").glob("*.json")}
    assert "Pilots strike" in titles
    assert len(titles) == 3
