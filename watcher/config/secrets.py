"""Tokens from the environment or from files.

Its one rule: a secret is never in a repr, a message or a log; what is wrong with one is said by its variable's name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from watcher import urls
from watcher.config.findings import Findings
from watcher.config.values import Refused
from watcher.errors import ConfigError

API_URL = "https://slack.com/api/"
_MOST_BYTES = 64 * 1024
_PLACEHOLDER = re.compile(
    r"your|replace|change[-_]?me|placeholder|insert|todo|here$|xxx|<|\.\.\.|…|\*\*|^[x0.-]*$", re.IGNORECASE
)
_REAL = re.compile(r"[0-9A-Z]+-[0-9A-Z]+-.*?(?!(.)\1+$)[A-Za-z0-9]{16,}")
"""A real token's shape: long random parts can hold any of those words by chance."""
_KINDS = {
    "xoxb-": ("a bot token (xoxb-)", "SLACK_BOT_TOKEN"),
    "xapp-": ("an app-level token (xapp-)", "SLACK_APP_TOKEN"),
    "https://hooks.": ("a webhook's address", "SLACK_WEBHOOK_URL"),
}
_OTHERS = {"xoxp-": "a user token (xoxp-)", "xoxe": "a rotating token (xoxe)", "xoxs-": "a browser's token (xoxs-)"}
_WANTED = {
    "SLACK_BOT_TOKEN": ("xoxb-", "the Bot User OAuth Token (xoxb-…) of the app's page OAuth & Permissions"),
    "SLACK_APP_TOKEN": ("xapp-", "an app-level token (xapp-…) of the app's page Basic Information"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """What must not be shown. ``api_url`` is where Slack's methods are; it ends with a slash."""

    bot_token: str | None = field(default=None, repr=False)
    app_token: str | None = field(default=None, repr=False)
    webhook_url: str | None = field(default=None, repr=False)
    server_token: str | None = field(default=None, repr=False)
    api_url: str = API_URL
    files: Mapping[str, Path] = field(default_factory=dict)
    """Variable → the file that its value came from."""

    @property
    def slack(self) -> bool:
        """Tell whether there is a way into Slack."""
        return bool(self.bot_token or self.webhook_url)

    def reload(self) -> Secrets:
        """The same with the files read again, for a token that was refused; raises ConfigError."""
        findings = Findings("", {})
        changed: dict[str, Any] = {
            _FIELDS[name]: _checked(name, _from_file(name, path, findings), findings)
            for name, path in self.files.items()
        }
        if findings.errors:
            raise ConfigError(findings.errors)
        return replace(self, **changed)


_FIELDS = {
    "SLACK_BOT_TOKEN": "bot_token",
    "SLACK_APP_TOKEN": "app_token",
    "SLACK_WEBHOOK_URL": "webhook_url",
    "WATCHER_SERVER_TOKEN": "server_token",
}


def read_secrets(environ: Mapping[str, str], findings: Findings) -> Secrets:
    """All secrets of the environment; problems go to ``findings``."""
    given: dict[str, str | None] = {}
    files: dict[str, Path] = {}
    for name, attribute in _FIELDS.items():
        value, path = environ.get(name, "").strip(), environ.get(f"{name}_FILE", "").strip()
        if value and path:
            findings.environment(name, f"both {name} and {name}_FILE are set", "keep one of them")
        elif path:
            files[name] = Path(path)
            value = _from_file(name, files[name], findings)
        given[attribute] = _checked(name, value, findings)
    api_url = _api_url(environ.get("SLACK_API_URL", "").strip(), findings)
    return Secrets(**given, api_url=api_url, files=files)


def mentioned(environ: Mapping[str, str]) -> bool:
    """Tell whether the environment means to give a way into Slack, sound or not."""
    names = ("SLACK_BOT_TOKEN", "SLACK_WEBHOOK_URL")
    return any(environ.get(f"{name}{end}", "").strip() for name in names for end in ("", "_FILE"))


def _from_file(name: str, path: Path, findings: Findings) -> str:
    what = remedy = None
    text = ""
    try:
        with path.open("rb") as stream:
            raw = stream.read(_MOST_BYTES + 1)
        text = raw.decode("utf-8-sig").strip()
        if not text:
            what, remedy = f"the file {path} is empty", "write the token into it"
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not text"
        what, remedy = f"the file {path} cannot be read ({reason})", "check the path and who may read it"
    if what:
        findings.environment(f"{name}_FILE", what, remedy)
    return text


def _checked(name: str, value: str, findings: Findings) -> str | None:
    if not value:
        return None
    try:
        _CHECKS[name](name, value)
    except Refused as refused:
        findings.environment(name, refused.what, refused.remedy)
        return None
    return value


def _plain(value: str) -> None:
    if value[0] in "\"'" or value[-1] in "\"'":
        raise Refused("the value has quotation marks around it", "remove them: env files take values as they are")
    if re.search(r"\s", value):
        raise Refused("the value has white space or a line break inside", "copy it again, in one piece")
    if not value.isascii() or not value.isprintable():
        raise Refused("the value has characters that no token has", "copy it again")


def _token(name: str, value: str) -> None:
    prefix, wanted = _WANTED[name]
    if not value.startswith(prefix):
        for start, (kind, home) in _KINDS.items():
            if value.startswith(start):
                raise Refused(f"it holds {kind}", f"that belongs in {home}; here goes {wanted}")
        kind = next((kind for start, kind in _OTHERS.items() if value.startswith(start)), "no such token")
        raise Refused(f"it holds {kind}", f"here goes {wanted}")
    rest = value.removeprefix(prefix)
    if _PLACEHOLDER.search(rest) and not _REAL.fullmatch(rest):
        raise Refused("it holds a placeholder, not a token", f"here goes {wanted}")
    _plain(value)
    if not re.fullmatch(r"[A-Za-z0-9-]+", value):
        raise Refused("it has characters that no token has", f"here goes {wanted}")


def _webhook(name: str, value: str) -> None:
    wanted = "copy the address from the app's page Incoming Webhooks: https://hooks.slack.com/services/…"
    for start, (kind, home) in _KINDS.items():
        if home != name and value.startswith(start):
            raise Refused(f"it holds {kind}", f"that belongs in {home}")
    if re.search(r"your|<|…|\.\.\.|X{8}|/T0+/", value):
        raise Refused("it holds a placeholder, not an address", wanted)
    _plain(value)
    if not urls.is_web(value):
        raise Refused("it holds no web address", wanted)


def _password(_name: str, value: str) -> None:
    _plain(value)
    if len(value) < 8 or (len(value) < 20 and _PLACEHOLDER.search(value)):  # long ones are random
        raise Refused("it is a placeholder or shorter than 8 characters", "make one: openssl rand -hex 16")


_CHECKS: dict[str, Callable[[str, str], None]] = {
    "SLACK_BOT_TOKEN": _token,
    "SLACK_APP_TOKEN": _token,
    "SLACK_WEBHOOK_URL": _webhook,
    "WATCHER_SERVER_TOKEN": _password,
}


def _api_url(value: str, findings: Findings) -> str:
    if not value:
        return API_URL
    if not urls.is_web(value):
        findings.environment("SLACK_API_URL", "it holds no web address", f"leave it out, or write {API_URL}")
        return API_URL
    return value.rstrip("/") + "/"
