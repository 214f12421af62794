"""Plain text: tidied, cut into words and sentences, shortened, compared.

Its one rule: pure and light. Feed parsing, term cards, scoring, grouping and summaries all read text through these few
functions, so that a word is the same word everywhere. Whoever changes what `words` returns raises `TOKENISER`: term
cards carry its number.
"""

from __future__ import annotations

import re
import unicodedata
from hashlib import sha256

TOKENISER = 1
"""Version of what `words` does; a term card made by another version is refused."""

LONGEST_WORD = 50
"""Longer runs are addresses, encoded data or a missing space: no word of any language we read."""

_HAN = "\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_KANA = "\u3041-\u309f\u30a0-\u30ff\u31f0-\u31ff"
_HANGUL = "\u1100-\u11ff\u3131-\u318f\uac00-\ud7af"
_SOUTH_EAST_ASIA = "\u0e01-\u0eff\u1000-\u109f\u1780-\u17d3"  # Thai, Lao, Burmese, Khmer: no spaces between words
_UNSPACED = re.compile(f"[{_HAN}{_KANA}{_HANGUL}{_SOUTH_EAST_ASIA}]+")

# Marks that belong to the letter before them (accents, vowel signs); for `re` they are not part of a word.
_MARKS = (
    "\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed"
    "\u0711\u0730-\u074a\u0900-\u0903\u093a-\u094f\u0951-\u0957\u0962\u0963\u0981-\u0983\u09bc-\u09cd\u0a01-\u0a51"
    "\u0a81-\u0a83\u0abc-\u0acd\u0b01-\u0b03\u0b3c-\u0b57\u0b82\u0bbe-\u0bcd\u0c00-\u0c04\u0c3e-\u0c56\u0c81-\u0c83"
    "\u0cbc-\u0cd6\u0d00-\u0d03\u0d3b-\u0d4d\u0d82\u0d83\u0dca-\u0ddf\u0e31-\u0e3a\u0e47-\u0e4e\u0eb1-\u0ecd"
    "\u102b-\u103e\u17b4-\u17d3"
)
_WORD = re.compile(rf"[^\W_]+(?:[{_MARKS}]+[^\W_]*)*")
_ASCII_WORD = re.compile("[a-z0-9]{2,}")
"""The same in lower-case ASCII, several times as fast."""
_ADDRESS = re.compile(r"\b(?:https?://|www\.)\S+", re.IGNORECASE)
_LINE_BREAK = re.compile(r"[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+")


def tidy(text: str, *, lines: bool = False) -> str:
    """Text as people see it: composed (NFC), without control, zero-width and direction marks, white space folded.

    The result is one line; with ``lines`` the line breaks stay (one each) and only the white space inside them folds.
    """
    if lines:
        folded = (tidy(line) for line in _LINE_BREAK.split(text))
        return "\n".join(line for line in folded if line)
    if not (text.isascii() and text.isprintable()):
        hidden = [ord(char) for char in set(text) if _hidden(char)]  # texts are long, but use few characters
        text = unicodedata.normalize("NFC", text.translate(dict.fromkeys(hidden)) if hidden else text)
    return " ".join(text.split())


def _hidden(char: str) -> bool:
    if char.isprintable() or char.isspace():
        return False
    # Cf: zero-width and direction marks, soft hyphens; Cc: control characters; Cs: halves of broken pairs
    return unicodedata.category(char) in {"Cc", "Cf", "Cs"}


def words(text: str) -> list[str]:
    """The words of a text in order, lower-case, two letters or more; addresses left out.

    Han, Kana, Hangul and South-East Asian runs, which have no spaces where words end, become pairs of characters.
    """
    if "://" in text or "www." in text:
        text = _ADDRESS.sub(" ", text)
    if text.isascii():
        return [word for word in _ASCII_WORD.findall(text.lower()) if len(word) <= LONGEST_WORD]
    found: list[str] = []
    for run in _WORD.findall(unicodedata.normalize("NFKC", text).lower()):
        if run.isascii() or not _UNSPACED.search(run):
            if 1 < len(run) <= LONGEST_WORD:
                found.append(run)
        else:
            found.extend(_unspaced(run))
    return found


def _unspaced(run: str) -> list[str]:
    found: list[str] = []
    end = 0
    for match in _UNSPACED.finditer(run):
        found.extend(_spaced(run[end : match.start()]))
        piece = match.group()
        found.extend(piece[i : i + 2] for i in range(max(1, len(piece) - 1)))
        end = match.end()
    return found + _spaced(run[end:])


def _spaced(rest: str) -> list[str]:
    return [rest] if 1 < len(rest) <= LONGEST_WORD else []


# --- sentences ------------------------------------------------------------------------------------------------------

_CLOSERS = "\"'”’»)\\]」』】）"
_END = re.compile(
    r"[.!?…。！？｡।۔؟](?:"  # one class first: what may end a sentence is then found fast
    rf"(?<=[.!?…])[.!?…]*(?:\s?''(?!\w)|\s”)?[{_CLOSERS}“‘«]*(?=\s)"  # before white space; „…“, »…« close so
    rf"|(?<=[。！？｡।۔؟])[。！？｡।۔؟]*[{_CLOSERS}]*"  # ends that need no space
    rf"|(?<=[a-zß-ÿ]{{3}}[.!?])[{_CLOSERS}]*(?=[\"“‘]?[A-ZÀ-Þ][a-zß-ÿ])"  # a space was lost: "critics fear.Story"
    r")"
)


def _listed(abbreviations: str) -> frozenset[str]:
    return frozenset(abbreviations.split())


_NEVER_END = _listed("""
    mr mrs ms mx dr drs prof profs messrs rev hon fr sr sra srta dra mme mlle herr gen gens lt col maj capt cpt sgt cmdr
    adm cpl pvt pfc spc sen sens rep reps gov govs pres sec atty asst supt det insp amb dep st ste mt ft no nos nr núm
    pág vs v cf fig vol pp approx dept est e.g i.e ca bzw z.b d.h bspw vgl ggf evtl mio mrd tsd ee
""")
_SELDOM_END = _listed("""
    inc corp co ltd llc plc bros jr etc al ave blvd rd a.m p.m u.s u.k u.n u.a.e e.u d.c u.s.a ph.d m.d b.a m.a
    jan feb mar apr jun jul aug sep sept oct nov dec mon tue tues wed thu thurs fri sat sun
    uu ariz ark calif colo conn del fla ga ill ind kan ky la md mass mich minn miss mo mont neb nev okla ore pa tenn tex
    va vt wash wis wyo
""")
_STARTERS = _listed("""
    the a an he she it they we i you this that these those there here his her its their our my but and so if in on at
    for from with when while after before as since although though however meanwhile what why how who no not some many
    most all both each one two last by to according yet then now still also it's that's nobody everybody everyone
    several more only even under over despite because during instead such der die das ein eine er sie es wir ich im
    am und el la los las un una en y le les il elle un une ce
""")
_BEFORE = re.compile(r".*[\s/\"'“”‘’«»(\[](.*)", re.DOTALL)
"""The last word: found from the end, not tried at each letter."""
_AFTER = re.compile(r"[\s\"'“”‘’«»(\[]*([^\s,;:.!?\"”]*)")
_SPEECH = re.compile(
    r"\s*(?:[A-ZÀ-Þ][\w.'’-]*\s+){1,3}(?:said|says|asked|asks|wrote|writes|added|tweeted|told|replied|shouted|cried"
    r"|insisted|argued|warned|continued|declared|joked|recalled|wondered|exclaimed|responded|explained)\b"
)
_GOES_ON = re.compile(r"[とっなのはがをにもで]")
_SAID_AFTER = re.compile(r"[^，。！？“「\s]{0,12}?(?:说|說|表示|称|稱|指出|问|問|道)[，。：]")
"""What follows a quotation, in Japanese and Chinese, that the sentence does not end with."""
_ORDINAL = re.compile(r"(?:^|\s)(?:am|vom|zum|bis|der|dem|den|des|die|das|im|ab|seit)\s+\d{1,2}$", re.IGNORECASE)
_MONTH = re.compile(r"(?:Januar|Jänner|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember)\b")
"""German writes ordinals with a full stop: "am 3. Mai", "der 1. FC"."""
_EACH_LINE_BREAK = re.compile(r"[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_WRAPPED_FROM, _WRAPPED_TO, _WRAPPED_LINES = 40, 100, 3
"""Lines broken to a width are this long, and there are some of them."""
_INDENTS = ("  ", "\t")
_UNFINISHED = re.compile(r"\S+(?: \S+)+(?<![.!?:\"'”’])")
"""A line that breaks off in the middle of a sentence, and is no row of a table."""

_MARK = re.compile('["`„“”«»「『]')
"""What a quotation may begin with."""
_QUOTED_AT_MOST = 400
"""A quotation longer than this was never closed: its sentences are taken apart after all."""


def sentences(text: str) -> list[str]:
    """The whole sentences of a text, in order, tidied. The end of a paragraph ends a sentence too.

    Abbreviations, initials, decimals and what stands inside a quotation do not end one.
    """
    return [sentence for paragraph in paragraphs(text) for sentence in sentences_of(paragraph)]


def paragraphs(text: str) -> list[str]:
    """The paragraphs of a text, tidied: its lines, or, where lines were broken to a width, what they were before."""
    if not is_wrapped(text):
        return [tidied for line in _LINE_BREAK.split(text) if (tidied := tidy(line))]
    found: list[list[str]] = []
    lines = _EACH_LINE_BREAK.split(text.replace("\r\n", "\n"))
    indented = any(line.startswith(_INDENTS) and not line.isspace() for line in lines)
    goes_on = unfinished = False
    for line in lines:
        tidied = tidy(line)
        # where paragraphs are indented, or the next line begins small, a line that lost its beginning may be short
        goes_on = goes_on or (unfinished and (indented or tidied[:1].islower()))
        if tidied and goes_on and not line.startswith(_INDENTS):
            found[-1].append(tidied)
        elif tidied:
            found.append([tidied])
        goes_on = len(tidied) >= _WRAPPED_FROM
        unfinished = bool(_UNFINISHED.fullmatch(line.rstrip()))
    return [" ".join(parts) for parts in found]


def is_wrapped(text: str) -> bool:
    """Whether most lines are about as long as mail's and break in mid-sentence."""
    lines = _LINE_BREAK.split(text)
    full = [line.rstrip() for line in lines if len(line.rstrip()) >= _WRAPPED_FROM]
    broken = sum(line[-1] not in ".!?:”\"'’)" for line in full)
    return len(full) >= _WRAPPED_LINES and max(map(len, full)) <= _WRAPPED_TO and broken * 2 > len(full)


def sentences_of(line: str) -> list[str]:
    """The same of one line that is tidied already."""
    found: list[str] = []
    start = 0
    for match in _END.finditer(line):
        # the cheap test first: a page of abbreviations in one line must not be copied at each of them
        if _ends(line, match, start) and not _in_quotation(line, start, match.end()):
            piece = line[start : match.end()].strip()
            found.extend([piece] if piece else [])
            start = match.end()
    rest = line[start:].strip()
    return [*found, rest] if rest else found


def _ends(line: str, match: re.Match[str], start: int) -> bool:
    mark = match.group()
    if mark[0] not in ".!?…":
        spoken = (mark[-1] in "」』" and _GOES_ON.match(line, match.end())) or (
            mark[-1] == "”" and line[start:].lstrip()[:1] == "“" and _SAID_AFTER.match(line, match.end())
        )
        return not spoken
    after = _AFTER.match(line, match.end())
    following = after.group(1) if after else ""
    if following[:1].islower():
        return False
    if mark[0] != ".":
        return not (mark[-1] in "\"”’'" and _SPEECH.match(line, match.end()))
    if len(mark) > 1 and mark[1] == ".":  # an ellipsis
        return True
    before = line[max(0, match.start() - 30) : match.start()]
    if before[-1:].isdigit() and (_MONTH.match(following) or _ORDINAL.search(before)):
        return False
    last = _BEFORE.match(before)
    return _ends_after(last.group(1) if last else before, following, line)


def _ends_after(word: str, following: str, line: str) -> bool:
    folded = word.lower()
    starts = following.lower() in _STARTERS
    if folded in _NEVER_END:
        # "No. 5" but "He said no. Then …"
        return folded in {"no", "v", "st", "mt", "ft", "ca", "sec"} and word.islower() and starts
    if len(word) == 1 and word.isalpha():  # an initial: "John F. Kennedy"
        return (starts and word in {"I", word.lower()}) or len(line) < 3
    if (folded in _SELDOM_END and (not word.islower() or folded in {"etc", "al"})) or re.fullmatch(
        r"[\d:]*(?:[^\W\d_]\.)+[^\W\d_]", word
    ):
        return starts
    return True


def _in_quotation(line: str, start: int, end: int) -> bool:
    if end - start > _QUOTED_AT_MOST:
        return False
    piece = line[start:end]
    return has_open_quotation(piece)


def has_open_quotation(piece: str) -> bool:
    """Whether a quotation begins here that does not end here.

    German „…“ closes with the mark that opens elsewhere, »…« is «…» the other way round, of straight marks those open
    that follow white space, and where the two are mixed a straight one closes what a curved one opened.
    """
    if not _MARK.search(piece):
        return False
    double = "„", "“”"
    if "„" not in piece:
        double = "“", "”"
    angled = "«", "»"
    if 0 <= piece.find("»") < (piece.find("«") % (len(piece) + 1)):
        angled = "»", "«"
    marks = (double, angled, ("「", "」"), ("『", "』"))
    if piece.count('"') % 2 == 1 and piece.count("“") == piece.count("”") + 1 and not _is_open_straight(piece):
        return False
    return (
        _is_open_straight(piece)
        or piece.count("``") > piece.count("''")
        or any(sum(map(piece.count, opening)) > sum(map(piece.count, closing)) for opening, closing in marks)
    )


def _is_open_straight(piece: str) -> bool:
    last = piece.rfind('"')
    before, after = piece[:last][-1:] or " ", piece[last + 1 : last + 2] or " "
    if last < 0 or before.isspace() == after.isspace():  # nothing around it tells: count
        return piece.count('"') % 2 == 1
    return before.isspace()


# --- shortening, comparing ------------------------------------------------------------------------------------------


def cut(text: str, limit: int) -> str:
    """At most ``limit`` characters, ended by "…" where something was cut off, at a word border if one is near.

    What people see as one character (a letter with its accents, a flag, a joined emoji) is kept whole.
    """
    if len(text) <= limit:
        return text
    if limit < 1:
        return ""
    end = limit - 1
    border = text.rfind(" ", 0, end + 1)
    if border > end // 2:
        end = border
    while end > 0 and _joined(text, end):
        end -= 1
    return text[:end].rstrip(" \t\n,;:.–—-([“‘«\"'") + "…"


def _joined(text: str, at: int) -> bool:
    """Whether the characters before and after this place are seen as one."""
    after, before = text[at], text[at - 1]
    if "\u200d" in {after, before} or unicodedata.category(after)[0] == "M" or "\U0001f3fb" <= after <= "\U0001f3ff":
        return True
    if not (_is_flag_half(after) and _is_flag_half(before)):
        return False
    run = at
    while run > 0 and _is_flag_half(text[run - 1]):
        run -= 1
    return (at - run) % 2 == 1


def _is_flag_half(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def content_hash(title: str, text: str) -> str:
    """16 hex digits that stay the same when only case, white space, invisible characters or punctuation change."""
    return sha256(f"{_bare(title)}\n{_bare(text)}".encode()).hexdigest()[:16]


def _bare(text: str) -> str:
    tidied = tidy(text)
    folded = tidied.casefold()
    if not folded.isascii():
        folded = unicodedata.normalize("NFKC", folded)
    return " ".join(_WORD.findall(folded)) or tidied
