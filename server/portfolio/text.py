"""Text as search compares it: one form for what is written alike (NFKC, case, kana), and kana in Latin letters. Pure."""

import re
import unicodedata
from itertools import pairwise
from typing import Final

from msgspec import Struct

from server.protocol import limits
from server.protocol.errors import invalid


class Word(Struct, frozen=True):
    """One word of a query. `latin` is how it would be read in kana, where it is Latin letters alone."""

    plain: str
    latin: str | None


class Document(Struct, frozen=True):
    """What is searched of a cast. `grams`: every character and every pair of neighbours in either form, once."""

    plain: str
    latin: str
    grams: list[str]


def document(*texts: str) -> Document:
    plain = fold("\n".join(texts))
    latin = romaji(plain)
    return Document(plain, latin, sorted(grams(plain) | grams(latin)))


def words(query: str) -> list[Word]:
    """All of them must be found. Raises `invalid` for a blank query, and for one that no thumb wrote."""
    if not query.strip() or len(query) > limits.SEARCH_CHARACTERS or "\0" in query:
        raise invalid("q", f"Between 1 and {limits.SEARCH_CHARACTERS} characters.")
    found = [Word(plain, canonical(plain) or None if is_latin(plain) else None) for plain in fold(query).split()]
    if not found:
        raise invalid("q", "Give a word to look for.")
    return found


def matches(document: Document, words: list[Word]) -> bool:
    """The rule itself; the database comes to the same by an index and a recheck."""
    return all(w.plain in document.plain or (w.latin is not None and w.latin in document.latin) for w in words)


def needed(words: list[Word]) -> list[str]:
    """Grams that every document with all `words` has, whichever form each is found in."""
    found: set[str] = set()
    for word in words:
        plain = _longest(word.plain)
        found |= plain if word.latin is None else plain & _longest(word.latin)
    return sorted(found)


def _longest(text: str) -> set[str]:
    """Pairs say all that their characters would; a single character has no pair."""
    return {text} if len(text) == 1 else {a + b for a, b in pairwise(text)}


def grams(text: str) -> set[str]:
    """Characters and pairs, within each word: a query's words have no space in them."""
    return {gram for word in text.split() for gram in (*word, *(a + b for a, b in pairwise(word)))}


def fold(text: str) -> str:
    """Width, case and kana of one kind: ＡＢＣ is abc, ｶﾞ is が, ワイン is わいん. Folding twice changes nothing."""
    once = unicodedata.normalize("NFKC", text.replace("\0", " "))
    return unicodedata.normalize("NFKC", once.casefold()).translate(_HIRAGANA)


def is_latin(text: str) -> bool:
    return re.fullmatch(r"[a-zāīūēōâîûêô'\-]+", text) is not None


def romaji(folded: str) -> str:
    """Kana in canonical Latin letters, Latin letters as they are (canonical too); everything else parts words."""
    return " ".join(filter(None, (canonical(_read(run)) for run in re.findall(r"[a-zぁ-ゖー]+", folded))))


def _read(run: str) -> str:
    found: list[str] = []
    place = 0
    while place < len(run):
        pair, one = run[place : place + 2], run[place]
        if len(pair) == 2 and pair in _KANA:
            found.append(_KANA[pair])
            place += 2
            continue
        if one == "っ":
            following = _KANA.get(run[place + 1 : place + 3]) or _KANA.get(run[place + 1 : place + 2], "")
            found.append(following[:1] if following[:1] not in "aiueon" else "")
        else:
            found.append(_KANA.get(one, one if one.isascii() else ""))
        place += 1
    return "".join(found)


def canonical(latin: str) -> str:
    """Hepburn, Kunrei and what thumbs make of them, as one: shōchū, shouchuu and syotyu are the same."""
    stripped = "".join(c for c in unicodedata.normalize("NFKD", latin.casefold()) if "a" <= c <= "z")
    for written, meant in _SPELLINGS:
        stripped = stripped.replace(written, meant)
    return stripped


_HIRAGANA: Final = {code: code - 0x60 for code in range(ord("ァ"), ord("ヶ") + 1)}
_SPELLINGS: Final = (
    ("tch", "tty"), ("cch", "tty"), ("sh", "sy"), ("ch", "ty"), ("tsu", "tu"), ("j", "zy"), ("syi", "si"), ("tyi", "ti"), ("zyi", "zi"), ("zyy", "zy"),
    ("syy", "sy"), ("tyy", "ty"), ("fu", "hu"), ("mb", "nb"), ("mp", "np"), ("mm", "nm"), ("ou", "o"), ("oo", "o"), ("uu", "u"), ("aa", "a"), ("ee", "e"),
)  # fmt: skip
_ROWS: Final = {
    "": "あいうえお", "k": "かきくけこ", "s": "さしすせそ", "t": "たちつてと", "n": "なにぬねの", "h": "はひふへほ", "m": "まみむめも",
    "r": "らりるれろ", "g": "がぎぐげご", "z": "ざじずぜぞ", "d": "だぢづでど", "b": "ばびぶべぼ", "p": "ぱぴぷぺぽ",
}  # fmt: skip
_SINGLE: Final = "や ya ゆ yu よ yo ゃ ya ゅ yu ょ yo わ wa を o ん n ゔ vu ゎ wa ゐ i ゑ e ぢ zi づ zu ゕ ka ゖ ke ぁ a ぃ i ぅ u ぇ e ぉ o"
_DOUBLE: Final = (
    "ぢゃ zya ぢゅ zyu ぢょ zyo しぇ sye ちぇ tye じぇ zye てぃ ti でぃ di でゅ dyu とぅ tu ふぁ fa ふぃ fi ふぇ fe ふぉ fo "
    "うぃ wi うぇ we うぉ wo ゔぁ va ゔぃ vi ゔぇ ve ゔぉ vo"
)


def _pairs(text: str) -> dict[str, str]:
    parts = text.split()
    return dict(zip(parts[::2], parts[1::2], strict=True))


_KANA: Final[dict[str, str]] = {
    **{kana: row + vowel for row, kanas in _ROWS.items() for kana, vowel in zip(kanas, "aiueo", strict=True)},
    **{
        kanas[1] + small: row + "y" + vowel
        for row, kanas in _ROWS.items()
        for small, vowel in zip("ゃゅょ", "auo", strict=True)
        if row
    },
    **_pairs(_SINGLE),
    **_pairs(_DOUBLE),
}
