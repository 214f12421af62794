"""A preview as a picture: scores with the threshold on them, and what moving it does."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from watcher.preview.report import WIDTH

if TYPE_CHECKING:
    from watcher.preview.report import Preview, TopicReport

BLUE, GREY, RED, GREEN, ORANGE = "#1d6fb8", "#8a929c", "#c2452d", "#2a8f5b", "#d98a1f"
INCHES = 9.0, 3.1
"""Width of the picture, and height a topic."""


def draw(preview: Preview, path: Path) -> None:
    """Write the picture; its suffix says in which format."""
    # loading it takes a second and 30 MB, which no other command needs
    import matplotlib as mpl  # noqa: PLC0415  half a second and 30 MB that only a picture takes
    from matplotlib.figure import Figure  # noqa: PLC0415  the same

    mpl.rcParams["svg.hashsalt"] = "watcher"  # the same figures make the same file
    mpl.rcParams["font.size"] = 9
    rows = max(1, len(preview.topics))
    figure = Figure(figsize=(INCHES[0], INCHES[1] * rows), layout="constrained")
    axes = figure.subplots(rows, 2, squeeze=False)
    for one, (left, right) in zip(preview.topics, axes, strict=False):
        _scores(one, left)
        _rates(one, right, preview.days)
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None, dpi=150)


def _scores(one: TopicReport, axes: Any) -> None:
    bars = one.histogram
    places = [(number + 0.5) * WIDTH for number in range(len(bars))]
    colours = [BLUE if place >= 1.0 else GREY for place in places]
    axes.bar(places, [max(count, 0) for count in bars], width=WIDTH * 0.9, color=colours)
    axes.set_yscale("symlog", linthresh=1)
    axes.yaxis.set_major_formatter("{x:,.0f}")
    axes.set_ylim(bottom=0)
    axes.axvline(1.0, color=RED, linewidth=1.5)
    axes.text(1.03, 0.93, "threshold", color=RED, transform=axes.get_xaxis_transform())
    axes.set_xlim(0, len(bars) * WIDTH)
    axes.set_xlabel("score, in parts of the threshold")
    axes.set_ylabel("entries (logarithmic)")
    axes.set_title(f"{one.title}: {one.entries:,} entries, {one.matches:,} matches", loc="left", fontsize=9)
    axes.spines[["top", "right"]].set_visible(False)


def _rates(one: TopicReport, axes: Any, days: float) -> None:
    rows = [row for row in one.rows if row.stories is not None]
    places = [row.line.thresholds["full"] for row in rows]
    axes.plot(places, [(row.stories or 0) / days for row in rows], marker="o", markersize=3.5, color=BLUE)
    axes.set_xlabel("threshold for articles")
    axes.set_ylabel("alerts a day", color=BLUE)
    axes.set_ylim(bottom=0)
    axes.margins(y=0.15)
    for row in rows:
        named = not row.line.name[0].isdigit() or row.line.present
        if named:
            at = row.line.thresholds["full"]
            axes.axvline(at, color=RED if row.line.present else GREY, linewidth=1.5 if row.line.present else 0.8)
            axes.text(
                at,
                0.02,
                f" {row.line.name}",
                transform=axes.get_xaxis_transform(),
                rotation=90,
                va="bottom",
                fontsize=8,
            )
    axes.set_title("what moving the threshold does", loc="left", fontsize=9)
    axes.spines["top"].set_visible(False)
    if one.answers:
        _quality(one, axes.twinx(), places)


def _quality(one: TopicReport, axes: Any, places: Sequence[float]) -> None:
    rows = [row.labelled for row in one.rows if row.stories is not None]
    for colour, name, values in (
        (GREEN, "precision", [row.precision if row else None for row in rows]),
        (ORANGE, "recall", [row.recall if row else None for row in rows]),
    ):
        known = [(place, value) for place, value in zip(places, values, strict=True) if value is not None]
        axes.plot([place for place, _ in known], [value for _, value in known], "--", color=colour, label=name)
    axes.set_ylim(0, 1.05)
    axes.set_ylabel(f"on {one.answers} answers")
    axes.legend(loc="lower right", fontsize=8, frameon=False)
    axes.spines["top"].set_visible(False)
