"""The forms of single values: durations, sizes, channels, rules, languages and the like.

Its one rule: pure functions from what YAML gives to what watcher uses; what they refuse is a ``Refused`` with a
sentence and a remedy.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import time, timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Literal, cast, get_args
from zoneinfo import ZoneInfo, available_timezones

from watcher.config.findings import near, shown, suggest
from watcher.types import SENSITIVITIES, Sensitivity


class Refused(ValueError):  # noqa: N818  reads as what happened: except Refused
    """A value that cannot be used; ``what`` is wrong and what to write instead."""

    def __init__(self, what: str, remedy: str | None = None) -> None:
        self.what = what
        self.remedy = remedy
        super().__init__(what)


@dataclass(frozen=True, slots=True, kw_only=True)
class Flood:
    """At most ``count`` alerts per channel in a ``window``."""

    count: int
    window: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Weekly:
    """A time of the week in the configured zone; ``weekday`` 0 is Monday."""

    weekday: int
    at: time


Network = IPv4Network | IPv6Network

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400, "y": 365 * 86400}
DURATION = r"^(?:[0-9]{1,9}[smhdwy])+$"
_PART = re.compile(r"([0-9]{1,9})([smhdwy])")
_LONGEST = timedelta(days=100 * 365)
_BYTES = {"B": 1, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3}
SIZE = r"^[0-9]{1,12} ?(?:B|KiB|MiB|GiB)$"
_SIZE = re.compile(r"([0-9]{1,12}) ?([A-Za-z]{1,3})")
FLOOD = r"^[0-9]{1,6}/(?:[0-9]{1,9}[smhdwy])+$"
WEEKLY = r"^(?:mon|tue|wed|thu|fri|sat|sun) [0-2]?[0-9]:[0-5][0-9]$"
_WEEKLY = re.compile(r"([a-z]+) +([0-2]?[0-9]):([0-5][0-9])")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

TOPIC = r"^[a-z0-9-]{1,40}$"
CHANNEL_ID = re.compile(r"[CGDU][A-Z0-9]{8,20}")
_CHANNEL_NAME = re.compile(r"#?[\w-]{1,80}")
PLACEHOLDER_CHANNEL = "#your-channel"

_REGEX_SIGNS = re.compile(r"[\\^$|()\[\]{}]|\.[*+]")
_LONGEST_RULE = 100
_ISO_639_1 = """
aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz
ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik
io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml
mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd
se sg si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi
vo wa wo xh yi yo za zh zu
"""
LANGUAGES = frozenset(_ISO_639_1.split())
_LANGUAGE_MEANT = {"kr": "ko", "jp": "ja", "cn": "zh", "us": "en", "gb": "en", "vn": "vi", "ua": "uk", "cz": "cs"}
_LANGUAGE_NAMES = {"english": "en", "korean": "ko", "japanese": "ja", "chinese": "zh", "german": "de", "french": "fr"}


def duration(value: object) -> timedelta:
    """``30s``, ``5m``, ``2h``, ``7d``, ``2w``, ``1y`` or several of them: ``1h30m``."""
    example = "write a number and a unit, such as 30s, 5m, 2h or 7d"
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise Refused(f"{value} has no unit", f"write {value}s, {value}m or {value}h" if value > 0 else example)
    if not isinstance(value, str):
        raise Refused(f"{shown(value)} is no duration", example)
    text = value.strip()
    if text.startswith("-"):
        raise Refused(f"{shown(value)} is negative", example)
    if not re.fullmatch(DURATION, text):
        raise Refused(f"{shown(value)} is no duration", example)
    seconds = sum(int(count) * _UNITS[unit] for count, unit in _PART.findall(text))
    if seconds > _LONGEST.total_seconds():
        raise Refused(f"{shown(value)} is longer than 100 years", example)
    return timedelta(seconds=seconds)


def duration_text(value: timedelta) -> str:
    """The shortest text that ``duration`` reads back; whole seconds only."""
    rest, parts = int(value.total_seconds()), []
    for unit in ("d", "h", "m", "s"):
        count, rest = divmod(rest, _UNITS[unit])
        parts += [f"{count}{unit}"] if count else []
    return "".join(parts) or "0s"


def at_least_a_second(value: object) -> timedelta:
    """A duration that is not zero."""
    read = duration(value)
    if read < timedelta(seconds=1):
        raise Refused(f"{shown(value)} is too short", "write 1s or more")
    return read


def size(value: object) -> int:
    """``512KiB``, ``8MiB`` in bytes."""
    example = "write a number and B, KiB, MiB or GiB, such as 8MiB"
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        raise Refused(f"{value} has no unit", f"write {value}B for bytes, or for example 8MiB")
    found = _SIZE.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise Refused(f"{shown(value)} is no size", example)
    number, unit = found.groups()
    if unit not in _BYTES:
        meant = {"k": "KiB", "m": "MiB", "g": "GiB", "b": "B"}.get(unit[0].lower())
        raise Refused(f"{shown(value)} has an unknown unit", f"write {number}{meant}" if meant else example)
    return int(number) * _BYTES[unit]


def size_text(value: int) -> str:
    """The shortest text that ``size`` reads back."""
    unit = next((unit for unit in ("GiB", "MiB", "KiB") if value and value % _BYTES[unit] == 0), "B")
    return f"{value // _BYTES[unit]}{unit}"


def body_size(value: object) -> int:
    """A size that a page or feed may have: 1 KiB to 64 MiB (the memory of the whole service is bounded)."""
    read = size(value)
    if not _BYTES["KiB"] <= read <= 64 * _BYTES["MiB"]:
        raise Refused(f"{shown(value)} is out of bounds", "write 1KiB to 64MiB")
    return read


def flood(value: object) -> Flood:
    """``10/10m``: ten alerts in ten minutes."""
    if not isinstance(value, str) or value.count("/") != 1:
        raise Refused(f"{shown(value)} is no flood cap", "write alerts/window, such as 10/10m")
    count, _, window = value.partition("/")
    if not re.fullmatch(r"[0-9]{1,6}", count.strip()) or int(count) < 1:
        raise Refused(f"{shown(value)} does not start with a count from 1", "write alerts/window, such as 10/10m")
    return Flood(count=int(count), window=at_least_a_second(window.strip()))


def weekly(value: object) -> Weekly:
    """``mon 09:00``."""
    found = _WEEKLY.fullmatch(value.strip().lower()) if isinstance(value, str) else None
    if found is None or found[1][:3] not in _DAYS or int(found[2]) > 23:
        raise Refused(f"{shown(value)} is no time of the week", 'write a day and a time, such as "mon 09:00"')
    return Weekly(weekday=_DAYS.index(found[1][:3]), at=time(int(found[2]), int(found[3])))


Named = Literal["strict", "balanced", "broad"]
assert set(SENSITIVITIES) == set(get_args(Named))


def sensitivity(value: object) -> Sensitivity:
    """A name, a fixed threshold in (0, 1], or ``{alerts_per_day: 5}``."""
    remedy = "write strict, balanced, broad, a threshold such as 0.15, or {alerts_per_day: 5}"
    if isinstance(value, str):
        if re.fullmatch(r"[0-9.]+", value):
            raise Refused(f"{shown(value)} is text, not a number", f"write {value} without quotes")
        if value not in SENSITIVITIES:
            raise Refused(f"{shown(value)} is no sensitivity", suggest(value, SENSITIVITIES, remedy))
        return Sensitivity(factor=SENSITIVITIES[value])
    if isinstance(value, dict):
        return Sensitivity(budget=_budget(value))
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Refused(f"{shown(value)} is no sensitivity", remedy)
    if not 0 < value <= 1:
        raise Refused(f"a threshold of {value} cannot be", "write a number above 0 and up to 1 (1.0 means never)")
    return Sensitivity(fixed=float(value))


def _budget(value: dict[object, object]) -> int:
    known = "alerts_per_day"
    for name in value:
        if name != known:
            raise Refused(f"there is no such key as {shown(name)} in it", f'did you mean "{known}"?')
    budget = value.get(known)
    if isinstance(budget, bool) or not isinstance(budget, int) or not 1 <= budget <= 10_000:
        raise Refused(f"{known} is {shown(budget)}", "write a whole number from 1, such as {alerts_per_day: 5}")
    return budget


def rule(value: object) -> str:
    """A word, a "phrase" or a prefix*."""
    if not isinstance(value, str):
        raise Refused(f"{shown(value)} is not text", "put it in quotes")
    text = " ".join(value.split())
    bare = text.strip('"').strip()
    if found := _REGEX_SIGNS.search(bare):
        raise Refused(
            f'{shown(value)} has "{found[0]}" in it, and rules are not regular expressions',
            'write a word, a "phrase" or a prefix*',
        )
    if not any(sign.isalnum() for sign in bare):
        raise Refused(f"{shown(value)} holds no word", 'write a word, a "phrase" or a prefix*')
    if "*" in bare[:-1]:
        raise Refused(
            f"{shown(value)} has a * that is not at its end", "write the beginning of the word and a *: Korea*"
        )
    if len(text) > _LONGEST_RULE:
        raise Refused(f"{shown(value)} is longer than {_LONGEST_RULE} characters", "write a word or a short phrase")
    return text


def language(value: object) -> str:
    """An ISO 639-1 code."""
    if not isinstance(value, str):
        raise Refused(f"{shown(value)} is no language", "write two letters in quotes, such as en or ko")
    code = value.strip().lower()
    meant = _LANGUAGE_MEANT.get(code) or _LANGUAGE_NAMES.get(code)
    if meant or code not in LANGUAGES:
        remedy = f'did you mean "{meant}"?' if meant else "write two letters (ISO 639-1), such as en or ko"
        raise Refused(f"{shown(value)} is no language code", remedy)
    return code


def channel(value: object) -> str:
    """A channel's name (with its #, added where it lacks) or an id such as ``C0123ABCD``."""
    if not isinstance(value, str) or not value.strip():
        raise Refused(f"{shown(value)} is no channel", 'write its name in quotes, such as "#korea-desk", or its id')
    text = value.strip()
    if CHANNEL_ID.fullmatch(text):
        return text
    if text.startswith("@"):
        raise Refused(f"{shown(value)} is no channel", "for a direct message write the member id, such as U0123ABCD")
    if not _CHANNEL_NAME.fullmatch(text):
        raise Refused(f"{shown(value)} cannot be a channel's name", 'write it as Slack shows it, such as "#korea-desk"')
    if text != text.lower():
        raise Refused(f"{shown(value)} has capital letters, and channels have none", f'did you mean "{text.lower()}"?')
    return text if text.startswith("#") else f"#{text}"


def editor(value: object) -> str:
    """A user or group id."""
    if not isinstance(value, str) or not re.fullmatch(r"[UWS][A-Z0-9]{8,20}", value.strip()):
        raise Refused(
            f"{shown(value)} is no user or group id",
            "copy the member id from the person's profile in Slack: U0123ABCD (groups: S0123ABCD)",
        )
    return value.strip()


def network(value: object) -> Network:
    """An address or a network such as ``10.0.0.0/8``."""
    if not isinstance(value, str):
        raise Refused(f"{shown(value)} is no network", "write it in quotes, such as 10.0.0.0/8")
    try:
        return ip_network(value.strip())
    except ValueError:
        pass
    try:
        wide = ip_network(value.strip(), strict=False)
    except ValueError:
        raise Refused(f"{shown(value)} is no network", "write addresses, not names: 10.0.0.0/8 or ::1") from None
    raise Refused(f"{shown(value)} has more digits than its mask keeps", f"write {wide}")


def zone(value: object) -> ZoneInfo:
    """A time zone of the IANA data base."""
    if not isinstance(value, str):
        raise Refused(f"{shown(value)} is no time zone", "write one such as UTC, Asia/Seoul or America/New_York")
    try:
        return ZoneInfo(value)
    except (KeyError, ValueError, OSError):  # a folder of zones ("America") is an OSError
        known = available_timezones()
        city = {name.rpartition("/")[2].replace("_", " "): name for name in sorted(known) if "/" in name}
        parent = any(name.startswith(f"{value}/") for name in known)
        meant = None if parent else near(value, known) or city.get(near(value.replace("_", " "), city) or "")
        remedy = f'did you mean "{meant}"?' if meant else "write one such as UTC, Asia/Seoul or America/New_York"
        raise Refused(f"{shown(value)} is no time zone", remedy) from None


def listed(value: object) -> list[object]:
    """A list, also when only one value is given."""
    return cast("list[object]", value) if isinstance(value, list) else [value]
