"""The images, as far as they can be checked without Docker: their files name what is there."""

import ast
import fnmatch
import json
import re
from pathlib import Path

import pytest
import yaml

from tests.source_files import REPO_ROOT

DOCKERFILE = (REPO_ROOT / "Dockerfile").read_text(encoding="utf-8")
IGNORED = (REPO_ROOT / ".dockerignore").read_text(encoding="utf-8").split()
COMPOSE = yaml.safe_load((REPO_ROOT / "compose.yaml").read_text(encoding="utf-8"))
TRAINING_DOCS, GENERATE_DOCS = (
    (REPO_ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("training.md", "generate.md")
)


def stages() -> dict[str, list[tuple[str, str]]]:
    """(instruction, rest) of each stage of the Dockerfile, continued lines joined, comments dropped."""
    lines = [line for line in DOCKERFILE.splitlines() if line.strip() and not line.startswith("#")]
    found: dict[str, list[tuple[str, str]]] = {}
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        name, rest = line.split(None, 1)
        if name == "FROM":
            image, _, stage = rest.partition(" AS ")
            found[stage] = []
            rest = image
        list(found.values())[-1].append((name, rest))
    return found


def copied(stage: str) -> list[str]:
    return [source for name, rest in stages()[stage] if name == "COPY" for source in rest.split()[:-1]]


def kept() -> list[str]:
    """What the build context has."""
    assert IGNORED[0] == "*", "everything else is left out: runs, songs and tests do not belong into an image"
    return [pattern.removeprefix("!") for pattern in IGNORED if pattern.startswith("!")]


@pytest.mark.parametrize("stage", ["inference", "training"])
def test_the_base_image_is_pinned_and_its_python_is_one_that_we_run_on(stage) -> None:
    version = re.fullmatch(r"python:(\d+)\.(\d+)-[\w-]+", stages()[stage][0][1])
    assert version, "a tag with a version"
    needed = re.search(
        r'requires-python = ">=(\d+)\.(\d+)"', (REPO_ROOT / "pyproject.toml").read_text(encoding="utf-8")
    )
    assert tuple(map(int, version.groups())) >= tuple(map(int, needed.groups()))


@pytest.mark.parametrize("stage", ["inference", "training"])
def test_what_is_copied_is_there_and_not_ignored(stage) -> None:
    for source in copied(stage):
        assert (REPO_ROOT / source).exists()
        assert source == "." or any(fnmatch.fnmatch(source, pattern) for pattern in kept())
    assert all(list(REPO_ROOT.glob(pattern)) for pattern in kept())


def test_requirements_bring_those_that_they_name_and_commands_are_documented() -> None:
    for source in copied("training"):
        named = re.findall(r"^-r (\S+)$", (REPO_ROOT / source).read_text(encoding="utf-8"), flags=re.MULTILINE)
        assert set(named) <= set(copied("training"))
    for command in ("docker compose up -d --force-recreate", "docker attach mapperatorinator_space", "cd osu-mapper"):
        assert f"\n{command}\n" in TRAINING_DOCS


def test_the_container_is_the_one_that_users_know() -> None:
    (service,) = COMPOSE["services"].values()
    assert service["container_name"] == "mapperatorinator_space"
    mounts = dict(volume.split(":") for volume in service["volumes"])
    assert mounts["../datasets"] == "/workspace/datasets"
    assert mounts["."] == "/workspace/osu-mapper"
    assert service["build"]["target"] == "training"
    assert ("WORKDIR", "/workspace") in stages()["training"]
    assert service["tty"] and service["stdin_open"], "docker attach needs a terminal"
    (device,) = service["deploy"]["resources"]["reservations"]["devices"]
    assert (device["driver"], device["capabilities"]) == ("nvidia", ["gpu"])


def imported(path: Path) -> set[str]:
    """Top-level packages and modules that a file imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found


def test_the_image_of_inference_has_what_it_imports() -> None:
    own = {path.stem for path in REPO_ROOT.iterdir() if path.is_dir() or path.suffix == ".py"}
    files = [
        file
        for pattern in kept()
        for path in REPO_ROOT.glob(pattern)
        for file in ([path] if path.is_file() else path.rglob("*.py"))
        if file.suffix == ".py"
    ]
    assert {name for file in files for name in imported(file)} & own <= {Path(pattern).stem for pattern in kept()}
    assert json.loads(dict(stages()["inference"])["ENTRYPOINT"]) == ["python", "/app/inference.py"]
    assert "\ndocker build --target inference --tag osu-mapper .\n" in GENERATE_DOCS
