"""Builds the shipped sample of ordinary news, by which `watcher check` says how broad a topic is.

    WATCHER_CORPORA=../shared python -m tests.eval.build_sample

Of a thousand articles, evenly drawn from those that `build_background` counts: how often the headline and the first
words hold each term of the background table. Its one rule: terms that five articles or more have, by number, in the
order of the table; never a word order, a name of an outlet or a date, so that nothing leads back to an article.
"""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from tests.eval.build_background import articles
from watcher.data import SAMPLES, background
from watcher.relevance.features import Document, document_terms
from watcher.text import TOKENISER

ENTRIES = 1000
SNIPPET_WORDS = 45
"""Words of a text that a feed usually has."""


def drawn(documents: Iterable[Document]) -> list[Counter[str]]:
    """The terms of the sample's entries: every so-manieth article, each text once."""
    by_text = {document.text: document for document in documents}
    found = list(by_text.values())
    chosen = [found[number * len(found) // ENTRIES] for number in range(ENTRIES)]
    return [Counter(document_terms(_as_entry(one), "en")) for one in chosen]


def _as_entry(document: Document) -> Document:
    text = " ".join(document.text.split()[:SNIPPET_WORDS])
    return Document(document.id, document.title, text, document.language, "snippet")


def packed(entries: Iterable[Mapping[str, int]], table: Iterable[str]) -> bytes:
    """The sample as it ships: numbers of terms with their counts, entry by entry, and how many other terms each has."""
    number = {term: i for i, term in enumerate(table)}
    terms, counts, ends, others = [], [], [], []
    for entry in entries:
        known = sorted((number[term], count) for term, count in entry.items() if term in number)
        terms += [term for term, _ in known]
        counts += [min(count, 255) for _, count in known]
        ends.append(len(terms))
        others.append(min(len(entry) - len(known), 255))
    about: dict[str, Any] = {"language": "en", "tokeniser": TOKENISER, "entries": len(ends)}
    out = BytesIO()
    np.savez_compressed(
        out,
        about=np.frombuffer(json.dumps(about).encode(), dtype=np.uint8),
        terms=np.array(terms, dtype=np.uint16),
        counts=np.array(counts, dtype=np.uint8),
        ends=np.array(ends, dtype=np.uint32),
        others=np.array(others, dtype=np.uint8),
    )
    return out.getvalue()


def main() -> int:
    """Write the sample into the package; says what it wrote."""
    corpora = os.environ.get("WATCHER_CORPORA")
    if not corpora:
        print("set WATCHER_CORPORA to the folder of outside material", file=sys.stderr)
        return 2
    entries = drawn(articles(Path(corpora)))
    content = packed(entries, background()["en"].shares)
    path = Path("watcher/data", SAMPLES[0])
    path.write_bytes(content)
    print(f"{path}: {len(entries)} entries, {sum(map(len, entries))} terms, {len(content)} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
