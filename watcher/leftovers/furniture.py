"""Which lines belong to the site and not to the article.

One rule: a notice nobody could take for news goes at once; everything else is weighed by several features of the line,
so that an article *about* cookies or newspapers stays whole.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from watcher import text as texts
from watcher.leftovers.dateline import strip_dateline
from watcher.leftovers.lines import Context, Line
from watcher.leftovers.vocabulary import (
    ADDRESS,
    ADDRESSING,
    AUTHOR,
    BIOGRAPHY,
    BYLINE,
    CALLS,
    CERTAIN,
    CERTAIN_PHRASES,
    CERTAIN_START,
    CREDIT,
    CREDIT_PHRASES,
    JOBS,
    LABELS,
    POINTING,
    SITE_PHRASES,
    SITE_TALK,
    SITE_WORDS,
    SMALL_WORDS,
    TIME_CODE,
)

_SHORT = 12
"""Words of a label, a byline, a time code with its caption."""
_NOTICE = 45
"""Words of a notice, a caption, a line about the author."""
_LONGEST = 1000
"""Characters beyond which nothing is a notice, whatever counts as its words."""
_ENOUGH = 4
"""Points at which a sentence is the site talking."""
_SEPARATORS = re.compile(r"\s[|•·»›>/]\s|[|•·»›]")
_INSIDE_CAPITAL = re.compile(r"(?<=[\w,;]\s)[^\W\d_a-z]", re.UNICODE)
_UNSPACED = re.compile("[\uac00-\ud7af\u3041-\u30ff\u4e00-\u9fff]")
"""Scripts in which a hint is no whole word."""
_NAMES = 0.8
"""Share of words with a capital letter from which on a line is names only."""
_CLOSING = ('"', "”", "»", "」")
_DASH = re.compile(r"(?:--|[–—-])\s*[^\W\d_a-z]")
_QUOTED = re.compile(r"^[\"'“‘„«「『]")


def is_furniture(line: Line, around: Context, *, edge: bool) -> bool:
    """Tell whether a line is one of the site's own. ``edge``: it is among the first or last few."""
    count = len(line.words)
    if not any(word[0].isalpha() for word in line.words):
        return True
    if count > _NOTICE or len(line.text) > _LONGEST:
        return False
    if is_notice(line) or _bare_address(line.text) or (count <= _SHORT and not line.ends and _is_label(line)):
        return True
    if _is_caption(line, edge=edge) or (edge and BIOGRAPHY.search(line.text) and not _QUOTED.match(line.text)):
        return True
    return site_talk(line, around, edge=edge)


def is_notice(line: Line) -> bool:
    """Tell whether a line, or the sentence it begins with, is a notice that nobody takes for news."""
    if len(line.words) > _NOTICE:
        return False
    lowered = line.text.lower()
    if CERTAIN_START.match(lowered):
        return True
    found = CERTAIN.search(lowered) if any(phrase in lowered for phrase in CERTAIN_PHRASES) else None
    return found is not None and found.start() < len(texts.sentences_of(line.text)[0])


def is_about_author(line: Line) -> bool:
    """Tell whether a sentence says who the author is."""
    return len(line.words) <= _NOTICE and bool(AUTHOR.match(line.text))


def is_media_cue(line: Line) -> bool:
    """Tell whether a line marks a picture or film, whose caption stands beside it."""
    return len(line.words) <= _SHORT and bool(TIME_CODE.match(line.text) or CREDIT.search(line.text))


def is_signature(above: Line, line: Line) -> bool:
    """Tell whether a line says who spoke the quotation above it, or who wrote: "— Marta Lind, harbour master"."""
    if len(line.words) > _NOTICE or not _DASH.match(line.text):
        return False
    if line.words[0] in {"from", "by"}:  # "By Friday …" is an item of a list
        return line.capitals >= _NAMES and len(line.words) <= _SHORT
    return bool(_QUOTED.match(above.text)) and above.text.endswith(_CLOSING)


def site_talk(line: Line, around: Context, *, edge: bool) -> bool:
    """Tell whether a sentence is the site talking to its reader, by points.

    For: words with which sites speak of themselves (up to three; double when the sentence also speaks to the reader or
    calls for something), standing at an edge, sharing nothing with the rest, naming nobody. Against: sharing much with
    the rest, being a quotation.
    """
    speaks = (not ADDRESSING.isdisjoint(line.words)) + (line.words[:1] != () and line.words[0] in CALLS)
    hints = [hint for hint in site_hints(line, around.hinting) if not _is_subject(hint, around)]
    if not hints and speaks < 2:
        return False  # whatever else is seen, the points are too few
    cohesion = around.cohesion(line.words)
    if not speaks and cohesion >= 0.2:
        return False
    points = (2 if speaks else 1) * min(3, len(hints)) + speaks
    points += edge
    points += cohesion < 0.2
    points += not _INSIDE_CAPITAL.search(line.text)
    if not (hints and len(line.words) <= _SHORT and line.words[0] in CALLS):  # an order stays one, however often said
        points -= 2 * (cohesion > 0.5)
    points -= 2 * bool(_QUOTED.match(line.text))
    return points >= (_ENOUGH if hints else _ENOUGH + 1)


def site_hints(line: Line, hinting: Sequence[str] = (*SITE_PHRASES, *SITE_WORDS)) -> list[str]:
    """The words of a line with which sites speak of themselves, in order, each once.

    ``hinting``: the words and phrases of which it has one, if it has a hint.
    """
    lowered = line.text.lower()
    if not (line.pairs or any(part in lowered for part in hinting) or _UNSPACED.search(lowered)):
        return []
    return list(dict.fromkeys(found.group() for found in SITE_TALK.finditer(lowered)))


def _is_subject(hint: str, around: Context) -> bool:
    """A word that stands in many lines is what the article is about, be it cookies."""
    return max((around.lines.get(word, 0) for word in hint.split() if word not in SMALL_WORDS), default=0) >= 3


def _is_label(line: Line) -> bool:
    words = [word for word in line.words if word not in SMALL_WORDS and not word.isdigit()]
    if sum(word in LABELS for word in words) >= 0.6 * len(words):
        return True
    if TIME_CODE.match(line.text) or len(_SEPARATORS.findall(line.text)) >= 2:
        return True
    named = line.capitals >= 0.5 or not _cased(line.text)
    return named and bool(BYLINE.search(line.text) or any(word in JOBS for word in line.words))


def _is_caption(line: Line, *, edge: bool) -> bool:
    lowered = line.text.lower()
    may_credit = any(phrase in lowered for phrase in CREDIT_PHRASES)
    credit = CREDIT.search(strip_dateline(line.text)) if may_credit else None
    if credit and (not line.ends or credit.start() < 3):
        return True
    if (line.truncated or not line.ends) and POINTING.search(line.text):
        return True
    return edge and line.truncated and len(line.words) > 8 and len(texts.sentences_of(line.text)) == 1


def _bare_address(text: str) -> bool:
    if "@" not in text and "http" not in text and "www." not in text:
        return False  # looking for an address at each letter takes long
    rest, found = ADDRESS.subn(" ", text)
    return found > 0 and len(rest.split()) <= 4


def _cased(text: str) -> bool:
    return text.lower() != text.upper()
