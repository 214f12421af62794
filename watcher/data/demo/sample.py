"""What the invented sample holds, read from the TOML files beside this module.

The files say everything; this module only gives it types.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from importlib import resources
from typing import Any, Literal

FeedFormat = Literal["rss", "atom"]
FeedFault = Literal["login", "500"]
Meaning = Literal["on topic", "copy", "follow-up", "near miss", "false alarm", "look-alike", "unrelated"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleFeed:
    """One invented feed. ``title`` is what the document says, ``name`` what a config would call it."""

    id: str
    name: str
    title: str
    format: FeedFormat
    fault: FeedFault | None = None

    @property
    def path(self) -> str:
        """Where the feed is served, below the base URL."""
        return f"/{self.id}/feed.{'atom' if self.format == 'atom' else 'xml'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleEntry:
    """One invented entry, and what a reader of the example topic would say of it.

    ``age`` is counted back from the last poll (None: the entry has no date). ``step`` is the first poll that sees it.
    ``of`` names the entry that this one copies or follows. ``text`` holds paragraphs parted by blank lines.
    """

    id: str
    feed: str
    intended: Meaning
    title: str
    text: str
    summary: str
    age: timedelta | None = None
    step: int = 1
    title_2: str | None = None
    event: str | None = None
    of: str | None = None
    paywall: bool = False
    note: str = ""

    @property
    def path(self) -> str:
        """Where its article page is served, below the base URL."""
        return f"/{self.feed}/{self.id}.html"

    def headline(self, step: int) -> str:
        """The headline that the poll number ``step`` sees."""
        return self.title_2 if self.title_2 is not None and step > 1 else self.title


@cache
def feeds() -> tuple[SampleFeed, ...]:
    """All feeds, the two that do not work last."""
    return tuple(SampleFeed(**row) for row in _rows("feeds.toml", "feed"))


@cache
def describe() -> tuple[SampleEntry, ...]:
    """All entries of all polls with their intended results: the topic's first, then near-misses, then the rest."""
    rows = [row for name in ("topic.toml", "near.toml", "other.toml") for row in _rows(name, "entry")]
    written = {row["id"]: _entry(row) for row in rows}
    return tuple(_copied(row, written) if "copy_of" in row else written[row["id"]] for row in rows)


@cache
def seeds() -> dict[str, str]:
    """File name → text of two invented articles that show the example topic."""
    folder = resources.files(__package__) / "seeds"
    files = sorted(folder.iterdir(), key=lambda file: file.name)
    return {file.name: file.read_text(encoding="utf-8") for file in files if file.name.endswith(".txt")}


def _rows(name: str, table: str) -> list[dict[str, Any]]:
    content = tomllib.loads((resources.files(__package__) / name).read_text(encoding="utf-8"))
    rows: list[dict[str, Any]] = content[table]
    return rows


def _entry(row: dict[str, Any]) -> SampleEntry:
    text = row.get("text", "").strip()
    return SampleEntry(
        id=row["id"],
        feed=row["feed"],
        intended=row["intended"],
        title=row["title"],
        text=text,
        summary=row.get("summary") or text.split("\n\n", maxsplit=1)[0],
        age=timedelta(hours=row["hours"]) if "hours" in row else None,
        step=row.get("step", 1),
        title_2=row.get("title_2"),
        event=row.get("event"),
        of=row.get("copy_of", row.get("follows")),
        paywall=row.get("page") == "paywall",
        note=row.get("note", ""),
    )


def _copied(row: dict[str, Any], written: dict[str, SampleEntry]) -> SampleEntry:
    """An outlet's version of a wire story: the same text with the editor's changes."""
    text = written[row["copy_of"]].text
    for old, new in row.get("edits", ()):
        if old not in text:
            raise ValueError(f"the demo's entry {row['id']} edits words that its original does not hold: {old!r}")
        text = text.replace(old, new, 1)
    return replace(written[row["id"]], text=text, summary=text.split("\n\n", maxsplit=1)[0])
