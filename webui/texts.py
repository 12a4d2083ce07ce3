"""All text of the pages, in each language: `languages/<language>/<part>.json`, flat keys -> text with {placeholders}.

What options are is said in English by the YAML that the command line has its help from; other languages have it in
their `options.json`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from webui.form import PROGRAMS, form_of

LANGUAGES_FOLDER = Path(__file__).with_name("languages")
SOURCE_LANGUAGE = "en"
LANGUAGES = {"en": "English", "de": "Deutsch", "es": "Español", "ja": "日本語"}


@cache
def catalogue(language: str) -> dict[str, str]:
    """Every text of a language by its key."""
    texts: dict[str, str] = {}
    for path in sorted((LANGUAGES_FOLDER / language).glob("*.json")):
        texts |= json.loads(path.read_text(encoding="utf-8"))
    return {**english_help(), **texts} if language == SOURCE_LANGUAGE else texts


def english_help() -> dict[str, str]:
    """What each option is, as the command line says it."""
    return {
        help_key(program, option["name"]): option["about"]
        for program in PROGRAMS
        for group in form_of(program)
        for option in group["options"]
    }


def help_key(program: str, option: str) -> str:
    """Under which key an option is explained."""
    return f"help.{option}" if program == "generate" else f"help.{program}.{option}"


def chosen_language(wanted: str | None, accepted: str) -> str:
    """The language that was picked, else the first of those that a browser accepts, else English."""
    if wanted in LANGUAGES:
        return wanted
    return next((tag for tag in _tags(accepted) if tag in LANGUAGES), SOURCE_LANGUAGE)


def _tags(accepted: str) -> Iterable[str]:
    """Languages of an Accept-Language header, in the order in which they are written, without regions."""
    return (part.partition(";")[0].strip().lower().partition("-")[0] for part in accepted.split(","))
