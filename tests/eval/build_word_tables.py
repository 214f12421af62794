"""Builds the shipped tables of common words for languages whose news we have no corpus of.

    pip download --no-deps wordfreq && python -m tests.eval.build_word_tables wordfreq-3.1.1-py3-none-any.whl

wordfreq (Robyn Speer, https://github.com/rspeer/wordfreq) knows how frequent words are in subtitles, books, news and
the web. An article of some 200 distinct words in running text holds a word of frequency f with the probability
1 − e^(−200 f): that stands in for the share of articles that hold it. Words that are too rare to matter stay out, and
so do stop words and pairs. Needs msgpack. The tables are adapted from wordfreq's data, CC BY-SA 4.0, and so are they.
"""

from __future__ import annotations

import gzip
import sys
import zipfile
from math import exp
from pathlib import Path

from tests.eval.build_background import table
from watcher.relevance.features import terms

LANGUAGES = ("de", "es", "fr", "it", "pt")
TOKENS = 200
DOCUMENTS = 10_000
"""Shares become whole numbers of so many documents."""
RAREST = 2.5e-3
"""What is rarer is as rare as an unseen word to a model."""


def frequencies(wheel: Path, language: str) -> dict[str, float]:
    """Word → frequency in running text. The list is binned: place i holds the words of 10^(−i/100)."""
    import msgpack

    with zipfile.ZipFile(wheel) as archive:
        names = [f"wordfreq/data/{size}_{language}.msgpack.gz" for size in ("large", "small")]
        name = next(one for one in names if one in archive.namelist())
        bins = msgpack.unpackb(gzip.decompress(archive.read(name)))
    return {word: 10 ** (-place / 100) for place, words in enumerate(bins[1:]) for word in words}


def counts(found: dict[str, float], language: str) -> dict[str, int]:
    """Word → of `DOCUMENTS` documents, how many hold it."""
    shares = {
        word: 1 - exp(-TOKENS * frequency) for word, frequency in found.items() if frequency > RAREST / TOKENS / 2
    }
    ours = {word: share for word, share in shares.items() if list(terms(word, language)) == [word]}
    return {word: round(share * DOCUMENTS) for word, share in ours.items() if share > RAREST}


def main(wheel: str) -> int:
    """Write the tables into the package; says what it wrote."""
    for language in LANGUAGES:
        packed = table(DOCUMENTS, counts(frequencies(Path(wheel), language), language), language=language)
        name = f"background-{language}.tsv.gz"
        (Path(__file__).resolve().parents[2] / "watcher" / "data" / name).write_bytes(packed)
        print(f"{name}: {len(packed)} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
