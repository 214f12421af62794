"""Where a report was filed, before its first sentence: ``SEOUL, South Korea (AP) —``.

One rule: a dash alone proves nothing ("Trump – who …"); there must be capitals or an agency in brackets before it.
"""

from __future__ import annotations

import re

_AGENCIES = r"(?:CNN|AP|AFP|UPI|BBC|dpa|DPA|EFE|ANI|IANS|PTI|TASS|KCNA|Reuters|Xinhua|Yonhap|Bloomberg|Kyodo)"
_DASHED = re.compile(
    r"^(?P<place>[^\n—–]{2,70}?)\s*(?:(?:--|—|–|\s-)(?:\s+(?=[\"'“‘]?[^\W_a-z])|\s*$)|—(?=[\"'“‘]?[^\W_a-z])(?![^\n—]{0,150}—))"
)
_PLAIN = re.compile(
    r"^(?:\("
    + _AGENCIES
    + r"(?:\ News)?\)|[^\W\d_a-z][^\n(.!?]{1,40}?,?\s*\([^()]{0,12}"
    + _AGENCIES
    + r"[^()]{0,12}\))\s*[:.]?\s*(?=[\"'“‘]?[^\W\d_a-z])"
)
_ASIAN = re.compile(
    r"^(?:\([^()=]{1,15}=[^()]{1,20}\)\s*(?:[^=\n]{1,30}=\s*)?|[\[【][^\]】\n]{1,25}[\]】]\s*(?:[^=\n]{1,20}=\s*)?"
    r"|[^\s，。]{2,14}\d{1,2}月\d{1,2}日(?:电|電|讯|訊)(?:\s*[（(][^）)]{1,20}[）)])?\s*)"
)
_SMALL = frozenset(
    ["of", "the", "de", "la", "le", "du", "da", "do", "el", "and", "y", "et", "und", "am", "an", "in", "near", "on"]
)


def strip_dateline(text: str) -> str:
    """Return the text without its dateline; "" when it is nothing else."""
    for pattern in (_PLAIN, _ASIAN):
        found = pattern.match(text)
        if found:
            return text[found.end() :]
    found = _DASHED.match(text)
    return text[found.end() :] if found and _is_place(found.group("place")) else text


def _is_place(prefix: str) -> bool:
    """Names, dates and agencies only, and at least one of them in capitals or brackets."""
    words = re.findall(r"[^\W_]+", prefix)
    if not words or len(words) > 8 or re.search(r"[:;!?\"“”]", prefix):
        return False
    dated = re.sub(r"\d+\.?\s+\w+", "", prefix)  # "3 mars": months are written small in many languages
    if any(word[0].islower() and word not in _SMALL for word in re.findall(r"[^\W_]+", dated)):
        return False
    shouted = any(word.isupper() and len(word) >= 3 for word in words)
    return shouted or bool(re.search(r"\([A-Z][^()]{1,20}\)\s*$", prefix))
