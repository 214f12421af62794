"""What is to be told, from the moment it is saved until Slack has answered.

States: pending → sending → sent, with held, in_digest and dead beside them. Rule: a key that was inserted is never
lost, and a key that was sent is never claimed again.
"""

from watcher.store.outbox.alert_rows import AlertRow, alerts
from watcher.store.outbox.claims import (
    claim,
    give_back,
    mark_plain,
    mark_sending_unsure,
    retry_later,
    retry_now,
    waiting_destinations,
)
from watcher.store.outbox.counts import (
    Told,
    channel_id,
    oldest_due,
    pending_count,
    remember_channel,
    sent_between,
    told_since,
)
from watcher.store.outbox.ends import bury, drop, revive, settle
from watcher.store.outbox.gone import find_row, message_gone, retract
from watcher.store.outbox.holds import held, hold, in_digest, make_digest, release
from watcher.store.outbox.pausing import Silence, silences, taken, token_refused, unreachable
from watcher.store.outbox.restored import last_told, look_first, mark_restored, unheard_of
from watcher.store.outbox.updates import parent_of, settle_update

__all__ = [
    "AlertRow",
    "Silence",
    "Told",
    "alerts",
    "bury",
    "channel_id",
    "claim",
    "drop",
    "find_row",
    "give_back",
    "held",
    "hold",
    "in_digest",
    "last_told",
    "look_first",
    "make_digest",
    "mark_plain",
    "mark_restored",
    "mark_sending_unsure",
    "message_gone",
    "oldest_due",
    "parent_of",
    "pending_count",
    "release",
    "remember_channel",
    "retract",
    "retry_later",
    "retry_now",
    "revive",
    "sent_between",
    "settle",
    "settle_update",
    "silences",
    "taken",
    "token_refused",
    "told_since",
    "unheard_of",
    "unreachable",
    "waiting_destinations",
]
