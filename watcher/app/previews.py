"""Previews over this installation's past: configurations become models, and matches stories, as the line makes them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from watcher.app.parts import load_seeds, make_scorer, shares_polled
from watcher.app.taught import examples_of, load_answers, with_added
from watcher.app.telling import Telling
from watcher.config import Config
from watcher.preview import Backtest, Past, Plan, Preview, Source, read_past
from watcher.preview.labelled import Answered, answered
from watcher.preview.scores import Advance, KeptWords
from watcher.relevance import Scorer
from watcher.relevance.stream import Stream
from watcher.seeds.answers import unknown_to
from watcher.store import Store
from watcher.store.feedback import labels, seeds_added
from watcher.store.past import PAGE, PastEntry, past_decisions, past_facts, past_page
from watcher.store.stories import open_stories
from watcher.store.stream import load_stream
from watcher.stories import REMEMBERED
from watcher.types import Entry, Example, Mode, Seed, Sensitivity, Story, StreamDelta


@dataclass(frozen=True, slots=True, kw_only=True)
class _Model:
    """What a topic is made of; topics of two configurations that are made of the same share it."""

    seeds: tuple[Seed, ...]
    examples: tuple[Example, ...]
    topic: str
    sensitivity: Sensitivity


def of_store(store: Store, *, since: datetime, until: datetime) -> Source:
    """The past of a database, read a page at a time beside whoever writes to it."""
    facts = store.read_now(past_facts, since)

    def pages() -> Iterator[Sequence[PastEntry]]:
        last: Entry | None = None
        while page := store.read_now(past_page, since, after=last, first_documents=facts.first_documents):
            last = page[-1].entry
            yield page
            if len(page) < PAGE:
                return

    def stories(destination: str) -> list[Story]:
        found = store.read_now(open_stories, destination=destination, since=since - REMEMBERED)
        return [cut for story in found if (cut := _before(story, since)) is not None]

    return Source(
        since=since,
        until=until,
        entries=facts.entries,
        forgotten=facts.forgotten,
        pages=pages,
        decided=lambda found: store.read_now(past_decisions, found),
        matched=facts.matched,
        stream=store.read_now(load_stream),
        known=facts.topics,
        seeds=store.read_now(seeds_added),
        answers=store.read_now(labels, standing=False),
        stories=stories,
    )


def _before(story: Story, since: datetime) -> Story | None:
    """A story as it was at a time; None when it did not exist."""
    members = tuple(one for one in story.members if one.seen < since)
    return replace(story, members=members, last_at=members[-1].seen) if members else None


def make_preview(
    source: Source,
    present: Config,
    new: Config | None,
    *,
    now: datetime,
    only: str | None = None,
    advance: Advance = lambda _: None,
) -> Preview:
    """Try one configuration, or two, on a past. Raises ConfigError where seeds cannot be read."""
    configs = [present] if new is None else [present, new]
    made = _read(source, configs, now=now, only=only, advance=advance)
    tried = [made.backtest.attempt(plan, number) for number, plan in enumerate(made.plans)]
    asked = {topic: model for topic, model in made.plans[-1].models.items() if only in {None, topic}}
    return made.backtest.report(
        tried[-1],
        tried[0] if new is not None else None,
        answers=_answered(configs[-1], asked, source, made.backtest.scorer, now),
        zone=configs[-1].timezone,
    )


def events_of(source: Source, config: Config, *, now: datetime, advance: Advance = lambda _: None) -> dict[str, str]:
    """Entry → what names its story, of all entries that some threshold would tell: a sample has no words to group."""
    made = _read(source, [config], now=now, only=None, advance=advance)
    found = made.backtest.lowest(made.backtest.attempt(made.plans[0], 0))
    return {entry: min(stories) for (entry, _), stories in found.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """A past that was scored for some configurations."""

    backtest: Backtest
    plans: Sequence[Plan]


def _read(source: Source, configs: Sequence[Config], *, now: datetime, only: str | None, advance: Advance) -> _Read:
    models: dict[str, _Model] = {}
    names = [_models(config, source, models) for config in configs]
    words = KeptWords()
    scorer = make_scorer(
        {name: (one.seeds, one.sensitivity) for name, one in models.items()},
        _stream_of(source.stream, models),
        examples={name: one.examples for name, one in models.items() if one.examples},
        now=now,
        analyse=words.terms,
    )
    plans = [_plan(config, named, source, scorer, now) for config, named in zip(configs, names, strict=True)]
    past = read_past(source, plans, scorer, words, now=now, advance=advance)
    polled = {topic for topic, _ in source.stream.histograms}
    new_here = {name for name, one in models.items() if one.topic not in polled}
    scorer.absorb(StreamDelta(scores=_scores(past, plans, new_here)), now)
    return _Read(backtest=Backtest(source=source, past=past, scorer=scorer, now=now, only=only), plans=plans)


def _models(config: Config, source: Source, models: dict[str, _Model]) -> dict[str, str]:
    """Topic → the name of its model; models that are not among ``models`` yet are added."""
    files, _ = load_seeds(config)
    topics = with_added(files, source.seeds)
    taught = examples_of(topics, load_answers(config)[0], source.answers)
    found = {}
    for topic, (seeds, sensitivity) in topics.items():
        examples = taught.get(topic, ())
        alike = (
            name for name, one in models.items() if (one.seeds, one.examples, one.topic) == (seeds, examples, topic)
        )
        name = found[topic] = next(alike, topic if topic not in models else f"{topic} (new)")
        models[name] = _Model(seeds=seeds, examples=examples, topic=topic, sensitivity=sensitivity)
    return found


def _stream_of(stream: Stream, models: Mapping[str, _Model]) -> Stream:
    """The statistics, with those of a topic for each of its models."""
    histograms = {
        (name, mode): list(bins)
        for name, one in models.items()
        for (topic, mode), bins in stream.histograms.items()
        if topic == one.topic
    }
    return Stream(languages=stream.languages, histograms=histograms)


def _scores(past: Past, plans: Sequence[Plan], models: Collection[str]) -> dict[tuple[str, Mode], tuple[float, ...]]:
    """The scores of topics that were never polled for: this very past places their thresholds."""
    found: dict[tuple[str, Mode], tuple[float, ...]] = {}
    for number, plan in enumerate(plans):
        for topic, model in plan.models.items():
            if model in models:
                found |= {(model, mode): values for mode, values in past.scores(plan, number, topic).items()}
    return found


def _plan(config: Config, models: Mapping[str, str], source: Source, scorer: Scorer, now: datetime) -> Plan:
    feeds = {one.id: one for one in config.feeds}
    return Plan(
        topics=config.topics,
        feeds=feeds,
        first_poll=config.fetch.first_poll,
        max_age=config.fetch.max_age,
        full_text=config.fetch.full_text,
        models=models,
        tell=Telling(
            topics={name: replace(topic, summary="none") for name, topic in config.topics.items()},
            feeds=feeds,
            source=source,
            key_terms=lambda topic, n: scorer.key_terms(models[topic], n),
            polled=shares_polled(source.stream, now),
            first_poll=config.fetch.first_poll,
            max_age=config.fetch.max_age,
        ),
    )


def _answered(
    config: Config, models: Mapping[str, str], source: Source, scorer: Scorer, now: datetime
) -> dict[str, tuple[Answered, ...]]:
    """What readers answered, judged by models that did not learn from it."""
    files = load_answers(config)[0]
    found = {}
    for topic, model in models.items():
        stored = [one for one in source.answers if one.label.topic == topic]
        standing = [one.label for one in stored if one.undone_at is None]
        given = [*unknown_to([one.label for one in stored], files.get(topic, ())), *standing]
        if given:
            found[topic] = answered(scorer.trial(model, now), given)
    return found
