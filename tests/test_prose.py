"""Rules of prose that a reader should not have to check; CONTRIBUTING.md explains them.

Ruff's D401 checks that functions start with an imperative verb.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.source_files import REPO_ROOT, nodes, python_files

FILES = [path for path in python_files() if "tests" not in path.relative_to(REPO_ROOT).parts]
DOCUMENTS = [
    *(REPO_ROOT / name for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md")),
    *sorted((REPO_ROOT / "docs").glob("**/*.md")),
]
MAX_FIRST_LINE_WORDS, MAX_SENTENCE_WORDS = 12, 30
QUESTION_WORDS = {"what", "how", "where", "which", "when", "who", "whose", "why", "whether"}
VAGUE_WORDS = set(
    "asked begun building checking embedded evaluating filling generating given heard hearing kept listening made making "
    "merging opening published reading reviewing seen sounding told wanted working writing".split()
)
"""Participles that leave open what a module or a class is."""

NAMES_WITH_VAGUE_WORDS = {"working_map", "WorkingMap"}
"""The map on which the repairs of `pipeline/finishing` work."""

DOCUMENTED = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def _first_lines() -> Iterator[tuple[str, str]]:
    """Yield (place, first line) of every docstring."""
    for path in FILES:
        for node in nodes(path):
            if isinstance(node, DOCUMENTED) and (text := ast.get_docstring(node)):
                yield f"{path.relative_to(REPO_ROOT)}:{getattr(node, 'lineno', 1)}", text.partition("\n")[0]


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


def _words(name: str) -> set[str]:
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])", name)}


def test_a_first_line_is_a_short_whole_sentence() -> None:
    """Help and editors show only that line."""
    wrong = [f"{place} {line}" for place, line in _first_lines() if _word_count(line) > MAX_FIRST_LINE_WORDS]
    assert not wrong, "\n".join(wrong)
    cut = [f"{place} {line}" for place, line in _first_lines() if line[-1:] not in ".:?"]
    assert not cut, "\n".join(cut)


def test_a_first_line_does_not_start_with_a_question_word() -> None:
    wrong = [
        f"{place} {line}"
        for place, line in _first_lines()
        if re.sub(r"\W", "", line.split()[0]).lower() in QUESTION_WORDS
    ]
    assert not wrong, "\n".join(wrong)


def test_modules_and_classes_have_nouns_for_names() -> None:
    names = {part for path in FILES for part in path.relative_to(REPO_ROOT).with_suffix("").parts}
    names |= {node.name for path in FILES for node in nodes(path) if isinstance(node, ast.ClassDef)}
    vague = {name for name in names if _words(name) & VAGUE_WORDS}
    assert vague == NAMES_WITH_VAGUE_WORDS


def test_sentences_of_documents_are_short() -> None:
    long = [
        f"{path.relative_to(REPO_ROOT)}: {sentence}"
        for path in DOCUMENTS
        for sentence in _sentences(path)
        if len(sentence.split()) > MAX_SENTENCE_WORDS
    ]
    assert not long, "\n".join(long)
