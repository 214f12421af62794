"""Builds the shipped table of subjects: where some thousand words lie among the subjects of ordinary news.

    WATCHER_CORPORA=../shared python -m tests.eval.build_subjects

Latent semantic analysis of the articles that `build_background` counts: a truncated singular value decomposition of
their TF-IDF vectors over single words. Its one rule: words only, never a document's own vector, so that nothing leads
back to an article. Libraries round differently, so the bytes may differ from machine to machine; the places do not.
"""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Iterable
from io import BytesIO
from math import log
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.preprocessing import normalize
from sklearn.utils.extmath import randomized_svd

from tests.eval.build_background import RAREST, articles
from watcher.data import SPACES
from watcher.relevance.features import Document, document_terms
from watcher.text import TOKENISER

WORDS = 12_000
DIMENSIONS = 64


def matrix(documents: Iterable[Document]) -> tuple[csr_matrix, list[str]]:
    """TF-IDF vectors of length 1 over the words that at least `RAREST` documents hold, most frequent word first."""
    counted: dict[str, Counter[str]] = {}
    for document in documents:  # each text once
        counted.setdefault(document.text, Counter(term for term in document_terms(document, "en") if " " not in term))
    frequency = Counter(word for counts in counted.values() for word in counts)
    words = [word for word, n in sorted(frequency.items(), key=lambda pair: (-pair[1], pair[0])) if n >= RAREST]
    column = {word: i for i, word in enumerate(words)}
    rows = [
        (i, column[word], (1 + log(n)) * (1 + log(len(counted) / frequency[word])))
        for i, counts in enumerate(counted.values())
        for word, n in counts.items()
        if word in column
    ]
    at, columns, values = zip(*rows, strict=True)
    return normalize(csr_matrix((values, (at, columns)), shape=(len(counted), len(words)))), words


def places(vectors: csr_matrix) -> NDArray[np.float64]:
    """The words' places (words × `DIMENSIONS`)."""
    _, _, components = randomized_svd(vectors, DIMENSIONS, n_iter=6, random_state=0)
    rows: NDArray[np.float64] = components.T[:WORDS]
    return rows


def packed(words: list[str], rows: NDArray[np.float64]) -> bytes:
    """The table as it ships: whole numbers of one byte, and a factor a word."""
    factor = np.abs(rows).max(axis=1, keepdims=True) / 127
    about: dict[str, Any] = {"language": "en", "tokeniser": TOKENISER, "words": len(rows), "dimensions": DIMENSIONS}
    out = BytesIO()
    np.savez_compressed(
        out,
        about=np.frombuffer(json.dumps(about).encode(), dtype=np.uint8),
        words=np.frombuffer("\n".join(words[: len(rows)]).encode(), dtype=np.uint8),
        factor=factor.astype(np.float32),
        vectors=np.round(rows / np.where(factor > 0, factor, 1)).astype(np.int8),
    )
    return out.getvalue()


def main() -> int:
    """Write the table into the package; says what it wrote."""
    corpora = os.environ.get("WATCHER_CORPORA")
    if not corpora:
        print("WATCHER_CORPORA names no folder; set it to where data/news_2012_2015.jsonl.gz lies", file=sys.stderr)
        return 2
    vectors, words = matrix(articles(Path(corpora)))
    table = packed(words, places(vectors))
    (Path(__file__).resolve().parents[2] / "watcher" / "data" / SPACES[0]).write_bytes(table)
    print(f"{SPACES[0]}: {vectors.shape[0]} documents, {min(WORDS, len(words))} words, {len(table)} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
