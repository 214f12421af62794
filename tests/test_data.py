"""The shipped background table keeps what its README promises."""

from __future__ import annotations

import gzip
from importlib import resources

import pytest

from watcher.data import FORMAT, TABLES, _read, background
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


def test_other_files_are_refused() -> None:
    with pytest.raises((ValueError, gzip.BadGzipFile)):
        _read("README.md")
