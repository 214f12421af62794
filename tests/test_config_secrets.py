"""Tokens: named when they are wrong, never shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watcher.config.findings import Findings
from watcher.config.secrets import API_URL, Secrets, read_secrets
from watcher.errors import ConfigError

REAL = "xoxb-123456789012-123456789012-AbCdYourTodoXxx1234567890"
"""Made up, in a real one's shape: it holds placeholder words by chance."""


def read(environ: dict[str, str]) -> tuple[Secrets, list[str]]:
    findings = Findings("f", {})
    secrets = read_secrets(environ, findings)
    return secrets, [str(problem) for problem in findings.errors]


def test_nothing_is_given() -> None:
    secrets, problems = read({"SLACK_BOT_TOKEN": "", "SLACK_BOT_TOKEN_FILE": " "})
    assert problems == []
    assert not secrets.slack
    assert secrets.api_url == API_URL


@pytest.mark.parametrize(
    ("name", "attribute", "value"),
    [
        ("SLACK_BOT_TOKEN", "bot_token", "xoxb-test"),
        ("SLACK_BOT_TOKEN", "bot_token", REAL),
        ("SLACK_APP_TOKEN", "app_token", "xapp-1-A0123-456-abcdef"),
        ("SLACK_WEBHOOK_URL", "webhook_url", "https://hooks.slack.com/services/T1/B1/abc"),
        ("SLACK_WEBHOOK_URL", "webhook_url", "http://127.0.0.1:9/hook"),
        ("WATCHER_SERVER_TOKEN", "server_token", "0123456789abcdef"),
        ("SLACK_API_URL", "api_url", "http://127.0.0.1:9/api/"),
    ],
)
def test_a_sound_value_is_taken_from_the_variable(name: str, attribute: str, value: str) -> None:
    secrets, problems = read({name: f" {value}\n"})
    assert problems == []
    assert getattr(secrets, attribute) == value


def test_a_secret_comes_from_a_file_and_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("\ufeffxoxb-first\r\n", encoding="utf-8")
    secrets, problems = read({"SLACK_BOT_TOKEN_FILE": str(file), "WATCHER_SERVER_TOKEN": "0123456789abcdef"})
    assert problems == []
    assert secrets.bot_token == "xoxb-first"
    file.write_text("xoxb-second\n", encoding="utf-8")
    again = secrets.reload()
    assert (again.bot_token, again.server_token) == ("xoxb-second", "0123456789abcdef")
    file.write_text("", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"SLACK_BOT_TOKEN_FILE: the file .* is empty"):
        again.reload()


WRONG = [
    ("SLACK_BOT_TOKEN", "xoxp-1-S3CRET", "it holds a user token (xoxp-)"),
    ("SLACK_BOT_TOKEN", "xapp-1-S3CRET", "it holds an app-level token (xapp-); that belongs in SLACK_APP_TOKEN"),
    (
        "SLACK_BOT_TOKEN",
        "https://hooks.slack.com/S3CRET",
        "it holds a webhook's address; that belongs in SLACK_WEBHOOK",
    ),
    ("SLACK_BOT_TOKEN", "xoxe.xoxp-1-S3CRET", "it holds a rotating token (xoxe)"),
    ("SLACK_BOT_TOKEN", "S3CRET", "it holds no such token; here goes the Bot User OAuth Token (xoxb-…)"),
    ("SLACK_BOT_TOKEN", "'xoxb-S3CRET'", "it holds no such token"),
    ("SLACK_BOT_TOKEN", "xoxb-S3CRET xoxb-S3CRET", "the value has white space or a line break inside"),
    ("SLACK_BOT_TOKEN", "xoxb-S3CRET\nxoxb-S3CRET", "the value has white space or a line break inside"),
    ("SLACK_BOT_TOKEN", "xoxb-S3CRET'", "the value has quotation marks around it"),
    ("SLACK_BOT_TOKEN", "xoxb-S3CRET,", "it has characters that no token has"),
    ("SLACK_BOT_TOKEN", "xoxb-S3CRET\u200b", "the value has characters that no token has"),
    ("SLACK_BOT_TOKEN", "xoxb-", "it holds a placeholder"),
    ("SLACK_BOT_TOKEN", "xoxb-your-token", "it holds a placeholder"),
    ("SLACK_BOT_TOKEN", "xoxb-your-bot-token-here", "it holds a placeholder"),
    ("SLACK_BOT_TOKEN", "xoxb-...", "it holds a placeholder"),
    ("SLACK_BOT_TOKEN", "xoxb-<token>", "it holds a placeholder"),
    ("SLACK_BOT_TOKEN", "xoxb-xxxxxxxxxxxx-xxxxxxxxxxxx", "it holds a placeholder"),
    ("SLACK_BOT_TOKEN", "xoxb-123456789012-123456789012-xxxxxxxxxxxxxxxxxxxxxxxx", "it holds a placeholder"),
    ("SLACK_APP_TOKEN", "xoxb-S3CRET", "it holds a bot token (xoxb-); that belongs in SLACK_BOT_TOKEN"),
    ("SLACK_APP_TOKEN", "xapp-your-token", "it holds a placeholder"),
    ("SLACK_WEBHOOK_URL", "xoxb-S3CRET", "it holds a bot token (xoxb-); that belongs in SLACK_BOT_TOKEN"),
    ("SLACK_WEBHOOK_URL", "hooks.slack.com/services/S3CRET", "it holds no web address"),
    (
        "SLACK_WEBHOOK_URL",
        "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXX",
        "it holds a placeholder",
    ),
    ("WATCHER_SERVER_TOKEN", "S3CRET", "it is a placeholder or shorter than 8 characters"),
    ("WATCHER_SERVER_TOKEN", "changeme", "it is a placeholder or shorter than 8 characters"),
    ("SLACK_API_URL", "slack.com/S3CRET", "it holds no web address"),
]


@pytest.mark.parametrize(("name", "value", "expected"), WRONG)
def test_what_is_wrong_is_named_and_never_shown(name: str, value: str, expected: str) -> None:
    secrets, (problem,) = read({name: value})
    assert problem.startswith(f"environment: {name}: {expected}")
    assert "S3CRET" not in problem
    assert (secrets.bot_token, secrets.app_token, secrets.webhook_url, secrets.server_token) == (None,) * 4


@given(st.text(min_size=1), st.sampled_from(["SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "WATCHER_SERVER_TOKEN"]))
def test_no_value_is_ever_shown(noise: str, name: str) -> None:
    secrets, problems = read({name: f"S3CRET{noise}S3CRET"})
    assert "S3CRET" not in repr(secrets) + "".join(problems)


def test_a_variable_and_its_file_together_are_refused(tmp_path: Path) -> None:
    _, problems = read({"SLACK_BOT_TOKEN": "xoxb-test", "SLACK_BOT_TOKEN_FILE": str(tmp_path / "x")})
    assert problems == [
        "environment: SLACK_BOT_TOKEN: both SLACK_BOT_TOKEN and SLACK_BOT_TOKEN_FILE are set; keep one of them"
    ]


@pytest.mark.parametrize("name", ["missing", ".", "bytes", "nul\0"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00")
    _, (problem,) = read({"SLACK_BOT_TOKEN_FILE": str(tmp_path / name)})
    assert problem.startswith("environment: SLACK_BOT_TOKEN_FILE: the file ")
    assert problem.endswith("check the path and who may read it")
