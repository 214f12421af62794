"""``watcher score``: judge texts as the service would, one JSON line each, in order."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

from watcher.cli.common import print_json, read_config, stored
from watcher.errors import ConfigError, Problem, WatcherError
from watcher.types import Rules

if TYPE_CHECKING:
    from watcher.relevance import Judgement, Scorer
    from watcher.types import Entry, StreamDelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One text to judge: ``text`` is a feed's snippet, ``article`` what a fetch would have brought."""

    id: str
    title: str
    text: str
    article: str | None = None
    url: str | None = None

    @staticmethod
    def read(data: Any, number: str) -> Line:
        """Read one decoded JSON line. Raises ValueError with a sentence."""
        if not isinstance(data, dict):
            raise ValueError("a line must be a JSON object with title and text")
        for key in ("title", "text"):
            if not isinstance(data.get(key), str):
                raise ValueError(f"{key!r} must be a text")
        for key in ("article", "url"):
            if not isinstance(data.get(key), str | None):
                raise ValueError(f"{key!r} must be a text or null")
        return Line(
            id=str(data.get("id", number)),
            title=data["title"],
            text=data["text"],
            article=data.get("article"),
            url=data.get("url"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What lines are judged by."""

    topic: str
    scorer: Scorer
    rules: Rules


def score(
    ctx: typer.Context,
    topic: Annotated[
        str | None, typer.Option(help="A topic of the configuration, with what the service polled.")
    ] = None,
    seeds: Annotated[Path | None, typer.Option(help="A folder of seeds; needs no configuration.")] = None,
    text: Annotated[Path | None, typer.Option(help="A text file; its first line is the headline.")] = None,
    url: Annotated[str | None, typer.Option(help="An address; its article is fetched.")] = None,
    jsonl: Annotated[str | None, typer.Option(help="A file of JSON lines, or - for standard input.")] = None,
    stateless: Annotated[bool, typer.Option("--stateless", help="Lines do not see the ones before them.")] = False,
) -> None:
    """Score texts against a topic: one JSON line per input, in order. A bad line is reported; exit code 1."""
    if (topic is None) == (seeds is None):
        raise typer.BadParameter("give either --topic or --seeds")
    if sum(one is not None for one in (text, url, jsonl)) != 1:
        raise typer.BadParameter("give one of --text, --url, --jsonl")
    bench = _of_seeds(seeds) if seeds is not None else _of_topic(ctx, str(topic))
    if jsonl is not None:
        with _lines(jsonl) as file:
            if not _score_lines(bench, file, stateless=stateless):
                raise typer.Exit(1)
        return
    line = _from_file(text) if text is not None else _from_address(ctx, str(url), needs_config=seeds is None)
    print_json(judge_line(bench.scorer, bench.topic, bench.rules, line))


def _score_lines(bench: Bench, file: TextIO, *, stateless: bool) -> bool:
    good = True
    for number, text in enumerate(file, 1):
        if not text.strip():
            continue
        try:
            line = Line.read(_decoded(text), str(number))
        except ValueError as error:
            print(f"line {number}: {error}; it is skipped", file=sys.stderr)
            good = False
            continue
        print_json(judge_line(bench.scorer, bench.topic, bench.rules, line, absorb=not stateless))
    return good


def _decoded(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise ValueError('not JSON; write one object a line: {"title": …, "text": …}') from error


def judge_line(scorer: Scorer, topic: str, rules: Rules, line: Line, *, absorb: bool = False) -> dict[str, Any]:
    """Judge one line in the service's two stages; with ``absorb`` it then counts as the past."""
    from watcher.decide import broken_rule

    now = datetime.now(UTC)
    entry = _entry(line, now)
    judged, delta = _two_stages(scorer, topic, entry, now)
    if absorb:
        scorer.absorb(delta, now)
    broken = broken_rule(rules, entry)
    result: dict[str, Any] = {
        "id": line.id,
        "topic": topic,
        "score": judged.score.value if judged else 0.0,
        "threshold": judged.threshold if judged else None,
        "strength": judged.strength if judged else 0.0,
        "match": judged is not None and judged.match and broken is None,
        "mode": judged.score.mode if judged else "headline",
        "nearest_seed": judged.score.nearest_seed if judged else None,
        "terms": [list(one) for one in judged.score.terms] if judged else [],
    }
    return result | ({"excluded": broken} if broken else {})


def _two_stages(scorer: Scorer, topic: str, entry: Entry, now: datetime) -> tuple[Judgement | None, StreamDelta]:
    from watcher.relevance.stages import full_document, own_article, snippet_document
    from watcher.relevance.threshold import likely

    document = snippet_document(entry)
    first = scorer.judge([document], topics=[[topic]], now=now)[0]
    found = first.get(topic)
    article = entry.article or own_article(entry.text)
    if found is None or article is None or not likely(found.score.value, found.threshold):
        return found, scorer.delta([document], [first])
    full = full_document(entry)
    second = scorer.judge([full], topics=[[topic]], now=now)[0]
    seen = [(document, first)] + ([(full, second)] if full.mode == "full" else [])  # a notice is in the first already
    return second.get(topic, found), scorer.delta([one for one, _ in seen], [judged for _, judged in seen])


def _entry(line: Line, now: datetime) -> Entry:
    from watcher.relevance.language import detect
    from watcher.text import content_hash
    from watcher.types import Entry

    return Entry(
        id=line.id,
        identity=line.url or line.id,
        url=line.url,
        title=line.title,
        text=line.text,
        outlet="",
        language=detect(f"{line.title}. {line.text}", None),
        published=None,
        first_seen=now,
        content_hash=content_hash(line.title, line.text),
        article=line.article,
    )


def _of_seeds(folder: Path) -> Bench:
    from watcher.app import extract, make_scorer
    from watcher.relevance.stream import Stream
    from watcher.seeds import load
    from watcher.types import Sensitivity

    found, problems = load(folder, extract=extract)
    for problem in problems:
        print(f"warning: {problem}", file=sys.stderr)
    name = folder.resolve().name
    return Bench(topic=name, scorer=make_scorer({name: (found, Sensitivity())}, Stream()), rules=Rules())


def _of_topic(ctx: typer.Context, name: str) -> Bench:
    from watcher.app import add_stored, load_seeds, make_scorer
    from watcher.relevance.stream import Stream
    from watcher.store.stream import load_stream

    config = read_config(ctx)
    if name not in config.topics:
        what = f"no topic is named {name!r}"
        raise ConfigError([Problem(file=str(config.path), what=what, remedy=f"known: {', '.join(config.topics)}")])
    topics, _ = load_seeds(config)
    stream = Stream()
    store = stored(config)
    if store is not None:
        with store:
            stream = store.read_now(load_stream)
            topics, examples = add_stored(config, topics, store)
    else:
        topics, examples = add_stored(config, topics, None)
    scorer = make_scorer({name: topics[name]}, stream, examples=examples)
    return Bench(topic=name, scorer=scorer, rules=config.topics[name].rules)


@contextmanager
def _lines(name: str) -> Iterator[TextIO]:
    if name == "-":
        yield sys.stdin
        return
    with _reading(Path(name)) as file:
        yield file


@contextmanager
def _reading(path: Path) -> Iterator[TextIO]:
    try:
        with path.open(encoding="utf-8-sig", errors="replace") as file:
            yield file
    except OSError as error:
        problem = Problem(file=str(path), what=f"cannot be read ({error.strerror})", remedy="name a text file")
        raise ConfigError([problem]) from error


def _from_file(path: Path) -> Line:
    with _reading(path) as file:
        title, _, text = file.read().strip().partition("\n")
    return Line(id=str(path), title=title.strip(), text=text.strip(), article=text.strip() or None)


def _from_address(ctx: typer.Context, url: str, *, needs_config: bool) -> Line:
    from watcher.cli.reading import read_article, refusal

    settings = read_config(ctx).fetch if needs_config else None
    try:
        article = read_article(url, settings)
    except WatcherError as error:
        raise refusal(url, error) from error
    beginning = " ".join(article.text.split()[:60])
    return Line(id=url, title=article.title, text=beginning, article=article.text, url=url)
