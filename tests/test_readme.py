"""Commands of the README work as written, and links and files named in the documents exist."""

import re
import shlex
from pathlib import Path

import pytest
from omegaconf import OmegaConf

from modding.options import resolve_review
from osuT5.training.options import TrainOptions
from pipeline.cli.command_line import compose_config
from pipeline.cli.overrides import full_path, option_types
from pipeline.request.resolve import resolve
from tests.source_files import REPO_ROOT, root_script

root_script("train")  # registers the options of all recipes
README = (REPO_ROOT / "README.md").read_text(encoding="utf-8")
MADE_BY_USERS = {"timed.osu"}
"""Files of the reader, outside the repository."""

DOCUMENTS = sorted(
    path for pattern in ("*.md", "docs/**/*.md", "benchmarks/*.md", "models/*/*.md") for path in REPO_ROOT.glob(pattern)
)
NAMES = [path.relative_to(REPO_ROOT).as_posix() for path in DOCUMENTS]


def _blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)


def _commands() -> list[str]:
    shown = [line for language in ("sh", "bat") for block in _blocks(language) for line in block.splitlines()]
    in_text = re.findall(r"`((?:python|make) [^`]+)`", README)
    return list(dict.fromkeys(shown + in_text))


def _words(command: str) -> list[str]:
    """Split a command into words, from `python` on if it has one; Windows paths get slashes."""
    words = shlex.split(command.replace("\\", "/"))
    programs = [Path(word).name for word in words]
    return ["python", *words[programs.index("python") + 1 :]] if "python" in programs else words


COMMANDS = _commands()
PATHS = option_types(TrainOptions)


def _prose(path: Path) -> str:
    """Return the text of a document without fenced blocks."""
    return re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


def _anchors(path: Path) -> set[str]:
    """Return the anchors of the headings of a document, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", _prose(path), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("command", COMMANDS)
def test_command_exists(command: str) -> None:
    words = _words(command)
    if words[0] == "make":
        targets = re.findall(r"^([a-z]+):", (REPO_ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE)
        assert words[1] in targets
    elif words[0] == "python" and words[1] == "-m":
        module = words[2]
        ours = REPO_ROOT / module.replace(".", "/")
        files = (ours.with_suffix(".py"), ours / "__main__.py")
        assert module in ("pip", "pytest", "venv") or any(file.is_file() for file in files)
    elif words[0] == "python":
        assert (REPO_ROOT / words[1]).is_file()
    else:
        assert words[0] in ("py", "uv", "export")
    for word in words:
        if word.startswith("requirements"):
            assert (REPO_ROOT / word).is_file()


@pytest.mark.parametrize("command", [command for command in COMMANDS if " inference.py" in command])
def test_inference_command_is_understood(command: str) -> None:
    """All but the ellipsis that stands for the reader's own file."""
    words = _words(command)[2:]
    if words == ["-h"]:
        return
    config = {}
    if words[0] == "-cn":
        config, words = compose_config(words[1]), words[2:]
    if words[0] == "-m":
        words = [word.split(",")[0].replace("*", "...") for word in words[1:]]
    request = resolve(config | dict(word.split("=", 1) for word in words))
    for path in (request.song.audio_path, request.song.beatmap_path):
        if path is not None and path.name not in {*MADE_BY_USERS, "...", "....mp3"}:
            assert (REPO_ROOT / path).is_file()


@pytest.mark.parametrize("command", [command for command in COMMANDS if "mai_mod.py" in command])
def test_review_command_is_understood(command: str) -> None:
    words = _words(command)[2:]
    if words != ["-h"]:
        resolve_review(dict(word.split("=", 1) for word in words))


@pytest.mark.parametrize("command", [command for command in COMMANDS if "train.py" in command])
def test_train_command_is_understood(command: str) -> None:
    words = _words(command)[2:]
    name = words[words.index("-cn") + 1]
    options = [word.partition("=")[0] for word in words if "=" in word]
    config = OmegaConf.create(compose_config(name))
    assert all(OmegaConf.select(config, option) is not None or full_path(option, PATHS) for option in options)


@pytest.mark.parametrize("document", DOCUMENTS, ids=NAMES)
def test_relative_links_lead_to_files_and_headings(document: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", _prose(document))
    for target, _, anchor in (link.partition("#") for link in links if "://" not in link):
        path = (document.parent / target).resolve() if target else document
        assert path.exists(), target
        assert not anchor or anchor in _anchors(path), f"{target}#{anchor}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=NAMES)
def test_python_files_and_modules_named_in_the_text_exist(document: Path) -> None:
    text = _prose(document)
    files = re.findall(r"`([\w-]+/[\w/-]+\.(?:py|html|yaml|txt|json|tsv))`", text)
    made = {"mine/human_charts.json", "webui/languages/LANGUAGE/PART.json"}
    assert not [name for name in files if name not in made and not (REPO_ROOT / name).exists()]
    packages = {path.parent.name for path in REPO_ROOT.glob("*/__init__.py")}
    for name in re.findall(r"`((?:\w+\.)+\w+)`", text):
        first, *rest = name.split(".")
        if first in packages and rest[-1] != "json":
            steps = [REPO_ROOT.joinpath(first, *rest[:count]) for count in range(len(rest) + 1)]
            found = [step for step in steps if step.is_dir() or step.with_suffix(".py").is_file()]
            last = found[-1]
            missing = rest[len(found) - 1 :]
            module = last.with_suffix(".py") if last.with_suffix(".py").is_file() else last / "__init__.py"
            assert not missing or missing[0] in module.read_text(encoding="utf-8"), name


def test_every_guide_and_result_page_is_linked_and_every_benchmark_in_its_table() -> None:
    linked = "".join(_prose(path) for path in DOCUMENTS)
    pages = [path.name for path in REPO_ROOT.glob("docs/**/*.md")]
    assert not [page for page in pages if f"{page})" not in linked and f"{page}#" not in linked]
    table = (REPO_ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
    commands = set(re.findall(r"python -m ([\w.]+)", table))
    for path in (REPO_ROOT / "benchmarks").rglob("*.py"):
        if '__name__ == "__main__"' in path.read_text(encoding="utf-8"):
            parts = path.relative_to(REPO_ROOT).with_suffix("").parts
            assert ".".join(parts).removesuffix(".__main__") in commands


def test_the_tree_of_the_architecture_exists() -> None:
    tree = (REPO_ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").partition("## The tree")[2].split("```")[1]
    parent = REPO_ROOT
    for line in tree.strip().splitlines():
        name = line.split()[0]
        folder = parent if line.startswith(" ") else REPO_ROOT
        assert (folder / name).exists(), name
        parent = folder if line.startswith(" ") else REPO_ROOT / name


def test_main_commands_and_configurations_of_the_readme_exist() -> None:
    names = set(re.findall(r"-cn ([\w.-]+)", README))
    assert "inference_v29" in names
    assert all(compose_config(name) for name in names)
    assert {"make demo", "make test"} <= set(COMMANDS)
