"""``watcher seeds``: cards of articles, and what a topic's seeds hold."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.commands import installed, run, site
from tests.line import ON_TOPIC, SEEDS

ARTICLE = f"{ON_TOPIC[0][0]}\n\nStory highlights\n\n" + "\n\n".join(text for _, text in ON_TOPIC * 2)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return installed(tmp_path)


def seeds(config: Path, *words: object) -> tuple[int, str, str]:
    told = run("--config", config, "seeds", *words)
    return told.code, told.out, told.err


# -- add


def test_adding_a_file_writes_a_card_without_its_sentences(config: Path, tmp_path: Path) -> None:
    file = tmp_path / "article.txt"
    file.write_text(ARTICLE)
    facts = ("--outlet", "The Paper", "--published", "2026-03-01", "--url", "https://paper.example/story")
    code, out, err = seeds(config, "add", file, "--topic", "alliance", *facts)
    assert (code, err) == (0, "")
    (card,) = (tmp_path / "seeds").glob("*.json")
    assert str(card) in out
    assert "left out: Story highlights" in out
    data = json.loads(card.read_text())
    told = json.dumps(data)
    assert "The Paper" in told
    assert "https://paper.example/story" in told
    assert "see a withdrawal from the peninsula" not in told
    assert run("--config", config, "check").code == 0


def test_adding_an_address_fetches_it(config: Path, tmp_path: Path) -> None:
    with site() as web:
        url = web.page("/2026/troops.html", ON_TOPIC[0][0], *(text for _, text in ON_TOPIC * 2))
        code, out, _ = seeds(config, "add", url, "--topic", "alliance")
        assert code == 0
        (card,) = (tmp_path / "seeds").glob("*.json")
        assert ON_TOPIC[0][0] in out
        assert url in card.read_text()
        code, _, err = seeds(config, "add", web.base + "/none?token=sentinel", "--topic", "alliance")
    assert code == 2
    assert "404" in err
    assert "save the article as a text file" in err
    assert "sentinel" not in err


def test_adding_makes_the_folder_of_a_topic_that_has_none_yet(config: Path, tmp_path: Path) -> None:
    (tmp_path / "seeds").rename(tmp_path / "elsewhere")
    assert seeds(config, "add", tmp_path / "elsewhere" / "0.txt", "--topic", "alliance")[0] == 0
    assert list((tmp_path / "seeds").glob("*.json"))


@pytest.mark.parametrize(("content", "word"), [(None, "cannot be read"), (b"", "empty"), (b"\0\1\2" * 99, "text")])
def test_what_is_no_article_is_refused(config: Path, tmp_path: Path, content: bytes | None, word: str) -> None:
    file = tmp_path / "article.txt"
    if content is not None:
        file.write_bytes(content)
    code, out, err = seeds(config, "add", file, "--topic", "alliance")
    assert (code, out) == (2, "")
    assert err.startswith(str(file))
    assert word in err
    assert not list((tmp_path / "seeds").glob("*.json"))


def test_an_unknown_topic_is_refused(config: Path) -> None:
    code, _, err = seeds(config, "add", config, "--topic", "other")
    assert code == 2
    assert "known: alliance" in err


# -- check


def test_check_shows_each_seed_what_was_left_out_and_the_terms(config: Path, tmp_path: Path) -> None:
    (tmp_path / "seeds" / "scraped.txt").write_text(ARTICLE)
    (tmp_path / "seeds" / "empty.txt").write_text("")
    code, out, err = seeds(config, "check")
    assert code == 0
    assert "scraped.txt: " in out
    assert "left out: Story highlights" in out
    assert "carried by: " in out
    assert "empty.txt" in err


def test_check_as_json_with_and_without_a_configuration(config: Path, tmp_path: Path) -> None:
    told = run("--config", config, "seeds", "check", "--json").json
    alone = run("--config", tmp_path / "none.yaml", "seeds", "check", "--seeds", tmp_path / "seeds", "--json").json
    assert told["alliance"]["seeds"] == alone["seeds"]["seeds"]
    assert told["alliance"]["terms"] == alone["seeds"]["terms"]
    assert told["alliance"]["seeds"][0].keys() == {
        "name", "title", "outlet", "published", "language", "words", "by_others", "dropped",
    }  # fmt: skip
    assert told["alliance"]["ordinary"]["of"] == 1000
    assert told["alliance"]["warnings"] == []
    assert [one["title"] for one in alone["seeds"]["seeds"]] == [text.partition("\n")[0] for text in SEEDS]


def test_check_of_one_topic(tmp_path: Path) -> None:
    topics = {name: {"seeds": "seeds", "channel": "#desk"} for name in ("one", "two")}
    config = installed(tmp_path, topics=topics)
    assert run("--config", config, "seeds", "check", "--topic", "two", "--json").json.keys() == {"two"}


def test_check_says_what_is_doubtful_about_seeds_and_so_does_the_other_check(config: Path, tmp_path: Path) -> None:
    (tmp_path / "seeds" / "short.txt").write_text("Bees are dying\n\nHives in the valley are empty, beekeepers say.")
    code, out, err = seeds(config, "check")
    assert code == 0
    assert "the other seeds alone would find it: " in out
    assert "of ordinary news (" in out
    short = str(tmp_path / "seeds" / "short.txt")
    assert f"{short}: only 11 words: it says little of the topic; use the whole article, or add another one" in err
    assert f"{short}: it shares next to nothing with the other seeds" in err
    told = run("--config", config, "check")
    assert f"warning: {short}: only 11 words" in told.err
    assert "would match " in told.out


def test_check_of_an_empty_folder_is_refused(config: Path, tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    code, _, err = seeds(config, "check", "--seeds", tmp_path / "none")
    assert code == 2
    assert str(tmp_path / "none") in err


# -- export


def test_exported_cards_carry_the_same_topic(config: Path, tmp_path: Path) -> None:
    code, out, _ = seeds(config, "export", "--topic", "alliance", "--to", tmp_path / "cards")
    assert code == 0
    cards = sorted((tmp_path / "cards").iterdir())
    assert [path.suffix for path in cards] == [".json"] * len(SEEDS)
    assert out.split() == [str(path) for path in cards] or set(out.split()) == {str(path) for path in cards}
    of_cards = run("seeds", "check", "--seeds", tmp_path / "cards", "--json").json["cards"]
    of_texts = run("seeds", "check", "--seeds", tmp_path / "seeds", "--json").json["seeds"]
    assert of_cards["terms"] == of_texts["terms"]
