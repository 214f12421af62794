"""From a file and an environment to a ``Config``.

Its one rule: everything is looked at before anything is refused, and then all problems are told at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, TypeVar
from zoneinfo import ZoneInfo

from watcher.config import addresses, keys, values
from watcher.config.checking import checked, note_misplaced
from watcher.config.feeds import Surroundings, read_feeds
from watcher.config.findings import Findings, shown, suggest
from watcher.config.model import (
    Config,
    FetchConfig,
    HealthConfig,
    RetentionConfig,
    ServerConfig,
    SlackConfig,
    TopicConfig,
)
from watcher.config.reading import Document, Plain, key_name, read
from watcher.config.secrets import Secrets, mentioned, read_secrets
from watcher.config.topics import Way, read_topics, topic_names
from watcher.errors import ConfigError, Problem
from watcher.types import Feed

G = TypeVar("G", bound=keys.Keys)
Notify = Literal["slack", "console"]


def load(path: Path, environ: Mapping[str, str], *, posts: bool = True) -> Config:
    """Read and check everything; raises ConfigError with all problems, those of OPML files and variables included.

    ``posts`` False: nothing will be sent by it, so no token is missed (where a change is reviewed there is none).
    """
    document = read(path)
    raw = document.value
    findings = Findings(str(path), document.lines, document.problems)
    _refuse_unknown(raw, findings)
    note_misplaced(raw, (), findings)
    fetch = _group(keys.Fetch, "fetch", raw, findings)
    zone = _zone(raw, findings)
    secrets, notify, way = _notify(raw, environ, findings, posts=posts)
    base = path.parent
    topics = read_topics(raw, base=base, zone=zone, way=way, findings=findings)
    titles = {name: topics[name].title if name in topics else name for name in topic_names(raw)}
    around = Surroundings(base=base, environ=environ, fetch=fetch, titles=titles)
    listed = read_feeds(raw.get("feeds"), around, findings)
    slack = _slack(raw, way, findings)
    database = _database(raw, base, environ, findings)
    backups = _backups(raw, base, findings, needed=not database.startswith("sqlite:"))
    server = _server(raw, environ, findings)
    health = _group(keys.Health, "health", raw, findings)
    retention = _group(keys.Retention, "retention", raw, findings)
    _note_unserved(topics, listed.feeds, findings)
    if findings.errors:
        raise ConfigError(findings.errors)
    return Config(
        path=path,
        feeds=listed.feeds,
        topics=topics,
        fetch=_fetch(fetch),
        notify=notify,
        slack=slack,
        database=database,
        backups=backups,
        server=server,
        health=HealthConfig(polls=health.polls, outbox=health.outbox, ping=health.ping),
        retention=RetentionConfig(articles=retention.articles, entries=retention.entries, feedback=retention.feedback),
        timezone=zone,
        watched=(path, *listed.files, *(topic.seeds for topic in topics.values())),
        warnings=findings.warnings,
        secrets=secrets,
        lines=_named_lines(document),
        feed_keys=listed.keys,
    )


def _named_lines(document: Document) -> dict[str, int]:
    return {key_name(key): line for key, line in document.lines.items()}


def _refuse_unknown(raw: Mapping[str, Plain], findings: Findings) -> None:
    known = keys.File.model_fields
    for name in raw:
        if name not in known:
            remedy = suggest(name, known, f"the keys are {', '.join(known)}")
            findings.add((name,), "there is no such key", remedy)


def _group(model: type[G], name: str, raw: Mapping[str, Plain], findings: Findings) -> G:
    """One of the groups whose keys all have defaults."""
    return checked(model, raw.get(name), (name,), findings) or model()


def _zone(raw: Mapping[str, Plain], findings: Findings) -> ZoneInfo:
    given = raw.get("timezone", "UTC")
    try:
        return values.zone(given)
    except values.Refused as refused:
        findings.add(("timezone",), refused.what, refused.remedy)
        return ZoneInfo("UTC")


def _notify(
    raw: Mapping[str, Plain], environ: Mapping[str, str], findings: Findings, *, posts: bool
) -> tuple[Secrets, Notify, Way]:
    """The secrets, where alerts go, and how."""
    given = raw.get("notify")
    if given not in (None, "slack", "console"):
        remedy = suggest(str(given), ("slack", "console"), "write slack or console, or leave it out")
        findings.add(("notify",), f"{shown(given)} is not one of slack, console", remedy)
    aside = Findings("", {})
    secrets = read_secrets(environ, aside)
    for problem in aside.errors:
        # what is wrong with a token is no obstacle where no token is used
        mild = given == "console"
        findings.put(
            Problem(file=problem.file, key=problem.key, what=problem.what, remedy=problem.remedy, warning=mild)
        )
    if secrets.app_token and not secrets.bot_token and not aside.errors:
        what = "buttons need SLACK_BOT_TOKEN as well, so this token has no effect"
        findings.environment("SLACK_APP_TOKEN", what, "set both, or neither", warning=True)
    if given == "console":
        return secrets, "console", "console"
    if secrets.bot_token or secrets.webhook_url:
        return secrets, "slack", "token" if secrets.bot_token else "webhook"
    if given == "slack" and not posts and not mentioned(environ):
        return secrets, "slack", "token"
    return secrets, *_without_secrets(given, environ, findings)


def _without_secrets(given: Plain, environ: Mapping[str, str], findings: Findings) -> tuple[Notify, Way]:
    remedy = "set SLACK_BOT_TOKEN or SLACK_WEBHOOK_URL, or write notify: console"
    if mentioned(environ):  # what is wrong with it has been told
        return "slack", "nowhere"
    if given == "slack":
        findings.add(("notify",), "there is neither a Slack token nor a webhook", remedy)
        return "slack", "nowhere"
    what = "alerts are printed to the console, because there is neither a Slack token nor a webhook"
    findings.add(("notify",), what, remedy, warning=True)
    return "console", "console"


def _slack(raw: Mapping[str, Plain], way: Way, findings: Findings) -> SlackConfig:
    slack = _group(keys.Slack, "slack", raw, findings)
    if slack.ops_channel == values.PLACEHOLDER_CHANNEL and way != "console":
        what = f'"{values.PLACEHOLDER_CHANNEL}" is the example\'s placeholder, not a channel'
        findings.add(("slack", "ops_channel"), what, "write a channel, or leave the key out")
    if slack.ops_channel and way == "webhook":
        what = "a webhook posts to its one channel, so this one is not used"
        findings.add(("slack", "ops_channel"), what, "set SLACK_BOT_TOKEN for more than one", warning=True)
    return SlackConfig(
        ops_channel=slack.ops_channel,
        editors=None if slack.editors is None else frozenset(slack.editors),
        flood=slack.flood,
        near_misses=slack.near_misses,
    )


def _database(raw: Mapping[str, Plain], base: Path, environ: Mapping[str, str], findings: Findings) -> str:
    """The environment's address over the file's; the file's own is checked all the same."""
    found = ""
    try:
        found = addresses.database(raw.get("database", keys.File.model_fields["database"].default), base)
    except values.Refused as refused:
        findings.add(("database",), refused.what, refused.remedy)
    if over := environ.get("WATCHER_DATABASE_URL", "").strip():
        try:
            return addresses.database(over, Path.cwd())
        except values.Refused as refused:
            findings.environment("WATCHER_DATABASE_URL", refused.what, refused.remedy)
    return found


def _backups(raw: Mapping[str, Plain], base: Path, findings: Findings, *, needed: bool) -> Path | Literal[False] | None:
    given = raw.get("backups")
    remedy = "name a folder, or write false where the server's own backups are enough"
    if isinstance(given, str) and given.strip():
        return addresses.located(given.strip(), base)
    if given is False:
        return False
    if given is not None:
        findings.add(("backups",), "this names no folder", remedy)
    elif needed:
        what = "the database is on a server, and nothing says where it is copied to before an upgrade changes it"
        findings.add(("backups",), what, f"{remedy}; until then such an upgrade is refused", warning=True)
    return None


def _server(raw: Mapping[str, Plain], environ: Mapping[str, str], findings: Findings) -> ServerConfig:
    server = _group(keys.Server, "server", raw, findings)
    host, port = server.listen
    if over := environ.get("WATCHER_LISTEN", "").strip():
        try:
            host, port = addresses.listen(over)
        except values.Refused as refused:
            findings.environment("WATCHER_LISTEN", refused.what, refused.remedy)
    return ServerConfig(host=host, port=port, hosts=tuple(server.hosts))


def _fetch(fetch: keys.Fetch) -> FetchConfig:
    return FetchConfig(
        every=fetch.every,
        timeout=fetch.timeout,
        max_body=fetch.max_body,
        per_host=fetch.per_host,
        allow_networks=tuple(fetch.allow_networks),
        max_age=fetch.max_age,
        first_poll=fetch.first_poll,
        full_text=fetch.full_text,
        contact=fetch.contact,
        proxy=fetch.proxy,
        search_url=fetch.search_url,
    )


def _note_unserved(topics: Mapping[str, TopicConfig], feeds: tuple[Feed, ...], findings: Findings) -> None:
    if any(feed.topics is None for feed in feeds) or not feeds:
        return
    served = {topic for feed in feeds for topic in feed.topics or ()}
    for name in topics:
        if name not in served:
            what = "no feed serves this topic: each names other topics"
            findings.add(("topics", name), what, "add it to the topics of a feed", warning=True)
