"""The shipped background table keeps what its README promises."""

from __future__ import annotations

import gzip
import os
from importlib import resources
from pathlib import Path

import pytest

from tests.eval import build_sample
from tests.eval.build_background import articles, count, table
from watcher.data import FORMAT, SAMPLES, TABLES, _read, background
from watcher.text import TOKENISER


def test_background_knows_common_and_rare_words() -> None:
    english = background()["en"]
    assert english.language == "en"
    assert english.shares["president"] > english.shares["south korea"] > 0
    assert len(english.shares) == 50_000
    assert all(0 < share <= 1 for share in english.shares.values())


def test_background_is_read_once() -> None:
    assert background() is background()


@pytest.mark.parametrize("name", TABLES)
def test_no_term_is_rarer_than_five_documents(name: str) -> None:
    packed = resources.files("watcher.data").joinpath(name).read_bytes()
    header, *rows = gzip.decompress(packed).decode().splitlines()
    assert header.startswith(f"{FORMAT}\t")
    assert f"tokeniser={TOKENISER}" in header.split("\t")
    assert min(int(row.split("\t")[1]) for row in rows) >= 5
    assert len(packed) <= 300 * 1024


@pytest.mark.slow
@pytest.mark.corpora
@pytest.mark.skipif("WATCHER_CORPORA" not in os.environ, reason="WATCHER_CORPORA is not set: nothing to count")
def test_the_table_is_what_its_script_makes() -> None:
    documents, counts = count(articles(Path(os.environ["WATCHER_CORPORA"])))
    assert table(documents, counts) == resources.files("watcher.data").joinpath(TABLES[0]).read_bytes()


def test_other_files_are_refused() -> None:
    with pytest.raises((ValueError, gzip.BadGzipFile)):
        _read("README.md")


@pytest.mark.slow
@pytest.mark.corpora
@pytest.mark.skipif("WATCHER_CORPORA" not in os.environ, reason="WATCHER_CORPORA is not set: nothing to draw from")
def test_the_sample_is_what_its_script_draws() -> None:
    packed = build_sample.packed(
        build_sample.drawn(articles(Path(os.environ["WATCHER_CORPORA"]))), background()["en"].shares
    )
    assert packed == resources.files("watcher.data").joinpath(SAMPLES[0]).read_bytes()
