"""Web addresses: told apart, resolved, shortened for people, cleaned of secrets.

Its one rule: a canonical address is for comparing, never for fetching or showing (``http`` has become ``https``,
``www.`` and ``m.`` are gone). Nothing here raises: an address that cannot be read is no web address.
"""

from __future__ import annotations

import re
from functools import lru_cache
from hashlib import sha256
from urllib.parse import SplitResult, unquote, urljoin, urlsplit, urlunsplit

from watcher import wrapped

LONGEST = 2000
"""Characters; what is longer is taken for no link (chat services refuse 3,000)."""

UNREADABLE = "(an unreadable address)"

_VARIANT_LABELS = frozenset({"www", "m", "mobile", "amp"})
"""Host labels that name a variant of a site; ``en.m.wikipedia.org`` has one in the middle."""

_FEED_LABELS = _VARIANT_LABELS | {"rss", "feeds", "feed"}

_TRACKING = frozenset(
    (  # noqa: SIM905  sixty quoted names would not read better
        "fbclid gclid gclsrc dclid gbraid wbraid msclkid yclid twclid igshid mc_cid mc_eid mkt_tok cmp cmpid smid "
        "ocid ito ncid xtor wt_mc ftag taid sref srnd traffic_source __twitter_impression soc_src soc_trk _ga _gl "
        "oly_enc_id oly_anon_id vero_id s_cid ns_mchannel ns_source ns_campaign ns_linkname ns_fee at_medium "
        "at_campaign at_custom1 at_custom2 at_custom3 at_custom4 at_format at_link_id at_link_type at_link_origin "
        "at_ptr_name at_bbc_team amp outputtype spm ref_src ref_url guccounter guce_referrer guce_referrer_sig"
    ).split()
)
"""Parameters that say where a reader came from, never which article it is; lower case."""

_ORIGIN = frozenset({"ref", "source", "src", "from", "partner", "emc", "output", "rssid", "feature", "via", "mod"})
"""Parameters that are tracking only when they say that the reader came from a feed."""

_FROM_FEED = frozenset({"rss", "feed", "rssfeed", "rss_feed", "feeds", "rss-feed", "rsslink", "rss_headlines", "rss1"})

_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_PERCENT = re.compile(r"%[0-9A-Fa-f]{2}|[^!#$&-;=?-Z_a-z~\[\]@]")
"""A percent-escape, or a character that has to become one (a bare per cent sign is one of them)."""
_UNSAFE = re.compile(r"""[\x00-\x20"<>\\^`{|}\x7f-\xa0\u2028\u2029\ud800-\udfff]""")
_BLANK = re.compile(r"[\x00-\x20]")
_BAD_HOST = re.compile(r"""[\x00-\x20"<>\\^`{|}%\x7f-\xa0\ud800-\udfff/?#@]""")
_PLAIN = re.compile(r"(?i:(?!.*\bamp\b))https://[a-z0-9.-]+(?::[0-9]+)?(?:/[A-Za-z0-9_~.-]+)*", re.ASCII)
"""A canonical form in which nothing is left to be cleaned; not the only ones."""
_SESSION = re.compile(r";jsessionid=[^/?#]*", re.IGNORECASE)


def is_web(url: str) -> bool:
    """Tell whether this is an absolute http or https address with a host (and no spaces or control characters)."""
    return _split(url) is not None


def absolute(base: str | None, href: str) -> str | None:
    """Resolve a link against its document's address.

    None when the result is no http(s) address or is longer than ``LONGEST``. Credentials in the link are dropped;
    spaces, quotes and the like are percent-encoded.
    """
    href = re.sub(r"[\t\r\n]", "", href).strip()
    if not href or len(href) > 4 * LONGEST:
        return None
    try:
        joined = urljoin(base or "", href)
    except ValueError:
        return None
    parts = _split(_UNSAFE.sub(_escaped, joined))
    if parts is None:
        return None
    url = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    return url if len(url) <= LONGEST else None


@lru_cache(maxsize=4 * 1024)
def canonical(url: str) -> str:
    """The one form that all variants of an address share; idempotent. What is no web address comes back stripped.

    Remembered for a while: an item's address is compared with others three times on its way.
    """
    form = _step(url.strip())
    if _PLAIN.fullmatch(form) and _inner(form) is None:
        return form
    while (shorter := _step(form)) != form and len(shorter) < len(form):  # cleaning may lay bare a wrapped address
        form = shorter
    return form


def direct(url: str) -> str:
    """The publisher's address, where the link of a search engine or an aggregator holds it; else the link itself."""
    while (found := _inner(url)) is not None:
        url = found
    return url


def is_consent(url: str) -> bool:
    """Tell whether the page asks for consent to cookies: there is no article on it."""
    return wrapped.is_consent(host(url))


def wire(url: str) -> str | None:
    """The address as it is asked for: ASCII only, international host coded, no credentials, no fragment.

    Percent-escapes stay as they are: signed addresses break when they are normalised. None for what is no web address.
    """
    parts = _split(_UNSAFE.sub(_escaped, url.strip()))
    name = "" if parts is None else _ascii_host(parts)
    if parts is None or not name.isascii():
        return None
    default = parts.port is None or (parts.scheme, parts.port) in {("http", 80), ("https", 443)}
    place = (f"[{name}]" if ":" in name else name) + ("" if default else f":{parts.port}")
    path = _PERCENT.sub(_kept, parts.path) or "/"
    return urlunsplit((parts.scheme, place, path, _PERCENT.sub(_kept, parts.query), ""))


def credentials(url: str) -> tuple[str, str] | None:
    """User and password that stand before the host, decoded; None when there are none."""
    parts = _split(_UNSAFE.sub(_escaped, url.strip()))
    if parts is None or parts.username is None:
        return None
    return unquote(parts.username), unquote(parts.password or "")


def host(url: str) -> str:
    """The host name in lower case, port and credentials aside; "" when there is none."""
    parts = _split(url)
    return "" if parts is None else _ascii_host(parts)


def outlet(url: str) -> str:
    """A site's name for people, from its host: ``https://feeds.example.com/x`` → ``example.com``; "" without one."""
    return _without(_FEED_LABELS, host(direct(url)))


def redact(url: str) -> str:
    """The address as it may stand in a log or an error: no credentials, no query values, no fragment."""
    parts = _split(url.strip())
    if parts is None:
        return UNREADABLE
    name = _ascii_host(parts)
    path = parts.path
    if name == "hooks.slack.com":  # the path of an incoming webhook is its password
        path = "/…"
    return f"{parts.scheme.lower()}://{_netloc(name, parts.port)}{path}" + ("?…" if parts.query else "")


def identity_hash(text: str) -> str:
    """Make an id of 16 hex digits: the start of the text's SHA-256."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def entry_identity(url: str | None, feed_id: str, guid: str | None, title: str, text: str) -> str:
    """Say what makes an entry that entry: its canonical address; else feed and guid; else feed and content.

    A site's bare root is no address (some feeds link every item there), and neither is a page that asks for consent. A
    fragment counts when the guid names the same one: change logs put all their items on one page.
    """
    address = canonical(url) if url else ""
    parts = _split(address)
    if url and parts is not None and not is_consent(address) and (parts.path or parts.query or parts.fragment):
        return address + _own_fragment(url, guid, address)
    if guid and guid.strip():
        return f"{feed_id} {guid.strip()}"
    return f"{feed_id} {identity_hash(' '.join(f'{title} {text}'.split()))}"


def landing(asked: str, answered: str) -> str | None:
    """The canonical address that redirects led to, where it names another page than was asked for.

    A site's bare root and a page that asks for consent name no article; that is where dead links are sent.
    """
    address = canonical(answered)
    parts = _split(address)
    if parts is None or is_consent(address) or not (parts.path.strip("/") or parts.query):
        return None
    return address if address != canonical(asked) else None


def _own_fragment(url: str, guid: str | None, address: str) -> str:
    fragment = url.partition("#")[2]
    own = bool(fragment) and "=" not in fragment and "#" not in address and (guid or "").endswith(f"#{fragment}")
    return f"#{fragment}" if own else ""


@lru_cache(maxsize=1024)
def _split(url: str) -> SplitResult | None:
    """Take an address apart; None when it is no absolute http(s) address. On its way a link is taken apart 8 times."""
    if _BLANK.search(url):
        return None
    try:
        parts = urlsplit(url)
        _ = parts.port  # reading it checks it
        name = parts.hostname
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not name or _BAD_HOST.search(name) or not name.strip("."):
        return None
    return parts


@lru_cache(maxsize=1024)
def _ascii_host(parts: SplitResult) -> str:
    name = (parts.hostname or "").rstrip(".")
    if name.isascii():
        return name
    try:
        coded = name.encode("idna").decode("ascii").lower().strip(".")
    except UnicodeError:
        return name
    return name if not coded or _BAD_HOST.search(coded) else coded


def _netloc(name: str, port: int | None) -> str:
    name = f"[{name}]" if ":" in name else name
    return name if port in {None, 80, 443} else f"{name}:{port}"


def _without(labels: frozenset[str], name: str) -> str:
    """Drop variant labels; the last two labels always stay."""
    parts = name.split(".")
    return ".".join([label for label in parts[:-2] if label not in labels] + parts[-2:])


def _step(url: str) -> str:
    parts = _split(_UNSAFE.sub(_escaped, url))
    if parts is None:
        return url
    return _canonical(_split(_carried(parts, len(urlunsplit(parts))) or "") or parts)


def _canonical(parts: SplitResult) -> str:
    name = _without(_VARIANT_LABELS, _ascii_host(parts))
    path = _path(_PERCENT.sub(_normal, parts.path))
    query = "&".join(sorted(filter(_matters, _PERCENT.sub(_normal, parts.query).split("&"))))
    # single-page sites keep the article's name behind "#!" or "#/"
    fragment = _PERCENT.sub(_normal, parts.fragment) if parts.fragment.startswith(("!", "/")) else ""
    return urlunsplit(("https", _netloc(name, parts.port), path, query, fragment))


def _path(path: str) -> str:
    """Drop session ids, AMP's marks and trailing slashes; "" for the site's root."""
    path = _SESSION.sub("", path)
    segments = path.rstrip("/").split("/")[1:]
    while len(segments) > 1 and segments[-1].lower() in {"amp", ""}:
        segments.pop()
    while len(segments) > 1 and segments[0].lower() == "amp":
        segments.pop(0)
    if segments:
        segments[-1] = re.sub(r"(?:\.amp)+(?=$|\.html?$)", "", segments[-1], flags=re.IGNORECASE)
    joined = "/".join(segments).rstrip("/")
    return f"/{joined}" if joined else ""


def _matters(pair: str) -> bool:
    name, _, value = pair.partition("=")
    name = name.lower()
    if not pair or name.startswith("utm_") or name in _TRACKING:
        return False
    return not (name in _ORIGIN and value.lower() in _FROM_FEED)


def _inner(url: str) -> str | None:
    """The address that a redirecting one carries; always a shorter one, so that following them ends."""
    parts = _split(url)
    return _carried(parts, len(url)) if parts is not None else None


def _carried(parts: SplitResult, shorter_than: int) -> str | None:
    carried = wrapped.carried(_ascii_host(parts), parts.path, parts.query)
    found = absolute(None, carried) if carried else None
    return found if found is not None and len(found) < shorter_than else None


def _escaped(found: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in found[0].encode("utf-8", "replace"))


def _kept(found: re.Match[str]) -> str:
    return found[0] if len(found[0]) == 3 else _escaped(found)


def _normal(found: re.Match[str]) -> str:
    text = found[0]
    if len(text) == 1:
        return _escaped(found)
    character = chr(int(text[1:], 16))
    return character if character in _UNRESERVED else text.upper()
