"""Which language a text is in.

Its one rule: unsure is said, not guessed. Scripts decide first (they cannot be mistaken), then a feed's own word for
short texts, then py3langid's n-gram model (loaded at first use).
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from watcher.relevance.features import UNDETERMINED, primary

SHORT = 60
"""Letters below which a feed's own word is trusted more than statistics."""

SURE = 0.9
"""Probability that overrules a feed's own word."""

LIKELY = 0.6
"""Probability that is believed where nobody said anything."""

_NEWS_LANGUAGES = (
    "af ar az be bg bn bs ca cs cy da de el en es et eu fa fi fr ga gl gu he hi hr hu hy id is it ja ka kk km kn ko ky"
    " lo lt lv mk ml mn mr ms ne nl no pa pl ps pt ro ru si sk sl sq sr sv sw ta te th tl tr uk ur uz vi zh"
)
"""What feeds are written in; the model knows a hundred more, which short English names are mistaken for."""

_HANGUL = re.compile(r"[\u1100-\u11ff\u3131-\u318f\uac00-\ud7af]")
_KANA = re.compile(r"[\u3041-\u309f\u30a1-\u30fa\u31f0-\u31ff]")
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
_LETTER = re.compile(r"[^\W\d_]")


def detect(text: str, hint: str | None = None) -> str:
    """The language of a text (ISO 639-1), or "und". ``hint`` is what its feed or page says, region or not."""
    letters = _LETTER.findall(text)
    told = primary(hint)
    script = _by_script(text, len(letters))
    if script:
        return script
    if not letters or (len(letters) < SHORT and told != UNDETERMINED):
        return told
    language, probability = _by_model(text)
    return language if probability >= (LIKELY if told == UNDETERMINED else SURE) else told


def _by_script(text: str, letters: int) -> str | None:
    """Korean, Japanese or Chinese when a fifth of the letters or more are theirs: one letter there is half a word."""
    hangul, kana, han = (len(script.findall(text)) for script in (_HANGUL, _KANA, _HAN))
    if (hangul + kana + han) * 5 < letters or not hangul + kana + han:
        return None
    if hangul >= kana and hangul * 4 >= han:
        return "ko"
    return "ja" if kana * 8 >= han else "zh"


def _by_model(text: str) -> tuple[str, float]:
    language, probability = _identifier().classify(text[:2000])
    return str(language), float(probability)


@cache
def _identifier() -> Any:
    # imported here: loading the model takes half a second, and most feeds are short enough to be believed
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415  see above

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages([code for code in _NEWS_LANGUAGES.split() if code in identifier.labels])
    return identifier
