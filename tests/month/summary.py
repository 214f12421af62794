"""A month's figures, for people."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from tests.month.calendar import MONTH
from tests.month.life import MIB
from tests.month.running import Month

KINDS = {"alerts": "parent", "replies": "reply", "digests": "digest", "notices": "notice"}
KEPT = "nothing lost, each event told once and in order, nothing else told; memory flat, little left of each entry"


def tell(month: Month, *, console: Console) -> None:
    """Print all of it."""
    lived, verdict, asked = month.lived, month.verdict, month.asked
    days = month.news.calendar.days
    table = Table("week", "entries", "matches", "stories", *KINDS)
    for number, week in enumerate(verdict.weeks, 1):
        figures = [week.entries, week.matches, week.stories, *(week.messages[kind] for kind in KINDS.values())]
        table.add_row(str(number), *(f"{figure:,}" for figure in figures))
    console.print(table)
    table = Table(
        "day", "memory, MiB", "with all readers", "shared pages for each", "database, MiB", "processor time, s"
    )
    for one in lived.measured:
        sizes = [f"{size / MIB:.0f}" for size in (one.own, one.proportional, one.resident)]
        table.add_row(f"{one.day * days / MONTH:.3g}", *sizes, f"{one.database / MIB:.1f}", f"{one.cpu:.0f}")
    console.print(table)
    polls = asked["feeds unchanged"] + asked["feeds read"] + asked["feeds that failed"]
    lines = [
        f"{days} days, {month.news.feeds} feeds: {polls:,} polls ({asked['feeds unchanged']:,} unchanged, "
        f"{asked['feeds that failed']:,} failed), {verdict.entries:,} entries, {asked['articles']:,} articles read",
        f"{verdict.events} events to be told in {verdict.tellings} places; {verdict.close} entries close to a topic "
        f"and {verdict.false} others were told; {lived.pressed} buttons pressed",
        f"Slack refused {month.refused:,} calls in its outage; {verdict.looked_up:,} look-ups, {verdict.repeats} "
        f"messages marked as possible repeats; {lived.starts} starts of the service",
        *(
            f"not ready from {begin:%d %b %H:%M} to {end:%d %b %H:%M}, at first because {reason}"
            for begin, end, reason in lived.unready
        ),
        *(
            [
                f"memory {verdict.memory:+.1%} in the second half of the month; "
                f"{verdict.an_entry:,.0f} bytes of the database stay of each entry"
            ]
            if verdict.an_entry
            else []
        ),
        f"{lived.cpu:.0f} s of processor time, {month.seconds:.0f} s in all",
        *(f"WRONG: {sentence}" for sentence in verdict.wrong),
    ]
    console.print(*lines, sep="\n")
    if not verdict.wrong:
        console.print(KEPT)
