"""Which language a text is in.

Its one rule: unsure is said, not guessed. Scripts decide first (they cannot be mistaken), then a feed's own word for
short texts, then py3langid's n-gram model (loaded at first use).
"""

from __future__ import annotations

import io
import lzma
import re
from array import array
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

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


def detect(text: str, hint: str | None = None) -> str:
    """The language of a text (ISO 639-1), or "und". ``hint`` is what its feed or page says, region or not."""
    letters = sum(map(str.isalpha, text))
    told = primary(hint)
    script = _by_script(text, letters)
    if script:
        return script
    if not letters or (letters < SHORT and told != UNDETERMINED):
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
    from py3langid.langid import LanguageIdentifier  # noqa: PLC0415  see above

    every = LanguageIdentifier(**_model(), norm_probs=True)
    every.set_languages([code for code in _NEWS_LANGUAGES.split() if code in every.labels])
    # a second one from what is left: the first goes on holding the languages that nobody asks for, 27 MB
    return LanguageIdentifier(
        every.nb_ptc,
        every.nb_pc,
        every.nb_classes,
        every.tk_nextmove,
        every.tk_output,
        norm_probs=True,
        tk_row=every.tk_row,
    )


def _model() -> dict[str, Any]:
    """The library's model, as its constructor wants it.

    The library unpacks its 65 MiB into a temporary file, which a container with a read-only root and a small /tmp has
    no room for. Tables that are walked letter by letter are arrays and lists: those are read faster than numpy's.
    """
    from py3langid.langid import MODEL_DIR, MODEL_FILE  # noqa: PLC0415  as above

    unpacked = io.BytesIO()
    with lzma.open(MODEL_DIR / MODEL_FILE) as packed:
        while part := packed.read(1024**2):
            unpacked.write(part)
    unpacked.seek(0)
    with np.load(unpacked, allow_pickle=False) as data:
        return {
            "tk_nextmove": Folded(data["nextmove"]),
            "tk_row": _walked(data["nextmove_row"]),
            "tk_output": data["out_feat"].tolist(),
            "nb_ptc": data["ptc"],
            "nb_pc": data["pc"],
            "nb_classes": data["classes"].tolist(),
        }


_BITS = 5
_REST = (1 << _BITS) - 1


class Folded:
    """A long table of numbers whose blocks are mostly alike: each block is held once, and the memory is a sixth."""

    BLOCK = 1 << _BITS
    """Numbers; of 8, 16 and 64 the table of the model takes 7, 6 and 13 MB, but the small ones long to be found."""

    __slots__ = ("_blocks", "_where")

    def __init__(self, table: NDArray[Any]) -> None:
        rows = np.ascontiguousarray(table).reshape(-1, self.BLOCK)
        whole = rows.view(np.dtype((np.void, rows.strides[0]))).ravel()
        _, first, of = np.unique(whole, return_index=True, return_inverse=True)
        self._blocks = _walked(rows[first])
        self._where = _walked((of * self.BLOCK).astype(np.int32))

    @property
    def nbytes(self) -> int:
        """Bytes it holds."""
        return sum(len(part) * part.itemsize for part in (self._blocks, self._where))

    def __getitem__(self, place: int) -> int:
        """The number at this place of the whole table."""
        return self._blocks[self._where[place >> _BITS] + (place & _REST)]


def _walked(table: NDArray[Any]) -> array[int]:
    walked = array(table.dtype.char)
    walked.frombytes(np.ascontiguousarray(table).data.cast("B"))
    return walked
