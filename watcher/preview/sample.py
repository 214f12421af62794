"""A past as a file without any text: what `watcher export` writes and `watcher preview --from` reads.

Its one rule: counts of words, times, hashes and decisions, and no sentence, headline, address or name. A configuration
can be tried on it wherever there is no database: in a review of a change, say.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO, get_args

from watcher.decide import CAPPED, PAUSED, SILENT
from watcher.errors import ConfigError, Problem
from watcher.preview.plan import Source
from watcher.relevance.kept import as_json, from_json, whole_terms
from watcher.relevance.stream import BINS, RAREST, LanguageCounts, Stream
from watcher.seeds.answers import person
from watcher.store.feedback import Numbered
from watcher.store.past import PAGE, PastDecision, PastEntry
from watcher.text import TOKENISER
from watcher.types import AddedSeed, Entry, Label, Mode, State

FORMAT = "watcher-sample 1"
REMEDY = "write it anew: watcher export --since 30d FILE"
SAYABLE = (CAPPED, PAUSED, SILENT, "below the threshold", "published ", "the exclude rule", "none of the must words")
"""How reasons begin that hold no words of an entry."""


def lines(source: Source, events: Mapping[str, str]) -> Iterator[str]:
    """The file, line by line. ``events``: entry → what names its story."""
    yield _dumped(_head(source))
    for one in source.answers:
        if one.undone_at is None:
            yield _dumped({"answer": _answer(one.label)})
    for page in source.pages():
        for past in source.decided(page):
            yield _dumped(_entry(past, events.get(past.entry.id)))


def _dumped(said: Mapping[str, Any]) -> str:
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"))


def _head(source: Source) -> dict[str, Any]:
    languages = source.stream.languages
    return {
        "format": FORMAT,
        "tokeniser": TOKENISER,
        "since": source.since.isoformat(),
        "until": source.until.isoformat(),
        "entries": source.entries,
        "forgotten": source.forgotten,
        "known": {topic: at.isoformat() for topic, at in source.known.items()},
        "matched": sorted(source.matched),
        "seeds": [{"topic": one.topic, "name": one.name, "card": _untitled(one.card)} for one in source.seeds],
        "documents": {language: counts.documents for language, counts in languages.items()},
        "terms": {language: counts.at_least(RAREST) for language, counts in languages.items()},
        "scores": [
            [topic, mode, {place: weight for place, weight in enumerate(bins) if weight}]
            for (topic, mode), bins in source.stream.histograms.items()
        ],
    }


def _untitled(card: Mapping[str, Any]) -> dict[str, Any]:
    return {**card, "title": "", "url": None, "outlet": card.get("outlet")}


def _answer(label: Label) -> dict[str, Any]:
    return {
        "topic": label.topic,
        "entry": label.entry,
        "person": person(label.user),
        "at": label.at.isoformat(),
        "relevant": label.relevant,
        "language": label.language,
        "mode": label.mode,
        "state": label.state,
        "terms": dict(label.terms),
    }


def _entry(past: PastEntry, event: str | None) -> dict[str, Any]:
    entry = past.entry
    kept = whole_terms(entry, past.terms)
    return {
        "id": entry.id,
        "language": entry.language,
        "published": entry.published.isoformat() if entry.published else None,
        "first_seen": entry.first_seen.isoformat(),
        "link": entry.url is not None,
        "feeds": list(past.feeds),
        "first": past.first,
        "event": event or past.event,
        "terms": as_json(kept),
        "decided": {topic: _decision(told) for topic, told in past.decided.items()},
    }


def _decision(told: PastDecision) -> dict[str, Any]:
    reason = told.reason if told.reason.startswith(SAYABLE) else "a match" if told.matched else told.state
    return {
        "state": told.state,
        "reason": reason,
        "score": told.score,
        "threshold": told.threshold,
        "mode": told.mode,
        "at": told.at.isoformat(),
        "matched": told.matched,
    }


# --- reading


def read_sample(path: Path) -> Source:
    """The past that a file holds. Raises ConfigError that names the line that is none."""
    with _opened(path) as file:
        head = _line(path, 1, file.readline())
        if head.get("format") != FORMAT or head.get("tokeniser") != TOKENISER:
            what = "this is no sample of this version of watcher"
            raise ConfigError([Problem(file=str(path), line=1, what=what, remedy=REMEDY)])
        answers = []
        for number, text in enumerate(file, 2):
            said = _line(path, number, text)
            if "answer" not in said:
                break
            with _sound(path, number):
                answers.append(_numbered(number, said["answer"]))
    with _sound(path, 1):
        return Source(
            since=datetime.fromisoformat(head["since"]),
            until=datetime.fromisoformat(head["until"]),
            entries=head["entries"],
            forgotten=head["forgotten"],
            pages=lambda: _pages(path, first=2 + len(answers)),
            decided=lambda page: page,
            matched=frozenset(head["matched"]),
            stream=_stream(head),
            known={topic: datetime.fromisoformat(at) for topic, at in head["known"].items()},
            seeds=tuple(_seed(one, datetime.fromisoformat(head["until"])) for one in head["seeds"]),
            answers=tuple(answers),
        )


def _pages(path: Path, *, first: int) -> Iterator[list[PastEntry]]:
    page: list[PastEntry] = []
    with _opened(path) as file:
        for number, text in enumerate(file, 1):
            if number < first or not text.strip():
                continue
            with _sound(path, number):
                page.append(_past(_line(path, number, text)))
            if len(page) == PAGE:
                yield page
                page = []
    if page:
        yield page


@contextmanager
def _opened(path: Path) -> Iterator[TextIO]:
    try:
        with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
            yield file
    except (OSError, EOFError, UnicodeDecodeError) as error:
        what = f"cannot be read ({getattr(error, 'strerror', None) or type(error).__name__})"
        raise ConfigError([Problem(file=str(path), what=what, remedy=REMEDY)]) from error


def _line(path: Path, number: int, text: str) -> dict[str, Any]:
    with _sound(path, number):
        said = json.loads(text)
        if not isinstance(said, dict):
            raise TypeError("a line is an object")
        return said


@contextmanager
def _sound(path: Path, number: int) -> Iterator[None]:
    """What does not fit the form is told with its line."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        what = f"this line is damaged ({error})"
        raise ConfigError([Problem(file=str(path), line=number, what=what, remedy=REMEDY)]) from error


def _stream(head: Mapping[str, Any]) -> Stream:
    histograms: dict[tuple[str, Mode], list[float]] = {}
    for topic, mode, weights in head["scores"]:
        bins = histograms[topic, _one_of(mode, get_args(Mode))] = [0.0] * BINS
        for place, weight in weights.items():
            bins[int(place)] = float(weight)
    languages = {
        language: LanguageCounts(documents=float(documents), terms=dict(head["terms"].get(language, {})))
        for language, documents in head["documents"].items()
    }
    return Stream(languages=languages, histograms=histograms)


def _one_of(said: Any, known: Sequence[Any]) -> Any:
    return known[known.index(said)]


def _seed(said: Mapping[str, Any], at: datetime) -> AddedSeed:
    return AddedSeed(topic=said["topic"], name=said["name"], card=said["card"], url="", user="", person="", at=at)


def _numbered(number: int, said: Mapping[str, Any]) -> Numbered:
    label = Label(
        topic=said["topic"],
        entry=said["entry"],
        key="",
        user=said["person"],
        name="",
        at=datetime.fromisoformat(said["at"]),
        relevant=bool(said["relevant"]),
        title="",
        outlet="",
        url=None,
        language=said["language"],
        mode=_one_of(said["mode"], get_args(Mode)),
        terms=dict(said["terms"]),
        state=said["state"],
    )
    return Numbered(number=number, label=label, undone_at=None)


def _past(said: Mapping[str, Any]) -> PastEntry:
    entry = Entry(
        id=said["id"],
        identity=said["id"],
        url="" if said["link"] else None,
        title="",
        text="",
        outlet="",
        language=said["language"],
        published=datetime.fromisoformat(said["published"]) if said["published"] else None,
        first_seen=datetime.fromisoformat(said["first_seen"]),
        content_hash="",
    )
    kept = from_json(said["terms"])
    if kept is None:
        raise ValueError("its words were counted by another version")
    return PastEntry(
        entry=entry,
        feeds=tuple(said["feeds"]),
        first=bool(said["first"]),
        decided={topic: _told(one) for topic, one in said["decided"].items()},
        terms=kept,
        event=said["event"],
    )


def _told(said: Mapping[str, Any]) -> PastDecision:
    return PastDecision(
        state=_one_of(said["state"], get_args(State)),
        reason=said["reason"],
        score=said["score"],
        threshold=said["threshold"],
        mode=_one_of(said["mode"], get_args(Mode)),
        at=datetime.fromisoformat(said["at"]),
        matched=bool(said["matched"]),
    )
