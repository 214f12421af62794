"""Two or three whole sentences of an article that tell its news with the topic in view.

One rule: the publisher's own sentences, untouched and in their order; nothing is better than half a sentence or an echo
of the headline.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from watcher import leftovers
from watcher import text as texts
from watcher.summary.sentence import Sentence, echoes, look, quoted_places
from watcher.summary.worth import Interest

__all__ = ["MOST", "choose", "summarise"]

MOST = 3
"""Sentences of a summary."""
_READ = 15_000
"""Characters of the text that are looked at: news stands before them. Of sentences named beforehand twice as many."""
_STANDFIRST = 2
"""Sentences of a text that is read with its headline: "His options are limited."."""
_START = 60
"""Characters by which the text's beginning is known again."""
_HEADING = 4
"""Words of a headline that is known again in the middle of a line: what is shorter may be what the line speaks of."""
_NAME, _ABOVE = 40, 600
"""Characters in front of it there: a section's name, or a caption whose end is "| Agency"."""
_WHEN = re.compile(
    r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b|(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.?\s\d"
)
"""With such a word a sentence goes on that begins as the headline does."""
_WORTH = 0.35
"""A further sentence must be worth this much of the best one."""


def summarise(
    title: str, text: str, *, terms: Mapping[str, float], limit: int = 350, only: Collection[str] | None = None
) -> str:
    """Return at most three whole sentences, ``limit`` characters together, in the text's order.

    ``terms`` are the topic's words and word pairs with their weights (not negative); without any the headline and the
    place in the text decide. ``only``: the sentences that may be told, of which one that leans on the sentence before
    needs that one, too. "" when the text says nothing beyond the headline, or no whole sentence fits. Never raises.
    """
    chosen = choose(title, text, terms=terms, limit=limit, only=only)
    joined = chosen[0] if chosen else ""
    for sentence in chosen[1:]:
        joined += ("" if joined.endswith(("。", "！", "？", "」", "』")) else " ") + sentence
    return joined


def choose(
    title: str, text: str, *, terms: Mapping[str, float], limit: int = 350, only: Collection[str] | None = None
) -> list[str]:
    """Return the sentences of ``summarise`` one by one."""
    below = _below_headline(title, text[: _READ if only is None else 2 * _READ])
    sentences = _sentences(below, headed=bool(title.strip()))
    headline = frozenset(texts.words(texts.tidy(title)))
    fit = {
        place: sentence
        for place, sentence in enumerate(sentences)
        if sentence.whole and len(sentence.text) <= limit and not echoes(sentence, headline)
    }
    able = {place: sentence for place, sentence in fit.items() if only is None or sentence.text in only}
    interest = Interest(title, sentences, terms)
    taken = _best(sentences, dict(able), interest, limit) or _led_in(fit, able, interest, limit)
    return [sentences[place].text for place in sorted(taken)]


def _below_headline(title: str, text: str) -> str:
    """Return the text below its own headline: on some pages teasers of other articles stand above it.

    It may stand in one line with what follows it: "Bridge stays closed Engineers found …".
    """
    heading = texts.tidy(title)
    if not heading:
        return text
    lines, folded = text.splitlines(), heading.casefold()
    half = len(lines) // 2
    glued = len(heading.split()) >= _HEADING and folded in text.casefold()
    for place, line in enumerate(lines[: max(half, 1)]):
        tidied = texts.tidy(line)
        if place < half and tidied.casefold() == folded:
            return "\n".join(lines[place + 1 :])
        if glued and (rest := _behind(heading, tidied)):
            return "\n".join([rest, *lines[place + 1 :]])
    return text


def _behind(heading: str, line: str) -> str:
    """Return what follows the headline in its line, "" where a sentence only uses its words."""
    found = re.compile(re.escape(heading) + r"\s+", re.IGNORECASE).search(line, 0, _ABOVE + len(heading))
    if not found or (found.start() > _NAME and "|" not in line[found.start() - _NAME : found.start()]):
        return ""
    rest = line[found.end() :]
    return rest if rest.lstrip("\"'“‘")[:1].isupper() and not _WHEN.match(rest) else ""


def _sentences(text: str, *, headed: bool) -> list[Sentence]:
    """Return the text's sentences without left-overs; a lone line without a full stop is a whole one too."""
    paragraphs = [texts.sentences_of(paragraph) for paragraph in leftovers.clean(text).paragraphs]
    count = sum(map(len, paragraphs))
    start = texts.tidy(text[:_START])
    found: list[Sentence] = []
    for parts in paragraphs:
        quoted = quoted_places(parts)
        for place, part in enumerate(parts):
            first = not found and part.startswith(start[: len(part)])
            under = first and headed and count <= _STANDFIRST
            found.append(look(part, lone=count == 1, quoted=place in quoted, first=first, under=under))
    return found


def _led_in(fit: Mapping[int, Sentence], able: Mapping[int, Sentence], interest: Interest, limit: int) -> list[int]:
    """Take a sentence that leans on one which was told already, and that one with it, where nothing else is left."""
    pairs = {
        place: sentence
        for place, sentence in able.items()
        if (before := fit.get(place - 1)) is not None
        and not before.leans
        and len(before.text) + 1 + len(sentence.text) <= limit
    }
    values = interest.values(pairs, [])
    best = max(values, key=lambda place: (values[place], -place), default=None)
    return [] if best is None else [best - 1, best]


def _best(sentences: Sequence[Sentence], able: dict[int, Sentence], interest: Interest, limit: int) -> list[int]:
    """Take the sentence that adds most to those taken, while one adds enough (MMR: Carbonell and Goldstein, 1998)."""
    taken: list[int] = []
    room, best = limit, 0.0
    while able and len(taken) < MOST:
        fitting = {
            place: sentence
            for place, sentence in able.items()
            if len(sentence.text) <= room and (not sentence.leans or place - 1 in taken)
        }
        values = interest.values(fitting, [sentences[place] for place in taken])
        if not values:
            break
        place = max(values, key=lambda place: (values[place], -place))
        best = best or values[place]
        if values[place] < _WORTH * best:
            break
        taken.append(place)
        room -= len(sentences[place].text) + 1
        del able[place]
    return taken
