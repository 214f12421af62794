from __future__ import annotations

import json
import os
import re
import ssl
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp.client_reqrep import ConnectionKey
from hypothesis import example, given, settings
from hypothesis import strategies as st
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from tests.builders import NOW, alert, why
from tests.fake_slack import TOKEN, Channel, FakeSlack, problem
from watcher.errors import GONE_THREAD, DeliveryError
from watcher.notifiers import slack_faults
from watcher.notifiers.blocks import MAX_MESSAGE, measure, payload, strength_words
from watcher.notifiers.mrkdwn import address, literal
from watcher.notifiers.slack import SlackNotifier
from watcher.notifiers.slack_errors import MEANINGS, SHUT_THREAD, meaning
from watcher.notifiers.slack_probe import METHODS
from watcher.types import Alert, Message, Receipt

KEY = ConnectionKey("slack.com", 443, True, True, None, None, None)
INFO = aiohttp.RequestInfo(
    URL("https://slack.com/api/"), "POST", CIMultiDictProxy(CIMultiDict()), URL("https://slack.com/api/")
)
OURS = re.compile(r"<!date\^\d+\^\{date_short_pretty\} \{time\}\|[^<>|]+>|<https?://[^<>|\s]+\|[^<>|]+>")
HOSTILE = [
    "<!channel> <!here> <!everyone> <@U123> <#C123|x>", "<http://evil.example|bank.com>", "<!date^1^{date}|boo>",
    "*bold* _it_ ~gone~ `code` ```pre```", "> quoted", "&lt;!channel&gt; &amp;amp;", "&" * 4000, "<" * 4000, ">" * 4000,
    "\u202egnp.exe\u2066\u2069\u200f", "\u200b\u200c\u200d\ufeff\u2060", "\x00\x01\x1b[31m\x7f\x9b", "\ud800 half",
    "\U0001f600" * 5000, "\U0001f468\u200d\U0001f469\u200d\U0001f467" * 900, "\U0001f1f0\U0001f1f7" * 3000,
    "e\u0301\u0302\u0303" * 3000, "א" * 4000, "大" * 4000, "\u0600\u06dd\u070f", "a" * 5_000_000, "word " * 200_000,
    " \t\r\n\u2028\u2029 ", "", "|", "^", "\\", "'\"", "%s %n {0} {{}}", "${jndi:x}", "'; DROP TABLE outbox; --",
    "<script>alert(1)</script>", "__init__ 2*3*4 a_b_c ~~x~~ **y**", "#general @here :smile:", "javascript:alert(1)",
    "http://bare.example/x", "<<<<!!!!@@@@", "<!subteam^S1|x>", "<mailto:a@b|c>", "*" * 3000, "_" * 3000, "`" * 3000,
    "*a " * 2000,
]  # fmt: skip
LINKS = [
    None, "", "javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "/relative", "https://", "http://[::1",
    "https://ok.example/a|b>c<d?x=1&y=2", "https://ok.example/" + "x" * 3500, "https://ok.example/" + "x" * 1900,
    "https://ok.example/" + "&" * 1900, "HTTPS://OK.example/ü", "https://ok.example/\n<!channel>", "https://ok.example/*b*_c_",
    "https://ok.example/ \u202e",
]  # fmt: skip
WORDS = st.one_of(
    st.sampled_from(HOSTILE), st.text(max_size=60), st.text(alphabet="<>&!@#|*_~`^{} a\u200b\u202e", max_size=40)
)


@st.composite
def alerts(draw: st.DrawFn) -> Alert:
    whys = draw(st.integers(0, 7))
    return replace(
        alert(),
        headline=draw(WORDS),
        url=draw(st.sampled_from(LINKS)),
        outlet=draw(WORDS),
        published=draw(st.sampled_from([None, NOW])),
        summary=draw(WORDS),
        outlets=tuple(draw(st.lists(WORDS, max_size=9))),
        why=tuple(
            why(title=draw(WORDS), terms=tuple(draw(st.lists(WORDS, max_size=8))), nearest_seed=draw(st.none() | WORDS))
            for _ in range(whys)
        ),
        notes=tuple(draw(st.lists(WORDS, max_size=6))),
    )


MESSAGES = st.one_of(
    st.builds(
        lambda item, kind, plain, repeat: Message(
            key="i/1", kind=kind, items=(item,), plain=plain, possible_repeat=repeat,
            thread=Receipt(channel="C", ts="1.0") if kind == "reply" else None,
        ),
        alerts(), st.sampled_from(["alert", "reply"]), st.booleans(), st.booleans(),
    ),
    st.builds(
        lambda items, title, plain, rest: Message(
            key="i/2", kind="digest", items=tuple(items), title=title, plain=plain,
            thread=Receipt(channel="C", ts="1.0") if rest else None,
        ),
        st.lists(alerts(), min_size=1, max_size=3).map(lambda few: (few * 8)[:8]), WORDS, st.booleans(), st.booleans(),
    ),
    st.builds(lambda title: Message(key="i/3", kind="notice", title=title), WORDS),
)  # fmt: skip


def texts(post: dict[str, Any]) -> list[str]:
    found = [post["text"]]
    for block in post.get("blocks", []):
        found += [part["text"] for part in [block.get("text"), *block.get("elements", [])] if part]
    return found


def shown(message: Message) -> str:
    return "\n".join(texts(payload(message, channel_id="C1"))[1:])


@settings(max_examples=150, deadline=None)
@example(Message(key="i/1", kind="alert", items=(alert(notes=(" \t\u2028 ",)),)))
@given(MESSAGES)
def test_whatever_publishers_write_the_message_is_valid_and_harmless(message: Message) -> None:
    post = payload(message, channel_id="C1")
    assert problem(post) is None
    assert measure(post) < MAX_MESSAGE
    assert len(post.get("blocks", [])) <= 50
    for text in texts(post):
        assert "<" not in OURS.sub("", text)
        assert not re.search(r"&(?!amp;|lt;|gt;)", text)
        assert not re.search(
            "[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff]", text
        )
    json.dumps(post).encode()


@example("&", 1)
@given(WORDS, st.integers(1, 400))
def test_literal_text_keeps_its_limit_and_whole_entities(outside: str, limit: int) -> None:
    words = literal(outside, limit)
    assert len(words) <= limit
    assert not re.search(r"[<>]|&(?!amp;|lt;|gt;)", words)
    assert "\n" not in words


@given(st.lists(alerts(), min_size=1, max_size=2))
@settings(max_examples=30, deadline=None)
def test_a_reply_with_fifteen_more_stories_fits(few: list[Alert]) -> None:
    items = (few * 15)[:15]
    post = payload(
        Message(key="k/rest/1", kind="digest", items=tuple(items), thread=Receipt(channel="C", ts="1.0")),
        channel_id="C",
    )
    assert problem(post) is None
    assert measure(post) < MAX_MESSAGE
    assert post["thread_ts"] == "1.0"


def test_an_alert_reads_as_designed() -> None:
    item = alert(
        url="https://news.example/a?b=1&c=2",
        outlets=("Example News", "Wire", "Daily"),
        why=(why(terms=("South Korea", "troops", "alliance", "Seoul"), strength=0.8), why(title="Two", strength=0.3)),
        notes=("the article could not be fetched (paywall); judged by the feed's text",),
    )
    post = payload(Message(key="inst/abc", kind="alert", items=(item,)), channel_id="C1")
    headline, source, summary, about = texts(post)[1:]
    assert headline == "*<https://news.example/a?b=1&amp;c=2|Seoul and Washington agree on troop costs>*"
    when = "<!date^1772452800^{date_short_pretty} {time}|2 Mar 2026 12:00 UTC>"
    assert source == f"Example News · {when} · 3 outlets, also Wire, Daily"
    assert summary == "The two allies said on Monday that talks had ended."
    assert about.split("\n") == [
        "Strong match for *US–South Korea alliance*: South Korea, troops, alliance, Seoul · closest to MSNBC, May 2018",
        "Possible match for *Two*: South Korea, troops · closest to MSNBC, May 2018",
        "the article could not be fetched (paywall); judged by the feed's text",
    ]
    for part in ("Seoul and Washington", "Example News", "2 Mar 2026 12:00 UTC", "talks had ended", "Strong match for"):
        assert part in post["text"]
    assert post["metadata"] == {"event_type": "watcher_alert", "event_payload": {"key": "inst/abc"}}
    assert (post["unfurl_links"], post["unfurl_media"], post["channel"]) == (False, False, "C1")
    assert "thread_ts" not in post


def test_a_digest_numbers_its_stories_and_the_rest_goes_shorter() -> None:
    items = tuple(alert(f"Story {n}") for n in range(1, 9))
    post = payload(Message(key="i/digest/x", kind="digest", title="Korea: 9 stories", items=items), channel_id="C1")
    assert post["metadata"]["event_type"] == "watcher_digest"
    assert "*1. <https://" in texts(post)[2]
    assert texts(post)[-1].startswith("*8. ")
    rest = Message(key="i/digest/x/rest/1", kind="digest", items=items, thread=Receipt(channel="C1", ts="9.1"))
    assert "talks had ended" not in shown(rest)


def test_plain_messages_and_possible_repeats() -> None:
    plain = payload(Message(key="k", kind="alert", items=(alert(),), plain=True, possible_repeat=True), channel_id="C1")
    assert "blocks" not in plain
    assert "may be a repeat" in plain["text"]
    assert re.search(r"<https://news\.example/\w+\|Seoul", plain["text"])
    assert "may be a repeat" in shown(Message(key="k", kind="alert", items=(alert(),), possible_repeat=True))


@pytest.mark.parametrize(
    ("strength", "words"), [(0.9, "Strong match"), (0.75, "Strong match"), (0.5, "Good match"), (0.1, "Possible match")]
)
def test_strength_is_told_in_words(strength: float, words: str) -> None:
    assert strength_words(strength) == words


@pytest.mark.parametrize("url", [link for link in LINKS if not (link or "").lower().startswith("https://ok")])
def test_what_is_no_web_address_is_no_link_but_still_told(url: str | None) -> None:
    assert address(url) is None
    assert "*Troops stay*" in shown(Message(key="k", kind="alert", items=(alert("Troops stay", url=url),)))


def test_titles_keep_their_literal_look() -> None:
    assert literal("a_b 2*3*4 snake_case", 100) == "a_b 2*3*4 snake_case"
    assert literal("*now* & <then>", 100) == "∗now∗ &amp; &lt;then&gt;"


# -- talking to Slack


async def test_an_address_that_is_none_was_surely_not_sent_to() -> None:
    with pytest.raises(DeliveryError) as caught:
        await SlackNotifier(lambda: TOKEN, "http://:/api/").send(message(), "C1")
    assert (caught.value.outcome, caught.value.scope) == ("not_sent", "channel")


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    async with FakeSlack().serve() as there:
        yield there


def notifier(slack: FakeSlack, **over: Any) -> SlackNotifier:
    return SlackNotifier(**{"token": lambda: TOKEN, "base_url": slack.url, "timeout": 5, **over})


def message(key: str = "i/1", **over: Any) -> Message:
    return Message(**{"key": key, "kind": "alert", "items": (alert(),), **over})


async def refused(slack: FakeSlack, fault: str, **over: Any) -> DeliveryError:
    slack.faults["chat.postMessage"].append(fault)
    with pytest.raises(DeliveryError) as caught:
        await notifier(slack, **over).send(message(), "C000DESK1")
    assert TOKEN not in str(caught.value)
    assert TOKEN not in caught.value.remedy
    return caught.value


@pytest.mark.parametrize(
    "fault",
    ["500", "html", "plain", "truncated", "close", "hang", "fatal_error", "service_unavailable", "request_timeout"],
)
async def test_lost_answers_are_unsure_and_never_repeated_by_the_client(slack: FakeSlack, fault: str) -> None:
    error = await refused(slack, fault, timeout=0.5 if "hang" in fault else 30)
    assert (error.outcome, error.scope) == ("unsure", "retry")
    assert [method for method, _ in slack.calls] == ["chat.postMessage"]


@pytest.mark.parametrize("fault", ["store-close", "store-500", "store-html", "store-truncated", "store-hang"])
async def test_a_message_whose_answer_was_lost_is_found_by_its_key(slack: FakeSlack, fault: str) -> None:
    assert (await refused(slack, fault, timeout=0.5 if "hang" in fault else 30)).outcome == "unsure"
    found = await notifier(slack).find("i/1", "C000DESK1", NOW, None)
    assert found is not None
    assert found.ts == slack.messages[0]["ts"]


async def test_slow_down_is_obeyed(slack: FakeSlack) -> None:
    error = await refused(slack, "429:7")
    assert (error.outcome, error.scope, error.retry_after) == ("not_sent", "retry", timedelta(seconds=7))
    assert (await refused(slack, "429:soon")).retry_after == timedelta(seconds=30)


async def test_nobody_listening_means_not_sent() -> None:
    there = FakeSlack(url="http://127.0.0.1:9/api/")
    with pytest.raises(DeliveryError) as caught:
        await notifier(there).send(message(), "C1")
    assert (caught.value.outcome, caught.value.scope) == ("not_sent", "retry")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (aiohttp.ClientConnectorDNSError(KEY, OSError("no such host")), "dns"),
        (aiohttp.ClientConnectorCertificateError(KEY, ssl.SSLCertVerificationError("self-signed")), "certificate"),
        (aiohttp.ClientProxyConnectionError(KEY, OSError("refused")), "proxy"),
        (aiohttp.ClientHttpProxyError(INFO, (), status=407), "proxy"),
        (aiohttp.ClientConnectorError(KEY, OSError("refused")), "unreachable"),
    ],
    ids=lambda one: type(one).__name__ if isinstance(one, Exception) else one,
)
async def test_what_stands_between_us_and_slack_is_named(error: Exception, code: str) -> None:
    with pytest.raises(DeliveryError) as caught:
        async with slack_faults.connection():
            raise error
    assert (caught.value.outcome, caught.value.scope, caught.value.code) == ("not_sent", "retry", code)
    assert caught.value.remedy


@pytest.mark.parametrize("code", sorted(MEANINGS))
async def test_every_code_keeps_its_meaning_and_names_a_remedy(slack: FakeSlack, code: str) -> None:
    slack.scopes -= {"channels:join"}
    error = await refused(slack, code)
    assert (error.outcome, error.scope) == (meaning(code).outcome, meaning(code).scope)
    assert len(error.remedy) > 15


async def test_an_unknown_code_waits_for_somebody(slack: FakeSlack) -> None:
    error = await refused(slack, "brand_new_code")
    assert (error.outcome, error.scope, error.code) == ("not_sent", "channel", "brand_new_code")


@pytest.mark.corpora
def test_every_documented_code_is_in_the_table() -> None:
    corpora = os.environ.get("WATCHER_CORPORA")
    if not corpora:
        pytest.skip("WATCHER_CORPORA is not set")
    methods = Path(corpora) / "slack" / "methods"
    counted = {}
    for name in METHODS:
        if not (file := methods / f"{name}.json").exists():
            continue  # the corpora do not hold all of them
        documented = set(json.loads(file.read_text())["errors"])
        assert documented - set(MEANINGS) == set(), name
        counted[name] = len(documented)
    assert counted["chat.postMessage"] == 66


async def test_a_public_channel_is_joined_when_that_is_allowed(slack: FakeSlack) -> None:
    slack.channels["C0PUBLIC1"] = Channel("public", member=False)
    assert (await notifier(slack).send(message(), "C0PUBLIC1")).channel == "C0PUBLIC1"


async def test_a_channel_that_cannot_be_joined_is_tried_once_and_told(slack: FakeSlack) -> None:
    slack.channels["C0SECRET1"] = Channel("secret", member=False, private=True)
    there = notifier(slack)
    for _ in range(2):
        with pytest.raises(DeliveryError) as caught:
            await there.send(message(), "C0SECRET1")
        assert caught.value.code == "not_in_channel"
        assert "/invite" in caught.value.remedy
    assert [method for method, _ in slack.calls].count("conversations.join") == 1


async def test_a_reply_to_a_thread_that_was_deleted_is_refused_as_one(slack: FakeSlack) -> None:
    gone = Receipt(channel="C000DESK1", ts="1.000001")
    with pytest.raises(DeliveryError) as caught:
        await notifier(slack).send(message(kind="reply", thread=gone), "C000DESK1")
    assert caught.value.code in GONE_THREAD
    assert slack.messages == []
    assert await notifier(slack).find("i/1", "C000DESK1", NOW, gone) is None


@pytest.mark.parametrize("code", sorted(SHUT_THREAD))
async def test_a_reply_to_a_thread_that_is_shut_goes_to_the_channel(slack: FakeSlack, code: str) -> None:
    parent = await notifier(slack).send(message(), "C000DESK1")
    slack.faults["chat.postMessage"].append(code)
    receipt = await notifier(slack).send(message(key="i/2", kind="reply", thread=parent), "C000DESK1")
    assert "thread_ts" not in slack.messages[1]
    assert await notifier(slack).find("i/2", "C000DESK1", NOW, parent) == receipt


async def test_look_ups_read_all_pages(slack: FakeSlack) -> None:
    slack.page = 2
    there = notifier(slack)
    first = await there.send(message("i/0"), "C000DESK1")
    for n in range(1, 8):
        await there.send(message(f"i/{n}"), "C000DESK1")
    assert await there.find("i/0", "C000DESK1", NOW, None) == first
    assert await there.find("i/0", "C000DESK1", NOW + timedelta(hours=1), None) is None


async def test_a_look_up_joins_the_public_channel_that_it_was_posted_to_from_outside(slack: FakeSlack) -> None:
    slack.scopes |= {"chat:write.public"}
    slack.channels["C0PUBLIC1"] = Channel("public", member=False)
    there = notifier(slack)
    receipt = await there.send(message(), "C0PUBLIC1")
    assert not slack.channels["C0PUBLIC1"].member
    assert await there.find("i/1", "C0PUBLIC1", NOW, None) == receipt
    slack.channels["C0OTHER01"] = Channel("other", member=False)
    slack.scopes -= {"channels:join"}
    with pytest.raises(DeliveryError, match="not_in_channel"):
        await there.find("i/1", "C0OTHER01", NOW, None)


async def test_a_look_up_without_the_scope_says_so(slack: FakeSlack) -> None:
    slack.scopes -= {"channels:history"}
    with pytest.raises(DeliveryError) as caught:
        await notifier(slack).find("i/1", "C000DESK1", NOW, None)
    assert (caught.value.scope, caught.value.code) == ("channel", "missing_scope")
    assert "channels:history" in str(caught.value)


async def test_names_become_ids(slack: FakeSlack) -> None:
    slack.page = 1
    slack.channels["C0PRIVATE"] = Channel("private", private=True)
    there = notifier(slack)
    assert await there.resolve("#desk") == await there.resolve("Desk") == "C000DESK1"
    assert await there.resolve("#private") == "C0PRIVATE"
    assert await there.resolve("C0ANYTHING") == "C0ANYTHING"
    slack.scopes -= {"groups:read"}
    assert await there.resolve("#desk") == "C000DESK1"


async def test_a_name_that_is_not_listed_is_posted_to_and_slack_says_if_it_is_none(slack: FakeSlack) -> None:
    there = notifier(slack)
    assert await there.resolve("#nowhere") == "#nowhere"
    with pytest.raises(DeliveryError) as caught:
        await there.send(Message(key="i/1", kind="alert", items=(alert(),)), "#nowhere")
    assert (caught.value.code, caught.value.scope) == ("channel_not_found", "channel")


async def test_chat_write_alone_is_enough_to_post(slack: FakeSlack) -> None:
    slack.scopes = frozenset({"chat:write"})
    there = notifier(slack)
    name = await there.resolve("#desk")
    receipt = await there.send(Message(key="i/1", kind="alert", items=(alert(),)), name)
    assert receipt.channel == "C000DESK1"


async def test_a_rotated_token_is_read_again(slack: FakeSlack) -> None:
    tokens = iter(["xoxb-old", TOKEN, TOKEN])
    there = notifier(slack, token=lambda: next(tokens))
    assert (await there.send(message(), "C000DESK1")).channel == "C000DESK1"
    slack.token = "xoxb-other"
    with pytest.raises(DeliveryError) as caught:
        await there.send(message("i/2"), "C000DESK1")
    assert (caught.value.scope, caught.value.code) == ("token", "invalid_auth")


async def test_the_environments_proxy_is_not_used(slack: FakeSlack, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert (await notifier(slack).send(message(), "C000DESK1")).ts


# -- buttons


def pressed(post: dict[str, Any]) -> list[dict[str, Any]]:
    """The elements that can be pressed, each with its block's id."""
    rows = [block for block in post["blocks"] if block["type"] == "actions"]
    return [{**element, "block_id": block["block_id"]} for block in rows for element in block["elements"]]


def test_an_alert_can_be_answered_only_where_somebody_listens() -> None:
    told = alert()
    message = Message(key=told.key, kind="alert", items=(told,))
    assert not pressed(payload(message, channel_id="C1"))
    one, two, more = pressed(payload(replace(message, buttons=True), channel_id="C1"))
    assert (one["action_id"], two["action_id"], more["action_id"]) == (
        "feedback_relevant", "feedback_not_relevant", "more",
    )  # fmt: skip
    assert one["value"] == two["value"] == more["block_id"] == told.key
    assert [option["value"] for option in more["options"]] == ["mute_story", "mute_source", "undo"]
    assert "blocks" not in payload(replace(message, buttons=True, plain=True), channel_id="C1")


def test_each_story_of_a_digest_can_be_answered_and_a_mere_change_cannot() -> None:
    items = tuple(alert(f"Story {n}", summary="A sentence of some length. " * 40) for n in range(8))
    post = payload(Message(key="d", kind="digest", title="t", items=items, buttons=True), channel_id="C1")
    assert problem(post) is None
    assert [one["value"] for one in pressed(post) if one["action_id"] == "feedback_relevant"] == [
        one.key for one in items
    ]
    assert all("A sentence of some length." in json.dumps(block) for block in post["blocks"][2::2])
    rest = Message(key="d", kind="digest", items=items, buttons=True, thread=Receipt(channel="C1", ts="1.0"))
    assert not pressed(payload(rest, channel_id="C1"))
    change = Message(key="c", kind="reply", items=(alert(why=()),), buttons=True)
    assert not pressed(payload(change, channel_id="C1"))


@given(st.lists(alerts(), min_size=1, max_size=8, unique_by=lambda one: one.key))
@settings(max_examples=30, deadline=None)
def test_buttons_never_make_a_message_that_slack_refuses(items: list[Alert]) -> None:
    for kind in ("digest", "near_misses"):
        post = payload(Message(key="k", kind=kind, title="t", items=tuple(items), buttons=True), channel_id="C1")
        assert problem(post) is None
