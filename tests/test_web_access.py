"""Who may see the page: names, tokens, cookies, and how often one may guess."""

from __future__ import annotations

from pathlib import Path

import aiohttp
import pytest

from tests.console import Stage, staged
from watcher.app import App
from watcher.web import Access
from watcher.web.access import SESSION, TRIES, WINDOW

TOKEN = "sentinel-of-twenty-characters"
FORM = {"token": TOKEN, "back": "/feeds?page=2"}


def guarded(app: App) -> Access:
    return Access(token=TOKEN, listen="0.0.0.0", hosts=lambda: app.config.server.hosts, clock=app.clock)


def is_open(app: App) -> Access:
    return Access(listen="0.0.0.0", hosts=lambda: app.config.server.hosts, clock=app.clock)


# -- the name


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:8080", "127.0.0.1:1", "[::1]:8080", "desk.localhost", "127.9.9.9", "localhost."]
)
def test_loopback_has_many_names(host: str) -> None:
    assert Access().knows(host)


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8080",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "10.0.0.1",
        "",
        "[",
        "xn--/",
    ],
)
def test_a_name_that_leads_here_by_somebody_else_s_will_is_refused(host: str) -> None:
    assert not Access().knows(host)


def test_names_of_the_configuration_and_the_address_itself_are_known() -> None:
    access = Access(token=TOKEN, listen="0.0.0.0", hosts=lambda: ("watcher.example", "Desk.Example:443"))
    for host in (
        "watcher.example",
        "WATCHER.example:8080",
        "desk.example",
        "10.1.2.3:8080",
        "[2001:db8::1]",
        "localhost",
    ):
        assert access.knows(host), host
    assert not access.knows("other.example")
    assert Access(listen="news.internal").knows("news.internal:8080")
    assert Access(listen="192.0.2.7").knows("192.0.2.7:80")


async def test_a_wrong_name_gets_a_sentence_with_the_key_and_health_needs_no_name(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        for path in ("/", "/feeds", "/login"):
            how = stage.session.post if path == "/login" else stage.session.get
            async with how(path, headers={"Host": "evil.example<b>"}) as answer:
                text = await answer.text()
                assert answer.status == 421
                assert "server: {hosts: [the.name]}" in text
                assert "<b>" not in text
        for path in ("/healthz", "/readyz", "/metrics"):
            async with stage.session.get(path, headers={"Host": "watcher:8080"}) as answer:
                assert answer.status == 200


async def test_a_name_of_the_configuration_is_known_at_once(tmp_path: Path) -> None:
    async with staged(tmp_path, server={"listen": "127.0.0.1:0", "hosts": ["watcher.example"]}) as stage:
        await stage.get("/", Host="watcher.example")


# -- the token


async def test_on_loopback_no_token_is_wanted_until_there_is_one(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        await stage.get("/")
    async with staged(tmp_path, access=lambda _: Access(token=TOKEN)) as stage, stage.session.get("/") as answer:
        assert answer.status == 401


async def test_off_loopback_without_a_token_nobody_sees_it_and_it_says_what_to_set(tmp_path: Path) -> None:
    async with staged(tmp_path, access=is_open) as stage:
        for path in ("/", "/feeds", "/entries?q=x"):
            async with stage.session.get(path) as answer:
                assert answer.status == 403
                text = await answer.text()
                assert "WATCHER_SERVER_TOKEN" in text
                assert "The alliance" not in text
        async with stage.session.post("/login", data=FORM) as answer:
            assert answer.status == 403
        async with stage.session.get("/readyz") as answer:
            assert answer.status == 200


async def test_a_token_guards_every_view_and_the_style_shows(tmp_path: Path) -> None:
    async with staged(tmp_path, access=guarded) as stage:
        for path in ("/", "/topics/alliance", "/stories", "/stories/x", "/entries", "/entries/x", "/feeds"):
            async with stage.session.get(path) as answer:
                assert answer.status == 401, path
                assert answer.headers["WWW-Authenticate"] == "Bearer"
                text = await answer.text()
                assert "alliance" not in text.replace('value="/topics/alliance"', "")
                assert TOKEN not in text
            await stage.get("/" if "x" in path else path, Authorization=f"Bearer {TOKEN}")
        async with stage.session.get("/static/page.css") as answer:
            assert answer.status == 200


async def logged_in(stage: Stage, **over: str) -> aiohttp.ClientResponse:
    return await stage.session.post("/login", data={**FORM, **over}, allow_redirects=False)


async def test_the_form_gives_a_cookie_that_no_script_reads_and_that_is_not_the_token(tmp_path: Path) -> None:
    async with staged(tmp_path, access=guarded) as stage:
        answer = await logged_in(stage)
        assert (answer.status, answer.headers["Location"]) == (303, "/feeds?page=2")
        cookie = answer.headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Strict" in cookie
        assert "Secure" not in cookie
        assert TOKEN not in cookie
        await stage.get("/")
        stage.clock.pass_(seconds=SESSION.total_seconds() + 1)
        async with stage.session.get("/") as later:
            assert later.status == 401


async def test_behind_https_the_cookie_is_for_https(tmp_path: Path) -> None:
    async with staged(tmp_path, access=guarded) as stage:
        told = {"X-Forwarded-Proto": "https"}
        answer = await stage.session.post("/login", data=FORM, headers=told, allow_redirects=False)
        assert "Secure" in answer.headers["Set-Cookie"]


async def test_a_browser_can_be_forgotten(tmp_path: Path) -> None:
    async with staged(tmp_path, access=guarded) as stage:
        await logged_in(stage)
        assert "Forget this browser" in await stage.get("/")
        async with stage.session.post("/logout", allow_redirects=False) as answer:
            assert answer.status == 303
        async with stage.session.get("/") as answer:
            assert answer.status == 401


@pytest.mark.parametrize(
    "cookie", ["", ".", "x.y", "9999999999.", "9999999999.0000", "-1.x", "9" * 5000 + ".x", "²²²²²²²²²².x", "é.é"]
)
async def test_a_made_up_cookie_is_none(tmp_path: Path, cookie: str) -> None:
    async with staged(tmp_path, access=guarded) as stage:
        name = guarded(stage.app).cookie
        async with stage.session.get("/", headers={"Cookie": f"{name}={cookie}"}) as answer:
            assert answer.status == 401


async def test_a_cookie_of_another_token_is_none(tmp_path: Path) -> None:
    async with staged(tmp_path, access=guarded) as stage:
        given = (await logged_in(stage)).headers["Set-Cookie"].partition(";")[0].partition("=")[2]
        access = Access(token="another-of-twenty-characters")
    async with staged(tmp_path, access=lambda _: access) as stage:
        answer = await stage.session.get("/", headers={"Cookie": f"{access.cookie}={given}"})
        assert answer.status == 401


@pytest.mark.parametrize(
    "back", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:x", "", "/login", "/a\r\nb", "/é"]
)
async def test_one_is_led_back_to_this_page_only(tmp_path: Path, back: str) -> None:
    async with staged(tmp_path, access=guarded) as stage:
        answer = await logged_in(stage, back=back)
        assert answer.headers["Location"] == "/"


async def test_a_form_of_another_site_is_refused(tmp_path: Path) -> None:
    async with staged(tmp_path, access=guarded) as stage:
        for said in ("cross-site", "same-site"):
            async with stage.session.post("/login", data=FORM, headers={"Sec-Fetch-Site": said}) as answer:
                assert answer.status == 403
                assert "Set-Cookie" not in answer.headers


async def test_guessing_is_slow_and_whoever_is_in_stays_in(tmp_path: Path) -> None:
    async with staged(tmp_path, access=guarded) as stage:
        await logged_in(stage)
        for _ in range(TRIES):
            answer = await logged_in(stage, token="wrong")
            assert answer.status == 401
            assert "That is not the token." in await answer.text()
        async with stage.session.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}) as answer:
            assert answer.status == 200, "it has the cookie"
        stage.session.cookie_jar.clear()
        for given in ("wrong", TOKEN):
            answer = await logged_in(stage, token=given)
            assert answer.status == 429
            assert 1 <= int(answer.headers["Retry-After"]) <= WINDOW.total_seconds()
        stage.clock.pass_(seconds=WINDOW.total_seconds())
        assert (await logged_in(stage)).status == 303


async def test_what_is_sent_is_bounded_and_odd_forms_are_no_fault(tmp_path: Path) -> None:
    async with staged(tmp_path, access=guarded) as stage:
        async with stage.session.post("/login", data={"token": "x" * 100_000}) as answer:
            assert answer.status == 413
        async with stage.session.post(
            "/login", data=b"\xff\xfe", headers={"Content-Type": "application/json"}
        ) as answer:
            assert answer.status == 401
        upload = aiohttp.FormData()
        upload.add_field("token", b"file", filename="token.txt")
        async with stage.session.post("/login", data=upload) as answer:
            assert answer.status == 401


# -- as the service has it


@pytest.mark.parametrize(
    ("listen", "token", "status"),
    [("127.0.0.1:0", None, 200), ("127.0.0.1:0", TOKEN, 401), ("0.0.0.0:0", None, 403), ("0.0.0.0:0", TOKEN, 401)],
)
async def test_the_service_guards_its_page_by_where_it_listens(
    tmp_path: Path, listen: str, token: str | None, status: int
) -> None:
    environ = {} if token is None else {"WATCHER_SERVER_TOKEN": token}
    async with staged(tmp_path, environ=environ, server={"listen": listen, "hosts": ["w.example"]}) as stage:
        server = await stage.service._listen()
        try:
            url = f"http://127.0.0.1:{server.address.rpartition(':')[2]}/"
            for host, expected in (("w.example", status), ("localhost", status), ("other.example", 421)):
                async with stage.session.get(url, headers={"Host": host}) as answer:
                    assert answer.status == expected, host
            if token is not None:
                async with stage.session.get(url, headers={"Authorization": f"Bearer {token}"}) as answer:
                    assert answer.status == 200
        finally:
            await server.close()
