"""What polls and passes over the outbox report, added to the metrics."""

from __future__ import annotations

from watcher.deliver import DeliverReport
from watcher.metrics import Metrics
from watcher.notifiers.slack_errors import word
from watcher.poll import PollReport


def count_poll(metrics: Metrics, report: PollReport) -> None:
    """Add a poll's figures."""
    metrics.polls.labels("failed").inc(len(report.failed))
    metrics.polls.labels("read").inc(report.feeds - len(report.failed))
    metrics.gaps.inc(report.gaps)
    metrics.entries.inc(report.entries_new)
    metrics.matches.inc(report.matches)
    for state, number in report.states.items():
        metrics.decisions.labels(state).inc(number)


def count_delivery(metrics: Metrics, report: DeliverReport) -> None:
    """Add the figures of a pass over the outbox."""
    metrics.alerts.inc(report.sent)
    for problem in report.errors:
        metrics.delivery_errors.labels(problem["name"]).inc()
    for code, count in report.codes.items():
        metrics.slack_errors.labels(word(code)).inc(count)
    for seconds in report.lags:
        metrics.lag.observe(seconds)
