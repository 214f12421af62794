"""What Slack's error codes mean for a message: did it arrive, who must mend it, and how.

Rule: a code that is not in the table is taken for a fault of the channel: the message stays pending.
The codes are those documented for the methods that ``slack.py`` calls; the remedies are ours.
"""

from __future__ import annotations

from dataclasses import dataclass

from watcher.errors import DeliveryOutcome, DeliveryScope


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a code means: see DeliveryError."""

    scope: DeliveryScope
    remedy: str
    outcome: DeliveryOutcome = "not_sent"


UNKNOWN = Meaning("channel", "look the code up on https://docs.slack.dev; the alert waits and is tried again")

_WAIT = "nothing to do: it is tried again by itself"
_INVITE = "invite the app with /invite in that channel"
_VALID = "put a valid bot token (xoxb-…) into SLACK_BOT_TOKEN or its file"
_ADMIN = "ask a workspace admin to let the app post there"
_NAME = "check the channel's name or id; a private channel is invisible until the app is invited to it"
_OURS = "this is a fault of watcher or of a proxy on the way; please report it with this code"
_PLAIN = "it is sent once more as plain text; if that fails too, it is given up and `watcher explain` says so"

_RETRY = {
    "update_failed external_channel_migrating": _WAIT,
    "ratelimited rate_limited message_limit_exceeded": _WAIT,
    "team_added_to_org org_login_required": f"Slack is moving the workspace; {_WAIT}",
}
_UNSURE = {"fatal_error internal_error service_unavailable request_timeout": _WAIT}
"""Slack itself cannot say whether the message went through."""

_CHANNEL = {
    "channel_not_found duplicate_channel_not_found": _NAME,
    "not_in_channel method_not_supported_for_channel_type": _INVITE,
    "is_archived": "unarchive the channel or name another one",
    "channel_is_limited_access access_denied restricted_action": _ADMIN,
    "no_permission": f"{_INVITE}, or give it the chat:write scope and install it again",
    "missing_scope": "add the missing scope to the app (its manifest lists them all) and install it again",
    "ekm_access_denied": "an admin has disabled posting to that channel: ask them, or name another one",
    "restricted_action_read_only_channel": f"the channel is read-only: {_ADMIN}, or name another one",
    "restricted_action_thread_only_channel": "the channel takes only replies in threads: name another one",
    "posting_to_channel_denied": _ADMIN,
    "restricted_action_non_threadable_channel": "the channel takes no threads: choose another one for this topic",
    "restricted_action_thread_locked": "an admin has locked the thread: ask them to unlock it",
    "cannot_reply_to_message": "choose another channel for this topic",
    "thread_not_found": "the thread was deleted",
    "messages_tab_disabled": "switch on the Messages tab in the app's home settings, or name a channel",
    "too_many_members": "the channel is full: ask an admin to add the app",
    # every message would meet these: the alerts wait rather than die
    "invalid_arg_name invalid_array_arg invalid_charset invalid_form_data invalid_post_type missing_post_type": _OURS,
    "insecure_request missing_args": _OURS,
    "invalid_cursor invalid_metadata_filter_keys invalid_ts_latest invalid_ts_oldest": _OURS,
}
_TOKEN = {
    "invalid_auth not_authed token_revoked token_expired account_inactive send_on_behalf_not_allowed": _VALID,
    "forbidden_team": "the app belongs to another workspace: make its token there",
    "not_allowed_token_type is_bot as_user_not_supported": f"use a bot token: {_VALID}",
    "app_access_restricted": "ask a workspace admin to allow the app",
    "accesslimited": "this network may not use the token: allow its address in the app's settings",
    "enterprise_is_restricted": "install the app in a workspace; an organisation's token cannot post",
    "team_not_found": "with an organisation's token, write the channel's id in place of its name",
    "two_factor_setup_required": "set up two-factor authentication for the account behind the token",
    "deprecated_endpoint method_deprecated unknown_method": "check SLACK_API_URL; a newer watcher may be needed",
}
_MESSAGE = {
    "invalid_blocks invalid_blocks_format msg_blocks_too_long msg_too_long no_text": _PLAIN,
    "attachment_payload_limit_exceeded too_many_attachments too_many_contact_cards": _PLAIN,
    "metadata_too_large invalid_metadata_format invalid_metadata_schema metadata_must_be_sent_from_app": _OURS,
    "markdown_text_conflict missing_file_data duplicate_message_not_found": _OURS,
    "slack_connect_canvas_sharing_blocked slack_connect_lists_sharing_blocked": _OURS,
    "slack_connect_file_link_sharing_blocked": _OURS,
    "cant_delete_message": "delete it in Slack by hand: the app may delete only what it posted itself",
    "message_not_found": "the message was deleted; what is new comes as a reply, or as a message of its own",
    "cant_update_message edit_window_closed is_inactive": "the message stays as it was posted",
    "block_mismatch no_dual_broadcast_content_update streaming_state_conflict": _OURS,
    "blocked_file_type cant_broadcast_message file_deleted file_is_deleted file_not_found invalid_attachments": _OURS,
    "file_share_limit_reached max_file_sharing_exceeded unable_to_share_files": _OURS,
    "slack_connect_blocked_file_type slack_connect_clip_sharing_blocked": _OURS,
    "slack_connect_file_upload_sharing_blocked": _OURS,
    "draft_already_deleted draft_already_sent draft_has_conflict draft_not_found": _OURS,
}


def _table(codes: dict[str, str], scope: DeliveryScope, outcome: DeliveryOutcome = "not_sent") -> dict[str, Meaning]:
    return {code: Meaning(scope, remedy, outcome) for listed, remedy in codes.items() for code in listed.split()}


MEANINGS: dict[str, Meaning] = {
    **_table(_RETRY, "retry"),
    **_table(_UNSURE, "retry", "unsure"),
    **_table(_CHANNEL, "channel"),
    **_table(_TOKEN, "token"),
    **_table(_MESSAGE, "message"),
}

REFUSED_TOKEN = frozenset(
    {
        "invalid_auth",
        "not_authed",
        "token_revoked",
        "token_expired",
        "account_inactive",
        "not_allowed_token_type",
        "missing_scope",
    }
)
"""After these the token is read again from its file: it may have been rotated, or another one put there."""

SHUT_THREAD = frozenset({"restricted_action_non_threadable_channel", "restricted_action_thread_locked"})
"""A reply that meets one of these goes to the channel instead."""


_OWN_WORDS = frozenset({"proxy", "certificate", "dns", "unreachable", "timeout", "broken", "no_notifier"})
"""What we call it when Slack said nothing."""


def word(code: str) -> str:
    """A code as a label that can have so many values and no more."""
    if code.startswith("http_"):
        return "http"
    return code if code in MEANINGS or code in _OWN_WORDS else "other"


def meaning(code: str) -> Meaning:
    """What a code means; unknown ones wait for somebody."""
    return MEANINGS.get(code, UNKNOWN)
