"""Rules on an entry that only counts of words are left of. Pure.

Its one rule: a word or a prefix is found as surely as in the text. Of a phrase it is known which words stood side by
side, little words like "the" left out.
"""

from __future__ import annotations

from collections.abc import Collection
from itertools import pairwise

from watcher.decide import broken_rule, first_hit
from watcher.relevance.stopwords import stop_words
from watcher.text import words
from watcher.types import Entry, EntryTerms, Rules


def broken_by_counts(rules: Rules, entry: Entry, kept: EntryTerms) -> str | None:
    """Name the rule that keeps an entry out, or None, as `decide.broken_rule` does."""
    language = broken_rule(Rules(languages=rules.languages), entry)
    if language is not None:
        return language
    text = f"{entry.title}\n{entry.text}"
    seen = kept.title.keys() | kept.snippet.keys() | kept.rest.keys()
    hit = next((one for one in rules.exclude if _stands(one, text, seen, kept.language)), None)
    if hit is not None:
        return f"the exclude rule {hit!r} hits"
    whole = seen | (kept.whole or {}).keys()
    if rules.must and not any(_stands(one, text, whole, kept.language) for one in rules.must):
        return f"none of the must words is in it: {', '.join(rules.must)}"
    return None


def _stands(pattern: str, text: str, terms: Collection[str], language: str) -> bool:
    if first_hit([pattern], text) is not None:
        return True
    prefix = pattern.strip().strip('"').strip().endswith("*")
    stop = stop_words(language)
    asked = [word for word in words(pattern) if word not in stop]
    if not asked:
        return False
    wanted = [" ".join(pair) for pair in pairwise(asked)] or asked
    if not prefix:
        return all(one in terms for one in wanted)
    return all(one in terms for one in wanted[:-1]) and any(
        term.startswith(wanted[-1]) and (" " in term) == (" " in wanted[-1]) for term in terms
    )
