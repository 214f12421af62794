"""Seed folders: what is read, what is refused and how it is said; cards and the texts they stand for."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watcher import seeds
from watcher.errors import FetchError, Problem, SeedError
from watcher.seeds import markdown
from watcher.seeds.cards import dumps
from watcher.seeds.dates import read_date, write_date
from watcher.text import TOKENISER
from watcher.types import Article, Seed

TEXT = """Cracked pillars close Port Ellis ferry terminal

By Jonas Okafor, Harbour Correspondent

The harbour authority of Port Ellis said on Tuesday that it would close the old ferry terminal in spring.

Engineers found cracks in four of the pillars that carry the pier, according to a report seen by this newspaper.

Shop owners near the terminal fear that passengers will stay away. The council promised them a lower rent.

Read more
"""
OTHER = """Parliament in Saint Anne votes on fishing quotas

The parliament of Saint Anne voted on Thursday to lower the fishing quotas for herring and cod by one fifth.

Fishermen blocked the harbour entrance for two hours and said that they would appeal against the decision.

The minister for the sea promised money for boats that change to other catches, but named no sum in the debate.
"""


def extract(page: bytes, url: str | None) -> Article:
    """What the worker's extraction would find."""
    if b"consent" in page:
        raise FetchError("no article text on the page: it asks for consent", fault="not_a_page")
    return Article(title="Parliament votes on fishing quotas", text=OTHER, outlet="The Courier", url=url, language="en")


def folder(tmp_path: Path, files: dict[str, str | bytes]) -> Path:
    for name, content in files.items():
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return tmp_path


def load(tmp_path: Path, files: dict[str, str | bytes]) -> tuple[tuple[Seed, ...], tuple[Problem, ...]]:
    return seeds.load(folder(tmp_path, files), extract=extract)


def card(**over: Any) -> dict[str, Any]:
    made = seeds.to_card(
        seeds.from_text(OTHER, name="other.txt", outlet="The Courier", url="https://courier.example/1")
    )
    return {**made, **over}


def test_a_text_becomes_a_seed_without_its_left_overs(tmp_path: Path) -> None:
    (seed,), problems = load(tmp_path, {"one.txt": TEXT})
    assert problems == ()
    assert seed.name == "one.txt"
    assert seed.title == "Cracked pillars close Port Ellis ferry terminal"
    assert seed.counts.language == "en"
    assert seed.counts.title["ferry terminal"] == 1
    assert "okafor" not in {**seed.counts.lead, **seed.counts.body}
    assert seed.dropped == ("By Jonas Okafor, Harbour Correspondent", "Read more")


def test_files_are_read_in_the_order_of_their_names_and_others_are_passed_over(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "b.txt": TEXT, "a.html": b"<html>", "expect.jsonl": "{}", ".DS_Store": b"\x00\x01", ".hidden.txt": TEXT,
        "README.md": "Our seeds.",
    }  # fmt: skip
    found, problems = load(tmp_path, files)
    assert [seed.name for seed in found] == ["a.html", "b.txt"]
    assert problems == ()
    assert found[0].outlet == "The Courier"


def test_markdown_loses_its_markup_and_gives_its_front_matter(tmp_path: Path) -> None:
    source = """---
title: "Cracked pillars close terminal"
url: https://courier.example/pier
date: 2026-03-01
outlet: The Courier
---
![a picture](pier.jpg)

The **harbour authority** of [Port Ellis](https://port.example) said on _Tuesday_ that it would close the old terminal.

> Engineers found cracks in `four` of the pillars that carry the pier, according to a report seen by the paper.

- Shop owners near the terminal fear that passengers will stay away, and the council promised them a lower rent.
"""
    (seed,), _ = load(tmp_path, {"pier.md": source})
    assert seed.title == "Cracked pillars close terminal"
    assert seed.url == "https://courier.example/pier"
    assert seed.outlet == "The Courier"
    assert seed.published == datetime(2026, 3, 1, tzinfo=UTC)
    assert seed.counts.lead["harbour authority"] == 1
    assert not {"jpg", "https", "port example"} & {*seed.counts.lead, *seed.counts.body}


def test_a_markdown_heading_is_the_title() -> None:
    text, facts = markdown.read(
        "# Pier closes ##\n\nThe pier closes, says **the** port.\n\nUnder\n-----\n1. One [x][1]\n"
    )
    assert facts == {"title": "Pier closes"}
    assert " ".join(text.split()) == "Pier closes The pier closes, says the port. Under One x"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("bad.txt", b"PK\x03\x04\x00\x00 binary", "not text"),
        ("bad.txt", "Größe der Flotte".encode("latin-1") * 30, "not UTF-8"),
        ("bad.txt", b"", "empty"),
        ("bad.txt", b"\xef\xbb\xbf \r\n", "empty"),
        ("bad.txt", b"x" * 5_000_001, "5.0 MB"),
        ("bad.pdf", b"%PDF", "no kind of seed"),
        ("bad.txt", b"and of the in to", "hardly a telling word"),
        ("bad.txt", b"Read more\n\nShare\n\nAdvertisement", "hardly a telling word"),
        ("bad.html", b"<html>consent", "asks for consent"),
        ("bad.json", b"{not json", "no readable JSON"),
        ("bad.json", b"[" * 100_000, "no readable JSON"),
        ("bad.json", b"[1, 2]", "no term card"),
        ("bad.json", b"9" * 10_000, "no readable JSON"),
    ],
)
def test_a_file_that_is_no_seed_is_a_warning_with_its_name_and_a_remedy(
    tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    found, problems = load(tmp_path, {"good.txt": TEXT, name: content})
    assert [seed.name for seed in found] == ["good.txt"]
    (problem,) = problems
    assert problem.warning
    assert problem.file == str(tmp_path / name)
    assert said in problem.what
    assert problem.remedy


def test_links_that_lead_nowhere_pipes_and_folders_are_warnings(tmp_path: Path) -> None:
    folder(tmp_path, {"good.txt": TEXT})
    (tmp_path / "loop.txt").symlink_to("loop.txt")
    (tmp_path / "gone.txt").symlink_to("nowhere.txt")
    (tmp_path / "sub").mkdir()
    os.mkfifo(tmp_path / "pipe.txt")
    found, problems = seeds.load(tmp_path, extract=extract)
    assert len(found) == 1
    assert {Path(problem.file).name for problem in problems} == {"loop.txt", "gone.txt", "sub", "pipe.txt"}


def test_a_file_that_cannot_be_read_is_a_warning(tmp_path: Path) -> None:
    folder(tmp_path, {"good.txt": TEXT})
    (tmp_path / "broken.txt").symlink_to("/proc/self/mem")  # opens, and fails at the first byte, for root too
    _, (problem,) = seeds.load(tmp_path, extract=extract)
    assert "cannot be read" in problem.what
    assert problem.file.endswith("broken.txt")


def test_the_same_article_twice_counts_once_be_it_text_or_card(tmp_path: Path) -> None:
    made = seeds.to_card(seeds.from_text(TEXT, name="x"))
    found, problems = load(
        tmp_path, {"a.txt": TEXT, "b.txt": TEXT + "\nSign up for our newsletter.", "c.json": dumps(made)}
    )
    assert [seed.name for seed in found] == ["a.txt"]
    assert ["same article as a.txt" in problem.what for problem in problems] == [True, True]


def test_a_short_seed_is_used_with_a_warning(tmp_path: Path) -> None:
    found, (problem,) = load(tmp_path, {"short.txt": "The harbour of Port Ellis closes its cracked ferry terminal."})
    assert len(found) == 1
    assert "9 words" in problem.what or "10 words" in problem.what


def test_a_korean_seed_works(tmp_path: Path) -> None:
    text = "한국과 미국은 화요일 서울에서 방위비 분담 협상을 다시 시작했다고 외교부가 밝혔다.\n\n" * 1
    text += "양측은 내년 봄까지 합의를 목표로 한다고 외교부 대변인이 기자들에게 말했다."
    (seed,), _ = load(tmp_path, {"ko.txt": text})
    assert seed.counts.language == "ko"
    assert seed.words > 40


def test_one_file_is_read_with_the_facts_that_are_given(tmp_path: Path) -> None:
    folder(tmp_path, {"one.txt": TEXT, "page.html": b"<html>", "consent.html": b"consent"})
    folder(tmp_path, {"card.json": "{}", "no.txt": ""})
    day = read_date("2026-03-01")
    assert day is not None
    given = {"title": "Pier closed", "outlet": "The Courier", "url": "https://courier.example/pier"}
    seed = seeds.read_file(tmp_path / "one.txt", extract=extract, published=day.replace(tzinfo=None), **given)
    assert (seed.title, seed.outlet, seed.published, seed.url) == ("Pier closed", "The Courier", day, given["url"])
    assert seeds.read_file(tmp_path / "page.html", extract=extract, title="Quotas").title == "Quotas"
    for name in ("consent.html", "card.json", "no.txt", "missing.txt"):
        with pytest.raises(SeedError, match=name) as caught:
            seeds.read_file(tmp_path / name, extract=extract)
        assert not caught.value.problems[0].warning


@pytest.mark.parametrize("files", [{}, {".DS_Store": b"\x00"}, {"a.txt": b"", "b.txt": b"\x00"}])
def test_a_folder_without_a_usable_seed_is_an_error_that_says_what_to_do(tmp_path: Path, files: dict[str, Any]) -> None:
    with pytest.raises(SeedError, match="watcher seeds add") as caught:
        load(tmp_path, files)
    assert caught.value.exit_code == 2
    assert not any(problem.warning for problem in caught.value.problems)


def test_a_missing_folder_and_a_file_in_its_place_are_errors(tmp_path: Path) -> None:
    with pytest.raises(SeedError, match="no such folder"):
        seeds.load(tmp_path / "none", extract=extract)
    (tmp_path / "file").write_text("x")
    with pytest.raises(SeedError, match="a file, not a folder"):
        seeds.load(tmp_path / "file", extract=extract)


def test_a_card_holds_counts_and_facts_and_no_sentence() -> None:
    made = dumps(card())
    assert "voted on Thursday to lower" not in made
    assert set(json.loads(made)) == {
        "format", "tokeniser", "title", "outlet", "published", "url", "language", "words", "counts",
    }  # fmt: skip
    assert max(map(len, made.splitlines())) <= 120


def test_a_card_of_another_tokeniser_is_refused_with_the_command_that_remakes_it() -> None:
    with pytest.raises(SeedError) as caught:
        seeds.from_card(card(tokeniser=TOKENISER + 1), name="seeds/x/old.json")
    assert "watcher seeds add https://courier.example/1 --topic" in str(caught.value)
    assert "seeds/x/old.json" in str(caught.value)


ZONES = {"title": {}, "lead": {}, "body": {"ferry": 1}}


@pytest.mark.parametrize(
    ("over", "said"),
    [
        ({"format": "watcher-card 9"}, "format"),
        ({"tokeniser": True}, "tokeniser"),
        ({"title": 3}, "title"),
        ({"title": "x" * 501}, "title"),
        ({"language": "English"}, "language"),
        ({"published": "soon"}, "published"),
        ({"published": "0001-01-01T00:00:00+14:00"}, "published"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"words": -1}, "words"),
        ({"word": 4}, "word"),
        ({"counts": None}, "counts"),
        ({"counts": {"title": {}, "lead": {}}}, "counts.body"),
        ({"counts": {**ZONES, "body": {"ferry": -1}}}, "counts.body.ferry"),
        ({"counts": {**ZONES, "body": {"ferry": 0}}}, "counts.body.ferry"),
        ({"counts": {**ZONES, "body": {"ferry": 1.5}}}, "counts.body.ferry"),
        ({"counts": {**ZONES, "body": {"ferry": True}}}, "counts.body.ferry"),
        ({"counts": {**ZONES, "body": {"ferry": 10**9}}}, "counts.body.ferry"),
        ({"counts": {**ZONES, "body": {"a whole sentence": 1}}}, "counts.body"),
        ({"counts": {**ZONES, "body": {"": 1}}}, "counts.body"),
        ({"counts": {**ZONES, "body": ["ferry"]}}, "counts.body"),
    ],
)
def test_a_card_with_impossible_fields_is_refused_by_name(over: dict[str, Any], said: str) -> None:
    with pytest.raises(SeedError, match=said) as caught:
        seeds.from_card(card(**over), name="bad.json")
    assert all(problem.file == "bad.json" and problem.remedy for problem in caught.value.problems)


def test_a_bad_card_beside_a_good_seed_is_a_warning(tmp_path: Path) -> None:
    found, problems = load(tmp_path, {"a.txt": TEXT, "b.json": json.dumps(card(tokeniser=TOKENISER + 1))})
    assert len(found) == 1
    assert problems[0].warning
    assert problems[0].file == str(tmp_path / "b.json")


def test_many_faults_of_one_card_are_summed_up() -> None:
    bad = {f"w{i}": -1 for i in range(50)}
    with pytest.raises(SeedError) as caught:
        seeds.from_card(card(counts={**ZONES, "body": bad}), name="bad.json")
    assert len(caught.value.problems) == 4


def test_cards_are_named_after_outlet_and_date_and_never_overwrite_each_other(tmp_path: Path) -> None:
    day = datetime(2026, 3, 1, tzinfo=UTC)
    one = seeds.from_text(TEXT, name="x", outlet="The Courier", published=day)
    two = seeds.from_text(OTHER, name="y", outlet="The Courier", published=day)
    new = tmp_path / "seeds" / "topic"
    assert seeds.write_card(one, new).name == "the-courier-2026-03-01.json"
    assert seeds.write_card(one, new).name == "the-courier-2026-03-01.json"
    assert seeds.write_card(two, new).name == "the-courier-2026-03-01-2.json"
    assert len(list(new.iterdir())) == 2


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"url": "https://www.courier.example/a"}, "courier-example.json"),
        ({"title": "Über die Brücke"}, "uber-die-brucke.json"),
        ({"title": "다리", "name": "다리.txt"}, "seed-"),
        ({"outlet": "../../etc/passwd"}, "etc-passwd.json"),
    ],
)
def test_a_card_without_an_outlet_still_gets_a_safe_name(tmp_path: Path, given: dict[str, Any], name: str) -> None:
    body = TEXT.split("\n\n", 2)[2]
    path = seeds.write_card(seeds.from_text(body, **{"name": "n.txt", "title": "", **given}), tmp_path)
    assert path.parent == tmp_path
    assert path.name.startswith(name)


def test_a_given_title_wins_and_is_not_counted_twice() -> None:
    headline = "Cracked pillars close Port Ellis ferry terminal"
    same = seeds.from_text(TEXT, name="x", title=headline)
    assert same.counts == seeds.from_text(TEXT, name="x").counts
    other = seeds.from_text(TEXT, name="x", title="Pier closed")
    assert other.title == "Pier closed"
    assert other.counts.lead["ferry terminal"] >= 1


PARTS = [
    *TEXT.split("\n\n"),
    *OTHER.split("\n\n"),
    "한국과 미국은 협상을 다시 시작했다.",
    "İstanbul’da ﬁrst Straße e\u0301te\u0301.",
]
TEXTS = st.lists(st.sampled_from(PARTS) | st.text(max_size=60), max_size=12).map("\n\n".join)
MOMENTS = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)) | st.none()  # noqa: DTZ001  the zone is given beside


@settings(max_examples=60, deadline=timedelta(seconds=5))
@given(TEXTS, st.none() | st.text(max_size=80), MOMENTS)
def test_a_card_gives_exactly_what_its_text_gives(text: str, title: str | None, published: datetime | None) -> None:
    seed = seeds.from_text(text, name="a.txt", title=title, outlet="The Courier", published=published)
    back = seeds.from_card(json.loads(dumps(seeds.to_card(seed))), name="a.txt")
    assert back.counts == seed.counts
    assert (back.title, back.outlet, back.words, back.url) == (seed.title, seed.outlet, seed.words, seed.url)
    assert back.published == seed.published
    assert dumps(seeds.to_card(back)) == dumps(seeds.to_card(seed))


@given(st.dictionaries(st.text(max_size=12), st.integers() | st.text(max_size=9) | st.none() | st.lists(st.integers())))
def test_any_json_object_is_a_card_or_refused(found: dict[str, Any]) -> None:
    with pytest.raises(SeedError):
        seeds.from_card(found, name="x.json")


@given(st.text(max_size=300))
def test_any_markdown_is_read(source: str) -> None:
    text, facts = markdown.read(source)
    assert len(text) <= 2 * len(source) + 10
    assert all(facts.values())


@given(MOMENTS)
def test_dates_come_back_as_they_went(at: datetime | None) -> None:
    assert read_date(write_date(at)) == at
