"""The sample as publishers would serve it: RSS, Atom and HTML pages. Pure: the hour and the address are arguments."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from email.utils import format_datetime
from html import escape

from watcher.data.demo.sample import SampleEntry, SampleFeed

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
WRITTEN_ON = WEEKDAYS.index("Tuesday")
"""The texts are written as if the last poll were on this day."""

LOGIN_PAGE = """<!DOCTYPE html>
<html lang="en"><head><title>Log in – Lakeside Courier</title></head>
<body><h1>Please log in</h1>
<form method="post" action="/login"><label>E-mail <input name="email"></label><button>Log in</button></form>
</body></html>
"""

FAILURE = "Internal Server Error\n"

_RSS = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom">
<channel>
<title>{title}</title>
<link>{site}</link>
<description>An invented sample feed.</description>
<language>en</language>
<lastBuildDate>{built}</lastBuildDate>
<atom:link href="{address}" rel="self" type="application/rss+xml"/>
{items}
</channel>
</rss>
"""

_ITEM = """<item>
<title>{title}</title>
<link>{link}</link>
<guid isPermaLink="false">{guid}</guid>
{date}<description>{summary}</description>
</item>"""

_ATOM = """<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">
<title>{title}</title>
<id>{site}</id>
<updated>{built}</updated>
<link href="{site}" rel="alternate" type="text/html"/>
<link href="{address}" rel="self" type="application/atom+xml"/>
{items}
</feed>
"""

_ENTRY = """<entry>
<title type="text">{title}</title>
<id>{guid}</id>
<link href="{link}" rel="alternate" type="text/html"/>
{date}<author><name>{outlet}</name></author>
<summary type="html">{summary}</summary>
</entry>"""

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{headline} – {outlet}</title>
<link rel="canonical" href="{link}">
<meta property="og:title" content="{headline}">
<meta property="og:site_name" content="{outlet}">
<meta property="og:type" content="article">
{published}</head>
<body>
<header><a href="/">{outlet}</a><nav><a href="/world">World</a> <a href="/business">Business</a></nav></header>
<main><article>
<h1>{headline}</h1>
{body}
</article></main>
<aside><h2>More from {outlet}</h2>
<ul><li><a href="/letters">Letters</a></li><li><a href="/week">The week</a></li></ul></aside>
<footer><p>An invented sample. <a href="/about">About us</a> <a href="/cookies">Cookies</a></p></footer>
</body>
</html>
"""

_PAYWALL = """<p>{summary}</p>
<div class="paywall"><h2>Subscribe to continue reading</h2>
<p>This article is for subscribers only. Already a subscriber? <a href="/login">Log in</a>.</p>
<p><a href="/subscribe">Start your free trial</a></p></div>"""


def feed(source: SampleFeed, entries: Sequence[SampleEntry], *, now: datetime, base_url: str, step: int) -> bytes:
    """The document that ``source`` serves at the poll number ``step``: ``entries`` in the given order."""
    row, whole = (_ENTRY, _ATOM) if source.format == "atom" else (_ITEM, _RSS)
    items = [
        row.format(
            title=escape(_dated(entry.headline(step), now)),
            link=base_url + entry.path,
            guid=f"tag:{source.id}.example,2026:{entry.id}",
            date=_date(source, entry, now),
            outlet=escape(source.name),
            summary=escape(f"<p>{escape(_dated(entry.summary, now), quote=False)}</p>"),
        )
        for entry in entries
    ]
    built = now - min((entry.age for entry in entries if entry.age is not None), default=timedelta())
    return whole.format(
        title=escape(source.title),
        site=f"{base_url}/{source.id}/",
        address=base_url + source.path,
        built=built.isoformat() if source.format == "atom" else format_datetime(built),
        items="\n".join(items),
    ).encode()


def page(source: SampleFeed, entry: SampleEntry, *, now: datetime, base_url: str, step: int) -> bytes:
    """The article page of ``entry``: headline and paragraphs among a site's usual furniture, or its paywall."""
    paragraphs = [_dated(paragraph, now) for paragraph in entry.text.split("\n\n")]
    body = "\n".join(f"<p>{escape(paragraph)}</p>" for paragraph in paragraphs)
    if entry.paywall:
        body = _PAYWALL.format(summary=escape(_dated(entry.summary, now)))
    moment = "" if entry.age is None else (now - entry.age).isoformat()
    return _PAGE.format(
        headline=escape(_dated(entry.headline(step), now)),
        outlet=escape(source.name),
        link=base_url + entry.path,
        published=moment and f'<meta property="article:published_time" content="{moment}">\n',
        body=body,
    ).encode()


def _date(source: SampleFeed, entry: SampleEntry, now: datetime) -> str:
    if entry.age is None:
        return ""
    moment = now - entry.age
    if source.format == "rss":
        return f"<pubDate>{format_datetime(moment)}</pubDate>\n"
    return f"<published>{moment.isoformat()}</published>\n<updated>{moment.isoformat()}</updated>\n"


def _dated(text: str, now: datetime) -> str:
    """``text`` with its weekdays moved so that the last poll happens on the day of ``now``."""
    days = now.weekday() - WRITTEN_ON
    moved = {name: WEEKDAYS[(place + days) % 7] for place, name in enumerate(WEEKDAYS)}
    return re.sub(r"\b(" + "|".join(WEEKDAYS) + r")\b", lambda found: moved[found[0]], text)


def newest_first(entries: Sequence[SampleEntry]) -> list[SampleEntry]:
    """Entries as a feed lists them; those without a date come last."""
    return sorted(entries, key=lambda entry: timedelta.max if entry.age is None else entry.age)
