"""Builds the shipped background table: how many of some thousand news articles hold a term.

    WATCHER_CORPORA=../shared python -m tests.eval.build_background

Its one rule: the same corpora give the same bytes. Articles of 2012 and 2013 and the BBC set are counted; later years,
Reuters and the event sets stay out, because they are what the product is measured on.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from watcher.data import FORMAT, TABLES
from watcher.relevance.features import Document, document_terms
from watcher.text import TOKENISER

LAST_YEAR = 2013
RAREST = 5
"""A term in fewer documents could point at one of them: it stays out."""
MOST_TERMS = 50_000
MOST_WORDS = 1200
"""Of each article: what makes a few essays of ten thousand words weigh like the others."""


def articles(corpora: Path) -> Iterator[Document]:
    """The articles that are counted."""
    for name in ("news_2012_2015", "bbc"):
        with gzip.open(corpora / "data" / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
            for line in lines:
                row = json.loads(line)
                year = str(row.get("date") or "")[:4]
                if name == "bbc" or (year.isdigit() and int(year) <= LAST_YEAR):
                    text = _first_words(row.get("text") or "")
                    yield Document(str(row["id"]), row.get("title") or "", text, "en", "full")


def _first_words(text: str) -> str:
    lines, left = [], MOST_WORDS
    for line in text.splitlines():
        kept = line.split()[:left]
        lines.append(" ".join(kept))
        left -= len(kept)
    return "\n".join(lines)


def count(documents: Iterator[Document]) -> tuple[int, Counter[str]]:
    """How many documents there are (each text once), and how many of them hold each term."""
    seen: set[str] = set()
    counts: Counter[str] = Counter()
    for document in documents:
        if document.text not in seen:
            seen.add(document.text)
            counts.update(set(document_terms(document, "en")))
    return len(seen), counts


def table(documents: int, counts: Mapping[str, int], *, language: str = "en") -> bytes:
    """The packed table: a header, then the most frequent terms, sorted by term."""
    ranked = sorted(((n, term) for term, n in counts.items() if n >= RAREST), key=lambda row: (-row[0], row[1]))
    rows = sorted((term, n) for n, term in ranked[:MOST_TERMS])
    header = f"{FORMAT}\tlanguage={language}\ttokeniser={TOKENISER}\tdocuments={documents}\trarest={RAREST}"
    text = "\n".join([header, *(f"{term}\t{n}" for term, n in rows)]) + "\n"
    packed = io.BytesIO()
    with gzip.GzipFile(filename="", fileobj=packed, mode="wb", compresslevel=9, mtime=0) as out:
        out.write(text.encode())
    return packed.getvalue()


def main() -> int:
    """Write the table into the package; says what it wrote."""
    corpora = os.environ.get("WATCHER_CORPORA")
    if not corpora:
        print("WATCHER_CORPORA names no folder; set it to where data/news_2012_2015.jsonl.gz lies", file=sys.stderr)
        return 2
    documents, counts = count(articles(Path(corpora)))
    packed = table(documents, counts)
    target = Path(__file__).resolve().parents[2] / "watcher" / "data" / TABLES[0]
    target.write_bytes(packed)
    print(f"{target.name}: {documents} documents, {len(packed)} bytes")
    print(f"terms in at least {RAREST} documents: {sum(n >= RAREST for n in counts.values())}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
