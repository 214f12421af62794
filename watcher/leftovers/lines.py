"""What can be seen of one line: its words, its sentence end, its capitals, what it shares with the rest of the text.

One rule: features only; ``furniture`` draws the conclusions.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log

from watcher import text as texts
from watcher.leftovers.vocabulary import MARK, SITE_PHRASES, SITE_WORDS, SMALL_WORDS
from watcher.types import TermShares

_SENTENCE_END = re.compile(r"[.!?…。！？؟।][\"'”’»›)\]）」』*]*$")
_END = 40
"""Characters at the end of a line in which its full stop stands, whatever closes behind it."""
_DOTS = ("...", "…", "[…]")
_WORD = re.compile(r"[^\W_]+(?:['’\-][^\W_]+)*")
_ASCII_WORD = re.compile(r"[A-Za-z0-9]+(?:['\-][A-Za-z0-9]+)*")
_PART = re.compile(r"[^\W_]+")
_GLUED = re.compile(r"([.!?](?<=[^\W\d_].)(?<!\.\w.)[”’\"»]?)(?=([^\W\d_]+)(?=[\s,;:'’\-]|$))")
_UNSPACED = re.compile("[\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff]")
_DOMAINS = frozenset(["com", "net", "org", "js", "io", "co", "uk", "de", "fr", "gov", "edu", "info", "tv", "ai"])
_RAREST = 12.0
"""Weight of a word that the background has never seen: −ln of a share of about 6 in a million."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a text. ``block``: lines without an empty line between them share it."""

    text: str
    block: int
    words: tuple[str, ...]
    """Lower-case words as they are written, or in a script without spaces its pairs of letters."""
    pairs: bool
    """Its words are pairs of letters."""
    ends: bool
    """It ends as a sentence does."""
    truncated: bool
    """It breaks off with dots."""
    capitals: float
    """Share of its words with a capital first letter (0 in scripts without)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What the whole text says of its words: in how many lines each stands, and how much it tells.

    ``hinting``: those of `SITE_PHRASES` and `SITE_WORDS` that it has; looked for once, not in each of its lines.
    """

    lines: Mapping[str, int]
    weights: Mapping[str, float]
    hinting: tuple[str, ...]

    def cohesion(self, words: Sequence[str]) -> float:
        """Weighted share of the telling words that also stand in another line; 0 for an outsider, 1 for an echo."""
        weights, lines = self.weights, self.lines
        telling = {word for word in words if word in weights}
        total = sum([weights[word] for word in telling])
        shared = sum([weights[word] for word in telling if lines.get(word, 0) > 1])
        return shared / total if total else 0.0


def look(text: str, block: int) -> Line:
    """Return the features of one line (its white space already folded)."""
    written = (_ASCII_WORD if text.isascii() else _WORD).findall(text)
    words = tuple([word.lower() for word in written])
    if "’" in text:
        words = tuple([word.replace("’", "'") for word in words])
    count = max(1, len(words))
    letters = len("".join(words))
    pairs = letters > 14 * len(words) or (not text.isascii() and len(_UNSPACED.findall(text)) * 2 > letters)
    if pairs:
        words = tuple(texts.words(text)) or words
        count = len(words)
    return Line(
        text=text,
        block=block,
        words=words,
        pairs=pairs,
        ends=bool(_SENTENCE_END.search(text, max(0, len(text) - _END))),
        truncated=text.endswith(_DOTS),
        capitals=sum([word[0].isupper() for word in written]) / count,
    )


def split(text: str) -> list[Line]:
    """Cut a text into lines: hard-wrapped paragraphs are joined, glued sentences parted, white space folded."""
    lines: list[Line] = []
    for block, part in enumerate(_blocks(text)):
        for raw in part:
            lines += [look(piece, block) for piece in _unglue(texts.tidy(raw)) if piece]
    return lines


def strip_mark(text: str) -> str:
    """Return a line without what marks it as one of a list, or as what follows a dateline or a picture."""
    found = MARK.match(text)
    return text[found.end() :] if found else text


def _blocks(text: str) -> list[list[str]]:
    if texts.is_wrapped(text):
        return [[paragraph] for paragraph in texts.paragraphs(text)]
    blocks: list[list[str]] = [[]]
    for raw in text.splitlines():
        line = raw.strip()
        if line:
            blocks[-1].append(line)
        elif blocks[-1]:
            blocks.append([])
    return [_unwrap(block) for block in blocks if block]


def _unwrap(block: list[str]) -> list[str]:
    """Join a block whose lines are all cut at one width, as mail programs do."""
    inner = block[:-1]
    if len(inner) < 2:
        return block
    longest = max(map(len, block))
    even = all(len(line) > 0.7 * longest for line in inner)
    open_ends = sum(not _SENTENCE_END.search(line) for line in inner)
    return [" ".join(block)] if longest <= 110 and longest >= 40 and even and open_ends * 2 > len(inner) else block


def _unglue(line: str) -> list[str]:
    """Part sentences that lost the white space between them: ``critics fear.Story highlights``."""
    pieces, start = [], 0
    for found in _GLUED.finditer(line):
        following = found.group(2)
        before = line[max(0, found.start() - 3) : found.start()]
        if not following[0].isupper() or following.lower() in _DOMAINS:
            continue
        if len(before) == 3 and before.isalpha() and before.islower():
            pieces.append(line[start : found.end()].strip())
            start = found.end()
    return [*pieces, line[start:].strip()]


def context(lines: Sequence[Line], background: Mapping[str, TermShares] | None) -> Context:
    """Return what the whole text, and the background of ordinary news, know of its words.

    A word weighs −ln of its share of ordinary articles, so that sharing a rare word with the rest of the text tells
    more than sharing a common one; without a background every word that carries no grammar weighs the same.
    """
    holders = Counter(word for line in lines for word in set(line.words))
    telling = [word for word in holders if word not in SMALL_WORDS and len(word) > 1 and not word.isdigit()]
    lowered = "\n".join([line.text for line in lines]).lower()
    parts = {part for word in holders if not word.isalnum() for part in _PART.findall(word)}
    hinting = (
        *[phrase for phrase in SITE_PHRASES if phrase in lowered],
        *[word for word in SITE_WORDS if word in holders or word in parts],
    )
    table = _table(telling, background or {})
    if table is None:
        return Context(lines=holders, weights=dict.fromkeys(telling, 1.0), hinting=hinting)
    shares = table.shares
    weights = {word: min(_RAREST, -log(shares[word])) if word in shares else _RAREST for word in telling}
    return Context(lines=holders, weights=weights, hinting=hinting)


def _table(words: Sequence[str], background: Mapping[str, TermShares]) -> TermShares | None:
    """Return the table that knows most of the words, if any knows at least a quarter of them."""
    known = {language: sum(word in table.shares for word in words) for language, table in background.items()}
    best = max(known, key=lambda language: known[language], default=None)
    return background[best] if best is not None and known[best] * 4 >= len(words) else None
