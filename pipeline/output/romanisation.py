"""Romanised titles and artists, which osu! needs besides the written ones."""

from __future__ import annotations

import re
import unicodedata
from itertools import groupby

from anyascii import anyascii

KANA, HANGUL, HAN, LATIN, OTHER = "kana", "hangul", "han", "latin", "other"
_SCRIPTS = {"HIRAGANA": KANA, "KATAKANA": KANA, "KATAKANA-HIRAGANA": KANA, "HANGUL": HANGUL, "CJK": HAN, "LATIN": LATIN}
_SHOWN = ("L", "N", "P", "Z")
"""Categories of characters that have a reading; symbols and emoji have none."""

# What anyascii writes otherwise, and symbols with a reading.
_ASCII_FORMS = str.maketrans({"Æ": "AE", "Œ": "OE", "×": "x", "・": " ", "〜": "~", "～": "~"})
_SMALL_Y = {"ゃ": "a", "ゅ": "u", "ょ": "o"}
_SMALL_VOWELS = {"ぁ": "a", "ぃ": "i", "ぅ": "u", "ぇ": "e", "ぉ": "o"}
_VOWELS = "aiueo"


def romanise(text: str) -> str:
    """Return a text in ASCII letters, without accents.

    It is empty if it has no letters.

    For other scripts it is a proposal. Kana are read by the Hepburn system. Kanji are read as in Chinese, since their
    Japanese reading depends on the word.
    """
    joined = unicodedata.normalize("NFKC", text.translate(_ASCII_FORMS))
    words = [_READINGS[script]("".join(run)) for script, run in groupby(joined, _script)]
    plain = _ascii(re.sub(r" +([,.!?)\]])", r"\1", "".join(words)))
    return plain if any(char.isalnum() for char in plain) else ""


def is_latin(text: str) -> bool:
    """Return whether all letters of a text are Latin.

    Its romanised form is then certain.
    """
    return all(_script(char) == LATIN for char in unicodedata.normalize("NFKC", text) if char.isalpha())


def has_kanji(text: str) -> bool:
    """Return whether a text has characters that Chinese and Japanese read differently."""
    return any(_script(char) == HAN for char in text)


def _script(char: str) -> str:
    return _SCRIPTS.get(unicodedata.name(char, "").split(" ")[0], HAN if char == "々" else OTHER)


def _ascii(text: str) -> str:
    return " ".join("".join(char for char in text if char.isascii() and char.isprintable()).split())


def _kana(run: str) -> str:
    syllables: list[str] = []
    for char in _convert_to_hiragana(run):
        before = syllables[-1] if syllables else ""
        if char in _SMALL_Y and len(before) > 1 and before.endswith(("i", "e", "u")):
            syllables[-1] = before[:-1] + ("" if before[:-1] in ("sh", "ch", "j") else "y") + _SMALL_Y[char]
        elif char in _SMALL_VOWELS and before[-1:] in (*_VOWELS,):
            vowel = _SMALL_VOWELS[char]
            syllables[-1] = "w" + vowel if before == "u" else before[: -1 if len(before) > 1 else None] + vowel
        elif char == "ー":
            syllables.append(before[-1:] if before[-1:] in (*_VOWELS,) else "")
        elif char == "っ":
            syllables.append(char)
        else:
            syllables.append(anyascii(char))
    joined = re.sub("っ+(?=ch)", "t", "".join(syllables))
    doubled = re.sub("っ+([a-z]?)", r"\1\1", joined)
    return f" {doubled.capitalize()} "


def _convert_to_hiragana(run: str) -> str:
    return "".join(chr(ord(char) - 0x60) if "ァ" <= char <= "ヶ" else char for char in run)


def _hangul(run: str) -> str:
    return f" {anyascii(run).capitalize()} "


def _han(run: str) -> str:
    repeated = re.sub("(.)々", r"\1\1", run)
    return f" {' '.join(anyascii(char) for char in repeated)} "


def _other(run: str) -> str:
    return anyascii("".join(char for char in run if char.isascii() or unicodedata.category(char)[0] in _SHOWN))


_READINGS = {KANA: _kana, HANGUL: _hangul, HAN: _han, LATIN: anyascii, OTHER: _other}
