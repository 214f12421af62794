"""Topics with seeds in several languages: an entry is judged by the seeds of its own language."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.builders import NOW
from watcher import seeds
from watcher.article import extract
from watcher.data import background
from watcher.relevance import Document
from watcher.relevance.language import detect
from watcher.relevance.scorer import TfidfScorer
from watcher.relevance.stream import Stream
from watcher.types import Seed, Sensitivity

ENGLISH = """Seoul and Washington fail to agree on the cost of American troops

South Korea and the United States ended a fourth round of talks on sharing the cost of American troops without a result.
Washington wants three times what Seoul pays now. South Korea called the demand for more money for the troops excessive.
Korean workers at the American bases face unpaid leave if the two allies do not agree on the cost before April.
"""
KOREAN = """한미 방위비 분담금 협상 결렬

한국과 미국이 주한미군 방위비 분담금을 놓고 네 번째 협상을 벌였지만 합의하지 못했다.
미국은 한국이 내는 방위비 분담금을 세 배로 올리라고 요구했다. 한국 정부는 받아들일 수 없다고 밝혔다.
협상이 늦어지면 주한미군 기지의 한국인 노동자들이 무급휴직을 해야 한다.
"""
RATIONING = """Cortes de agua nocturnos por la sequía

El Gobierno regional decretó cortes de agua nocturnos en cuarenta municipios porque la sequía ha vaciado el embalse.
Los vecinos llenan bidones y los alcaldes piden camiones cisterna. El embalse está al once por ciento de su capacidad.
Si la sequía sigue, los cortes de agua durarán todo el día en los municipios más altos.
"""
IRRIGATION = """Los regantes protestan contra el recorte del riego

Cientos de agricultores cortaron la autovía con sus tractores para protestar contra el recorte del riego.
Los regantes dicen que sin riego perderán los frutales y la cosecha de maíz. La comunidad de regantes pide ayudas.
El decreto reduce el riego en un setenta por ciento y los agricultores lo llevarán a los tribunales.
"""
DROUGHT = """Reservoir runs dry as drought enters its third year

The drought has emptied the largest reservoir of the region, and towns ration water at night.
Farmers protest against the cut in irrigation water. The reservoir stands at eleven per cent of its capacity.
Engineers say that the drought will last, and that towns must ration water until the autumn rains.
"""


def from_files(folder: Path, **texts: str) -> tuple[Seed, ...]:
    for name, text in texts.items():
        (folder / f"{name}.txt").write_text(text, "utf-8")
    found, problems = seeds.load(folder, extract=extract)
    assert [problem for problem in problems if not problem.warning] == []
    return found


def scorer(*given: Seed) -> TfidfScorer:
    return TfidfScorer({"topic": (given, Sensitivity())}, background(), Stream())


def entry(title: str, text: str) -> Document:
    return Document(title, title, text, detect(f"{title}. {text}"), "snippet")


TROOPS_EN = entry(
    "Troop cost talks to resume", "Washington and Seoul meet again on the cost of American troops in Korea."
)
TROOPS_KO = entry(
    "방위비 협상 다음 달 재개", "한국과 미국은 주한미군 분담금 협상을 다시 열기로 했다. 노동자들은 무급휴직을 걱정한다."
)
WATER = entry(
    "Más municipios con cortes de agua", "El embalse sigue bajando y los vecinos hacen cola ante los camiones cisterna."
)
FARMS = entry(
    "Tractorada de los regantes", "Los agricultores piden que se retire el recorte del riego para salvar los frutales."
)
RESERVOIR = entry(
    "Towns ration water", "The drought has emptied the reservoir, and farmers fear for their irrigation water."
)


@pytest.mark.parametrize(
    ("texts", "given", "nearest"),
    [
        ({"a": ENGLISH, "b": KOREAN}, TROOPS_EN, "a.txt"),
        ({"a": ENGLISH, "b": KOREAN}, TROOPS_KO, "b.txt"),
        ({"a": RATIONING, "b": IRRIGATION, "c": DROUGHT}, WATER, "a.txt"),
        ({"a": RATIONING, "b": IRRIGATION, "c": DROUGHT}, FARMS, "b.txt"),
        ({"a": RATIONING, "b": IRRIGATION, "c": DROUGHT}, RESERVOIR, "c.txt"),
    ],
)
def test_the_nearest_seed_is_one_of_the_entrys_language(
    tmp_path: Path, texts: dict[str, str], given: Document, nearest: str
) -> None:
    (judged,) = scorer(*from_files(tmp_path, **texts)).judge([given], now=NOW)
    assert judged["topic"].match
    assert judged["topic"].score.nearest_seed == nearest


def test_seeds_of_another_language_change_no_score(tmp_path: Path) -> None:
    found = from_files(tmp_path, en=ENGLISH, ko=KOREAN, es=RATIONING)
    assert {seed.name: seed.counts.language for seed in found} == {"en.txt": "en", "es.txt": "es", "ko.txt": "ko"}
    mixed = scorer(*found)
    assert mixed.languages("topic") == {"en", "es", "ko"}
    for seed, given in zip(found, (TROOPS_EN, WATER, TROOPS_KO), strict=True):
        (among,), (alone,) = (judging.judge([given], now=NOW) for judging in (mixed, scorer(seed)))
        assert among["topic"].score == alone["topic"].score
        assert alone["topic"].score.value > 0


def test_what_is_polled_in_one_language_says_nothing_of_another(tmp_path: Path) -> None:
    judging = scorer(*from_files(tmp_path, en=ENGLISH, ko=KOREAN))
    (before,) = judging.judge([TROOPS_KO], now=NOW)
    crowd = [Document(str(i), f"Troops march {i}", "Seoul: 방위비 분담금 troops", "en", "snippet") for i in range(120)]
    judging.absorb(judging.delta(crowd, judging.judge(crowd, now=NOW)), NOW)
    (after,) = judging.judge([TROOPS_KO], now=NOW)
    assert after["topic"].score == before["topic"].score


def test_an_entry_in_a_language_without_a_seed_is_no_match(tmp_path: Path) -> None:
    judging = scorer(*from_files(tmp_path, en=ENGLISH, ko=KOREAN))
    (judged,) = judging.judge([WATER], now=NOW)
    assert WATER.language == "es"
    assert not judged["topic"].match
    assert judged["topic"].score.nearest_seed is None
