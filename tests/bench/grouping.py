"""What placing an entry costs with 5,000 open stories of one topic, beside scikit-learn's vectoriser and one product.

``make bench``. The texts are random words of the shipped table, as common as there, each with ten words of the topic.
"""

from __future__ import annotations

import random
from datetime import timedelta
from time import process_time

from sklearn.feature_extraction.text import TfidfVectorizer

from tests.builders import NOW
from watcher.data import background
from watcher.stories import Board, new_sentences
from watcher.types import StoryMember

OPEN = 5000
PLACED = 200
WORDS = 200


def texts(rng: random.Random, number: int) -> list[tuple[str, str]]:
    """Titles and texts whose words are about as common as in news, each with names of its own."""
    shares = background()["en"].shares
    vocabulary = sorted((term for term in shares if " " not in term), key=lambda term: -shares[term])
    odds = [shares[term] for term in vocabulary]
    topic = vocabulary[2000:2010]
    made = []
    for at in range(number):
        own = [f"Own{at % OPEN}{letter}" for letter in "abcdefgh"]
        words = rng.choices(vocabulary, odds, k=WORDS) + topic + own + own
        rng.shuffle(words)
        sentences = (" ".join(words[at : at + 20]).capitalize() for at in range(0, len(words), 20))
        made.append((" ".join(topic[:2] + own[:2] + rng.choices(vocabulary, odds, k=3)), ". ".join(sentences) + "."))
    return made


def member(number: int, title: str, text: str) -> StoryMember:
    """The entry of a text, minutes apart."""
    seen = NOW + timedelta(seconds=20 * number)
    return StoryMember(entry=str(number), outlet="", title=title, text=text, seen=seen, language="en")


def main() -> None:
    """Print milliseconds of processor time an entry, and their ratio."""
    made = texts(random.Random(7), OPEN + PLACED)
    entries = [member(number, title, text) for number, (title, text) in enumerate(made)]
    board = Board("bench", (), background=background())
    start = process_time()
    placed = [board.place(one, identity=one.entry) for one in entries[:OPEN]]
    built = (process_time() - start) / OPEN * 1e3
    start = process_time()
    for one in entries[OPEN:]:
        board.place(one, identity=one.entry)
    grouping = (process_time() - start) / PLACED * 1e3
    start = process_time()
    for at, one in enumerate(entries[OPEN:]):  # told texts of its own for each: they are remembered for a while
        new_sentences([entries[2 * at].text, entries[2 * at + 1].text], one.text, language="en")
    new = (process_time() - start) / PLACED * 1e3
    vectoriser = TfidfVectorizer(sublinear_tf=True, stop_words="english")
    matrix = vectoriser.fit_transform([f"{title} {text}" for title, text in made[:OPEN]])
    start = process_time()
    for title, text in made[OPEN:]:
        (vectoriser.transform([f"{title} {text}"]) @ matrix.T).toarray().argmax()
    plain = (process_time() - start) / PLACED * 1e3
    stories = len({one.story for one in placed})
    print(f"vectorising with scikit-learn and one product with all texts: {plain:.2f} ms an entry, 1.0")
    print(
        f"placing it, {stories:,} stories open: {grouping:.2f} ms, {grouping / plain:.1f} times that; "
        f"while they were opened: {built:.2f}"
    )
    print(f"what is new in it, two texts told: {new:.2f} ms, {new / plain:.1f} times that")


if __name__ == "__main__":
    main()
