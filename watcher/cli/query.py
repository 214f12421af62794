"""A news search made of a topic's strongest terms. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

SEARCHED = 3
"""Terms of a news search: more would find nothing."""


def search_query(terms: Sequence[str]) -> str:
    """The strongest terms as a news search: pairs first and quoted, no word twice; a pair stands for its words."""
    chosen: list[str] = []
    for term in terms:
        parts = set(term.split())
        if any(parts <= set(one.split()) for one in chosen):
            continue
        chosen = [one for one in chosen if not set(one.split()) <= parts]
        if len(chosen) < SEARCHED and not any(parts & set(one.split()) for one in chosen):
            chosen.append(term)
    chosen.sort(key=lambda term: " " not in term)
    return " ".join(f'"{term}"' if " " in term else term for term in chosen)


def search_address(template: str | None, query: str) -> str:
    """The address of the search feed; ``template`` is ``fetch.search_url``, None its default."""
    if template is None:
        from watcher.config.keys import Fetch

        template = str(Fetch.model_fields["search_url"].default)
    return template.replace("{query}", quote(query, safe=""))
