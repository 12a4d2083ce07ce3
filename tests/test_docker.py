"""The container of training, as far as it can be checked without Docker: its files name what is there."""

import fnmatch
import re

import yaml

from tests.source_files import REPO_ROOT

DOCKERFILE = (REPO_ROOT / "Dockerfile").read_text(encoding="utf-8")
COMPOSE = yaml.safe_load((REPO_ROOT / "compose.yaml").read_text(encoding="utf-8"))
DOCS = (REPO_ROOT / "docs" / "training.md").read_text(encoding="utf-8")


def instructions() -> list[tuple[str, str]]:
    """(instruction, rest) of a Dockerfile, continued lines joined, comments dropped."""
    lines = [line for line in DOCKERFILE.splitlines() if line.strip() and not line.startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    return [tuple(line.split(None, 1)) for line in joined.splitlines()]  # type: ignore[misc]


def copied() -> list[str]:
    return [source for name, rest in instructions() if name == "COPY" for source in rest.split()[:-1]]


def test_the_base_image_is_pinned_and_its_python_is_one_that_we_run_on() -> None:
    version = re.fullmatch(r"python:(\d+)\.(\d+)-[\w-]+", instructions()[0][1])
    assert version, "a tag with a version"
    needed = re.search(
        r'requires-python = ">=(\d+)\.(\d+)"', (REPO_ROOT / "pyproject.toml").read_text(encoding="utf-8")
    )
    assert tuple(map(int, version.groups())) >= tuple(map(int, needed.groups()))


def test_what_is_copied_is_there_and_not_ignored() -> None:
    patterns = (REPO_ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    kept = [pattern.removeprefix("!") for pattern in patterns if pattern.startswith("!")]
    assert patterns[0] == "*", "everything else is left out: models and runs do not belong into the image"
    for source in copied():
        assert (REPO_ROOT / source).is_file()
        assert any(fnmatch.fnmatch(source, pattern) for pattern in kept)


def test_requirements_bring_those_that_they_name_and_commands_are_documented() -> None:
    for source in copied():
        named = re.findall(r"^-r (\S+)$", (REPO_ROOT / source).read_text(encoding="utf-8"), flags=re.MULTILINE)
        assert set(named) <= set(copied())
    for command in ("docker compose up -d --force-recreate", "docker attach mapperatorinator_space", "cd osu-mapper"):
        assert f"\n{command}\n" in DOCS


def test_the_container_is_the_one_that_users_know() -> None:
    (service,) = COMPOSE["services"].values()
    assert service["container_name"] == "mapperatorinator_space"
    mounts = dict(volume.split(":") for volume in service["volumes"])
    assert mounts["../datasets"] == "/workspace/datasets"
    assert mounts["."] == "/workspace/osu-mapper"
    assert ("WORKDIR", "/workspace") in instructions()
    assert service["tty"] and service["stdin_open"], "docker attach needs a terminal"
    (device,) = service["deploy"]["resources"]["reservations"]["devices"]
    assert (device["driver"], device["capabilities"]) == ("nvidia", ["gpu"])
