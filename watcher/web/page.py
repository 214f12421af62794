"""The console page: what watcher sees, tells and waits for. It shows and changes nothing.

Rule: one view is made at a time, every list has a bound, and whatever comes from outside is escaped.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from http import HTTPStatus
from importlib import resources
from math import ceil
from typing import Any
from urllib.parse import quote

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined

from watcher import __version__
from watcher.errors import StateError
from watcher.explain import as_text
from watcher.notices.words import moment
from watcher.store.condition import last_success
from watcher.store.entries import find_entry
from watcher.store.overview import DEAD, WAITING, queued
from watcher.store.threads import latest_threads, threads
from watcher.store.trace import entry_trace
from watcher.urls import LONGEST, canonical
from watcher.web import feeds, topics, words
from watcher.web.access import Access
from watcher.web.scene import Scene

CONTENT_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": CONTENT_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
FILES = {"page.css": "text/css", "page.js": "text/javascript", "icon.svg": "image/svg+xml"}
FEW, MORE = 5, 50
"""Lines of a list on the first page, and on the page of that thing alone."""
TOPICS_A_PAGE, STORIES_A_PAGE = 12, 25
ODD_FEEDS = 8
TERMS = 24
WAY = 200
"""Lines of an entry's way."""
DEEPEST = 10_000
"""Number of a page: what is beyond is the last one."""

View = Callable[[web.Request, Scene], Awaitable[web.StreamResponse]]


def _templates() -> Environment:
    made = Environment(
        loader=PackageLoader("watcher.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters.update(shown=words.shown, channel=words.channel, span=words.span, strength=words.strength_words)
    made.globals.update(words=words, version=__version__, number="{:,}".format)
    return made


@dataclass(slots=True, kw_only=True)
class Console:
    """The page's routes. ``scene`` is what it is made from; ``reasons`` are those of ``/readyz``."""

    scene: Callable[[], Scene]
    reasons: Callable[[], Awaitable[tuple[str, ...]]]
    access: Access
    one_view: asyncio.Lock = field(default_factory=asyncio.Lock)
    scores: topics.Scores = field(default_factory=topics.Scores)
    templates: Environment = field(default_factory=_templates)

    def add_to(self, app: web.Application) -> None:
        """Put the routes into an application."""
        views: dict[str, View] = {
            "/": self.overview,
            "/topics/{name}": self.topic,
            "/stories": self.stories,
            "/stories/{id}": self.story,
            "/entries": self.search,
            "/entries/{id}": self.entry,
            "/feeds": self.feeds,
        }
        for path, view in views.items():
            app.router.add_get(path, self._guarded(view))
        app.router.add_post("/login", self.login)
        app.router.add_post("/logout", self.logout)
        for name, kind in FILES.items():
            app.router.add_get(f"/static/{name}", _file(name, kind))

    # -- who may see

    def _guarded(self, view: View) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def guarded(request: web.Request) -> web.StreamResponse:
            if (refusal := self._refused(request)) is not None:
                return refusal
            if not self.access.admits(request):
                return self._form(request, HTTPStatus.UNAUTHORIZED)
            try:
                async with self.one_view:
                    return await view(request, self.scene())
            except StateError as error:
                return self._said(HTTPStatus.SERVICE_UNAVAILABLE, "The database cannot be read", str(error))

        return guarded

    def _refused(self, request: web.Request) -> web.Response | None:
        name = request.headers.get("Host", "")  # request.host would ask the network for a name where there is none
        if not self.access.knows(name):
            what = f"This page is not known under the name {words.shown(name, 100) or '(none)'}."
            remedy = "If the name is yours, add it to the configuration: server: {hosts: [the.name]}"
            return self._said(HTTPStatus.MISDIRECTED_REQUEST, what, remedy)
        if self.access.closed:
            what = "This page needs a token"
            remedy = (
                "Others can reach the address that watcher listens at, so the page is shown to nobody until there is a "
                "token: set WATCHER_SERVER_TOKEN (make one with: openssl rand -hex 16), or WATCHER_SERVER_TOKEN_FILE, "
                "and start watcher anew."
            )
            return self._said(HTTPStatus.FORBIDDEN, what, remedy)
        return None

    async def login(self, request: web.Request) -> web.StreamResponse:
        """Take the token and give a cookie for it."""
        if (refusal := self._refused(request)) is not None:
            return refusal
        if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
            return self._said(HTTPStatus.FORBIDDEN, "Not from here", "The token is given on this page's own form.")
        given = await request.post()
        if self.access.token is not None and not self.access.right(request, str(given.get("token", ""))):
            return self._form(request, HTTPStatus.UNAUTHORIZED, wrong=True, back=str(given.get("back", "/")))
        answer = web.Response(status=HTTPStatus.SEE_OTHER, headers={**HEADERS, "Location": _own(given.get("back"))})
        self.access.let_in(request, answer)
        return answer

    async def logout(self, request: web.Request) -> web.StreamResponse:
        """Take the cookie away."""
        if (refusal := self._refused(request)) is not None:
            return refusal
        answer = web.Response(status=HTTPStatus.SEE_OTHER, headers={**HEADERS, "Location": "/"})
        answer.del_cookie(self.access.cookie)
        return answer

    def _form(self, request: web.Request, status: HTTPStatus, *, wrong: bool = False, back: str = "") -> web.Response:
        where = _own(back or request.path_qs)
        return self._html(
            "login.html", {"wrong": wrong, "back": where}, status=status, **{"WWW-Authenticate": "Bearer"}
        )

    # -- what is to be seen

    async def overview(self, request: web.Request, scene: Scene) -> web.Response:
        """All of it, in short."""
        names = list(scene.config.topics)
        page = _page(request, len(names), TOPICS_A_PAGE)
        every_feed = await feeds.ranked(scene)
        odd = [one for one in every_feed if one.condition != "ok"]
        latest, stories = await scene.store.read(latest_threads, limit=FEW)
        waits, waiting = await scene.store.read(queued, WAITING, limit=FEW * 2)
        dead, died = await scene.store.read(queued, DEAD, limit=FEW)
        return self._shown(
            "overview.html",
            scene,
            reasons=await self.reasons(),
            last_poll=await scene.store.read(last_success),
            cards=await topics.cards(scene, page.of(names), self.scores, each=FEW),
            page=page,
            threads=latest,
            stories=stories,
            feeds=await feeds.rows(scene, odd[:ODD_FEEDS]),
            counted=feeds.counted(every_feed),
            odd=len(odd),
            waits=waits,
            waiting=waiting,
            dead=dead,
            died=died,
        )

    async def topic(self, request: web.Request, scene: Scene) -> web.Response:
        """One topic."""
        name = request.match_info["name"]
        if name not in scene.config.topics:
            return self._unknown(f"There is no topic {words.shown(name, 60)}.")
        (card,) = await topics.cards(scene, [name], self.scores, each=MORE, past=topics.PAST)
        serving = sum(one.serves(name) for one in scene.config.feeds)
        return self._shown("topic.html", scene, card=card, model=scene.model(name), serving=serving)

    async def stories(self, request: web.Request, scene: Scene) -> web.Response:
        """All stories, the newest first."""
        asked = _asked(request)
        found, number = await scene.store.read(
            latest_threads, limit=STORIES_A_PAGE, offset=(asked - 1) * STORIES_A_PAGE
        )
        page = Page(number=asked, last=max(1, ceil(number / STORIES_A_PAGE)), size=STORIES_A_PAGE, path="/stories")
        return self._shown("stories.html", scene, threads=found, stories=number, page=page)

    async def story(self, request: web.Request, scene: Scene) -> web.Response:
        """One story."""
        found = await scene.store.read(threads, [request.match_info["id"]])
        if not found:
            return self._unknown("There is no such story.")
        return self._shown("story.html", scene, thread=found[0])

    async def search(self, request: web.Request, scene: Scene) -> web.StreamResponse:
        """Lead to what became of an entry, by its address or id."""
        needle = request.query.get("q", "").strip()[:LONGEST]
        entry = await scene.store.read(find_entry, needle, canonical(needle)) if needle else None
        if entry is None:
            return self._shown("unseen.html", scene, needle=needle, status=HTTPStatus.NOT_FOUND if needle else 200)
        return web.Response(status=HTTPStatus.SEE_OTHER, headers={**HEADERS, "Location": f"/entries/{entry.id}"})

    async def entry(self, request: web.Request, scene: Scene) -> web.Response:
        """What became of one entry, and why."""
        trace = await scene.store.read(entry_trace, request.match_info["id"])
        if trace is None:
            return self._unknown("There is no such entry.")
        rules = {name: topic.rules for name, topic in scene.config.topics.items()}
        way = as_text(trace, rules).splitlines()[:WAY]
        return self._shown("entry.html", scene, report=trace.report, way=way)

    async def feeds(self, request: web.Request, scene: Scene) -> web.Response:
        """All feeds, what is odd first."""
        query = request.query.get("q", "").strip()[:200]
        found = await feeds.ranked(scene, query)
        page = _page(request, len(found), feeds.PAGE, query=query)
        rows = await feeds.rows(scene, page.of(found))
        counted = feeds.counted(found)
        return self._shown("feeds.html", scene, feeds=rows, counted=counted, page=page, query=query, found=len(found))

    # -- how it is sent

    def _shown(self, template: str, scene: Scene, *, status: int = HTTPStatus.OK, **given: Any) -> web.Response:
        def when(at: datetime) -> str:
            return moment(at, scene.config.timezone)

        told = {"now": scene.now, "started": scene.started, "config": scene.config, "when": when, "past": topics.PAST}
        return self._html(template, {**told, "token": self.access.token is not None, **given}, status=status)

    def _html(self, template: str, given: Mapping[str, Any], *, status: int, **headers: str) -> web.Response:
        text = self.templates.get_template(template).render(given)
        return web.Response(text=text, status=status, content_type="text/html", headers={**HEADERS, **headers})

    def _said(self, status: HTTPStatus, what: str, remedy: str) -> web.Response:
        return self._html("said.html", {"what": what, "remedy": remedy}, status=status)

    def _unknown(self, what: str) -> web.Response:
        return self._said(HTTPStatus.NOT_FOUND, what, "It may have been taken away, or forgotten since.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Which part of a long list is shown."""

    number: int
    last: int
    size: int
    path: str
    query: str = ""

    def of(self, things: list[Any]) -> list[Any]:
        """The things on this page."""
        return things[(self.number - 1) * self.size : self.number * self.size]

    def link(self, number: int) -> str:
        """Another page of the list."""
        query = f"q={quote(self.query)}&" if self.query else ""
        return f"{self.path}?{query}page={number}"


def _page(request: web.Request, number: int, size: int, query: str = "") -> Page:
    last = max(1, ceil(number / size))
    return Page(number=min(_asked(request), last), last=last, size=size, path=request.path, query=query)


def _asked(request: web.Request) -> int:
    given = request.query.get("page", "1")
    return min(max(1, int(given)), DEEPEST) if given.isdecimal() and len(given) < 9 else 1


def _own(back: Any) -> str:
    """A path of this page, and of no other site."""
    path = str(back or "/")
    plain = path.startswith("/") and path.isascii() and path.isprintable() and len(path) <= LONGEST
    return path if plain and not path.startswith(("//", "/login", "/logout")) and "\\" not in path else "/"


def _file(name: str, kind: str) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """A file beside the templates: kept by browsers, and asked for anew whether it is still the same."""
    body = resources.files("watcher.web").joinpath("static", name).read_bytes()
    tag = f'"{sha256(body).hexdigest()[:16]}"'
    headers = {**HEADERS, "Cache-Control": "no-cache", "ETag": tag}

    async def file(request: web.Request) -> web.StreamResponse:
        if request.headers.get("If-None-Match") == tag:
            return web.Response(status=HTTPStatus.NOT_MODIFIED, headers=headers)
        return web.Response(body=body, content_type=kind, charset="utf-8", headers=headers)

    return file
