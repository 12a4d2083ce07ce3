"""Command line of every entry point: Hydra with plain errors and help.

`run` composes the config without the command line, whose types say how to read each word. Then it calls the action of a
program through `hydra.main`, which reads all that Hydra's manual describes. A mistake is answered with one sentence on
stderr and status 2, before anything heavy is imported. Hydra makes no folder and no log file, and stays in the current
folder.
"""

from __future__ import annotations

import os
import sys
from argparse import ArgumentError, ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import hydra
from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf

from feedback.startup import STATUS_INTERRUPTED, raise_on_interrupt
from paths import CONFIG_DIR, REPO_ROOT
from pipeline.cli.config_help import help_text
from pipeline.cli.many_runs import keep_outcome, report, runs_of, titles_of
from pipeline.cli.outcomes import Outcome, first_line, outcome_of
from pipeline.cli.overrides import read_words
from pipeline.cli.shell_words import quote
from pipeline.request.options import RequestError

CONFIG_DIRS = (CONFIG_DIR, CONFIG_DIR / "train")
"""Where `-cn NAME` is looked up."""

HELP_FLAGS = {"-h", "--help", "-?", "/?", "help"}
LEFT_TO_HYDRA = {"-sc", "--shell-completion", "--hydra-help", "--version", "--experimental-rerun"}
QUIET = ("hydra.run.dir=.", "hydra.output_subdir=null", "hydra/job_logging=none", "hydra/hydra_logging=none")
VERBOSE = ("hydra/job_logging=stdout", "hydra/hydra_logging=default")

FlatConfig = dict[str, object]


def plain(config: DictConfig) -> FlatConfig:
    """Return a config as plain data."""
    return OmegaConf.to_container(config, resolve=True)  # type: ignore[return-value]


@dataclass(frozen=True)
class Program:
    """An entry point.

    Attributes:
        script: Its path in the repository.
        config_name: Its config.
        purpose: Its purpose in a sentence.
        example: Options for the help.
        action: Its work. Gets the config as `read` returns it, and returns an exit status, None being 0.
        listing: Name of a config that others build on and that is none itself, if there is one.
        files_option: The list option that words without a name belong to, such as the files that a program reads.
        check: Raises UserError for a config that cannot be right. With it the program can be run many times (`-m`).
    """

    script: str
    config_name: str
    purpose: str
    example: str
    action: Callable[[Any], int | None]
    listing: str = ""
    read: Callable[[DictConfig], Any] = plain
    files_option: str = ""
    check: Callable[[FlatConfig], object] | None = None

    def outcome(self, config: DictConfig) -> Outcome:
        """Do the work that a config asks for."""
        return outcome_of(self.script, lambda: self.action(self.read(config)))


def run(program: Program, words: Sequence[str] | None = None) -> int:
    """Run a program with command-line words; return its exit status."""
    for stream in (sys.stdout, sys.stderr):
        # Titles with characters that a console lacks (cp1252 on Windows) must not end a run.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        raise_on_interrupt()
        outcome = outcome_of(program.script, lambda: _run(program, sys.argv[1:] if words is None else list(words)))
    except KeyboardInterrupt:
        outcome = Outcome(STATUS_INTERRUPTED, error="Stopped.\n")
    return outcome.show()


def find_config(name: str, folders: Sequence[Path] = CONFIG_DIRS) -> Path | None:
    """Return the file of a config, by name or path.

    A name is looked up in these folders.
    """
    places = [*(folder / f"{name.removesuffix('.yaml')}.yaml" for folder in folders), Path(name)]
    return next((path for path in places if path.suffix == ".yaml" and path.is_file()), None)


def compose_config(config_name: str) -> FlatConfig:
    """Return a project config with its bases, as plain data."""
    path = find_config(config_name)
    assert path is not None, f"there is no configuration {config_name}"
    return plain(_compose(path, [_search_path()]))


def _run(program: Program, words: list[str]) -> int:
    default = find_config(program.config_name)
    assert default is not None, f"{program.script} has no config"
    if not HELP_FLAGS.isdisjoint(words):
        flags, _ = _read_flags([word for word in words if word not in HELP_FLAGS])
        chosen = find_config(flags.config_name or program.config_name) or default
        print(help_text(program.script, program.purpose, program.example, _find_listing(chosen)))
        return 0
    if not LEFT_TO_HYDRA.isdisjoint(words):
        _call_hydra(program, default, words, program.action)
        return 0
    flags, words = _read_flags(words)
    name = flags.config_name or program.config_name
    folders = [Path(flags.config_path or CONFIG_DIR), *CONFIG_DIRS, Path(flags.config_dir or CONFIG_DIR)]
    path = find_config(name, folders)
    if path is None:
        pattern = "*.yaml" if program.listing else f"{program.config_name}*.yaml"
        known = ", ".join(sorted({each.stem for each in default.parent.glob(pattern)} - {program.listing}))
        raise RequestError(f"There is no configuration {name}; -cn can be {known}, or a YAML file.")
    if flags.multirun and program.check is None:
        raise RequestError(f"-m (many runs at once) is for inference.py, not for {program.script}.")
    base = [_search_path(folders), f"hydra.job.name={Path(program.script).stem}", *QUIET]
    given = read_words(words, _compose(path, base), flags.multirun, program.example, program.files_option)
    overrides = [*base, *(VERBOSE if any(each.startswith("hydra.verbose=") for each in given) else ()), *given]
    queries = [f"--{flag}={value}" for flag in ("cfg", "package", "info") if (value := getattr(flags, flag))]
    if flags.multirun and not queries:
        return _run_many(program, path, overrides)
    outcomes: list[Outcome] = []
    arguments = [*overrides, *queries, *(["--resolve"] if flags.resolve else [])]
    _call_hydra(program, path, arguments, lambda config: outcomes.append(program.outcome(config)))
    return outcomes[0].show() if outcomes else 0


def _find_listing(path: Path) -> Path:
    """Return the config that lists all options.

    It is the last one that a config builds on.
    """
    first = OmegaConf.load(path).get("defaults", ["_self_"])[0]
    before = find_config(first, [path.parent, *CONFIG_DIRS])
    return path if before is None else _find_listing(before)


def _run_many(program: Program, path: Path, overrides: list[str]) -> int:
    """Make every run of a sweep.

    None begins unless all of them can be right.
    """
    runs = runs_of(overrides)
    for each in runs:
        program.check(plain(_compose(path, each)))  # type: ignore[misc]
    titles = titles_of(runs)
    print(f"Runs: {len(runs)}", file=sys.stderr)
    # For processes of launchers, which look for our packages elsewhere.
    os.environ["PYTHONPATH"] = os.pathsep.join([str(REPO_ROOT), os.environ.get("PYTHONPATH", "")]).strip(os.pathsep)
    # In the current folder, which machines of a cluster see as well.
    with TemporaryDirectory(prefix=".runs-", dir=Path.cwd(), ignore_cleanup_errors=True) as folder:

        def act(config: DictConfig) -> None:
            number = HydraConfig.get().job.num
            keep_outcome(lambda: program.outcome(config), titles[number], Path(folder, f"{number}.json"))

        try:
            _call_hydra(program, path, [f"hydra.sweep.dir={quote(folder)}", *overrides, "--multirun"], act)
        except Exception as error:  # of a launcher that lost a process or a job
            print(f"{type(error).__name__}: {first_line(error)}", file=sys.stderr)
        return report(Path(folder), titles, any("hydra/launcher=submitit" in each for each in overrides))


def _call_hydra(program: Program, path: Path, arguments: list[str], act: Callable[[DictConfig], Any]) -> None:
    os.environ["HYDRA_FULL_ERROR"] = "1"  # exceptions come here, without Hydra's advice
    start = hydra.main(version_base="1.3", config_path=str(path.resolve().parent), config_name=path.stem)(act)
    before, sys.argv = sys.argv, [program.script, *arguments]
    try:
        start()
    finally:
        sys.argv = before


def _read_flags(words: list[str]) -> tuple[Namespace, list[str]]:
    """Return the flags of Hydra's manual, and the other words."""
    parser = ArgumentParser(add_help=False, exit_on_error=False)
    for names in (("--config-name", "-cn"), ("--config-path", "-cp"), ("--config-dir", "-cd"), ("--package", "-p")):
        parser.add_argument(*names)
    for names in (("--multirun", "-m"), ("--run", "-r"), ("--resolve",)):
        parser.add_argument(*names, action="store_true")
    parser.add_argument("--cfg", "-c", choices=("job", "hydra", "all"))
    shown = ("all", "config", "defaults", "defaults-tree", "plugins", "searchpath")
    parser.add_argument("--info", "-i", nargs="?", const="all", choices=shown)
    try:
        flags, others = parser.parse_known_args(words)
    except ArgumentError as error:
        raise RequestError(f"{error}.") from error
    for word in others:
        if word.startswith("-"):
            flag = word.partition("=")[0]
            raise RequestError(f"There is no flag {flag}; options are written name=value, and -h lists them.")
    return flags, others


def _search_path(folders: Sequence[Path] = CONFIG_DIRS) -> str:
    places = dict.fromkeys(quote(f"file://{folder.resolve().as_posix()}") for folder in folders)
    return f"hydra.searchpath=[{','.join(places)}]"


def _compose(path: Path, overrides: list[str]) -> DictConfig:
    GlobalHydra.instance().clear()
    with initialize_config_dir(str(path.resolve().parent), version_base="1.3"):
        return compose(path.stem, overrides=overrides)
