"""What the service counts. Names and meanings are in docs/operations.md; a test keeps the two in step."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

STAGE_SECONDS = (0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 30)


class Metrics:
    """All counters of one service, in a registry of its own: two services in one process do not add up."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        own = {"registry": self.registry}
        self.polls = Counter("watcher_polls_total", "Feeds polled, by outcome (read, failed).", ["outcome"], **own)
        self.entries = Counter("watcher_entries_total", "Entries first seen.", **own)
        self.decisions = Counter("watcher_decisions_total", "Decisions, by state.", ["state"], **own)
        self.matches = Counter("watcher_matches_total", "Entry-topic pairs that matched.", **own)
        self.alerts = Counter("watcher_alerts_sent_total", "Messages posted: alerts, replies, digests.", **own)
        self.delivery_errors = Counter(
            "watcher_delivery_errors_total", "Sends that were not accepted, by destination.", ["destination"], **own
        )
        self.pending = Gauge("watcher_outbox_pending", "Alerts waiting to be sent, held ones included.", **own)
        self.oldest = Gauge("watcher_outbox_oldest_seconds", "Age of the oldest alert that is due.", **own)
        self.feeds = Gauge(
            "watcher_feeds", "Feeds in the configuration, by state (ok, failing, gone).", ["state"], **own
        )
        self.last_poll = Gauge("watcher_last_poll_timestamp_seconds", "When a poll last succeeded.", **own)
        self.steps = Counter("watcher_steps_total", "Steps of the line begun, by name.", ["step"], **own)
        self.reloads = Counter(
            "watcher_reloads_total", "Configuration reloads, by outcome (ok, refused).", ["outcome"], **own
        )
        self.ticks = Counter(
            "watcher_scheduler_events_total", "Scheduler events (missed, overlapping, failed ticks).", ["event"], **own
        )
        self.tick_seconds = Histogram(
            "watcher_tick_seconds",
            "Duration of a tick, by kind (poll, deliver).",
            ["tick"],
            buckets=STAGE_SECONDS,
            **own,
        )
        self.info = Gauge("watcher_info", "Always 1; labels tell the version.", ["version"], **own)

    def step(self, name: str) -> None:
        """Count one announced step of the line."""
        self.steps.labels(name).inc()

    def render(self) -> bytes:
        """The text that Prometheus scrapes."""
        return bytes(generate_latest(self.registry))
