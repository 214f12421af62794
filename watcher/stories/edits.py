"""What an edit of an entry is: nothing to speak of, another headline, a correction, or a retraction.

Its one rule: a touched date, a comma, an outlet's name at the end of a headline are nothing; a word that tells of a
correction counts only where it speaks of the report itself ("Pyongyang retracted its offer" is news, no retraction).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import SequenceMatcher
from typing import Literal

from watcher.stories.novelty import content_stems, figures
from watcher.text import sentences, words

Edit = Literal["none", "material", "correction", "retraction"]

MORE_WORDS = 2
"""A headline may gain or lose so many words and still say the same; a word replaced says something else."""

MISSPELT = 0.75
"""From this likeness on (difflib's ratio) one word is another spelling of the other."""

OUTLET_WORDS = 4
"""A tail of a headline, after a dash or a bar, of at most so many words may be an outlet's name."""

_RETRACTION = re.compile(
    r"""
      ^\W*(?:retract(?:ion|ed)|widerruf|rétractation|retractación|retractação|ritrattazione|撤回|取り消し|기사\s?철회)\s*(?:[:：\]】)—–-]|$)
    | \b(?:this|the|our|an?\ earlier)\ (?:article|story|report|version|dispatch)\b[^.]{0,60}
        \b(?:was|were|is|been|being)\ (?:retracted|withdrawn|removed)\b
    | \b(?:we|editors)\ (?:have\ |hereby\ )?(?:retract(?:ed)?|withdrawn|withdrew)\b
    | \b(?:dieser|der)\ (?:artikel|bericht|beitrag|text)\b[^.]{0,40}\bzurückgezogen\b
    | \bcet\ article\ a\ été\ retiré\b | \beste\ artículo\ ha\ sido\ (?:retirado|eliminado)\b
    | \beste\ artigo\ foi\ (?:retirado|removido)\b | \bquesto\ articolo\ è\ stato\ (?:ritirato|rimosso)\b
    | (?:이|본|해당)\s?(?:기사|보도)[^.]{0,15}(?:철회|취소|삭제) | (?:この|本)記事[^。]{0,15}(?:撤回|取り消)
    """,
    re.IGNORECASE | re.VERBOSE,
)
_CORRECTION = re.compile(
    r"""
      ^\W*(?:corrections?|corrected|corrects|clarification|korrektur|berichtigung|korrigiert|rectificatif|erratum|errata
        |corrección|corregido|rectificación|fe\ de\ er(?:rores|ratas)|correção|corrigido|correzione|rettifica
        |정정(?:\s?보도(?:문)?)?|바로잡습니다|訂正|更正|お詫びと訂正)
        \s*(?:\([^)]*\)|to\ [^:]{1,30})?\s*(?:[:：\]】)—–-]|$)
    | \((?:corrects|corrected|clarifies|corregida?|corrige|korrigiert|정정|訂正)\b
    | \b(?:this|the|an?\ (?:earlier|previous))\ (?:article|story|report|headline|version|post)\b[^.]{0,60}
        \b(?:been|was|were|is)\ (?:corrected|amended|clarified)\b
    | \b(?:an?|the)\ (?:earlier|previous)\ version\ of\ (?:this|the)\b
    | \bin\ einer\ (?:früheren|ersten)\ (?:version|fassung)\b
    | \bune\ (?:première\ )?version\ (?:précédente|antérieure)\b | \buna\ versión\ anterior\b
    | \buma\ versão\ anterior\b | \buna\ versione\ precedente\b | 바로잡습니다 | (?:以前|初出)の記事[^。]{0,20}誤り
    """,
    re.IGNORECASE | re.VERBOSE,
)
_NEGATIONS = frozenset({
    "no", "not", "never", "without", "denies", "denied", "deny", "nicht", "kein", "keine", "nie", "ne", "pas", "jamais",
    "nunca", "jamás", "sin", "não", "nem", "non", "mai",
})  # fmt: skip
_LABEL = re.compile(
    r"^\W*(?:update\s?\d*|updated|live|breaking|watch|video|exclusive|eil|속보|速報)\s*[-:|–—\]]\s*", re.IGNORECASE
)
_TAIL = re.compile(r"\s+[-|–—]\s+([^-|–—]+)$")


def edited(old_title: str, old_text: str, title: str, text: str, *, language: str = "und") -> Edit:
    """What became of an entry: the gravest of what applies. Only what the older form did not say counts."""
    added = _added([old_title, *sentences(old_text)], [title, *sentences(text)])
    if any(_RETRACTION.search(one) for one in added):
        return "retraction"
    if any(_CORRECTION.search(one) for one in added):
        return "correction"
    return "none" if same_headline(old_title, title, language=language) else "material"


def same_headline(old: str, new: str, *, language: str = "und") -> bool:
    """Whether two headlines of one entry say the same: the figures, the negations, and no word replaced by another."""
    old, new = _bare(old, new), _bare(new, old)
    if not old or not new:
        return True  # a headline that was missing is no change of one
    if figures(old) != figures(new) or _negated(old) != _negated(new):
        return False
    ours, theirs = content_stems(old, language), content_stems(new, language)
    gone, came = _unmatched(ours - theirs, theirs - ours), _unmatched(theirs - ours, ours - theirs)
    return min(gone, came) == 0 and max(gone, came) <= MORE_WORDS


def _unmatched(stems: frozenset[str], others: frozenset[str]) -> int:
    """How many of these have no other spelling among the others."""
    return sum(not any(SequenceMatcher(None, stem, other).ratio() >= MISSPELT for other in others) for stem in stems)


def _negated(headline: str) -> bool:
    return bool(_NEGATIONS & set(words(headline))) or "n't" in headline or "n’t" in headline


def _bare(headline: str, other: str) -> str:
    """Without a label at the front, and without a tail that the other form lacks and that may be an outlet's name."""
    bare = _LABEL.sub("", headline).strip()
    tail = _TAIL.search(bare)
    if tail and len(tail.group(1).split()) <= OUTLET_WORDS and tail.group(1).strip() not in other:
        return bare[: tail.start()]
    return bare


def _added(old: Iterable[str], new: Iterable[str]) -> list[str]:
    before = set(old)
    return [one for one in new if one not in before]
