"""Summaries on the corpora do not fall below their floors, nor below the baselines. ``make eval`` prints the table."""

from __future__ import annotations

import json

import pytest

from tests.eval.floors import CORPORA, MEASURED, digest
from tests.eval.summaries import FLOORS, HEAD, WHO, Task, fallen, line, measured, tasks, tells_event
from watcher.summary import choose, summarise

pytestmark = list(MEASURED)


@pytest.fixture(scope="module")
def given() -> list[Task]:
    return list(tasks(CORPORA))


def test_no_floor_falls_and_no_baseline_is_better(given: list[Task]) -> None:
    known = json.loads(FLOORS.read_text("utf-8"))
    assert known["data"] == digest(CORPORA), "other data: measure with python -m tests.eval.summaries --update"
    figures = measured(given, known["others"])
    print(HEAD, *(line(who, figures[who]) for who in WHO), sep="\n")
    assert len(given) == 200
    assert set(figures) == set(WHO)
    assert fallen(figures, known["floors"]) == []
    assert figures["ours"]["event"] >= 0.8


def test_what_is_said_is_the_article_s_own_and_fits(given: list[Task]) -> None:
    for task in given:
        chosen = choose(task.row["title"], task.row["text"], terms=task.terms)
        assert set(chosen) <= set(task.sentences)
        assert len(summarise(task.row["title"], task.row["text"], terms=task.terms)) <= 350


def test_the_last_sentences_alone_do_not_count_as_the_event(given: list[Task]) -> None:
    """The measure can say no: the end of an article seldom tells its event."""
    assert sum(tells_event(task, task.sentences[-2:]) for task in given) < 0.3 * len(given)
