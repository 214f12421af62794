"""Where the article stands in a whole page that was copied, menus and all.

One rule: only a text that is mostly menu is cut; anything that reads as prose is left whole.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from watcher.leftovers.lines import Line

_PAGE = 40
"""Lines from which a text may be a whole page."""
_MENU = 4
"""Words of a menu's entry."""
_MOSTLY = 0.45
"""Share of such entries among the lines of a whole page (measured: pages from 0.46 up, articles with lists below)."""
_SENTENCE = 8
"""Words of a sentence that counts for the article."""
_LONGEST = 60
"""Words of one line that count: one endless line must not outweigh an article."""
_FEWEST = 60
"""Words of sentences that a stretch must hold."""


def find_stretch(lines: Sequence[Line], gone: Collection[int]) -> range:
    """Return the lines of the article, or all of them when the text is no copied page.

    The stretch with the largest sum, where a sentence counts its words and any other line costs 4 and half its words
    (after the maximum-subsequence segmentation of Pasternack and Roth, 2009).
    """
    everything = range(len(lines))
    entries = sum(not line.ends and len(line.words) <= _MENU and "://" not in line.text for line in lines)
    if len(lines) < _PAGE or entries < _MOSTLY * len(lines):
        return everything
    values = [0.0 if place in gone else _value(line) for place, line in enumerate(lines)]
    best, start, total, found = 0.0, 0, 0.0, everything
    for place, value in enumerate(values):
        if total <= 0:
            total, start = 0.0, place
        total += value
        if total > best:
            best, found = total, range(start, place + 1)
    words = sum(len(lines[place].words) for place in found if lines[place].ends)
    return found if words >= _FEWEST else everything


def _value(line: Line) -> float:
    count = len(line.words)
    if line.ends:
        return float(min(count, _LONGEST)) if count >= _SENTENCE else 1.0
    return -4.0 - count / 2
