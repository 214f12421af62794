"""Makes a seed of a text or an extracted article.

One rule: every way in ends in ``from_text``, so that a file, a page and a card of one article give the same counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from watcher import leftovers
from watcher import text as texts
from watcher.data import background
from watcher.relevance.features import count_terms
from watcher.relevance.language import detect
from watcher.types import Article, Seed

LONGEST_HEADLINE = 300
"""Characters; what is longer is no headline."""
LONGEST_TEXT = 400_000
"""Characters of a text that are read: twenty times a long article, and a second of work."""


def from_text(
    text: str,
    *,
    name: str,
    title: str | None = None,
    url: str | None = None,
    outlet: str | None = None,
    published: datetime | None = None,
    language: str | None = None,
) -> Seed:
    """Make a seed of an article's text, scrape left-overs and all.

    A title that is given wins over the headline found in the text; without either the title is "" (and the words
    of the first sentence count as a headline's). ``language`` is a
    hint (ISO 639-1) that decides for short texts. Never raises: ``words`` tells whether there is anything to go by.
    """
    cleaned = leftovers.clean(text[:LONGEST_TEXT], background=background())
    paragraphs = cleaned.paragraphs
    heading = cleaned.title
    given = texts.cut(texts.tidy(title or ""), LONGEST_HEADLINE)
    if given and given.casefold() != heading.casefold():
        # The line that stood for a headline is another wording of it: it stays as text.
        paragraphs = (heading, *paragraphs) if heading else paragraphs
        paragraphs = tuple(line for line in paragraphs if line.casefold() != given.casefold())
        heading = given
    spoken = detect(" ".join([heading, *paragraphs]), language)
    return Seed(
        name=name,
        title=heading,
        outlet=texts.tidy(outlet or "") or None,
        published=published,
        url=url,
        counts=count_terms(heading or _first_sentence(paragraphs), paragraphs, spoken),
        words=sum(len(texts.words(part)) for part in (heading, *paragraphs)),
        dropped=cleaned.dropped,
    )


def _first_sentence(paragraphs: Sequence[str]) -> str:
    """What stands in for a headline that nobody gave: a seed without one would have no words that count double."""
    return next((sentence for part in paragraphs for sentence in texts.sentences(part)), "")


def from_article(article: Article, *, name: str, url: str | None = None) -> Seed:
    """Make a seed of a page's article (see ``watcher.article``)."""
    return from_text(
        article.text,
        name=name,
        title=article.title or None,
        url=url or article.url,
        outlet=article.outlet,
        published=article.published,
        language=article.language,
    )
