"""Takes the left-overs of scraping out of an article's text: buttons, bylines, captions, notices, repeated sentences.

One rule: judge a line by its features (length, sentence end, small words, capitals, calls to the reader, place in the
text, what it shares with the rest, repetition), so that it also works for outlets never seen; when in doubt, keep.

What the background of ordinary news knows of such lines: their words are ordinary English, so being rare is no mark of
them. But they share no telling word with the rest of the article, and the background says which words tell.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from watcher import text as texts
from watcher.leftovers.dateline import strip_dateline
from watcher.leftovers.furniture import is_about_author, is_furniture, is_media_cue, is_notice, is_signature, site_talk
from watcher.leftovers.headline import find_headline
from watcher.leftovers.lines import Context, Line, context, look, split, strip_mark
from watcher.leftovers.repeats import repeated
from watcher.leftovers.stretch import find_stretch
from watcher.leftovers.vocabulary import SMALL_WORDS
from watcher.types import TermShares

__all__ = ["Cleaned", "clean"]

_HEAD, _TAIL = 4, 4
"""How many first and last lines are an edge of the text."""
_LONGEST_TAIL = 25
"""Words of a line after the last sentence that is taken for a tag list or a related headline."""

_LONGEST_LABEL = 8
"""Words of a line between sentences that is taken for a label when it shares no word with any of them."""

_LABELS_AT_MOST = 0.25
"""Share of a text's words that such labels may make up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleaned:
    """An article's own text: ``title`` is "" when there is none, ``dropped`` lists what was left out, in order."""

    title: str
    paragraphs: tuple[str, ...]
    dropped: tuple[str, ...] = ()


def clean(text: str, *, background: Mapping[str, TermShares] | None = None) -> Cleaned:
    """Return the article's headline and paragraphs, and what was dropped. Never raises, whatever the text."""
    lines = split(text)
    around = context(lines, background)
    gone = _furniture(lines, around)
    stretch = find_stretch(lines, gone)
    title = find_headline(lines, gone, stretch)
    gone |= set(range(len(lines))) - {*stretch, *([] if title is None else [title])}
    gone |= _strays(lines, gone, title)
    dropped: list[tuple[int, str]] = [(place, lines[place].text) for place in gone]
    kept = [place for place in range(len(lines)) if place not in gone and place != title]
    heading = "" if title is None else lines[title].text
    paragraphs = _paragraphs(lines, kept, around, heading, dropped)
    return Cleaned(
        title=heading, paragraphs=tuple(paragraphs), dropped=tuple(said for _, said in sorted(dropped, key=_place))
    )


def _is_the_sites(sentence: Line, around: Context, *, edge: bool) -> bool:
    return is_notice(sentence) or (edge and is_about_author(sentence)) or site_talk(sentence, around, edge=edge)


def _looked(line: Line, sentence: str, place: int) -> Line:
    """A sentence's features; many a line is one sentence, and was looked at."""
    return line if sentence == line.text else look(sentence, place)


def _place(item: tuple[int, str]) -> int:
    return item[0]


def _furniture(lines: Sequence[Line], around: Context) -> set[int]:
    said = Counter(line.text.casefold() for line in lines)
    gone = {
        place
        for place, line in enumerate(lines)
        if is_furniture(line, around, edge=place < _HEAD or place >= len(lines) - _TAIL)
        or (not line.ends and len(line.words) <= 6 and said[line.text.casefold()] > 2)
    }
    for place in sorted(gone):
        if is_media_cue(lines[place]):
            gone |= {near for near in (place - 1, place + 1) if _beside(lines, place, near)}
    return gone


def _beside(lines: Sequence[Line], cue: int, near: int) -> bool:
    """A short line that is no sentence and touches a picture's mark is the picture's caption."""
    if not 0 <= near < len(lines) or lines[near].block != lines[cue].block:
        return False
    return not lines[near].ends and len(lines[near].words) <= 15


def _strays(lines: Sequence[Line], gone: set[int], title: int | None) -> set[int]:
    """Lines that are no sentences, in a text made of sentences: at its ends, or without a word that a sentence has."""
    kept = [place for place in range(len(lines)) if place not in gone and place != title]
    whole = [place for place in kept if lines[place].ends and len(lines[place].words) >= 5]
    if _count(lines, whole) * 2 < _count(lines, kept) or len(whole) < 3:
        return set()
    head = {place for place in kept if place < whole[0] and len(lines[place].words) <= 4}
    tail = {place for place in kept if place > whole[-1] and len(lines[place].words) <= _LONGEST_TAIL}
    said = {word for place in whole for word in lines[place].words if word not in SMALL_WORDS}
    labels = {place for place in kept if place < whole[-1] and _is_loose(lines[place], said)}
    if _count(lines, labels) > _LABELS_AT_MOST * _count(lines, kept):
        labels = set()  # a list of things, each named once, is what the article is about
    return head | labels | {place for place in tail if not lines[place].ends}


def _is_loose(line: Line, said: Collection[str]) -> bool:
    return not line.ends and len(line.words) <= _LONGEST_LABEL and not any(word in said for word in line.words)


def _count(lines: Sequence[Line], places: Collection[int]) -> int:
    return sum(len(lines[place].words) for place in places)


def _paragraphs(
    lines: Sequence[Line], kept: Sequence[int], around: Context, heading: str, dropped: list[tuple[int, str]]
) -> list[str]:
    """Put the kept lines together without the sentences that are repeated or the site's; those go to ``dropped``."""
    said: list[tuple[int, str]] = []
    for number, place in enumerate(kept):
        if number and is_signature(lines[kept[number - 1]], lines[place]):
            dropped.append((place, lines[place].text))
            continue
        text = strip_dateline(lines[place].text) if number < 3 else lines[place].text
        text = strip_mark(text)
        if text != lines[place].text:
            dropped.append((place, lines[place].text[: len(lines[place].text) - len(text)].strip()))
        said += [(place, sentence) for sentence in texts.sentences_of(text)]
    looked = [look(heading, -1), *(_looked(lines[place], sentence, place) for place, sentence in said)]
    pairs = {number for number, line in enumerate(looked) if line.pairs}
    again = repeated([line.words for line in looked], [True, *(line.ends for line in looked[1:])], pairs=pairs)
    paragraphs: dict[int, list[str]] = {}
    for number, (place, sentence) in enumerate(said, start=1):
        edge = place in (*kept[:_HEAD], *kept[-_TAIL:])
        if number in again or _is_the_sites(looked[number], around, edge=edge):
            dropped.append((place, sentence))
        else:
            paragraphs.setdefault(place, []).append(sentence)
    return [" ".join(sentences) for sentences in paragraphs.values()]
