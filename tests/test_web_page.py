"""The console page over HTTP: what it shows, that all of it has a bound, and that nothing from outside is markup."""

from __future__ import annotations

import re
import sqlite3
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from lxml import html

from tests import builders as b
from tests.builders import NOW
from tests.console import HOSTILE, TOPIC, hostile, staged
from watcher.web.page import CONTENT_POLICY

HOUR = timedelta(hours=1)


def parsed(text: str) -> Any:
    return html.document_fromstring(text)


def words(text: str, path: str = "//main") -> str:
    """What a reader sees of a part of the page."""
    return " ".join(" ".join(parsed(text).xpath(f"{path}//text()")).split())


# -- what it shows


async def test_a_fresh_start_is_a_page_without_a_single_entry(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        seen = words(await stage.get("/"))
        assert "Ready: work is being done. No feed was polled yet." in seen
        assert "1 feed: 1 not polled yet · 0 messages wait" in seen
        assert "Nothing matched." in seen
        assert "nobody has answered yet" in seen
        assert "Nothing was scored yet." in seen
        assert "No story yet." in words(await stage.get("/stories"))


async def test_todays_alerts_are_shown_by_story_with_strength_terms_and_what_became_of_them(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        first, copy, late = b.entry("Troops to leave"), b.entry("Troops to go", outlet="Another"), b.entry("Long ago")
        story = stage.told(first, copy, decided_at=NOW - HOUR, strength=0.71)
        stage.told(late, decided_at=NOW - timedelta(hours=25))
        text = await stage.get("/")
        (line,) = parsed(text).xpath("//article//ul[@class='lines'][1]/li")
        said = " ".join(line.text_content().split())
        assert said.startswith("Troops to leave Example News and 1 more")
        assert "Good match (0.71)" in said
        assert "waits to be sent south korea troops Why" in said
        assert line.xpath(f".//a[@href='/stories/{story}']")
        (link,) = line.xpath(".//a[@class='headline']")
        assert (link.get("href"), link.get("rel")) == (first.url, "noopener noreferrer")
        assert "1 story today 2 matches 2 judged" in said_figures(text)
        assert "Long ago" in words(await stage.get(f"/topics/{TOPIC}"))


def said_figures(text: str) -> str:
    return words(text, "//p[@class='figures']")


async def test_near_misses_come_nearest_first_once_and_not_what_was_told(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        stage.told(b.entry("Told"))
        for number, (title, score) in enumerate(
            [("Far", 0.07), ("Near", 0.11), ("Near", 0.1), ("TOLD", 0.119), ("No", 0.05)]
        ):
            stage.judged(b.entry(title, url=f"https://n.example/{number}"), score=score)
        found = parsed(await stage.get("/")).xpath("//article//h4[text()='Near misses']/following-sibling::ul[1]/li")
        told = [" ".join(one.text_content().split()) for one in found]
        assert [one.partition(" ")[0] for one in told] == ["Near", "Far"]
        assert "92 % of the threshold" in told[0]


async def test_the_histogram_says_the_same_as_its_table_and_what_moving_the_threshold_does(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        for number, share in enumerate([0.2, 0.72, 0.9, 1.0, 1.1, 1.3, 2.0, 9.0]):
            entry = b.entry(url=f"https://n.example/{number}")
            state = "grouped" if share >= 1 else "below"
            stage.judged(entry, score=0.1 * share, threshold=0.1, state=state, decided_at=NOW - 48 * HOUR)
        text = await stage.get("/")
        page = parsed(text)
        (svg,) = page.xpath("//svg")
        named = [page.get_element_by_id(one) for one in svg.get("aria-labelledby").split()]
        assert named[0].text == "Scores of The alliance"
        assert "5 of 8 reached it in 2 d." in " ".join(named[1].text.split())
        assert len(svg.xpath(".//rect[@class='above']")) == 5
        assert len(svg.xpath(".//rect[@class='below']")) == 2
        rows = [[cell.text_content() for cell in row] for row in page.xpath("//table[1]/tbody/tr")]
        assert rows[0] == ["strict", "1.25 ×", "3", "1.5 a day"]
        assert rows[1] == ["balanced (now)", "1.00 ×", "5", "2.5 a day"]
        assert rows[2] == ["broad", "0.70 ×", "7", "3.5 a day"]
        table = dict([cell.text_content() for cell in row] for row in page.xpath("//details//tbody/tr"))
        assert (table["0 to 0.25"], table["1 to 1.1"], table["3 and more"]) == ("1", "1", "1")
        assert sum(map(int, table.values())) == 8


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ((12, 3), "12 relevant, 3 not (a share is told from 20 answers on)"),
        ((18, 2), "18 relevant, 2 not: 90% relevant, likely between 70% and 97%"),
    ],
)
async def test_precision_is_a_share_only_where_there_are_enough_answers(
    tmp_path: Path, answers: tuple[int, int], said: str
) -> None:
    async with staged(tmp_path) as stage:
        stage.answered(*answers)
        stage.answered(1, 1, key="i/near/alliance/{}", first=100)
        assert said in words(await stage.get("/"))
        seen = words(await stage.get(f"/topics/{TOPIC}"))
        assert f"Alerts answered {said}" in seen
        assert "Near misses answered 1 relevant, 1 not" in seen
        assert "Carried by" in seen
        assert "Version tfidf" in seen


async def test_a_story_shows_members_outlets_times_and_messages(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        first, copy = b.entry("First"), b.entry("Second", outlet="Another Paper")
        story = stage.told(first, copy, item={"state": "held", "hold": "quiet_hours", "held_until": NOW + HOUR})
        seen = words(await stage.get("/stories"))
        assert "2 reports by Example News , Another Paper" in seen
        assert "#desk (console): held: quiet hours" in seen
        told = words(await stage.get(f"/stories/{story}"))
        assert "alert held: quiet hours until Mon 2 Mar 13:00 UTC" in told
        assert "Second Another Paper · Mon 2 Mar 12:00 UTC · copy" in told


async def test_the_outbox_says_until_when_and_why(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        stage.told(b.entry("Held"), item={"state": "held", "hold": "flood", "held_until": NOW + HOUR})
        stage.told(
            b.entry("Tried"),
            item={"attempts": 2, "error": "not_in_channel; invite the app", "next_attempt": NOW + HOUR},
        )
        stage.told(b.entry("Dead"), item={"state": "dead", "error": "msg_too_long"})
        seen = words(await stage.get("/"), "//section[@aria-labelledby='outbox']")
        assert "alert: Held to #desk (console) · made now · held: too many at once, until Mon 2 Mar 13:00 UTC" in seen
        assert "tried 2 ×, again Mon 2 Mar 13:00 UTC: not_in_channel; invite the app" in seen
        assert "Refused for good, the newest first alert: Dead" in seen
        assert "msg_too_long" in seen


async def test_feeds_that_fail_are_shown_first_with_the_reason_and_found_by_name(tmp_path: Path) -> None:
    feeds = [{"url": f"https://f{n}.example/rss?key=sentinel", "name": f"Feed {n}"} for n in range(4)]
    async with staged(tmp_path, feeds=feeds) as stage:
        stage.feed(0)
        stage.feed(1, gap_from=NOW - HOUR, gap_to=NOW)
        stage.feed(2, failures=4, error="HTTP 500", failing_since=NOW - HOUR)
        stage.feed(3, gone=True, failures=1, error="HTTP 410")
        text = await stage.get("/feeds")
        names = [one.text_content() for one in parsed(text).xpath("//tbody//th")]
        assert names == ["Feed 3", "Feed 2", "Feed 1", "Feed 0"]
        assert "failing since Mon 2 Mar 11:00 UTC: HTTP 500" in words(text)
        assert "entries in between were probably missed" in words(text)
        assert "sentinel" not in text
        found = parsed(await stage.get("/feeds?q=FEED+2")).xpath("//tbody//th")
        assert [one.text_content() for one in found] == ["Feed 2"]
        assert "No feed is called so." in words(await stage.get("/feeds?q=nothing"))
        seen = words(await stage.get("/"), "//section[@aria-labelledby='feeds']")
        assert "Feeds to look at (3 of 3)" in seen


async def test_an_entry_is_explained_and_found_by_its_address(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        entry = b.entry("Why me", url="https://news.example/a?utm_source=rss", identity="https://news.example/a")
        story = stage.told(entry, reason="a match (score 0.300, threshold 0.120)")
        for asked in ("https://www.news.example/a/?utm_medium=x", entry.id):
            async with stage.session.get("/entries", params={"q": asked}, allow_redirects=False) as answer:
                assert (answer.status, answer.headers["Location"]) == (303, f"/entries/{entry.id}")
        text = await stage.get(f"/entries/{entry.id}")
        assert "a match (score 0.300, threshold 0.120)" in words(text)
        assert "(250 % of it), judged by the feed's text" in words(text)
        assert parsed(text).xpath(f"//a[@href='/stories/{story}']")
        way = words(text, "//details[summary[contains(., 'whole way')]]")
        assert f"id {entry.id}" in way
        assert f"story {story} at console:#desk (founder)" in way
        async with stage.session.get("/entries", params={"q": "https://never.example/<b>"}) as answer:
            assert answer.status == 404
            assert "No feed has brought https://never.example/<b>" in words(await answer.text())
        assert "Give the address" in words(await stage.get("/entries"))


@pytest.mark.parametrize(
    "path", ["/topics/none", "/topics/%3Cb%3E", "/stories/0", "/entries/0", "/entries/%00", "/nothing"]
)
async def test_what_is_not_there_is_said_so(tmp_path: Path, path: str) -> None:
    async with staged(tmp_path) as stage, stage.session.get(path) as answer:
        assert answer.status == 404
        assert "<b>" not in await answer.text()
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_what_has_stalled_is_said_first(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        stage.clock.pass_(hours=5)
        text = await stage.get("/")
        assert "Not ready: something has stalled. no poll has succeeded for 5 h" in words(text)
        assert parsed(text).xpath("//title")[0].text == "Not ready · watcher"


async def test_a_database_that_cannot_be_read_is_said_and_not_a_trace(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        stage.told(b.entry("Gone"))
        path = stage.app.store.path
        assert path is not None
        with sqlite3.connect(path) as other:
            other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        with path.open("r+b") as file:
            file.seek(4096)
            file.write(b"\xff" * (path.stat().st_size - 4096))
        async with stage.session.get("/stories") as answer:
            assert answer.status == 503
            seen = words(await answer.text())
        assert "The database cannot be read" in seen
        assert f"{path}: is corrupt" in seen


# -- bounds


async def test_ten_thousand_feeds_and_many_stories_make_no_large_page(tmp_path: Path) -> None:
    feeds = [{"url": f"https://f{n}.example/rss", "name": f"Feed {n}"} for n in range(1000)]
    topics = {f"t{n}": {"seeds": "seeds", "title": f"Topic {n}", "channel": "#desk"} for n in range(20)}
    async with staged(tmp_path, feeds=feeds, topics=topics) as stage:
        for number in range(0, 1000, 50):
            stage.feed(number, failures=1, error="x" * 5000)
        for number in range(120):
            stage.told(b.entry(f"Story {number}"), topic="t0")
        sizes = {path: len(await stage.get(path)) for path in ("/", "/feeds", "/stories", "/topics/t0")}
        assert max(sizes.values()) < 200_000, sizes
        assert "1 of 20" in words(await stage.get("/feeds"))
        last = parsed(await stage.get("/feeds?page=999"))
        assert len(last.xpath("//tbody//th")) == 50
        assert not last.xpath("//a[@rel='next']")
        assert len(parsed(await stage.get("/?page=2")).xpath("//article")) == 8
        assert "There are no more." in words(await stage.get("/stories?page=77"))
        for odd in ("0", "-1", "x", "9" * 50, "²"):
            assert "1 of 5" in words(await stage.get(f"/stories?page={odd}"))


# -- nothing from outside is markup


async def test_hostile_texts_are_texts_wherever_they_stand(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        for path in hostile(stage):
            text = await stage.get(path)
            assert len(text) < 200_000, path
            assert "\0" not in text
            assert not re.search("[\u202a-\u202e\u2066-\u2069\u200b]", text), path
            page = parsed(text)
            assert [one.get("src") for one in page.xpath("//script")] == ["/static/page.js"], path
            assert not page.xpath("//img | //iframe | //style | //object | //embed"), path
            for node in page.iter():
                odd = [name for name in node.attrib if name.startswith("on") or name in {"style", "autofocus"}]
                assert not odd, (path, odd)
                target = node.get("href") or node.get("action") or ""
                assert re.match(r"/|https?://[^\"<>\s]*$|#main$|$", target), (path, target)
                if target.startswith("http"):
                    assert node.get("rel") == "noopener noreferrer"
        shown = words(await stage.get("/stories"))
        assert "<script>window.taken=1</script>" in shown
        assert "{{ 7 * 7 }}" in shown
        assert len(HOSTILE["long"]) > 5_000_000


async def test_every_answer_has_the_headers_and_a_get_changes_nothing(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        paths = hostile(stage)
        before = stage.app.store.read_now(lambda conn: conn.exec_driver_sql("PRAGMA data_version").scalar())
        for path in [*paths, "/entries?q=x", "/stories/none"]:
            async with stage.session.get(path) as answer:
                assert answer.headers["Content-Security-Policy"] == CONTENT_POLICY, path
                assert answer.headers["X-Content-Type-Options"] == "nosniff"
                assert answer.headers["Referrer-Policy"] == "no-referrer"
                assert answer.headers["Cache-Control"] == "no-store"
                assert answer.content_type == "text/html"
            async with stage.session.post(path) as answer:
                assert answer.status == 405
                assert answer.headers["Content-Security-Policy"]
        assert stage.app.store.read_now(lambda conn: conn.exec_driver_sql("PRAGMA data_version").scalar()) == before


async def test_style_script_and_icon_are_files_that_browsers_may_keep(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        page = parsed(await stage.get("/"))
        files = [*page.xpath("//head/link/@href"), *page.xpath("//script/@src")]
        assert sorted(files) == ["/static/icon.svg", "/static/page.css", "/static/page.js"]
        for path in files:
            async with stage.session.get(path) as answer:
                assert answer.status == 200
                tag = answer.headers["ETag"]
                assert answer.headers["X-Content-Type-Options"] == "nosniff"
            async with stage.session.get(path, headers={"If-None-Match": tag}) as answer:
                assert answer.status == 304
        for path in ("/static/", "/static/../page.py", "/static/page.html"):
            async with stage.session.get(path) as answer:
                assert answer.status == 404


async def test_every_view_has_landmarks_one_first_heading_and_no_step_left_out(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        stage.told(b.entry("One"), b.entry("Two"))
        stage.judged(b.entry("Three"))
        entry = b.entry("One").id
        for path in (
            "/",
            "/stories",
            "/feeds",
            f"/topics/{TOPIC}",
            f"/stories/{entry}",
            f"/entries/{entry}",
            "/entries",
        ):
            page = parsed(await stage.get(path))
            assert page.get("lang") == "en"
            assert len(page.xpath("//main[@id='main']")) == len(page.xpath("//h1")) == 1
            levels = [int(one.tag[1]) for one in page.xpath("//h1|//h2|//h3|//h4")]
            assert all(after <= before + 1 for before, after in pairwise(levels)), (path, levels)
            assert not page.xpath(
                "//table[not(caption)] | //th[not(@scope)] | //input[not(@type='hidden') and not(@id)]"
            )
            ids = page.xpath("//@id")
            assert len(ids) == len(set(ids)), path
            for link in page.xpath("//a"):
                assert link.text_content().strip(), (path, html.tostring(link))
