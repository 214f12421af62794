"""The text that a judgement was about, as counts of words: what an answer is an answer to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from watcher.relevance.features import UNDETERMINED, Document, document_terms, primary
from watcher.relevance.stages import full_document, length_mode, snippet_document
from watcher.store.outbox import AlertRow
from watcher.types import Click, Decision, Entry, Example, Label, Mode


def document_of(entry: Entry, mode: Mode) -> Document:
    """The entry as a judgement of this mode saw it; by its snippet where the article has been forgotten meanwhile."""
    if entry.article and length_mode(entry.article) == mode:
        return full_document(entry)
    return snippet_document(entry)


def text_of(entry: Entry, mode: Mode, languages: Collection[str], *, relevant: bool = True) -> Example:
    """An entry as an example."""
    document = document_of(entry, mode)
    language = _language(entry, languages)
    terms = Counter(document_terms(document, language))
    return Example(terms=terms, language=language, mode=document.mode, relevant=relevant)


def labels_of(
    click: Click, entry: Entry, decisions: Collection[Decision], languages: Collection[str], *, relevant: bool
) -> list[Label]:
    """A click on an alert as answers: one for each topic that the alert named.

    ``languages``: those of the topics' seeds; a text of an unknown one is taken for the first of them.
    """
    found = []
    for decision in decisions:
        text = text_of(entry, decision.mode, languages)
        found.append(
            Label(
                topic=decision.topic,
                entry=entry.id,
                key=click.key,
                user=click.user,
                name=click.name,
                at=click.at,
                relevant=relevant,
                title=entry.title,
                outlet=entry.outlet,
                url=entry.url,
                language=text.language,
                mode=text.mode,
                terms=text.terms,
            )
        )
    return found


def told_decisions(row: AlertRow) -> list[Decision]:
    """The decisions that an alert was told for; of its own entry, where that has them."""
    own = [one for one in row.decisions if one.entry == row.entry.id]
    return own or list(row.decisions)


def _language(entry: Entry, languages: Collection[str]) -> str:
    known = primary(entry.language)
    return min(languages) if known == UNDETERMINED and languages else known
