"""What ships beside the code: how common words are in ordinary news, and which of them go together.

Its one rule: numbers only, no text; `README.md` in this folder says where they come from.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import TYPE_CHECKING

from watcher.types import TermShares

FORMAT = "watcher-background 1"
"""First words of a table; see `tests/eval/build_background.py`, which writes it."""

TABLES = tuple(f"background-{language}.tsv.gz" for language in ("en", "de", "es", "fr", "it", "pt"))

SPACES = ("subjects-en.npz",)
"""Places of words among the subjects of news; see `tests/eval/build_subjects.py`, which writes them."""

SAMPLES = ("sample-en.npz",)
"""Headlines and first words of ordinary news, as counts; see `tests/eval/build_sample.py`, which writes them."""

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Space = tuple[tuple[str, ...], NDArray[np.float64]]


@cache
def background() -> Mapping[str, TermShares]:
    """Language → the share of ordinary news articles that hold a term. Read once."""
    tables = [_read(name) for name in TABLES]
    return MappingProxyType({table.language: table for table in tables})


def _read(name: str) -> TermShares:
    """One table: a header line, then ``term<TAB>documents`` lines. Raises ValueError for anything else."""
    packed = resources.files(__name__).joinpath(name).read_bytes()
    header, *rows = gzip.decompress(packed).decode("utf-8").splitlines()
    kind, *fields = header.split("\t")
    if kind != FORMAT:
        raise ValueError(f"{name} is not a background table: its first line is {header[:60]!r}, not {FORMAT!r}")
    about = dict(field.split("=", 1) for field in fields)
    documents = int(about["documents"])
    pairs = (row.split("\t") for row in rows)
    shares = {term: int(count) / documents for term, count in pairs}
    return TermShares(language=about["language"], documents=float(documents), shares=MappingProxyType(shares))


@cache
def subjects() -> Mapping[str, Space]:
    """Language → its words, and where each lies (words × dimensions). Read once."""
    return MappingProxyType(dict(map(_read_space, SPACES)))


def _read_space(name: str) -> tuple[str, Space]:
    import numpy as np  # noqa: PLC0415  processes that only read feeds import this package, too

    with resources.files(__name__).joinpath(name).open("rb") as file, np.load(file, allow_pickle=False) as arrays:
        language = json.loads(arrays["about"].tobytes())["language"]
        words = tuple(arrays["words"].tobytes().decode("utf-8").split("\n"))
        return language, (words, arrays["vectors"].astype(np.float64) * arrays["factor"])


@cache
def sample() -> Mapping[str, tuple[Mapping[str, int], ...]]:
    """Language → what a thousand entries of ordinary news hold: term → how often it counts. Read once.

    Terms that the background table does not hold are there by number only, under names that no text can have.
    """
    return MappingProxyType(dict(map(_read_sample, SAMPLES)))


def _read_sample(name: str) -> tuple[str, tuple[Mapping[str, int], ...]]:
    import numpy as np  # noqa: PLC0415  the same

    with resources.files(__name__).joinpath(name).open("rb") as file, np.load(file, allow_pickle=False) as arrays:
        language = json.loads(arrays["about"].tobytes())["language"]
        table = list(background()[language].shares)
        terms = [table[number] for number in arrays["terms"].tolist()]
        counts, ends, others = (arrays[each].tolist() for each in ("counts", "ends", "others"))
    entries = []
    for begin, end, rare in zip([0, *ends], ends, others, strict=False):
        known = dict(zip(terms[begin:end], counts[begin:end], strict=True))
        entries.append(known | {f"\x00{number}": 1 for number in range(rare)})
    return language, tuple(entries)
