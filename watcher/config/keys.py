"""The keys that the file may have, their forms, defaults and meanings.

Its one rule: everything that is known of a key is said here once; the checks, the JSON Schema and its descriptions
come from these models. What depends on more than one key is checked elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, WithJsonSchema

from watcher.config import addresses, values
from watcher.types import FirstPoll, FollowUps, FullText, Sensitivity, SummarySource


def _text(read: Callable[[object], Any], pattern: str | None = None) -> tuple[PlainValidator, WithJsonSchema]:
    schema: dict[str, Any] = {"type": "string", **({"pattern": pattern} if pattern else {})}
    return PlainValidator(read), WithJsonSchema(schema)


def _list_of(read: Callable[[object], Any]) -> Callable[[object], list[Any]]:
    """Reader for one value or a list of them."""
    return lambda value: [read(each) for each in values.listed(value)]


def _times(value: object) -> list[str]:
    """One text or a list of them; which texts are times is the clock's business."""
    given = values.listed(value)
    if not given or not all(isinstance(each, str) and each.strip() for each in given):
        raise values.Refused("this is no text and no list of texts", 'put times in quotes, such as "08:00"')
    return [str(each) for each in given]


_ONE_OR_MORE = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}

Duration = Annotated[timedelta, *_text(values.at_least_a_second, values.DURATION)]
BodySize = Annotated[int, *_text(values.body_size, values.SIZE)]
Line = Annotated[str, *_text(addresses.line_of_text)]
WebAddress = Annotated[str, *_text(addresses.web_address)]
FeedAddress = Annotated[str, Field(min_length=1)]
"""Checked further when ``${…}`` has been filled in."""
Header = Annotated[str, *_text(lambda value: value)]
"""The same."""
SearchTemplate = Annotated[str, *_text(addresses.search_template)]
TopicName = Annotated[str, Field(pattern=values.TOPIC)]
Rule = Annotated[str, *_text(values.rule)]
Language = Annotated[str, *_text(values.language, "^[a-z]{2}$")]
Network = Annotated[values.Network, *_text(values.network)]
Zone = Annotated[ZoneInfo, *_text(values.zone)]
Flood = Annotated[values.Flood, *_text(values.flood, values.FLOOD)]
Weekly = Annotated[values.Weekly, *_text(values.weekly, values.WEEKLY)]
Listen = Annotated[tuple[str, int], *_text(addresses.listen)]
Channels = Annotated[list[str], PlainValidator(_list_of(values.channel)), WithJsonSchema(_ONE_OR_MORE)]
Channel = Annotated[str, *_text(values.channel)]
Editors = Annotated[list[str], PlainValidator(_list_of(values.editor)), WithJsonSchema(_ONE_OR_MORE)]
Times = Annotated[list[str], PlainValidator(_times), WithJsonSchema(_ONE_OR_MORE)]
Eagerness = Annotated[
    Sensitivity,
    PlainValidator(values.sensitivity),
    WithJsonSchema(
        {
            "anyOf": [
                {"enum": ["strict", "balanced", "broad"]},
                {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
                {
                    "type": "object",
                    "properties": {"alerts_per_day": {"type": "integer", "minimum": 1, "maximum": 10_000}},
                    "required": ["alerts_per_day"],
                    "additionalProperties": False,
                },
            ]
        }
    ),
]


def _key(default: Any, description: str, *examples: Any, **bounds: Any) -> Any:
    """A key with a default, given as the file would write it (it goes through the same check)."""
    return Field(default=default, description=description, examples=list(examples) or None, **bounds)


class Keys(BaseModel):
    """A group of keys; one that it does not know is refused."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, validate_default=True)


class _AnyFeed(Keys):
    every: Duration | None = _key(None, "How often to poll; default: fetch.every.", "5m")
    topics: list[TopicName] | None = _key(
        None, "Names of the topics that it serves; default: all of them.", ["us-south-korea"], min_length=1
    )
    headers: dict[str, Header] = _key(
        {}, "Request headers; ${NAME} is filled in.", {"Authorization": "Bearer ${TOKEN}"}
    )
    full_text: FullText | None = _key(None, "Whether to fetch articles; default: fetch.full_text.", "never")
    proxy: WebAddress | None = _key(
        None, "HTTP proxy for this feed and its articles; default: fetch.proxy.", "http://proxy.example:3128"
    )


class UrlFeed(_AnyFeed):
    """A feed by its address."""

    url: FeedAddress = Field(
        description="Address of the RSS, Atom or JSON Feed document; ${NAME} and ${file:PATH} are filled in.",
        examples=["https://example.org/feed.xml"],
    )
    name: Line | None = _key(None, "Its name in logs and messages.", "Example")


class OpmlFeeds(_AnyFeed):
    """All feeds of an OPML file, as feed readers export it. A folder with a topic's name or title serves that topic."""

    opml: Line = Field(description="The file, relative to this one.", examples=["feeds.opml"])


class SearchFeed(_AnyFeed):
    """A news search as a feed."""

    search: Line = Field(description="The words to search for.", examples=['"South Korea" Trump'])
    name: Line | None = _key(None, "Its name in logs and messages.", "Korea search")


class TopicKeys(Keys):
    """What can be said of a topic, under its name or, for all of them, under defaults."""

    title: Line | None = _key(None, "The topic's name for people.", "US–South Korea alliance")
    seeds: Line | None = _key(
        None,
        "Folder of 1 to 5 articles (.txt .md .html, or .json cards), relative to this file.",
        "../seeds/us-south-korea",
    )
    sensitivity: Eagerness = _key(
        "balanced",
        "strict (1.25 × the threshold), balanced, broad (0.7 ×), a fixed threshold, or alerts_per_day.",
        "strict",
        0.15,
        {"alerts_per_day": 5},
    )
    must: list[Rule] = _key(
        [], 'At least one has to be in title, snippet or article: words, "phrases", prefix*.', ["Korea*", "Seoul"]
    )
    exclude: list[Rule] = _key([], "None may be in title or snippet: same forms as must.", ["baseball"])
    languages: list[Language] | None = _key(
        None, "ISO 639-1 codes; default: those of the seeds.", ["en", "ko"], min_length=1
    )
    channel: Channels | None = _key(
        None, "Slack channel: a name, an id, or a list of them. Needed with a bot token.", "#korea-desk"
    )
    digest: Times | None = _key(None, "Collect alerts and send them at these times.", "08:00 mon-fri", "every 4h")
    quiet_hours: Times | None = _key(
        None, "When alerts are held; a zone may stand at the end.", "22:00-07:00", "22:00-07:00 Asia/Seoul"
    )
    urgent: float | None = _key(None, "A strength (0 to 1) that passes quiet hours, digests and caps.", 0.8, gt=0, le=1)
    follow_ups: FollowUps = _key("thread", "Where further news of a told story goes.", "thread")
    summary: SummarySource = _key("article", "What the summary is made of.", "article")
    paused: bool = _key(False, "true: judge nothing and send nothing.", True)
    was: TopicName | None = _key(None, "The topic's former name: its memory goes on.", "old-name")


class Topic(TopicKeys):
    """One topic: what its seeds show, and where alerts about it go."""

    model_config = ConfigDict(json_schema_extra={"required": ["seeds"]})


class Fetch(Keys):
    """How feeds and articles are fetched."""

    every: Duration = _key("10m", "How often a feed is polled.", "5m")
    timeout: Duration = _key("20s", "Longest time for one request.", "30s")
    max_body: BodySize = _key("8MiB", "Largest feed or page (1KiB to 64MiB).", "16MiB")
    per_host: int = _key(2, "Requests to one host at a time.", 1, ge=1, le=16)
    allow_networks: list[Network] = _key(
        [], "Private networks that feeds may be in; all others are refused.", ["10.0.0.0/8", "127.0.0.1/32"]
    )
    max_age: Duration = _key("3d", "Older entries are stale: never alerted.", "7d")
    first_poll: FirstPoll = _key("digest", "What to do with the entries of a feed's first poll.", "silent")
    full_text: FullText = _key("likely", "Whether to fetch the articles behind entries.", "never")
    contact: Line | None = _key(None, "Address or page for publishers, sent in User-Agent.", "desk@example.org")
    proxy: WebAddress | None = _key(None, "HTTP proxy for all fetching.", "http://proxy.example:3128")
    search_url: SearchTemplate = _key(
        "https://news.google.com/rss/search?q={query}&hl=en-US&gl=US&ceid=US:en",
        "Address of search feeds; {query} is where the words go.",
        "https://www.bing.com/news/search?q={query}&format=rss",
    )


class Slack(Keys):
    """Slack, beyond the topics' channels."""

    ops_channel: Channel | None = _key(
        None, "Where watcher tells about itself (a dead feed, an outage).", "#watcher-ops"
    )
    editors: Editors | None = _key(
        None, "User or group ids who may mute, add seeds and undo; default: everybody.", ["U0123ABCD", "S0123ABCD"]
    )
    flood: Flood = _key("10/10m", "Most alerts per channel and time; the rest leaves as a digest.", "5/1h")
    near_misses: Weekly | None = _key(None, "When to post what was just below the threshold.", "mon 09:00")


class Server(Keys):
    """Health, metrics and the page."""

    listen: Listen = _key("127.0.0.1:8080", "host:port; port 0 is any free one.", "0.0.0.0:8080")
    hosts: list[Line] = _key([], "Host names under which the page may be asked for.", ["watcher.example"])


class Health(Keys):
    """When /readyz says no."""

    polls: int = _key(3, "Not ready after this many intervals without a poll.", 5, ge=1, le=1000)
    outbox: Duration = _key("10m", "Not ready when an alert waited longer.", "30m")
    ping: WebAddress | None = _key(
        None, "A dead man's switch: asked once a minute while /readyz says yes.", "https://hc.example/1"
    )


class Retention(Keys):
    """How long what is remembered is kept."""

    articles: Duration = _key("14d", "Texts of articles.", "30d")
    entries: Duration = _key("180d", "Entries and decisions.", "1y")
    feedback: Duration = _key("2y", "Answers to alerts, and who pressed what.", "5y")


class File(Keys):
    """The configuration of watcher."""

    feeds: list[Annotated[str, Field(description="A bare address is a feed.")] | UrlFeed | OpmlFeeds | SearchFeed] = (
        Field(min_length=1, description="Where news comes from.")
    )
    defaults: TopicKeys | None = _key({}, "Any key of a topic, for all topics.")
    topics: dict[TopicName, Topic] = Field(
        min_length=1,
        description="What to look for, by name ([a-z0-9-]).",
        json_schema_extra={"additionalProperties": False},
    )
    fetch: Fetch | None = _key({}, "How feeds and articles are fetched.")
    notify: Literal["slack", "console"] | None = _key(
        None, "Where alerts go; left out: Slack when there is a token or webhook, else the console.", "slack"
    )
    slack: Slack | None = _key({}, "Slack, beyond the topics' channels.")
    database: str = _key(
        "sqlite:///../var/watcher.db",
        "SQLAlchemy address; a relative SQLite path counts from this file.",
        "sqlite:////data/watcher.db",
    )
    backups: str | Literal[False] | None = _key(
        None,
        "Where a database on a server is copied to before an upgrade changes it; false: its own backups are enough.",
        "../backups",
    )
    server: Server | None = _key({}, "Health, metrics and the page.")
    health: Health | None = _key({}, "When /readyz says no.")
    retention: Retention | None = _key({}, "How long what is remembered is kept.")
    timezone: Zone = _key("UTC", "Zone of quiet hours and digests that name none.", "Asia/Seoul")
