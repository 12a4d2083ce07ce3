"""Errors for the user are known by their class, and every stage has the name that pages and servers use."""

import ast
from importlib import import_module

import pytest

from feedback.errors import UserError
from feedback.progress import Stage
from osuT5.tokens.events import ContextKind
from pipeline.cli.outcomes import STATUS_WRONG_INPUT, describe
from tests.source_files import REPO_ROOT, nodes, python_files

PARTS = (ContextKind.TIMING, ContextKind.KIAI, ContextKind.MAP, ContextKind.SV)


def error_classes() -> list[tuple[str, str]]:
    """Classes of this project whose base is UserError."""
    return [
        (".".join(path.relative_to(REPO_ROOT).with_suffix("").parts), node.name)
        for path in python_files()
        if "UserError)" in path.read_text(encoding="utf-8")
        for node in nodes(path)
        if isinstance(node, ast.ClassDef)
        and any(isinstance(base, ast.Name) and base.id == "UserError" for base in node.bases)
    ]


@pytest.mark.parametrize(("module", "name"), error_classes())
def test_errors_for_the_user_have_the_status_of_wrong_input(module: str, name: str) -> None:
    outcome = describe("x.py", getattr(import_module(module), name)("The song is empty."))
    assert (outcome.status, outcome.error) == (STATUS_WRONG_INPUT, "x.py: The song is empty.\n")


def test_other_errors_are_faults_of_the_program() -> None:
    outcome = describe("x.py", ValueError("3"))
    assert (outcome.status, outcome.error) == (1, "ValueError: 3\n")
    assert issubclass(UserError, ValueError)


@pytest.mark.parametrize("part", PARTS)
def test_every_generated_context_is_a_stage(part: ContextKind) -> None:
    assert Stage(part.value) in Stage
    assert Stage(f"reading {part.value}") in Stage
