"""The console page in Chromium: nothing hostile runs, a keyboard and a phone are enough, and axe finds no fault."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from tests import builders as b
from tests.builders import NOW
from tests.console import TOPIC, Stage, hostile, staged
from tests.test_web_access import TOKEN, guarded

pytestmark = pytest.mark.slow

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
AXE = "axe-core@4.14.1"
SIZES = {"desk": (1280, 800), "phone": (375, 812)}
LOOKS: tuple[Literal["light", "dark"], ...] = ("light", "dark")


@pytest.fixture(scope="module")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The source of axe-core, as npm has it."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed: axe-core, which looks for faults of accessibility, comes from there")
    folder = tmp_path_factory.mktemp("axe")
    install = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(folder), AXE]
    installed = subprocess.run(install, capture_output=True, text=True, timeout=240, check=False)
    if installed.returncode != 0:
        pytest.skip(f"npm cannot fetch {AXE}: {installed.stderr.strip()[-200:]}")
    return (folder / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        pytest.skip("chromium is not installed: the page is tried in it")
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield launched
        await launched.close()


@dataclass(slots=True)
class Tab:
    """A page that is open, and everything that went wrong on it."""

    page: Page
    context: BrowserContext
    complaints: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)


@asynccontextmanager
async def opened(
    browser: Browser, stage: Stage, *, size: str = "desk", look: Any = "light", **how: Any
) -> AsyncIterator[Tab]:
    width, height = SIZES[size]
    context = await browser.new_context(
        base_url=stage.url, viewport={"width": width, "height": height}, color_scheme=look, **how
    )
    page = await context.new_page()
    tab = Tab(page=page, context=context)
    page.on("console", lambda said: tab.complaints.append(said.text) if said.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: tab.complaints.append(str(error)))
    page.on("dialog", lambda dialog: tab.complaints.append(f"a dialog: {dialog.message}"))
    page.on("request", lambda request: tab.asked.append(request.url))
    try:
        yield tab
    finally:
        await context.close()


def lively(stage: Stage) -> list[str]:
    """Something of everything; returns the paths of all views."""
    stage.feed(failures=4, error="HTTP 500", gap_from=NOW, gap_to=NOW)
    story = stage.told(b.entry("Troops to leave Seoul"), b.entry("Troops to go", outlet="Another Paper"))
    stage.told(b.entry("Held"), item={"state": "held", "hold": "flood", "held_until": NOW})
    stage.told(b.entry("Dead"), item={"state": "dead", "error": "msg_too_long"}, state="dead")
    stage.judged(b.entry("A near miss"), score=0.11)
    stage.answered(18, 4)
    return [
        "/",
        f"/topics/{TOPIC}",
        "/stories",
        f"/stories/{story}",
        f"/entries/{story}",
        "/entries",
        "/feeds",
        "/stories/none",
    ]


async def test_hostile_texts_run_nothing_ask_nobody_and_break_no_policy(browser: Browser, tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        paths = hostile(stage)
        async with opened(browser, stage) as tab:
            for path in paths:
                await tab.page.goto(path, wait_until="load")
                assert await tab.page.evaluate("window.taken") is None, path
                assert (
                    await tab.page.evaluate("document.querySelectorAll('[onerror], [onclick], [onfocus]').length") == 0
                )
            assert tab.complaints == []
            assert all(url.startswith(stage.url) for url in tab.asked), tab.asked


async def test_a_phone_needs_no_sideways_scrolling_whatever_publishers_send(browser: Browser, tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        paths = [*lively(stage), *hostile(stage)]
        async with opened(browser, stage, size="phone") as tab:
            for path in dict.fromkeys(paths):
                await tab.page.goto(path)
                await tab.page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
                wide = await tab.page.evaluate("document.documentElement.scrollWidth")
                assert wide <= SIZES["phone"][0], f"{path}: {wide} px"


async def test_a_keyboard_leads_to_the_content_and_shows_where_it_is(browser: Browser, tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        lively(stage)
        async with opened(browser, stage) as tab:
            await tab.page.goto("/")
            keyboard = tab.page.keyboard
            await keyboard.press("Tab")
            assert await tab.page.evaluate("document.activeElement.textContent") == "Skip to the content"
            box = await tab.page.locator(".skip").bounding_box()
            assert box is not None
            assert box["y"] >= -70  # it comes into view by an animation
            await keyboard.press("Enter")
            assert await tab.page.evaluate("document.activeElement.id") == "main"
            seen = []
            for _ in range(60):
                await keyboard.press("Tab")
                where = await tab.page.evaluate(
                    "(() => { const one = document.activeElement, css = getComputedStyle(one); "
                    "return [one.tagName, one.textContent.trim(), parseFloat(css.outlineWidth), css.outlineStyle] })()"
                )
                if where[0] == "BODY":
                    break
                seen.append(where[1])
                assert where[2] >= 2, where
                assert where[3] != "none", where
            assert "Troops to leave Seoul" in seen
            assert "Why: Troops to leave Seoul" in seen
            assert "All scores as a table" in seen
            assert "look again" in seen


async def test_it_works_without_scripts_and_with_them_says_how_old_it_is(browser: Browser, tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        lively(stage)
        async with opened(browser, stage, java_script_enabled=False) as tab:
            await tab.page.goto("/")
            await tab.page.get_by_label("Why was this told, or not?").fill("https://never.example/x")
            await tab.page.get_by_role("button", name="Explain").click()
            assert await tab.page.locator("h1").text_content() == "Never seen"
        async with opened(browser, stage) as tab:
            await tab.page.goto("/")
            assert "min ago" in (await tab.page.locator(".made").text_content() or ""), (
                "the stage's clock is not this one"
            )
            assert tab.complaints == []


async def test_a_person_gives_the_token_once(browser: Browser, tmp_path: Path) -> None:
    async with staged(tmp_path, access=guarded) as stage:
        lively(stage)
        async with opened(browser, stage) as tab:
            await tab.page.goto("/feeds")
            await tab.page.get_by_label("The token is").fill("wrong")
            await tab.page.keyboard.press("Enter")
            assert await tab.page.get_by_role("alert").text_content() == "That is not the token."
            await tab.page.get_by_label("The token is").fill(TOKEN)
            await tab.page.get_by_role("button", name="Show the page").click()
            await tab.page.wait_for_url("**/feeds")
            assert await tab.page.locator("h1").text_content() == "Feeds"
            assert await tab.page.evaluate("document.cookie") == ""
            await tab.page.goto("/")
            assert await tab.page.locator("h1").text_content() == "Overview"
            await tab.page.get_by_role("button", name="Forget this browser").click()
            assert await tab.page.locator("h1").text_content() == "This page wants a token"


async def test_axe_finds_no_fault_in_light_and_dark_on_desk_and_phone(
    browser: Browser, tmp_path: Path, axe: str
) -> None:
    found = []
    async with staged(tmp_path) as stage:
        paths = lively(stage)
        for size in SIZES:
            for look in LOOKS:
                async with opened(browser, stage, size=size, look=look) as tab:
                    for path in paths:
                        await tab.page.goto(path)
                        found += [f"{size} {look} {path}: {one}" for one in await faults(tab.page, axe)]
    async with staged(tmp_path, access=guarded) as stage:
        for look in LOOKS:
            async with opened(browser, stage, look=look) as tab:
                await tab.page.goto("/")
                found += [f"token {look}: {one}" for one in await faults(tab.page, axe)]
    assert found == []


async def faults(page: Page, axe: str) -> list[str]:
    """What axe says is wrong, and that it did look."""
    await page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    await page.evaluate(axe)
    told = await page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    assert len(told["passes"]) > 5
    return [
        f"{one['impact']} {one['id']}: {[node['html'][:200] for node in one['nodes']]}" for one in told["violations"]
    ]
