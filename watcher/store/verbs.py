"""The verbs, as two lists: those that write and those that read.

Rule: a verb is in exactly one of them, so that a crash can be tried at every step of everything that writes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from watcher.store import clock, entries, feedback, feeds, notices, outbox, report, save, stories, stream

WRITE_VERBS: tuple[Callable[..., Any], ...] = (
    feeds.register_feeds,
    feeds.register_topics,
    feeds.save_feed_state,
    clock.pull_back,
    entries.tidy,
    entries.entomb,
    save.save,
    notices.put_notices,
    notices.tidy_notices,
    feedback.put_labels,
    feedback.put_mute,
    feedback.put_seed,
    feedback.put_click,
    feedback.undo,
    feedback.undo_label,
    feedback.mark_labels,
    feedback.tidy_feedback,
    stream.prune_stream,
    outbox.claim,
    outbox.mark_sending_unsure,
    outbox.settle,
    outbox.retry_later,
    outbox.retry_now,
    outbox.give_back,
    outbox.mark_plain,
    outbox.bury,
    outbox.drop,
    outbox.revive,
    outbox.hold,
    outbox.release,
    outbox.make_digest,
    outbox.remember_channel,
    outbox.settle_update,
    outbox.token_refused,
    outbox.token_taken,
)

READ_VERBS: tuple[Callable[..., Any], ...] = (
    feeds.due_feeds,
    feeds.feed_states,
    feeds.known_topics,
    entries.known_entries,
    entries.known_texts,
    entries.entries_since,
    entries.find_entry,
    notices.known_troubles,
    notices.notice_text,
    feedback.labels,
    feedback.seeds_added,
    feedback.mutes_in_force,
    feedback.muted_rows,
    feedback.feeds_of,
    stream.load_stream,
    stories.open_stories,
    stories.member_texts,
    stories.told_rows,
    outbox.alerts,
    outbox.held,
    outbox.in_digest,
    outbox.pending_count,
    outbox.oldest_due,
    outbox.sent_between,
    outbox.told_since,
    outbox.channel_id,
    outbox.parent_of,
    outbox.token_trouble,
    report.entry_report,
    report.feed_rows,
    report.feed_languages,
    report.outbox_rows,
    report.recent_decisions,
    report.near_decisions,
    report.quiet_topics,
    report.counts,
)
