"""From a click to a model that is in use: learned, kept aside, taken back, and the same after a restart."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests import builders as b
from tests.builders import NOW
from tests.test_relevance_learning import seed
from tests.test_relevance_votes import FILM, FRUIT, other_seed, third_seed
from watcher.app.taught import examples_of, with_added
from watcher.data import background, subjects
from watcher.learn import Learner, Lesson
from watcher.learn.texts import labels_of
from watcher.relevance.features import Document, document_terms
from watcher.relevance.scorer import TfidfScorer
from watcher.relevance.stream import Stream
from watcher.seeds import to_card
from watcher.seeds.answers import NAME, dumps, read_answers, unknown_to
from watcher.store import Store
from watcher.store.feedback import labels, put_labels, undo
from watcher.store.save import save
from watcher.types import AddedSeed, Batch, Label, Sensitivity

TOPICS = {"harbour": ((seed(), other_seed()), Sensitivity())}


def scorer() -> TfidfScorer:
    return TfidfScorer(TOPICS, background(), Stream(), subjects=subjects(), now=NOW)


def learner(store: Store, using: TfidfScorer, files: Sequence[Label] = ()) -> Learner:
    return Learner(
        store=store,
        scorer=lambda: using,
        clock=lambda: NOW,
        from_files=lambda: {"harbour": tuple(files)},
        known=lambda: TOPICS,
    )


def say(store: Store, headline: tuple[str, str], *, relevant: bool, user: str = "U1", key: str = "i/one") -> None:
    title, text = headline
    entry = b.entry(title, text=text)
    click = b.click(f"{user} {title} {relevant}", user=user, key=key)
    decision = b.decision(entry.id, "harbour")
    given = labels_of(click, entry, [decision], ["en"], relevant=relevant)
    assert store.write_now(put_labels, click, given)


def judged(using: TfidfScorer, headline: tuple[str, str]) -> Any:
    return using.judge([Document("1", *headline, "en", "snippet")], now=NOW)[0]["harbour"]


async def lesson(of: Learner) -> Lesson:
    (one,) = await of.learn(["harbour"])
    return one


async def test_one_not_relevant_silences_the_next_look_alike_and_says_what_changed(store: Store) -> None:
    using = scorer()
    look_alike = (FILM[0] + " in colour", FILM[1])
    assert judged(using, look_alike).match
    entry = b.entry(FILM[0], text=FILM[1])
    store.write_now(save, Batch(at=NOW, entries=(entry,), decisions=(b.decision(entry.id, "harbour", state="posted"),)))
    say(store, FILM, relevant=False)
    told = await lesson(learner(store, using))
    assert told.aside is None
    assert told.change.down
    assert told.change.lost == 1
    assert not judged(using, look_alike).match
    assert judged(using, look_alike).without_answers


async def test_what_was_learned_is_the_same_after_a_restart_and_gone_when_taken_back(store: Store) -> None:
    using = scorer()
    say(store, FRUIT, relevant=True)
    await lesson(learner(store, using))
    stored = store.read_now(labels, standing=False)
    assert [one.label.state for one in stored] == ["learned"]
    again = TfidfScorer(
        TOPICS, background(), Stream(), subjects=subjects(), examples=examples_of(TOPICS, {}, stored), now=NOW
    )
    assert judged(again, FRUIT) == judged(using, FRUIT) != judged(scorer(), FRUIT)
    assert store.write_now(undo, b.click("back", action="undo")) is not None
    await lesson(learner(store, using))
    assert judged(using, FRUIT) == judged(scorer(), FRUIT)
    assert using.version("harbour") == scorer().version("harbour")


async def test_what_makes_it_worse_is_kept_aside_with_its_reason(store: Store) -> None:
    topics = {"harbour": ([seed(), other_seed(), third_seed()], Sensitivity())}
    using = TfidfScorer(topics, background(), Stream(), subjects=subjects(), now=NOW)
    school = learner(store, using)
    say(store, FILM, relevant=True, user="U0")
    assert (await lesson(school)).aside is None
    before = judged(using, FRUIT)
    title, text = seed().title, "Container ships lay at anchor"
    terms = Counter(document_terms(Document("x", title, text, "en", "full"), "en"))
    for n in range(20):
        click = b.click(f"spite {n}", user=f"U{n}")
        spite = b.label(title, topic="harbour", entry=str(n), user=f"U{n}", mode="full", terms=terms, relevant=False)
        store.write_now(put_labels, click, [spite])
    told = await lesson(school)
    assert told.aside == "the seed c.txt would not match any more"
    assert judged(using, FRUIT) == before
    kept = {(one.label.state, one.label.note) for one in store.read_now(labels) if not one.label.relevant}
    assert kept == {("aside", told.aside)}
    say(store, FRUIT, relevant=True, user="U30")
    assert (await lesson(school)).aside is None, "what was kept aside holds up nothing that is sound"


async def test_a_topic_that_is_gone_learns_nothing(store: Store) -> None:
    assert await learner(store, scorer()).learn(["gone"]) == []


async def test_answers_travel_as_lines_and_count_once(store: Store, tmp_path: Path) -> None:
    say(store, FRUIT, relevant=True)
    say(store, FILM, relevant=False, user="U2")
    written = [one.label for one in store.read_now(labels)]
    (tmp_path / NAME).write_text(dumps(written))
    lines = [json.loads(line) for line in (tmp_path / NAME).read_text().splitlines()]
    assert [line["relevant"] for line in lines] == [True, False]
    assert "ann" not in (tmp_path / NAME).read_text()
    read, problems = read_answers(tmp_path, "harbour")
    assert problems == ()
    assert [(one.terms, one.relevant, one.mode) for one in read] == [
        (one.terms, one.relevant, one.mode) for one in written
    ]
    assert unknown_to(written, read) == []
    elsewhere, here = scorer(), scorer()
    elsewhere.teach("harbour", examples_of(TOPICS, {"harbour": read}, ())["harbour"])
    await lesson(learner(store, here, read))
    assert judged(here, FRUIT) == judged(elsewhere, FRUIT)


def test_a_line_that_is_none_is_a_warning_with_its_number(tmp_path: Path) -> None:
    good = dumps([b.label()])
    (tmp_path / NAME).write_text(good + "\n{}\nnonsense\n" + good.replace('"tokeniser": 1', '"tokeniser": 99'))
    read, problems = read_answers(tmp_path, "t")
    assert len(read) == 1
    assert [(one.line, one.warning) for one in problems[:2]] == [(3, True), (4, True)]
    assert read_answers(tmp_path / "none", "t") == ((), ())


def test_a_seed_added_in_slack_counts_like_a_file() -> None:
    card = to_card(other_seed())
    added = AddedSeed(
        topic="harbour", name="b.txt", card=card, url="https://n.example/b", user="U1", person="ann", at=NOW
    )
    alone = {"harbour": ((seed(),), Sensitivity())}
    assert [one.name for one in with_added(alone, [added])["harbour"][0]] == ["a.txt", "b.txt"]
    assert with_added(TOPICS, [added]) == TOPICS, "the same article as a file counts once"
    other = AddedSeed(topic="gone", name="x", card=card, url="", user="U1", person="ann", at=NOW - timedelta(days=1))
    assert with_added(alone, [other]) == alone
