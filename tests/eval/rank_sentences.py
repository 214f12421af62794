"""TextRank and LexRank as sumy has them, in a virtual environment of its own; ``make eval`` makes it.

    build/baselines/bin/python tests/eval/rank_sentences.py < articles.jsonl

A line in is ``{"words": [[…], …], "lengths": [n, …], "room": n}``: the words and the characters of an article's
sentences, and how many characters are wanted. A line out is ``{"textrank": [i, …], "lexrank": [i, …]}``: the best
sentences that fill the room, in the text's order. sumy's own reading of text wants tables that nltk would download; its
summarizers only ask a sentence for its words, so the words come from outside. Imports nothing of watcher.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from importlib import import_module
from typing import Any

SUMMARIZERS = {"textrank": ("text_rank", "TextRankSummarizer"), "lexrank": ("lex_rank", "LexRankSummarizer")}


@dataclass(frozen=True)
class Sentence:
    """What sumy asks of a sentence."""

    place: int
    words: tuple[str, ...]


@dataclass(frozen=True)
class Document:
    """What sumy asks of a document."""

    sentences: tuple[Sentence, ...]


def best(summarizer: Any, document: Document, lengths: list[int], room: int) -> list[int]:
    """The places of as many of its best sentences as fill the room."""
    chosen: list[int] = []
    for count in range(1, len(lengths) + 1):
        chosen = sorted(sentence.place for sentence in summarizer(document, count))
        if sum(lengths[place] + 1 for place in chosen) > room:
            break
    return chosen


def main() -> None:
    summarizers = {
        name: getattr(import_module(f"sumy.summarizers.{module}"), kind)()
        for name, (module, kind) in SUMMARIZERS.items()
    }
    for line in sys.stdin:
        article = json.loads(line)
        sentences = tuple(Sentence(place, tuple(words)) for place, words in enumerate(article["words"]))
        document = Document(sentences)
        found = {name: best(one, document, article["lengths"], article["room"]) for name, one in summarizers.items()}
        print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
