"""The topics of a month, their seeds, and how an event of theirs is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Protocol

from tests.line import SEEDS

_SYLLABLES = (
    "ba",
    "do",
    "fi",
    "ga",
    "ko",
    "lu",
    "mi",
    "na",
    "po",
    "ra",
    "se",
    "ti",
    "vu",
    "za",
    "le",
    "hu",
    "bo",
    "ri",
)


DETAIL = "In {p} people spoke of {own} when {b} of {f} had gone."
OWN = 7


class Names:
    """Names of people, places and firms that nobody else has."""

    def __init__(self, rng: Random) -> None:
        self._rng, self._given = rng, set[str]()

    def new(self) -> str:
        """One more."""
        while (name := "".join(self._rng.choices(_SYLLABLES, k=4)).title()) in self._given:
            pass
        self._given.add(name)
        return name


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Words of an entry. ``page``: the article behind it."""

    title: str
    text: str
    page: str | None = None


class Story(Protocol):
    """One event, as outlet after outlet tells it."""

    first: Told

    def copy(self, rng: Random) -> Told:
        """The same text elsewhere."""

    def follow_up(self, rng: Random) -> Told:
        """What came of it."""


@dataclass(slots=True)
class _Event:
    """``names``: who and where, kept by all that is told of it; sentences are used up one by one."""

    subject: Subject
    names: dict[str, str]
    words: list[str]
    titles: list[str]
    sentences: list[str]
    first: Told = Told(title="", text="")

    def filled(self, template: str, rng: Random) -> str:
        """A template with the event's names, and two words that stand nowhere else in it."""
        two = {"w": self.words.pop(), "v": self.words.pop(), "n": str(rng.randrange(11, 990))}
        return template.format(**self.names, **two)

    def more(self, rng: Random, count: int) -> list[str]:
        """Sentences not told before."""
        return [self.filled(self.sentences.pop(), rng) for _ in range(count)]

    def begin(self, rng: Random) -> None:
        """Tell it first; one sentence has many words of its own, as no two events are told in the same ones."""
        title, opening = self.filled(self.titles.pop(), rng), self.more(rng, 2)
        own = ", ".join(self.words.pop() for _ in range(OWN))
        opening.append(DETAIL.format(**self.names, own=own))
        page = "\n\n".join([*opening, *self.more(rng, 3)])
        self.first = Told(title=title, text=" ".join(opening), page=page)

    def copy(self, rng: Random) -> Told:
        """The agency's text, with an editor's touch."""
        verb = rng.choice(("says", "tells us", "stated"))
        return replace(self.first, text=self.first.text.replace("said", verb, 1))

    def follow_up(self, rng: Random) -> Told:
        """Two sentences of what is known, then the news."""
        told = (self.first.page or "").split("\n\n")
        news = self.more(rng, 2)
        title = self.filled(self.titles.pop(), rng)
        return Told(title=title, text=" ".join([told[0], *news]), page="\n\n".join([*told[:3], *news]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a topic is about. Templates name people (a, b), a place (p), a firm (f), words (w, v) and a figure (n)."""

    name: str
    title: str
    seeds: Sequence[str]
    share: float
    titles: Sequence[str]
    sentences: Sequence[str]

    def story(self, rng: Random, words: Sequence[str], names: Names) -> Story:
        """An event that has not been."""
        made = _Event(
            subject=self,
            names={role: names.new() for role in "abpf"},
            words=rng.sample(words, 60),
            titles=rng.sample(self.titles, len(self.titles)),
            sentences=rng.sample(self.sentences, len(self.sentences)),
        )
        made.begin(rng)
        return made

    def founder(self, rng: Random, words: Sequence[str], names: Names) -> Told:
        """An event told once."""
        return self.story(rng, words, names).first


ALLIANCE = Subject(
    name="alliance",
    title="US–South Korea alliance",
    seeds=SEEDS,
    share=0.5,
    titles=(
        "{a} ties {w} to American troops in South Korea",
        "{a} of {p} warns Seoul and Washington over {w}",
        "Seoul answers {a} on the cost of American troops",
        "Washington sends {a} to Seoul over {w} and troops",
        "{a} sees the alliance with South Korea at {w}",
        "South Korea and {f} at odds over American troops, {a} says",
    ),
    sentences=(
        "{a} told {f} in {p} that American troops in South Korea depend on the {w} and the {v}.",
        "{b} called the demand of Washington that Seoul pay {n} million more for the alliance a {w} without {v}.",
        "South Korean negotiators met {a} in {p} about the cost of stationing American troops, {f} and the {w}.",
        "The White House had sent {b} to Seoul, where the {w} of the alliance and its {v} were on the table.",
        "{f} said that a withdrawal of American troops from the peninsula would bring {w} and {v} to {p}.",
        "Officials in Seoul said that {a} and {b} had spoken for {n} minutes about the {w} of the trade deal.",
        "Lawmakers in Washington asked {b} why {p} and its {w} were left out of the alliance with South Korea.",
        "{b}, who leads {f}, said South Korea pays too little for the troops and for the {w} near {p}.",
        "Pyongyang, {a} said, would welcome a {w} over American troops in South Korea more than any {v}.",
        "The defence secretary told {a} that the alliance with Seoul stands, with {n} {w} and with {v}.",
        "In {p} the president said that the free trade deal with Seoul and the {w} of {f} are unfair.",
        "{a} will meet {b} in {p} again when the {v} of South Korea and the American {w} are known.",
        "{f} counted {n} American soldiers on the peninsula whose {w} Seoul has not paid, {b} said.",
        "A {w} about the troops, said {b} of {p}, would shake the alliance between South Korea and the United States.",
    ),
)

CABLES = Subject(
    name="cables",
    title="Undersea cables",
    seeds=(
        "Second undersea cable cut in the Baltic within a week\n\nA fibre-optic cable on the sea floor between Finland "
        "and Germany was cut, a day after another undersea cable was damaged, its operator said. Investigators suspect "
        "sabotage and are following a cargo ship that dragged its anchor over the sea floor. Repair ships need two "
        "weeks to splice a cable at such depth. Navies patrol the Baltic to protect cables and pipelines.",
        "Who guards the cables on the sea floor?\n\nNearly all data between continents runs through undersea cables. "
        "Operators report a hundred faults a year, most of them by anchors and trawlers, but sabotage worries navies. "
        "A damaged cable is lifted by a repair ship and spliced on board. Coast guards want the right to board ships "
        "that drag an anchor over a cable.",
    ),
    share=0.25,
    titles=(
        "Undersea cable near {p} cut, {a} says",
        "{f} sends a repair ship to the cable off {p}",
        "{a} blames an anchor for the cable fault off {p}",
        "Navy of {p} guards cables after {w}",
        "Sabotage of the {f} cable? {a} looks into {w}",
        "Coast guard boards a ship over {f} cable",
    ),
    sentences=(
        "{f} said that its undersea cable off {p} was damaged on the sea floor, and {a} suspects a {w}.",
        "Investigators followed a cargo ship that dragged its anchor over the cable near {p}, {b} said of the {w}.",
        "A repair ship of {f} needs {n} hours to lift the cable from the sea floor and to splice it, with {w}.",
        "{a} told the coast guard that sabotage of undersea cables is a {w}, and that the {v} near {p} is not over.",
        "The navy patrols the sea floor off {p} to protect the fibre-optic cable of {f} and its {w}.",
        "{b} counted {n} faults of undersea cables, by anchors and by trawlers, since the {w} of {p}.",
        "Data of {f} runs through another cable while the damaged one off {p} is spliced, said {a} of the {v}.",
        "Operators of cables want the right of coast guards to board ships, {b} said in {p} on the {w}.",
        "The anchor was found near the cable, {n} metres below {p}, with traces of {w} and {v}, {a} said.",
        "{b} asked why the ship that cut the cable of {f} was let go by the coast guard and its {w}.",
        "Navies and {f} will test a {w} that hears an anchor before it reaches the undersea cable off {p}.",
        "{a} and {b} of {f} differ about the {v}: the cable was cut, one says; it was old, says the other of the {w}.",
    ),
)

FISHING = Subject(
    name="fishing",
    title="Fishing quotas",
    seeds=(
        "Ministers fight all night over fishing quotas for cod\n\nMinisters agreed at dawn on fishing quotas for cod "
        "and herring. Scientists had asked for a ban on cod fishing because the stocks have collapsed. Trawlers may "
        "catch a third less, and fishermen said that the quotas will end their fleet. Ports fear for their fish "
        "auctions.",
        "Fishermen block a port over cuts of their catch\n\nTrawlers blocked the port after the ministers cut the "
        "quota for herring. Fishermen say the stocks are recovering and the scientists count fish where there are "
        "none. The fleet has shrunk by half. The fisheries minister offered money for trawlers that are scrapped.",
    ),
    share=0.25,
    titles=(
        "Fishing quota off {p} cut, {a} says",
        "{a} of {p} asks for a ban on herring trawlers",
        "Trawlers block {p} over the cod quota",
        "Fishermen of {p} and {f} fight over {w}",
        "{f} counts cod stocks off {p} anew",
        "Minister {a} sends the fleet of {p} home over {w}",
    ),
    sentences=(
        "Fisheries minister {a} cut the fishing quota for cod off {p} by {n} tonnes, and fishermen spoke of a {w}.",
        "Fishermen of {p} said that the herring stocks recover and that the quotas of {b} end their fleet with a {w}.",
        "Scientists of {f} had asked the ministers for a ban on cod fishing, for the stocks off {p} collapsed in {w}.",
        "Trawlers blocked the port of {p} for {n} hours because of the fishing quota for herring and of the {w}.",
        "Minister {b} offered money for each trawler of {p} that is scrapped, but the fishermen want quotas and {w}.",
        "The fish auction of {p} sold {n} boxes of herring before the quota of the trawlers was used up, {b} said.",
        "{a} told {f} that trawlers catch cod where the scientists count herring stocks, with {w}.",
        "Ministers agreed at dawn on fishing quotas for cod, and {b} called the catch left to {p} a {w}.",
        "{f} wants the fleet to carry cameras, so that no trawler of {p} hides its catch of cod from the ministers.",
        "The ban on herring fishing, said the fishermen and {a}, would cost the port of {p} its fleet and its {w}.",
        "Stocks of cod off {p} are a third of what they were, scientists of {f} found, and the quota of {b} a {w}.",
        "{b} and {a} will count fishermen, trawlers and herring stocks again when the quotas of {p} are over.",
    ),
)

NEAR = Subject(
    name="near",
    title="",
    seeds=(),
    share=0,
    titles=(
        "{a} opens a {w} in Seoul",
        "{f} sells {w} to {p}",
        "{a} counts ships in the port of {p}",
        "American {w} pleases {a} of {f}",
    ),
    sentences=(
        "{a} of {f} brought {n} visitors and a {w} to the city, where the {v} is loved.",
        "The maker {f} said that sales of {w} to {p} rose by {n} percent, most of them in Seoul.",
        "{b} called the {w} of {p} a {v}, and the house of {f} a good neighbour.",
        "In {p} ships of {f} waited for {n} hours for their {w}, and {a} for the {v}.",
        "{b} thanked American friends for the {w} and the people of {p} for the {v}.",
        "Fish from {p} is sold by {f} with a {w}, {a} said.",
        "The head of {f} had told {b} that {p} has no {w}.",
        "{a} will show the {v} in {p} and its {w} in Washington.",
    ),
)
"""What is close to the topics and about none of them."""

SUBJECTS = (ALLIANCE, CABLES, FISHING)
