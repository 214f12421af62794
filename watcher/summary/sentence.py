"""What is seen of one sentence: whether it can stand alone, whose words it is, what it tells.

One rule: signs that can be seen in the sentence itself; what they are worth is decided in ``worth``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from watcher import text as texts
from watcher.leftovers.vocabulary import SMALL_WORDS

_FEWEST_WORDS = 5
"""Fewer words (pairs of letters, in scripts without spaces) tell nothing."""

_END = re.compile(r"[.!?。！？؟।][\"'”’»›)\]）」』]*$")
_BROKEN = re.compile(r"(?:\.\.\.|…|\[…\]|\[\.\.\.\])[\"'”’»)\]]*$")
_LAST = 40
"""Characters at a sentence's end in which its full stop, dots or question mark are looked for."""
_DANGLING = re.compile(
    r"""^[\s"'“‘„«「『(]*(?:
      (?:he|she|they|it|this|that|these|those|his|her|hers|their|theirs|its|him|them|both|such|but|and|so|or|yet|nor
        |however|instead|meanwhile|moreover|furthermore|still|also|then|thus
        |which|except\ (?:that|for\ (?:this|that))|anything|nothing|let['’]s|after\ all|of\ course|indeed|by\ contrast
        |in\ (?:fact|response|contrast|particular|short|that|this|(?:addition|turn)(?=,))|as\ (?:a\ result|such)
        |for\ (?:example|instance|that|this)|at\ (?:the\ same\ time|that|this)|on\ the\ (?:other\ hand|contrary)
        |even\ (?:so|then)|because\ of\ (?:this|that)|thus|therefore|nevertheless|otherwise|likewise
        |similarly|additionally|consequently|afterwards?|later|earlier|there|here
        |the\ (?:latter|former|other|same)|another|others?)
        (?:['’](?:s|re|d|ll|ve))?\b
    | (?:il|elle|ils|elles|ce|cela|cette|ces|mais|et|er|sie|es|dies\w*|aber|und|doch|él|ella|ellos|ellas|est[eoa]s?
        |pero|ele|ela|eles|elas|isso|mas|egli|lui|lei|essi|questo|questa|ma)\b
    | (?:он|она|они|это|этот|но)\b
    | (?:그는|그녀는|그들은|그의|이는|이에|이어|그러나|하지만|그리고|또한|또|한편|이와
        |이들은|이를|그러면서|반면|아울러)(?:\s|,)
    | (?:彼は|彼女は|彼らは|これ|それ|この|その|しかし|また|一方|同氏|他|她|它|但|这|這|此|对此
        |该|該|而且|并且|其中|同时|然而|不过)
    )""",
    re.IGNORECASE | re.VERBOSE,
)
"""Starts that lean on the sentence before."""
_OPENING_WORDS = re.compile(
    r"""[\s"'“‘]*(?:it|there|here|both|another|even|earlier|later
        |this\ (?:week|weekend|month|year|time|summer|autumn|fall|winter|spring|morning|afternoon|evening|is|was)
        |the\ (?:former|same))(?:['’]s|['’]ll)?\b""",
    re.IGNORECASE | re.VERBOSE,
)
"""Those of them that lean on nothing at the beginning of a text: "It took 200 years …", "The former director …"."""
_COUNTED = re.compile(
    r"[\"“]?(?:none|most|many|some|few|several|each|neither|either|all|both|any|one|two|three|four|five)"
    r"(?:\s(?:even|also|still|now|then|simply))?\s(?:of\s(?:them|these|those|his|her|its|their)"
    r"|have|has|had|is|are|was|were|do|does|did|would|will|can|could|may|might|must|should|says?|said|deny|denied"
    r"|wants?|wanted|thinks?|thought|believes?|believed|came|come|went|go|took|takes?|made|makes?|seems?)\b",
    re.IGNORECASE,
)
"""So many of those whom only the sentence before names: "None of them …", "Most have …"."""
_LINKED = re.compile(
    r",\s(?:however|though|too|meanwhile|for\ (?:example|instance)|instead|therefore|as\ well)[,.]"
    r"|^(?:Now|Nowhere|Never|Today|Soon|Often|Perhaps|Maybe|Rarely|Only|Yesterday|Once|Needless\ to\ say),?"
    r"\s(?:[a-z]+\s){0,2}(?:he|she|they|it)\b"
)
"""The same further inside: "…, however.", "Nowhere do they …"."""
_SPEAKER = re.compile(
    r"[,.!?][\"”’»]\s*(?:he|she|they|it)\s+(?:said|says|added|told|wrote|tweeted|asked|continued|explained)\b",
    re.IGNORECASE,
)
"""Words of somebody whom only the sentence before names."""

_ONLY_SPEECH = re.compile(r"^[\"“„«「『].*[\"”»」』]$", re.DOTALL)
"""Words of which nobody says whose they are."""
_DIGIT = re.compile(r"\d")
_QUESTION = re.compile(r"[?？][\"'”’»›)\]）」』]*$")
_MARKS = re.compile('[“”„«»「」『』"]')
_DOUBLE = ('"', "“", "”", "„")
"""Marks of which a sentence has two, four or none; else half of a quotation stands elsewhere, or a mark at its end is
one too many, as on some pages."""
_QUOTED = re.compile(r"[“„«「『][^”»」』]*[”“»」』]|\"[^\"]*\"")
_BRACKETS = ("(", "[", "（")
_ASIDE = re.compile(r" \| |^[(\[（].*[)\]）]$", re.DOTALL)
"""A row of a table, or a sentence that is all in brackets."""
_FRAGMENT = re.compile(r"^[\"'“‘„«(]*[a-zß-öø-ÿ](?![A-Z])|^[.,;:!?]")
"""A small letter first, or what ends something: it is lost before it (but "iPhone")."""
_TALKING_WORDS = frozenset(["we", "you", "us", "my", "mine", "our", "your"])
_TALK = re.compile(r"\b(?:I|[Ww]e|[Yy]ou|us|[Mm]y|mine|[Oo]ur|[Yy]our)\b(?!\.)")
_MOSTLY_QUOTED, _SHOUTED, _TALKING = 0.8, 0.7, 0.6
"""What is left of the worth of somebody's words, of an exclamation, and of a writer who speaks of himself or to you."""
_POINTERS = frozenset(["this", "that", "these", "those", "such"])
_BACK = re.compile(
    r"\b(?:this|that|these|those|such)\s(?!year|week|month|day|morning|afternoon|evening|time|summer|spring|autumn|fall"
    r"|winter|season|decade|century|the\b|a\b|an\b|it\b|he\b|she\b|they\b|as\b)[a-z]+\s*[,.;]"
)
_POINTS_BACK = 0.8
"""What is left where something is pointed at that was said before: "… signed that deal."."""
_OPENING = re.compile(
    r"^(?:(?:Mr|Mrs|Ms|Dr|Sen|Rep|Gov|Gen|Judge|Herr|Frau|Sr|Sra|Mme)\.?\s+)?([A-ZÀ-Þ][\w’'-]*[a-zß-ÿ])(?:['’]s)?,?\s+(?=[a-zß-ÿ])"
)
_FULL_NAME = re.compile(r"\b[A-ZÀ-Þ][\w-]*\.?\s(?=([A-ZÀ-Þ][\w-]*[a-zß-ÿ])\b)")
"""The second of two words with capitals: "Marta Lindqvist"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A sentence and what is seen of it."""

    text: str
    words: tuple[str, ...]
    telling: frozenset[str]
    """Its words without those that carry grammar."""
    leans: bool
    """It makes sense only after the sentence before."""
    whole: bool
    """It states something, ends as a sentence, is no aside, and says enough to be told."""
    weight: float
    """What is left of its worth: (0, 1]."""
    opening: str
    """The name it begins with, where that is one word (a title aside); else ""."""
    named: tuple[str, ...]
    """The last names of the full names in it."""
    figure: bool
    """There is a number in it."""


def look(part: str, *, lone: bool, quoted: bool = False, first: bool = False, under: bool = False) -> Sentence:
    """Return what is seen of a sentence.

    ``lone``: there is no other in the text, so that it needs no full stop. ``quoted``: it is part of a quotation that
    begins in a sentence before. ``first``: the publisher's text begins with it; ``under``: and is so short that it
    goes on where the headline ends.
    """
    words = tuple(texts.words(part))
    last = max(0, len(part) - _LAST)
    ends = bool(_END.search(part, last)) or lone
    marked = bool(_MARKS.search(part))
    plain = _QUOTED.sub(" ", part) if marked else part
    weight = _MOSTLY_QUOTED if len(plain) * 2 < len(part) else 1.0
    weight *= _POINTS_BACK if not _POINTERS.isdisjoint(words) and _BACK.search(plain) else 1.0
    weight *= _SHOUTED if plain.endswith(("!", "！")) else 1.0
    talks = ("I" in plain or not _TALKING_WORDS.isdisjoint(words)) and _TALK.search(plain)
    return Sentence(
        text=part,
        words=words,
        telling=frozenset(words) - SMALL_WORDS,
        leans=_leans(part, quoted=plain is not part, first=first, under=under),
        whole=ends
        and not quoted
        and len(words) >= _FEWEST_WORDS
        and (lone or not _FRAGMENT.match(part))
        and not ((" | " in part or part.startswith(_BRACKETS)) and _ASIDE.search(part))
        and part.count("[") == part.count("]")
        and part.count("(") == part.count(")")
        and not (_BROKEN.search(part, last) or _asks(part, plain, last) or _halved(part, marked=marked)),
        weight=weight * (_TALKING if talks else 1.0),
        opening=opening.group(1) if (opening := _OPENING.match(part)) else "",
        named=tuple(found.group(1) for found in _FULL_NAME.finditer(part)),
        figure=bool(_DIGIT.search(part)),
    )


def _leans(part: str, *, quoted: bool, first: bool, under: bool) -> bool:
    dangles = _DANGLING.match(part) or _COUNTED.match(part) or _LINKED.search(part)
    if dangles and not under and not (first and _OPENING_WORDS.match(part)):
        return True
    return quoted and bool(_SPEAKER.search(part) or _ONLY_SPEECH.match(part))


def _asks(part: str, plain: str, last: int) -> bool:
    """It is a question, and not a statement with somebody's question at its end."""
    if not _QUESTION.search(part, last):
        return False
    return plain.rstrip().endswith(("?", "？")) or len(texts.words(plain)) < _FEWEST_WORDS


def quoted_places(parts: Sequence[str]) -> set[int]:
    """The sentences of a paragraph with which a quotation goes on that begins in one before, up to its end."""
    found: set[int] = set()
    begun: int | None = None
    for place, part in enumerate(parts):
        if not _MARKS.search(part):
            continue
        if texts.has_open_quotation(part):
            begun = place
        elif begun is not None and sum(map(part.count, _DOUBLE)) % 2 == 1:
            found |= set(range(begun + 1, place + 1))
            begun = None
    return found


def _halved(part: str, *, marked: bool) -> bool:
    """A quotation begins in it and does not end, or ends further inside and has not begun (… enough," he said)."""
    odd = marked and sum(map(part.count, _DOUBLE)) % 2 == 1
    return texts.has_open_quotation(part) or (odd and not part.endswith(_DOUBLE))


def echoes(sentence: Sentence, headline: frozenset[str]) -> bool:
    """Tell whether a sentence says hardly more than the headline."""
    own = frozenset(sentence.words)
    new = len(own - headline)
    return bool(headline) and (new <= 0.25 * len(own) or (len(headline - own) <= 0.1 * len(headline) and new <= 4))
