"""Reads a topic's seed folder.

One rule: each file is read or refused by itself; what is refused never stops the others.
"""

from __future__ import annotations

import json
import stat
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from watcher.errors import Problem, SeedError, WatcherError
from watcher.relevance.features import total
from watcher.seeds import markdown
from watcher.seeds.cards import from_card
from watcher.seeds.dates import aware, read_date
from watcher.seeds.making import from_article, from_text
from watcher.types import Article, Seed

Extract = Callable[[bytes, str | None], Article]
"""Page → article; raises a ``WatcherError``. See ``watcher.article.extract``; callers run it in a worker."""

LARGEST = 5_000_000
"""Bytes of one file; an article has a few thousand."""
FEWEST_WORDS = 40
"""Below this a seed says little: it is used, with a warning."""
FEWEST_TERMS = 5
"""Below this a seed says nothing."""
_ALIKE = 0.9
"""Share of terms two seeds have in common when they are one article."""

_KINDS = frozenset([".txt", ".text", ".md", ".markdown", ".html", ".htm", ".json"])
_IGNORED = frozenset(
    [
        "expect.jsonl",
        "feedback.jsonl",
        "thumbs.db",
        "desktop.ini",
        "readme",
        "readme.md",
        "readme.txt",
        "license",
        "notice",
    ]
)
_HOW_TO = (
    "put one to five articles there (.txt, .md, .html, or term cards, .json); "
    "`watcher seeds add FILE|URL --topic TOPIC` makes a card of an article"
)


def load(folder: Path, *, extract: Extract) -> tuple[tuple[Seed, ...], tuple[Problem, ...]]:
    """Return the folder's seeds, in the order of their file names, and warnings about those files that are none.

    Read are .txt, .md, .html and .json (term cards) files of at most 5 MB; hidden files, ``expect.jsonl``,
    ``feedback.jsonl`` and read-mes are passed over. Two files with the same article count once. Raises ``SeedError``
    (exit code 2) when the folder is missing or no seed in it can be used.
    """
    seeds: list[Seed] = []
    problems: list[Problem] = []
    for path in _candidates(folder):
        try:
            seed = _read(path, extract)
        except WatcherError as error:
            problems += _told(error, path)
            continue
        twin = next((other for other in seeds if _same(seed, other)), None)
        if twin is not None:
            problems.append(_warning(path, f"this is the same article as {twin.name}", "it counts once: remove one"))
            continue
        seeds.append(seed)
        if seed.words < FEWEST_WORDS:
            remedy = "give the whole article, or more seeds"
            problems.append(_warning(path, f"{seed.words} words are left after cleaning: little to go by", remedy))
    if not seeds:
        what = "none of the files is a usable seed" if problems else "there is no seed in this folder"
        refusal = Problem(file=str(folder), what=what, remedy=_HOW_TO)
        raise SeedError([refusal, *(replace(problem, warning=False) for problem in problems)])
    return tuple(seeds), tuple(problems)


def read_file(
    path: Path,
    *,
    extract: Extract,
    title: str | None = None,
    outlet: str | None = None,
    published: datetime | None = None,
    url: str | None = None,
) -> Seed:
    """Read one article's file; what is given wins over what the file says. Raises ``SeedError``.

    ``published`` without a zone is UTC.
    """
    try:
        if path.suffix.lower() == ".json":
            raise _refusal(path, "a card is a seed already", "copy it into the topic's seed folder")
        seed = _read(path, extract, title=title)
    except WatcherError as error:
        raise SeedError([replace(problem, warning=False) for problem in _told(error, path)]) from error
    told = aware(published) if published else seed.published
    return replace(seed, outlet=outlet or seed.outlet, published=told, url=url or seed.url)


def _candidates(folder: Path) -> Iterator[Path]:
    try:
        paths = sorted(folder.iterdir(), key=lambda path: path.name)
    except FileNotFoundError:
        raise SeedError(
            [Problem(file=str(folder), what="there is no such folder", remedy=f"make it and {_HOW_TO}")]
        ) from None
    except NotADirectoryError:
        raise SeedError([Problem(file=str(folder), what="this is a file, not a folder", remedy=_HOW_TO)]) from None
    except OSError as error:
        raise SeedError(
            [Problem(file=str(folder), what=_reason(error), remedy="let watcher read the folder")]
        ) from error
    return (path for path in paths if not path.name.startswith(".") and path.name.lower() not in _IGNORED)


def _read(path: Path, extract: Extract, *, title: str | None = None) -> Seed:
    """Read one file; raises a ``WatcherError`` that says why it is no seed."""
    kind = path.suffix.lower()
    content = _content(path)
    if kind == ".json":
        seed = _card(path, content)
    elif kind in {".html", ".htm"}:
        article = extract(content, None)
        seed = from_article(replace(article, title=title or article.title), name=path.name)
    elif kind in {".md", ".markdown"}:
        seed = _from_markdown(path, _decoded(path, content), title=title)
    else:
        seed = from_text(_decoded(path, content), name=path.name, title=title)
    if len(total(seed.counts)) < FEWEST_TERMS:
        raise _refusal(path, "hardly a telling word is left after cleaning", "give the article's whole text")
    return seed


def _content(path: Path) -> bytes:
    """Return a regular file's bytes: pipes and devices are not opened, oversized files not read."""
    try:
        found = path.stat()
        if stat.S_ISDIR(found.st_mode):
            raise _refusal(path, "this is a folder; seeds are files", "move its articles up, or make it a topic")
        if not stat.S_ISREG(found.st_mode):
            raise _refusal(path, "this is no ordinary file", "put the article's text into a file")
        if path.suffix.lower() not in _KINDS:
            raise _refusal(path, f"“{path.suffix or path.name}” is no kind of seed", "save it as .txt, .md or .html")
        if found.st_size > LARGEST:
            remedy = "keep one article in a file"
            raise _refusal(path, f"{found.st_size / 1e6:.1f} MB are more than an article", remedy)
        content = path.read_bytes()
    except OSError as error:
        raise _refusal(path, _reason(error), "let watcher read the file, or remove it") from error
    if not content.strip(b"\xef\xbb\xbf \t\r\n"):
        raise _refusal(path, "the file is empty", "put the article's text into it, or remove it")
    return content


def _decoded(path: Path, content: bytes) -> str:
    if b"\x00" in content:
        raise _refusal(path, "this is not text", "save the article as a text file in UTF-8")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        what = f"the text is not UTF-8 (byte {error.start + 1})"
        raise _refusal(path, what, "save it as UTF-8 in your editor") from error


def _from_markdown(path: Path, source: str, *, title: str | None) -> Seed:
    text, facts = markdown.read(source)
    return from_text(
        text,
        name=path.name,
        title=title or markdown.first(facts, "title", "headline"),
        url=markdown.first(facts, "url", "link", "source_url", "canonical"),
        outlet=markdown.first(facts, "outlet", "publisher", "site", "source"),
        published=read_date(markdown.first(facts, "date", "published")),
        language=markdown.first(facts, "lang", "language"),
    )


def _card(path: Path, content: bytes) -> Seed:
    try:
        card = json.loads(_decoded(path, content))
    except (ValueError, RecursionError) as error:
        line = error.lineno if isinstance(error, json.JSONDecodeError) else None
        what = "this is no readable JSON, so no term card"
        remedy = "make the card anew: `watcher seeds add FILE|URL --topic TOPIC`"
        raise SeedError([Problem(file=str(path), line=line, what=what, remedy=remedy)]) from error
    if not isinstance(card, dict):
        raise _refusal(path, "this JSON is no term card", "make one: `watcher seeds add FILE|URL --topic TOPIC`")
    return from_card(card, name=str(path))


def _same(one: Seed, other: Seed) -> bool:
    first, second = set(total(one.counts)), set(total(other.counts))
    return len(first & second) >= _ALIKE * len(first | second)


def _told(error: WatcherError, path: Path) -> list[Problem]:
    if isinstance(error, SeedError):
        return [replace(problem, warning=True) for problem in error.problems]
    return [_warning(path, str(error), "save the article's text as a .txt file instead")]


def _warning(path: Path, what: str, remedy: str) -> Problem:
    return Problem(file=str(path), what=what, remedy=remedy, warning=True)


def _refusal(path: Path, what: str, remedy: str) -> SeedError:
    return SeedError([_warning(path, what, remedy)])


def _reason(error: OSError) -> str:
    return f"it cannot be read ({error.strerror or type(error).__name__})"
