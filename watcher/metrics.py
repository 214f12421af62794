"""What the service counts. Names and meanings are in docs/operations.md; a test keeps the two in step."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

STAGE_SECONDS = (0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 30)


class Metrics:
    """All counters of one service, in a registry of its own: two services in one process do not add up."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        reg = self.registry
        self.polls = Counter(
            "watcher_polls_total", "Feeds polled, by outcome (read, failed).", ["outcome"], registry=reg
        )
        self.gaps = Counter(
            "watcher_feed_gaps_total", "Polls that had no entry in common with the one before.", registry=reg
        )
        self.entries = Counter("watcher_entries_total", "Entries first seen.", registry=reg)
        self.decisions = Counter("watcher_decisions_total", "Decisions, by state.", ["state"], registry=reg)
        self.matches = Counter("watcher_matches_total", "Entry-topic pairs that matched.", registry=reg)
        self.alerts = Counter("watcher_alerts_sent_total", "Messages posted: alerts, replies, digests.", registry=reg)
        self.dropped = Counter(
            "watcher_alerts_dropped_total", "Alerts that waited for a topic that was removed.", registry=reg
        )
        self.delivery_errors = Counter(
            "watcher_delivery_errors_total",
            "Sends that were not accepted, by destination.",
            ["destination"],
            registry=reg,
        )
        self.pending = Gauge("watcher_outbox_pending", "Alerts waiting to be sent, held ones included.", registry=reg)
        self.oldest = Gauge("watcher_outbox_oldest_seconds", "Age of the oldest alert that is due.", registry=reg)
        self.feeds = Gauge(
            "watcher_feeds", "Feeds in the configuration, by state (ok, failing, gone).", ["state"], registry=reg
        )
        self.last_poll = Gauge("watcher_last_poll_timestamp_seconds", "When a poll last succeeded.", registry=reg)
        self.steps = Counter("watcher_steps_total", "Steps of the line begun, by name.", ["step"], registry=reg)
        self.reloads = Counter(
            "watcher_reloads_total", "Configuration reloads, by outcome (ok, refused).", ["outcome"], registry=reg
        )
        self.ticks = Counter(
            "watcher_scheduler_events_total",
            "Scheduler events (missed, overlapping, failed ticks).",
            ["event"],
            registry=reg,
        )
        self.tick_seconds = Histogram(
            "watcher_tick_seconds",
            "Duration of a tick, by kind (poll, deliver).",
            ["tick"],
            buckets=STAGE_SECONDS,
            registry=reg,
        )
        self.info = Gauge("watcher_info", "Always 1; labels tell the version.", ["version"], registry=reg)

    def step(self, name: str) -> None:
        """Count one announced step of the line."""
        self.steps.labels(name).inc()

    def render(self) -> bytes:
        """The text that Prometheus scrapes."""
        return bytes(generate_latest(self.registry))
