"""Which line, if any, is the headline.

One rule: a wrong headline harms more than none, because its words count double.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from watcher import text as texts
from watcher.leftovers.lines import Line
from watcher.leftovers.repeats import echo
from watcher.leftovers.vocabulary import LIST_HEADS

_SEARCHED = 12
"""Lines from the top among which a headline is looked for."""
_BODY = 14
"""Words of a whole sentence that surely belongs to the body."""


def find_headline(lines: Sequence[Line], gone: Collection[int]) -> int | None:
    """Return the headline's place, or None.

    It stands before the body, is no statement with a full stop, has 4 to 25 words, heads no bullet list, shares a word
    with the body, and is no bullet that a sentence of the body says again.
    """
    body = next((place for place, line in enumerate(lines) if place not in gone and _is_body(line)), None)
    if body is None:
        return None
    sentences = [line.words for line in lines[body:] if line.ends]
    found = [place for place in range(min(body, _SEARCHED)) if place not in gone and _may_head(lines, place, sentences)]
    if not found:
        return None
    # "Headline - Outlet" from the window's title goes behind the plain headline that it repeats.
    first = lines[found[0]].text.casefold()
    return next((place for place in found[1:] if first.startswith(lines[place].text.casefold())), found[0])


def _is_body(line: Line) -> bool:
    return line.ends and len(line.words) >= _BODY and not line.text.endswith("?")


def _may_head(lines: Sequence[Line], place: int, sentences: Sequence[tuple[str, ...]]) -> bool:
    line = lines[place]
    if not 4 <= len(line.words) <= 25 or (
        line.ends and not line.text.rstrip("\"'”’»」』").endswith(("?", "!", "？", "！"))
    ):
        return False
    if len(texts.sentences(line.text)) > 1 or _listed(lines, place):
        return False
    telling = {word for word in line.words if len(word) > 1}
    return any(telling & set(words) for words in sentences) and not echo(line.words, sentences)


def _listed(lines: Sequence[Line], place: int) -> bool:
    """Tell whether only lines that are no sentences stand between it and the heading of a bullet list."""
    for above in reversed(lines[:place]):
        if LIST_HEADS.match(above.text):
            return True
        if above.ends:
            return False
    return False
