"""Lists, ticks and lines of a dialogue in a terminal.

On questionary, a small layer over prompt_toolkit that is kept up to date, where InquirerPy had its last release in
2022. Ctrl-C and Ctrl-D raise KeyboardInterrupt.
"""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Sequence
from typing import Any

import questionary
from questionary import Choice, Question, Style

LOOK = Style(
    [
        ("qmark", "fg:ansicyan bold"),
        ("question", "bold"),
        ("answer", "fg:ansigreen bold"),
        ("pointer", "fg:ansicyan bold"),
        ("highlighted", "fg:ansicyan bold"),
        ("selected", "fg:ansigreen noreverse"),
        ("instruction", "fg:ansibrightblack"),
        ("separator", "fg:ansibrightblack"),
    ]
)
HEADING, DIM, WRONG, COMMAND = "bold fg:ansimagenta", "fg:ansibrightblack", "fg:ansired", "fg:ansigreen"
MAX_WIDTH = 100


def say(text: str, style: str = "") -> None:
    """Print lines above the next question, wrapped at words."""
    width = min(MAX_WIDTH, shutil.get_terminal_size((MAX_WIDTH, 24)).columns - 1)
    for line in text.splitlines() or [""]:
        say_unwrapped(textwrap.fill(line, width, break_long_words=False, break_on_hyphens=False), style)


def say_unwrapped(line: str, style: str = "") -> None:
    """Print a line that can be copied as one, for any length."""
    questionary.print(line, style=style or None)


def answer(question: Question) -> Any:
    try:
        return question.unsafe_ask()
    except EOFError:
        raise KeyboardInterrupt from None


def choose(message: str, choices: Sequence[Choice], start: object = None, is_long: bool = False) -> Any:
    """Return the chosen value of a list.

    `start` is the initial position of the pointer; with `is_long`, letters filter the list.
    """
    question = questionary.select(
        message,
        choices,
        default=next((choice for choice in choices if choice.value == start), None),
        style=LOOK,
        instruction="(arrows or letters, Enter)" if is_long else "(arrows, Enter)",
        use_search_filter=is_long,
        use_jk_keys=not is_long,
    )
    return answer(question)


def tick(message: str, choices: Sequence[Choice]) -> list[Any]:
    """Return the ticked values."""
    instruction = "(arrows, space ticks, Enter when done)"
    return answer(questionary.checkbox(message, choices, style=LOOK, instruction=instruction))
