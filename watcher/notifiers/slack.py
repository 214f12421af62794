"""Slack, through its own client: one post, one look-up, one name at a time.

Rule: whatever goes wrong comes out as a DeliveryError that says whether the message may have arrived.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from slack_sdk.errors import SlackObjectFormationError

from watcher import urls
from watcher.errors import GONE_THREAD, DeliveryError
from watcher.notifiers import slack_faults
from watcher.notifiers.blocks import payload
from watcher.notifiers.slack_calls import TIMEOUT, SlackCalls
from watcher.notifiers.slack_errors import SHUT_THREAD
from watcher.types import Earlier, Message, Receipt

CLOCKS_DIFFER = timedelta(minutes=5)
"""A look-up begins so much earlier than asked: Slack's clock is not ours."""
MAX_PAGES = 25
PAGE = 200
_ID = re.compile(r"[CDGUW][A-Z0-9]{5,}")
_LISTED = ("public_channel,private_channel", "public_channel")
"""What kinds of channels are listed, and what is left when the token may not see private ones."""

_MAY_NOT_LIST = frozenset({"missing_scope", "unknown_method"})


class SlackNotifier:
    """Posts to Slack with a bot token.

    ``token`` is asked again when Slack refuses the one in use, so that a rotated file is enough. ``proxy`` is used when
    given; the environment's proxy settings are not.
    """

    name = "slack"
    remote = True

    def __init__(
        self,
        token: Callable[[], str],
        base_url: str = "https://slack.com/api/",
        *,
        proxy: str | None = None,
        timeout: float = TIMEOUT,
    ) -> None:
        self._calls = SlackCalls(token, base_url, proxy=proxy, timeout=timeout)
        self._tried_to_join: set[str] = set()

    async def send(self, message: Message, channel_id: str) -> Receipt:
        """Post; join a public channel if that is all that is missing; answer in the channel if the thread is shut."""
        post = _rendered(await self._linked(message), channel_id)
        try:
            return await self._post(post)
        except DeliveryError as error:
            if error.code == "not_in_channel" and await self._joined(channel_id):
                return await self._post(post)
            if error.code in SHUT_THREAD and message.thread is not None:
                return await self._post({k: v for k, v in post.items() if k not in {"thread_ts", "reply_broadcast"}})
            raise

    async def update(self, message: Message, receipt: Receipt) -> None:
        """Change a posted message; one that is gone or may not be changed any more is that message's own fault."""
        taken = ("channel", "text", "blocks", "metadata", "link_names")
        given = _rendered(await self._linked(message), receipt.channel)
        post = {name: given[name] for name in taken if name in given}
        await self._calls.call(lambda client: client.chat_update(ts=receipt.ts, **post))

    async def find(self, key: str, channel_id: str, since: datetime, thread: Receipt | None) -> Receipt | None:
        """Look for the key in the thread, if there is one, then in the channel's history from ``since`` on.

        Posting to a public channel needs no membership, looking does: it is joined when the scope allows.
        """
        oldest = f"{(since - CLOCKS_DIFFER).timestamp():.6f}"
        try:
            return await self._found(key, channel_id, oldest, thread)
        except DeliveryError as error:
            if error.code == "not_in_channel" and await self._joined(channel_id):
                return await self._found(key, channel_id, oldest, thread)
            raise

    async def delete(self, receipt: Receipt) -> None:
        """Take a message back; that it is gone already is as good."""
        where = {"channel": receipt.channel, "ts": receipt.ts}
        try:
            await self._calls.ask_for("chat.delete", where)
        except DeliveryError as error:
            if error.code != "message_not_found":
                raise

    async def posted_keys(self, channel_id: str, since: datetime) -> list[str]:
        """The keys in the channel's history from ``since`` on, those that replies have aside; other people's too."""
        where = {"channel": channel_id, "oldest": f"{(since - CLOCKS_DIFFER).timestamp():.6f}"}
        posted = [_key(message) async for message in self._posted("conversations.history", where)]
        return [key for key in posted if isinstance(key, str)]

    async def resolve(self, channel: str) -> str:
        """The id of ``#name``; an id stays as it is.

        A name that cannot be looked up (``chat:write`` alone may not list channels) stays a name: a post to it arrives
        all the same, and its answer tells the id; where there is no such channel, Slack says so then.
        """
        if _ID.fullmatch(channel):
            return channel
        wanted = channel.removeprefix("#").lower()
        for kinds in _LISTED:
            try:
                return await self._listed(wanted, kinds) or f"#{wanted}"
            except DeliveryError as error:
                if error.code not in _MAY_NOT_LIST:
                    raise
        return f"#{wanted}"

    async def close(self) -> None:
        """Nothing is kept open: every call has its own connection, so none can have gone stale."""

    async def _post(self, post: dict[str, Any]) -> Receipt:
        answer = (await self._calls.call(lambda client: client.chat_postMessage(**post))).data
        channel, ts = answer.get("channel"), answer.get("ts")
        if not isinstance(channel, str) or not isinstance(ts, str):
            raise slack_faults.unsure("Slack accepted the message but did not say where it is", "no_receipt")
        return Receipt(channel=channel, ts=ts)

    async def _linked(self, message: Message) -> Message:
        """With the address of each message that told an earlier story; where Slack gives none, without."""
        items = [replace(one, earlier=await self._found_earlier(one.earlier)) for one in message.items]
        return replace(message, items=tuple(items))

    async def _found_earlier(self, earlier: Earlier | None) -> Earlier | None:
        if earlier is None or earlier.receipt is None:
            return earlier
        where = {"channel": earlier.receipt.channel, "message_ts": earlier.receipt.ts}
        try:
            answer = await self._calls.ask_for("chat.getPermalink", where)
        except DeliveryError:
            return earlier  # a link is a courtesy: the message itself goes out
        address = answer.get("permalink")
        return replace(earlier, link=address) if isinstance(address, str) and urls.is_web(address) else earlier

    async def _joined(self, channel_id: str) -> bool:
        """Try once per channel to join it: works for public ones when the scope allows."""
        if channel_id in self._tried_to_join:
            return False
        self._tried_to_join.add(channel_id)
        try:
            await self._calls.ask_for("conversations.join", {"channel": channel_id})
        except DeliveryError:
            return False  # the refusal of the post itself is what the operator must hear of
        self._tried_to_join.discard(channel_id)
        return True

    async def _found(self, key: str, channel_id: str, oldest: str, thread: Receipt | None) -> Receipt | None:
        if thread is not None:
            found = await self._in_thread(key, channel_id, oldest, thread.ts)
            if found is not None:
                return found
        return await self._search(key, "conversations.history", {"channel": channel_id, "oldest": oldest})

    async def _in_thread(self, key: str, channel_id: str, oldest: str, ts: str) -> Receipt | None:
        try:
            return await self._search(key, "conversations.replies", {"channel": channel_id, "ts": ts, "oldest": oldest})
        except DeliveryError as error:
            if error.code in SHUT_THREAD | GONE_THREAD:
                return None
            raise

    async def _search(self, key: str, method: str, where: dict[str, str]) -> Receipt | None:
        async for message in self._posted(method, where):
            if _key(message) == key:
                return Receipt(channel=where["channel"], ts=str(message["ts"]))
        return None

    async def _posted(self, method: str, where: dict[str, str]) -> AsyncIterator[dict[str, Any]]:
        asked = {**where, "limit": str(PAGE), "include_all_metadata": "true"}
        for _ in range(MAX_PAGES):
            page = await self._calls.ask_for(method, asked)
            for message in page.get("messages", []):
                yield message
            cursor = _next(page)
            if cursor is None:
                break
            asked["cursor"] = cursor

    async def _listed(self, wanted: str, kinds: str) -> str | None:
        asked = {"types": kinds, "exclude_archived": "true", "limit": "1000"}
        while True:
            page = await self._calls.ask_for("conversations.list", asked)
            for channel in page.get("channels", []):
                if channel.get("name") == wanted:
                    return str(channel["id"])
            cursor = _next(page)
            if cursor is None or cursor == asked.get("cursor"):
                return None
            asked["cursor"] = cursor


def _rendered(message: Message, channel_id: str) -> dict[str, Any]:
    try:
        return payload(message, channel_id=channel_id)
    except SlackObjectFormationError as error:  # a limit that rendering missed: this message's own fault
        raise slack_faults.refusal("invalid_blocks", f"the message breaks Slack's rules: {error}") from error


def _key(message: Any) -> str | None:
    metadata = message.get("metadata") if isinstance(message, dict) else None
    event = metadata.get("event_payload") if isinstance(metadata, dict) else None
    return event.get("key") if isinstance(event, dict) else None


def _next(page: dict[str, Any]) -> str | None:
    cursor = (page.get("response_metadata") or {}).get("next_cursor")
    return str(cursor) if cursor else None
