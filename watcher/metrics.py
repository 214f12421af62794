"""What the service counts. Names and meanings are in docs/operations.md; a test keeps the two in step."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

STAGE_SECONDS = (0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 30)
LAG_SECONDS = (60, 120, 300, 600, 900, 1800, 3600, 7200, 21_600, 86_400)
RATIOS = (0.1, 0.2, 0.4, 0.6, 0.7, 0.8, 0.9, 1, 1.25, 1.5, 2, 3)
"""Scores in units of the threshold: strict, balanced and broad are 1.25, 1 and 0.7 of it."""


class Metrics:
    """All counters of one service, in a registry of its own: two services in one process do not add up."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.worker: str | None = None
        """Which of several processes this is; every sample then says so."""
        ProcessCollector(registry=self.registry)  # its start, memory and files, under the names that all programs use
        self._count()
        self._measure()
        self._gauge()
        for counted, outcomes in (
            (self.polls, ("read", "failed")),
            (self.reloads, ("ok", "refused")),
            (self.ticks, ("missed", "overlapping", "failed")),
        ):
            for outcome in outcomes:
                counted.labels(outcome)  # from 0 on: an increase from nothing at all is none

    def _count(self) -> None:
        def counter(name: str, means: str, *labels: str) -> Counter:
            return Counter(name, means, labels, registry=self.registry)

        self.polls = counter("watcher_polls_total", "Feeds polled, by outcome (read, failed).", "outcome")
        self.gaps = counter("watcher_feed_gaps_total", "Polls that had no entry in common with the one before.")
        self.entries = counter("watcher_entries_total", "Entries first seen.")
        self.decisions = counter("watcher_decisions_total", "Decisions, by state.", "state")
        self.matches = counter("watcher_matches_total", "Entry-topic pairs that matched.")
        self.alerts = counter("watcher_alerts_sent_total", "Messages posted: alerts, replies, digests.")
        self.dropped = counter("watcher_alerts_dropped_total", "Alerts that waited for a topic that was removed.")
        self.delivery_errors = counter(
            "watcher_delivery_errors_total", "Sends that were not accepted, by destination.", "destination"
        )
        self.slack_errors = counter(
            "watcher_slack_errors_total", "Refusals and lost answers, by Slack's word.", "error"
        )
        self.steps = counter("watcher_steps_total", "Steps of the line begun, by name.", "step")
        self.reloads = counter("watcher_reloads_total", "Configuration reloads, by outcome (ok, refused).", "outcome")
        self.jobs = counter("watcher_jobs_total", "Jobs of the queue that this process did, by kind.", "kind")
        self.ticks = counter(
            "watcher_scheduler_events_total", "Scheduler events (missed, overlapping, failed ticks).", "event"
        )

    def _measure(self) -> None:
        def histogram(name: str, means: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
            return Histogram(name, means, labels, buckets=buckets, registry=self.registry)

        self.lag = histogram(
            "watcher_post_lag_seconds", "From an entry's publication to its message, digests aside.", LAG_SECONDS
        )
        self.scores = histogram(
            "watcher_score_ratio",
            "Scores divided by their thresholds, by mode (headline, snippet, full).",
            RATIOS,
            "mode",
        )
        self.tick_seconds = histogram(
            "watcher_tick_seconds", "Duration of a tick, by kind (poll, deliver).", STAGE_SECONDS, "tick"
        )

    def _gauge(self) -> None:
        def gauge(name: str, means: str, *labels: str) -> Gauge:
            return Gauge(name, means, labels, registry=self.registry)

        self.pending = gauge("watcher_outbox_pending", "Alerts waiting to be sent, held ones included.")
        self.oldest = gauge("watcher_outbox_oldest_seconds", "Age of the oldest alert that is due.")
        self.feeds = gauge("watcher_feeds", "Feeds in the configuration, by state (ok, failing, gone).", "state")
        self.last_poll = gauge("watcher_last_poll_timestamp_seconds", "When a poll last succeeded.")
        self.ready = gauge("watcher_ready", "1 while /readyz says yes.")
        self.stalled = gauge("watcher_stalled", "1 for what /readyz names (polls, outbox, token, database).", "work")
        self.model = gauge("watcher_model_info", "Always 1; the model in use, by topic.", "topic", "version")
        self.database = gauge("watcher_database_bytes", "Size of the database's files (database, log).", "file")
        self.disk_free = gauge("watcher_disk_free_bytes", "Room left on the database's disk.")
        self.queue = gauge("watcher_queue_jobs", "Jobs that wait in the queue, by kind.", "kind")
        self.info = gauge("watcher_info", "Always 1; labels tell the version.", "version")

    def step(self, name: str) -> None:
        """Count one announced step of the line."""
        self.steps.labels(name).inc()

    def judged(self, mode: str, score: float | None, threshold: float | None) -> None:
        """Count one judgement; what a rule or its age excluded has no score."""
        if score is not None and threshold:
            self.scores.labels(mode).observe(score / threshold)

    def render(self) -> bytes:
        """The text that Prometheus scrapes."""
        registry: CollectorRegistry = self.registry
        if self.worker is not None:
            registry = CollectorRegistry()
            registry.register(_Named(self.registry, self.worker))
        return bytes(generate_latest(registry))


class _Named(Collector):
    """All samples of a registry, each with the name of the process."""

    def __init__(self, registry: CollectorRegistry, worker: str) -> None:
        self._registry = registry
        self._worker = worker

    def collect(self) -> Iterable[Metric]:
        """What the registry holds now."""
        for metric in self._registry.collect():
            metric.samples = [one._replace(labels={**one.labels, "worker": self._worker}) for one in metric.samples]
            yield metric
