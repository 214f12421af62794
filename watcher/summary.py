"""Two or three whole sentences of an article that tell its news with the topic in view.

One rule: the publisher's own sentences, untouched and in their order; nothing is better than half a sentence or an echo
of the headline.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from watcher import leftovers
from watcher import text as texts

MOST = 3
"""Sentences of a summary."""
_READ = 30_000
"""Characters of the text that are looked at."""
_FEWEST_WORDS = 5
_REACH = 3
"""A pair of words counts when they stand this close together: small words between them are not in the pair."""
_LEAD, _TOPIC = 0.45, 0.55
"""Share of a sentence's value that comes from its place, and from the topic's terms in it."""
_WORTH = 0.35
"""A further sentence must be worth this much of the best one."""

_END = re.compile(r"[.!?。！？؟।][\"'”’»›)\]）」』]*$")
_BROKEN = re.compile(r"(?:\.\.\.|…|\[…\]|\[\.\.\.\])[\"'”’»)\]]*$")
_DANGLING = re.compile(
    r"""^[\s"'“‘„«「『(]*(?:
      (?:he|she|they|it|this|that|these|those|his|her|hers|their|theirs|its|him|them|both|such|but|and|so|or|yet|nor
        |however|instead|meanwhile|moreover|furthermore|still|also|then|thus|therefore|nevertheless|otherwise|likewise
        |similarly|additionally|consequently|afterwards?|later|earlier|there|here|the\ (?:latter|former)|another|others)
        (?:['’](?:s|re|d|ll|ve))?\b
    | (?:il|elle|ils|elles|ce|cela|cette|ces|mais|et|er|sie|es|dies\w*|aber|und|doch|él|ella|ellos|ellas|est[eoa]s?
        |pero|ele|ela|eles|elas|isso|mas|egli|lui|lei|essi|questo|questa|ma)\b
    | (?:он|она|они|это|этот|но)\b
    | (?:그는|그녀는|그들은|그의|이는|이에|이어|그러나|하지만|그리고|또한|또|한편|이와)(?:\s|,)
    | (?:彼は|彼女は|彼らは|これ|それ|この|その|しかし|また|一方|他|她|它|他们|她们|但|这|這|此|对此)
    )""",
    re.IGNORECASE | re.VERBOSE,
)
"""Starts that lean on the sentence before."""
_SPEAKER = re.compile(
    r"[,.!?][\"”’»]\s*(?:he|she|they|it)\s+(?:said|says|added|told|wrote|tweeted|asked|continued|explained)\b",
    re.IGNORECASE,
)
"""Words of somebody whom only the sentence before names."""

_ONLY_SPEECH = re.compile(r"^[\"“„«「『].*[\"”»」』]$", re.DOTALL)
"""Words of which nobody says whose they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sentence:
    text: str
    words: tuple[str, ...]
    terms: frozenset[str]
    leans: bool
    whole: bool
    """It ends as a sentence and says enough to be told."""


def summarise(title: str, text: str, *, terms: Mapping[str, float], limit: int = 350) -> str:
    """Return at most three whole sentences, ``limit`` characters together, in the text's order.

    ``terms`` are the topic's words and word pairs with their weights (not negative); without any the place in the text
    decides. "" when the text says nothing beyond the headline, or no whole sentence fits. Never raises.
    """
    chosen = choose(title, text, terms=terms, limit=limit)
    joined = chosen[0] if chosen else ""
    for sentence in chosen[1:]:
        joined += ("" if joined.endswith(("。", "！", "？", "」", "』")) else " ") + sentence
    return joined


def choose(title: str, text: str, *, terms: Mapping[str, float], limit: int = 350) -> list[str]:
    """Return the sentences of ``summarise`` one by one."""
    sentences = _sentences(text, terms)
    headline = frozenset(texts.words(title))
    open_for_choice = {
        place: sentence
        for place, sentence in enumerate(sentences)
        if sentence.whole and len(sentence.text) <= limit and not _echoes(sentence, headline)
    }
    taken: list[int] = []
    room, best = limit, 0.0
    while open_for_choice and len(taken) < MOST:
        told = frozenset[str]().union(*(sentences[place].terms for place in taken))
        values = {
            place: _value(place, sentence, told, terms)
            for place, sentence in open_for_choice.items()
            if len(sentence.text) <= room and (not sentence.leans or place - 1 in taken)
        }
        if not values:
            break
        place = max(values, key=lambda place: (values[place], -place))
        best = best or values[place]
        if values[place] < _WORTH * best:
            break
        taken.append(place)
        room -= len(sentences[place].text) + 1
        del open_for_choice[place]
    return [sentences[place].text for place in sorted(taken)]


def _sentences(text: str, terms: Mapping[str, float]) -> list[_Sentence]:
    """Return the text's sentences without left-overs; a lone line without a full stop is a whole one too."""
    paragraphs = leftovers.clean(text[:_READ]).paragraphs
    parts = [sentence for paragraph in paragraphs for sentence in texts.sentences(paragraph)]
    return [_look(part, terms, lone=len(parts) == 1) for part in parts]


def _look(part: str, terms: Mapping[str, float], *, lone: bool) -> _Sentence:
    words = tuple(texts.words(part))
    ends = bool(_END.search(part)) or lone
    return _Sentence(
        text=part,
        words=words,
        terms=frozenset(_found(words, terms)),
        leans=bool(_DANGLING.match(part) or _SPEAKER.search(part) or _ONLY_SPEECH.match(part)),
        whole=ends and not _BROKEN.search(part) and len(words) >= _FEWEST_WORDS,
    )


def _found(words: Sequence[str], terms: Mapping[str, float]) -> set[str]:
    found = {word for word in words if word in terms}
    for place, first in enumerate(words):
        near = words[place + 1 : place + 1 + _REACH]
        found |= {pair for second in near if (pair := f"{first} {second}") in terms}
    return found


def _value(place: int, sentence: _Sentence, told: frozenset[str], terms: Mapping[str, float]) -> float:
    """Value in [0, 1]: news stands first; a term already told is worth a third."""
    whole = sum(sorted(map(abs, terms.values()), reverse=True)[:10]) or 1.0
    heard = sum(abs(terms[term]) * (1 / 3 if term in told else 1) for term in sorted(sentence.terms))
    value = _LEAD / (1 + 0.3 * place) + _TOPIC * min(1.0, 2 * heard / whole)
    return value * (0.6 if sentence.text.rstrip("\"'”’»").endswith(("?", "？")) else 1.0)


def _echoes(sentence: _Sentence, headline: frozenset[str]) -> bool:
    """Tell whether a sentence says hardly more than the headline."""
    own = frozenset(sentence.words)
    new = len(own - headline)
    return bool(headline) and (new <= 0.25 * len(own) or (len(headline - own) <= 0.1 * len(headline) and new <= 4))
