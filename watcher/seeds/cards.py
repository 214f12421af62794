"""Term cards: a seed without its sentences, as a small JSON file that may lie in a repository.

One rule: a card holds all that training needs and nothing that could be read as the article: from it comes exactly the
vector that comes from the text. A card of another tokeniser is refused, never guessed at.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import UTC
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from watcher import text as texts
from watcher import urls
from watcher.errors import Problem, SeedError
from watcher.seeds.dates import read_date, write_date
from watcher.text import TOKENISER
from watcher.types import Seed, TermCounts

FORMAT = "watcher-card 1"
REMAKE = "make it anew: `watcher seeds add {source} --topic TOPIC`"
_WIDTH = 118
_SHOWN = 3
"""Faults of one card that are told; more of them help nobody."""


def _term(term: str) -> str:
    parts = term.split(" ")
    if len(parts) > 2 or not all(parts):
        raise ValueError("a term is one word, or two joined by one space")
    return term


def _address(url: str) -> str:
    if not urls.is_web(url):
        raise ValueError("an address begins with http:// or https://")
    return url


def _iso(date: str) -> str:
    if read_date(date) is None:
        raise ValueError("a date reads like 2018-05-01 or 2018-05-01T14:30:00+00:00")
    return date


Terms = dict[
    Annotated[str, Field(min_length=1, max_length=300), AfterValidator(_term)], Annotated[int, Field(ge=1, le=100_000)]
]
Zone = Annotated[Terms, Field(max_length=100_000)]


class _Zones(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    title: Zone
    lead: Zone
    body: Zone


class _Card(BaseModel):
    """The file as it must be; unknown keys are refused, so that a misspelt one is found."""

    model_config = ConfigDict(strict=True, extra="forbid")

    format: Literal["watcher-card 1"]
    tokeniser: int
    title: Annotated[str, Field(max_length=500)]
    outlet: Annotated[str, Field(max_length=200)] | None = None
    published: Annotated[str, Field(max_length=40), AfterValidator(_iso)] | None = None
    url: Annotated[str, Field(max_length=3000), AfterValidator(_address)] | None = None
    language: Annotated[str, Field(pattern=r"^[a-z]{2,3}$")]
    words: Annotated[int, Field(ge=0, le=10_000_000)]
    counts: _Zones


def to_card(seed: Seed) -> dict[str, Any]:
    """Return the card of a seed, ready for JSON."""
    counts = seed.counts
    return {
        "format": FORMAT,
        "tokeniser": TOKENISER,
        "title": seed.title,
        "outlet": seed.outlet,
        "published": write_date(seed.published),
        "url": seed.url,
        "language": counts.language,
        "words": seed.words,
        "counts": {"title": dict(counts.title), "lead": dict(counts.lead), "body": dict(counts.body)},
    }


def from_card(card: Mapping[str, Any], *, name: str) -> Seed:
    """Return the seed that a card holds.

    Raises ``SeedError`` that names the file (``name``): another format or tokeniser, with the command that remakes the
    card; missing, misspelt or impossible fields, with the first few of them.
    """
    source = card.get("url") if isinstance(card.get("url"), str) else None
    remedy = REMAKE.format(source=urls.redact(source) if source else "FILE|URL")
    if card.get("format") == FORMAT and type(card.get("tokeniser")) is int and card["tokeniser"] != TOKENISER:
        what = f"the card was made by tokeniser {card['tokeniser']}, this is tokeniser {TOKENISER}"
        raise SeedError([Problem(file=name, key="tokeniser", what=what, remedy=remedy)])
    try:
        read = _Card.model_validate(dict(card))
    except ValidationError as error:
        raise SeedError(list(_problems(error, name, remedy))) from error
    counts = read.counts
    return Seed(
        name=Path(name).name,
        title=texts.tidy(read.title),
        outlet=texts.tidy(read.outlet or "") or None,
        published=read_date(read.published),
        url=read.url,
        counts=TermCounts(language=read.language, title=counts.title, lead=counts.lead, body=counts.body),
        words=read.words,
    )


def write_card(seed: Seed, folder: Path) -> Path:
    """Write a seed's card into a folder (made if missing), under a name of outlet and date; return its path.

    An equal card is left as it is; a different one of that name is never replaced, the new one gets a number.
    """
    content = dumps(to_card(seed))
    folder.mkdir(parents=True, exist_ok=True)
    stem = _slug(seed)
    for number in range(1, 10_000):
        path = folder / (f"{stem}.json" if number == 1 else f"{stem}-{number}.json")
        if not path.exists():
            _write(path, content)
            return path
        if path.read_bytes() == content.encode("utf-8"):
            return path
    raise SeedError([Problem(file=str(folder), what=f"there are 10,000 cards named {stem}", remedy="clear them out")])


def dumps(card: Mapping[str, Any]) -> str:
    """Return a card as JSON that compares well: sorted terms, wrapped lines, a newline at the end."""
    lines = []
    for key, value in card.items():
        if key != "counts":
            lines.append(f"  {_json(key)}: {_json(value)},")
    zones = [f"    {_json(zone)}: {_wrapped(terms)}" for zone, terms in card["counts"].items()]
    return "\n".join(["{", *lines, '  "counts": {', ",\n".join(zones), "  }", "}", ""])


def _wrapped(terms: Mapping[str, int]) -> str:
    lines, line = [], ""
    for item in (f"{_json(term)}: {count}" for term, count in sorted(terms.items())):
        if line and len(line) + len(item) + 8 > _WIDTH:
            lines.append(line)
            line = ""
        line += f", {item}" if line else item
    if line:
        lines.append(line)
    return "{" + ",".join(f"\n      {line}" for line in lines) + ("\n    }" if lines else "}")


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _problems(error: ValidationError, name: str, remedy: str) -> Iterator[Problem]:
    faults = error.errors(include_url=False, include_input=False)
    for fault in faults[:_SHOWN]:
        key = ".".join(str(part) for part in fault["loc"] if part != "[key]") or None
        yield Problem(file=name, key=texts.cut(key, 80) if key else None, what=fault["msg"], remedy=remedy)
    if len(faults) > _SHOWN:
        yield Problem(file=name, what=f"{len(faults) - _SHOWN} more faults like these", remedy=remedy)


def _slug(seed: Seed) -> str:
    """Outlet (or site, or headline) and date, in plain letters that every file system takes."""
    for name in (seed.outlet, urls.outlet(seed.url) if seed.url else None, seed.title, Path(seed.name).stem):
        plain = unicodedata.normalize("NFKD", name or "").encode("ascii", "ignore").decode("ascii").lower()
        words = re.findall(r"[a-z0-9]+", plain)
        if words:
            break
    else:
        words = ["seed", sha256(dumps(to_card(seed)).encode("utf-8")).hexdigest()[:8]]
    stem = "-".join(words)[:50].strip("-")
    return f"{stem}-{seed.published.astimezone(UTC).date().isoformat()}" if seed.published else stem


def _write(path: Path, content: str) -> None:
    """Write beside the place and move there: nobody ever reads half a card."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".card-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content.encode("utf-8"))
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
