"""``feedback.jsonl``: answers of readers as lines in a seed folder, to keep, to review, and to take elsewhere.

One rule: a line holds counts of words and no sentence but the headline, and nobody's name: whose answer it is shows
only as far as answers of one person have to be told from those of others.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from watcher.errors import Problem
from watcher.seeds.cards import Terms
from watcher.seeds.dates import read_date, write_date
from watcher.text import TOKENISER, tidy
from watcher.types import Label

NAME = "feedback.jsonl"
LARGEST = 20_000_000
"""Bytes of the file: some thousands of answers."""


class _Line(BaseModel):
    """One answer, as it must be; unknown keys are refused, so that a misspelt one is found."""

    model_config = ConfigDict(strict=True, extra="forbid")

    relevant: bool
    title: Annotated[str, Field(max_length=1000)]
    outlet: Annotated[str, Field(max_length=300)] = ""
    url: Annotated[str, Field(max_length=3000)] | None = None
    at: Annotated[str, Field(max_length=40)]
    person: Annotated[str, Field(max_length=40)]
    entry: Annotated[str, Field(max_length=40)]
    language: Annotated[str, Field(pattern=r"^[a-z]{2,3}$")]
    mode: Literal["headline", "snippet", "full"]
    tokeniser: int
    terms: Annotated[Terms, Field(max_length=100_000)]


def person(user: str) -> str:
    """Whoever it is, always the same 12 hex digits; a file's persons stay as they are."""
    return user if user.startswith("p-") else "p-" + sha256(user.encode()).hexdigest()[:12]


def dumps(labels: Iterable[Label]) -> str:
    """The lines of these answers."""
    return "".join(
        json.dumps(
            {
                "relevant": label.relevant,
                "title": label.title,
                "outlet": label.outlet,
                "url": label.url,
                "at": write_date(label.at),
                "person": person(label.user),
                "entry": label.entry,
                "language": label.language,
                "mode": label.mode,
                "tokeniser": TOKENISER,
                "terms": dict(sorted(label.terms.items())),
            },
            ensure_ascii=False,
        )
        + "\n"
        for label in labels
    )


def read_answers(folder: Path, topic: str) -> tuple[tuple[Label, ...], tuple[Problem, ...]]:
    """The answers in a topic's seed folder, and a warning for each line that is none. No file, no answers.

    Of several lines of one person about one entry the last one counts.
    """
    path = folder / NAME
    if not path.is_file():
        return (), ()
    try:
        if path.stat().st_size > LARGEST:
            return (), (_warning(path, None, "the file is too large for answers", "keep the newest lines"),)
        text = path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        return (), (_warning(path, None, f"it cannot be read ({type(error).__name__})", "mend or remove it"),)
    found: dict[tuple[str, str], Label] = {}
    problems: list[Problem] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        label = _label(line, topic)
        if isinstance(label, str):
            problems.append(_warning(path, number, label, "export it anew: `watcher feedback export`, or remove it"))
        else:
            found.pop((label.entry, label.user), None)
            found[label.entry, label.user] = label
    return tuple(found.values()), tuple(problems)


def unknown_to(stored: Sequence[Label], from_file: Sequence[Label]) -> list[Label]:
    """Answers of a file that the database has not: there it may have been changed or taken back since."""
    known = {(label.entry, person(label.user)) for label in stored}
    return [label for label in from_file if (label.entry, label.user) not in known]


def _label(line: str, topic: str) -> Label | str:
    """The answer of a line, or what is wrong with it."""
    try:
        read = _Line.model_validate_json(line)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, fault["loc"]))
        return f"{where}: {fault['msg']}" if where else fault["msg"]
    at = read_date(read.at)
    if at is None:
        return "at: a date reads like 2018-05-01T14:30:00+00:00"
    if read.tokeniser != TOKENISER:
        return f"the line was made by tokeniser {read.tokeniser}, this is tokeniser {TOKENISER}"
    return Label(
        topic=topic,
        entry=read.entry,
        key="",
        user=person(read.person),
        name="",
        at=at,
        relevant=read.relevant,
        title=tidy(read.title),
        outlet=tidy(read.outlet),
        url=read.url,
        language=read.language,
        mode=read.mode,
        terms=read.terms,
        state="learned",
    )


def _warning(path: Path, line: int | None, what: str, remedy: str) -> Problem:
    return Problem(file=str(path), line=line, what=what, remedy=remedy, warning=True)
