"""Text of the pages in each language, as flat JSON files.

They are `languages/<language>/<part>.json`, flat keys -> text with {placeholders}. The English explanations of options
are in the YAML files that command-line help comes from; other languages have them in their `options.json`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from webui.form import PROGRAMS, form_of

LANGUAGES_FOLDER = Path(__file__).with_name("languages")
MESSAGES_FILE = Path(__file__).with_name("messages.json")
SOURCE_LANGUAGE = "en"
LANGUAGES = {"en": "English", "de": "Deutsch", "es": "Español", "ja": "日本語"}


@cache
def catalogue(language: str) -> dict[str, str]:
    """Return every text of a language by its key."""
    texts: dict[str, str] = {}
    for path in sorted((LANGUAGES_FOLDER / language).glob("*.json")):
        texts |= json.loads(path.read_text(encoding="utf-8"))
    texts |= {f"pattern.{key}": pattern for key, pattern in server_sentences().items()}
    return {**english_help(), **texts} if language == SOURCE_LANGUAGE else texts


def server_sentences() -> dict[str, str]:
    """Return the server's sentences that a page shows, specific ones first.

    `message.KEY` is what the page says instead. Placeholders: `option` is an option, of which the page shows the label;
    `reason` is another sentence.
    """
    return json.loads(MESSAGES_FILE.read_text(encoding="utf-8"))


def english_help() -> dict[str, str]:
    """Return the explanation of each option, as in command-line help."""
    return {
        help_key(program, option["name"]): option["about"]
        for program in PROGRAMS
        for group in form_of(program)
        for option in group["options"]
    }


def help_key(program: str, option: str) -> str:
    """Return the key of the text that explains an option."""
    return f"help.{option}" if program == "generate" else f"help.{program}.{option}"


def choose_language(picked: str | None, accepted: str) -> str:
    """Return the picked language, the browser's, or English.

    The browser's is the first accepted one that exists.
    """
    if picked in LANGUAGES:
        return picked
    return next((tag for tag in _tags(accepted) if tag in LANGUAGES), SOURCE_LANGUAGE)


def _tags(accepted: str) -> Iterable[str]:
    """Return the languages of an Accept-Language header, without regions.

    They are in the order of the header.
    """
    return (part.partition(";")[0].strip().lower().partition("-")[0] for part in accepted.split(","))
