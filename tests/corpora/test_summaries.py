"""Real pages, extracted and summarised: nothing that is not article text is ever quoted."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator

import pytest

from tests.corpora.places import corpora
from watcher import article
from watcher.errors import FetchError
from watcher.summary import choose
from watcher.types import Article

pytestmark = [pytest.mark.corpora, pytest.mark.slow]

_MARKS = str.maketrans("“”„«»‘’", '"""""\'\'')


def pages() -> Iterator[tuple[str, Article, str]]:
    """Name, what our extractor makes of the page, and its true text. One page of sixty is refused as a paywall."""
    folder = corpora() / "pages"
    for name, page in json.loads((folder / "ground-truth.json").read_text(encoding="utf-8")).items():
        try:
            found = article.extract(gzip.decompress((folder / f"{name}.html.gz").read_bytes()), page["url"])
        except FetchError:
            continue
        yield name, found, page["articleBody"]


def bare(text: str) -> str:
    """Without white space, and with one kind of quotation marks."""
    return re.sub(r"\s+", "", text.translate(_MARKS)).casefold()


def test_every_quoted_sentence_is_in_the_page_s_true_text() -> None:
    quoted, wrong, empty, read = 0, [], 0, 0
    for name, found, truth in pages():
        chosen = choose(found.title, found.text, terms={})
        wrong += [f"{name[:8]}: {sentence}" for sentence in chosen if bare(sentence) not in bare(truth)]
        read, quoted, empty = read + 1, quoted + len(chosen), empty + (not chosen)
    print(f"{read} pages, {quoted} sentences quoted, {len(wrong)} not of the article, {empty} pages without a summary")
    assert read >= 59
    assert empty <= 2
    assert wrong == []
