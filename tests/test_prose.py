"""Rules of prose; CONTRIBUTING.md explains them."""

import ast
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.source_files import REPO_ROOT, nodes, python_files

FILES = [path for path in python_files() if "tests" not in path.relative_to(REPO_ROOT).parts]
DOCUMENTS = [
    *(REPO_ROOT / name for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md")),
    *sorted((REPO_ROOT / "docs").glob("**/*.md")),
]
MAX_FIRST_LINE_WORDS, MAX_SENTENCE_WORDS = 12, 30
QUESTION_WORDS = {"what", "how", "where", "which", "when", "who", "whose", "why", "whether"}
NO_VERB = re.compile(
    "an?|the|this|that|these|those|its?|he|she|they|their|ours?|we|you|one|each|every|everything|all|both|none|no|not|nothing|"
    "any|some|either|neither|as|at|after|against|along|among|around|before|behind|below|beneath|besides?|between|beyond|by|"
    "during|except|for|from|in|inside|into|near|of|off|on|onto|out|outside|over|past|since|than|through|throughout|till|to|"
    "towards?|under|until|up|upon|via|with|within|without|so|but|and|or|if|only|exactly|also"
    "|.*(?<!s)s|.*(?<![be])ed"
)
"""Articles, pronouns, prepositions and the like; third persons, plurals and participles."""

VAGUE = re.compile(
    "asked|begun|building|checking|embedded|evaluating|filling|generating|given|heard|hearing|kept|listening|made|making|"
    "merging|opening|published|reading|reviewing|seen|sounding|told|wanted|working|writing"
)
"""Participles that leave open what a module or a class is."""

VAGUE_NAMES = {"working_map", "WorkingMap"}
"""The map on which the repairs of `pipeline/finishing` work."""

DOCUMENTED = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


@cache
def _scan() -> tuple[list[tuple[str, str]], set[str]]:
    """Return (place, first line) of every docstring, and the names of modules and classes."""
    first_lines, names = [], set()
    for path in FILES:
        place = path.relative_to(REPO_ROOT)
        names |= set(place.with_suffix("").parts)
        for node in nodes(path):
            if isinstance(node, DOCUMENTED) and (text := ast.get_docstring(node)):
                first_lines.append((f"{place}:{getattr(node, 'lineno', 1)}", text.partition("\n")[0]))
            if isinstance(node, ast.ClassDef):
                names.add(node.name)
    return first_lines, names


def _lines_that(is_wrong: Callable[[str], bool]) -> str:
    return "\n".join(f"{place} {line}" for place, line in _scan()[0] if is_wrong(line))


def _starts_with_verb(line: str) -> bool:
    """Return whether a line may start with an imperative verb.

    Nouns in the singular are not found.
    """
    word = line.split()[0].strip(".,:;")
    return re.match("[A-Z][a-z]", word) is not None and not NO_VERB.fullmatch(word.lower())


def _functions() -> Iterator[tuple[str, str]]:
    """Yield (place, first line) of the docstrings of functions.

    Properties are left out.
    """
    for path in FILES:
        for node in nodes(path):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or not (text := ast.get_docstring(node)):
                continue
            if not any("property" in ast.unparse(decorator) for decorator in node.decorator_list):
                yield f"{path.relative_to(REPO_ROOT)}:{node.lineno}", text.partition("\n")[0]


def _word_count(line: str) -> int:
    """Return the number of words; a shape in brackets is one."""
    return len(re.sub(r"\[[^\]]*\]", "[]", line).split())


def _sentences(path: Path) -> Iterator[str]:
    """Yield the sentences of a document, without tables, headings and code; each item of a list is its own."""
    text = re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    lines = ["" if line.lstrip().startswith(("#", "|", "![")) else line for line in text.splitlines()]
    for paragraph in re.split(r"\n\s*\n|\n(?=\s*(?:[-*]|\d+\.) )", "\n".join(lines)):
        plain = re.sub(r"`[^`]*`", "code", re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", paragraph))
        yield from re.split(r"(?<=[.!?;])\s+|(?<=:)\s+", " ".join(plain.split()))


def _is_vague(name: str) -> bool:
    words = re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])", name)
    return any(VAGUE.fullmatch(word.lower()) for word in words)


def test_a_first_line_is_a_short_whole_sentence() -> None:
    """Help and editors show only that line."""
    assert not _lines_that(lambda line: _word_count(line) > MAX_FIRST_LINE_WORDS)
    assert not _lines_that(lambda line: line[-1] not in ".:?")


def test_a_first_line_does_not_start_with_a_question_word() -> None:
    assert not _lines_that(lambda line: re.sub(r"\W", "", line.split()[0]).lower() in QUESTION_WORDS)


def test_a_function_starts_with_an_imperative_verb() -> None:
    """Ruff's D401 finds the words of its own list alone."""
    wrong = [f"{place} {line}" for place, line in _functions() if not _starts_with_verb(line)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    "line",
    ["Goes on.", "At most `most`.", "[n] between points.", "0 for none.", "`x`, y.", "Columns by note.", "Refined x."],
)
def test_other_starts_are_found(line: str) -> None:
    assert not _starts_with_verb(line)
    assert _starts_with_verb("Return " + line)


def test_modules_and_classes_have_nouns_for_names() -> None:
    assert {name for name in _scan()[1] if _is_vague(name)} == VAGUE_NAMES


def test_sentences_of_documents_are_short() -> None:
    long = [
        f"{path.relative_to(REPO_ROOT)}: {sentence}"
        for path in DOCUMENTS
        for sentence in _sentences(path)
        if len(sentence.split()) > MAX_SENTENCE_WORDS
    ]
    assert not long, "\n".join(long)
