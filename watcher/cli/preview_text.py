"""A preview on a terminal: figures, a histogram with the threshold on it, a table of thresholds, what changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log1p
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

from watcher.preview.changes import Change, counted
from watcher.preview.forms import ENDS, rate
from watcher.preview.report import WIDTH
from watcher.text import cut
from watcher.types import SENSITIVITIES

if TYPE_CHECKING:
    from rich.console import Console

    from watcher.preview.report import Preview, TopicReport
    from watcher.preview.sweep import Row

BLOCKS = " ▁▂▃▄▅▆▇█"
HEIGHT = 5
SHOWN = 20
"""Changes of one kind that are printed; ``--json`` has them all."""


def show(preview: Preview, console: Console) -> None:
    """Print everything."""
    days = f"{preview.days:.0f} day" + ("s" if round(preview.days) != 1 else "")
    console.print(
        f"[bold]{preview.entries:,} entries of {days}[/bold], {preview.since:%d %b %Y %H:%M} to "
        f"{preview.until:%d %b %H:%M} UTC"
    )
    if preview.forgotten:
        console.print(f"[dim]{preview.forgotten:,} more are forgotten, and cannot be judged again[/dim]")
    for one in preview.topics:
        console.print()
        _topic(one, preview, console)
    console.print()
    _changes(preview, console)


def _topic(one: TopicReport, preview: Preview, console: Console) -> None:
    days = preview.days
    console.print(f"[bold]{escape(one.topic)}[/bold] — {escape(one.title)}", highlight=False)
    console.print(
        f"  {one.entries:,} entries judged, {one.matches:,} matches, {one.stories:,} stories: "
        f"[bold]{rate(one.stories, days)} alerts a day[/bold]"
        + (f", with replies {rate(one.stories + one.replies, days)} messages" if one.replies else "")
    )
    lines = one.present.thresholds
    console.print(
        f"  by {one.present.name}: a match reaches {lines['full']:.3f} by its article, {lines['snippet']:.3f} by the "
        "feed's text"
    )
    if one.unread:
        console.print(f"  {one.unread:,} were judged by the feed's text alone: their article was not read then")
    if one.budget is not None:
        budget = one.budget
        console.print(
            f"  of {budget.alerts_per_day} alerts a day, {budget.days_reached} days had more: {budget.waiting} would "
            "have waited for the day's digest"
            if budget.waiting
            else f"  no day had more than {budget.alerts_per_day} alerts: the budget would have held nothing back"
        )
    console.print()
    for line in histogram(one.histogram, _marks(one)):
        console.print(f"  {line}", highlight=False, markup=False)
    console.print()
    console.print(_sweep(one.rows, days, answered=one.answers))
    if one.answers:
        console.print(f"  [dim]precision and recall: on {one.answers} answered texts, each judged by the others[/dim]")


def _marks(one: TopicReport) -> dict[str, float]:
    """The named sensitivities, beside the one in use: where their thresholds are, as parts of the present one."""
    own = one.present.thresholds["full"]
    others = [row.line for row in one.rows if row.line.name in SENSITIVITIES and not row.line.present]
    return {line.name: line.thresholds["full"] / own for line in others}


def histogram(bars: Sequence[int], marks: Mapping[str, float]) -> list[str]:
    """Scores as parts of the threshold, on a logarithmic scale, with the threshold at 1 and names at their parts."""
    shown = list(bars[1:])  # what shares next to nothing with the topic would dwarf all others
    tallest = log1p(max(shown, default=0)) or 1.0
    heights = [log1p(count) / tallest * HEIGHT * 8 for count in shown]
    place = round(1 / WIDTH) - 1
    lines = []
    for level in reversed(range(HEIGHT)):
        row = [BLOCKS[max(0, min(8, round(height - level * 8)))] * 2 for height in heights]
        lines.append("".join([*row[:place], "│", *row[place:]]).rstrip())
    ends = 2 * len(shown) + 1
    ruler = ["─"] * ends
    ruler[2 * place] = "┴"
    lines.append("".join(ruler))
    written = list(" " * (ends + 6))
    for part, text in (
        (0.1, "0.1"),
        (1.0, "│"),
        (2.0, "2"),
        (3.0, "3+"),
        *((part, name) for name, part in marks.items()),
    ):
        at = round((part / WIDTH - 1) * 2) + (part > 1.0)
        free = all(sign == " " for sign in written[max(0, at - 1) : at + len(text) + 1])
        if at + len(text) <= len(written) and free:
            written[at : at + len(text)] = text
    lines.append("".join(written).rstrip())
    lines.append(f"{bars[0]:,} entries lie below a tenth of the threshold (1 = the threshold; heights are logarithmic)")
    return lines


def _sweep(rows: Sequence[Row], days: float, *, answered: int) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("  sensitivity", "article", "snippet", "matches", "alerts a day"):
        table.add_column(name, justify="left" if name == "  sensitivity" else "right")
    for name in ("precision", "recall") if answered else ():
        table.add_column(name, justify="right")
    for row in rows:
        cells = [
            f"{'→' if row.line.present else ' '} {row.line.name}",
            f"{row.line.thresholds['full']:.3f}",
            f"{row.line.thresholds['snippet']:.3f}",
            f"{row.matches:,}",
            "–" if row.stories is None else rate(row.stories, days),
        ]
        if answered:
            found = row.labelled
            cells += [_share(found.precision if found else None), _share(found.recall if found else None)]
        table.add_row(*cells, style="bold" if row.line.present else None)
    return table


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _changes(preview: Preview, console: Console) -> None:
    against = "what was really decided" if preview.against == "decided" else "the present configuration"
    for topic, was, now in preview.moved:
        console.print(f"{escape(topic)} goes to {escape(now)}, no longer to {escape(was)}", highlight=False)
    if not preview.changes:
        console.print(f"[bold]The same alerts as by {against}.[/bold]")
        return
    added = [one for one in preview.changes if one.added]
    dropped = [one for one in preview.changes if not one.added]
    console.print(f"[bold]Against {against}: {len(added)} added, {len(dropped)} dropped[/bold]")
    for (more, because), number in counted(preview.changes).items():
        console.print(f"  {number} {'added' if more else 'dropped'}: {ENDS[because]}")
    for some, sign in ((added, "+"), (dropped, "-")):
        for one in some[:SHOWN]:
            _change(one, sign, console)
        if len(some) > SHOWN:
            console.print(f"  … and {len(some) - SHOWN} more; --json has them all")


def _change(one: Change, sign: str, console: Console) -> None:
    headline = cut(one.headline, 90) or f"entry {one.entry}"
    outlet = f" ({one.outlet})" if one.outlet else ""
    console.print(f"{sign} {one.topic}: {headline}{outlet}", markup=False, highlight=False)
    console.print(f"    was: {one.was}", markup=False, highlight=False, style="dim")
    console.print(f"    now: {one.now}", markup=False, highlight=False, style="dim")
