"""What would have been told of the past with another configuration, and what changes against now.

Rule: entries are judged, decided and grouped by the line's own functions, each text is scored once for each distinct
model, and nothing is written.
"""

from watcher.preview.changes import Change
from watcher.preview.plan import Plan, Source, Told
from watcher.preview.report import Backtest, Preview, TopicReport
from watcher.preview.scores import Past, read_past

__all__ = ["Backtest", "Change", "Past", "Plan", "Preview", "Source", "Told", "TopicReport", "read_past"]
