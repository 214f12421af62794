"""How precise a topic's alerts are, by what their readers answered.

Rule: two numbers first; a share only with its interval, and that only where there are answers enough.
"""

from __future__ import annotations

from watcher.relevance.evaluation import ENOUGH, interval
from watcher.store.overview import Answers


def precision(given: Answers) -> str:
    """What readers said of the alerts, as far as it says anything."""
    of = given.relevant + given.not_relevant
    if not of:
        return "nobody has answered yet"
    said = f"{given.relevant} relevant, {given.not_relevant} not"
    found = interval(given.relevant, of)
    if found is None:
        return f"{said} (a share is told from {ENOUGH} answers on)"
    return f"{said}: {given.relevant / of:.0%} relevant, likely between {found[0]:.0%} and {found[1]:.0%}"
