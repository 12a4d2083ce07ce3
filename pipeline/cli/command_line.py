"""The command line of every entry point: Hydra's, with errors and help for people who do not know Hydra.

`run` composes the config without the command line, whose types say how to read each word. Then it calls the action of a
program through `hydra.main`, which reads all that Hydra's manual describes. A mistake is answered with one sentence on
stderr and status 2, before anything heavy is imported. Hydra makes no folder and no log file, and stays in the current
folder.
"""

from __future__ import annotations

import os
import re
import sys
from argparse import ArgumentError, Namespace
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, is_dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import hydra
from hydra import compose, initialize_config_dir
from hydra._internal.utils import get_args_parser
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from hydra.errors import HydraException, MissingConfigException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from feedback.errors import UserError
from paths import CONFIG_DIR
from pipeline.cli.config_help import help_text
from pipeline.cli.many_runs import ManyRuns, Outcome, find_packages, perform, report, runs_of, titles_of
from pipeline.cli.overrides import Override, is_about_option, override_of, quoted
from pipeline.cli.shell_words import Shell, command_line
from pipeline.request.option_values import readers
from pipeline.request.options import RequestError

CONFIG_DIRS = (CONFIG_DIR, CONFIG_DIR / "train")
"""Where `-cn NAME` is looked up."""

STATUS_WRONG_INPUT = 2
STATUS_INTERRUPTED = 130
STATUS_SYSTEM_ERROR = 1
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
        help_name: The config that lists all options, if it is another.
        many: Checks and preparations for many runs by one command.
        is_dialogue: Whether `action` gets a `Beginning` instead.
        words_option: The list option that words without a name belong to, such as the files that a program reads.
    """

    script: str
    config_name: str
    purpose: str
    example: str
    action: Callable[[Any], int | None]
    help_name: str = ""
    read: Callable[[DictConfig], Any] = plain
    many: ManyRuns | None = None
    is_dialogue: bool = False
    words_option: str = ""


@dataclass(frozen=True)
class Beginning:
    """Start of a dialogue: the config that was chosen, and the options that the command line gave beyond it."""

    config_name: str
    config: FlatConfig
    given: FlatConfig


def run(program: Program, words: Sequence[str] | None = None) -> int:
    """Run a program with the words of the command line; return its exit status."""
    make_output_safe()
    try:
        return _run(program, sys.argv[1:] if words is None else list(words))
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return STATUS_INTERRUPTED
    except BrokenPipeError:
        # The reader of the output is gone; the interpreter must not try to flush it again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return STATUS_SYSTEM_ERROR
    except (OSError, UserError) as error:
        outcome = described(program.script, error)
        outcome.show()
        return outcome.status


def described(script: str, error: Exception) -> Outcome | None:
    """Return the exit status and the sentence of an error; None if it is a bug."""
    if isinstance(error, OSError):
        what = f"{error.filename}: " if error.filename else ""
        return Outcome(STATUS_SYSTEM_ERROR, error=f"{script}: {what}{error.strerror or error}\n")
    return Outcome(STATUS_WRONG_INPUT, error=f"{script}: {error}\n") if isinstance(error, UserError) else None


def make_output_safe() -> None:
    """Print characters that a console lacks (cp1252 on Windows) as question marks: titles must not end a run."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def find_config(name: str, folders: Sequence[Path] = CONFIG_DIRS) -> Path | None:
    """Return the file of a config: in one of these folders by its name, or any by its path."""
    places = [*(folder / f"{name.removesuffix('.yaml')}.yaml" for folder in folders), Path(name)]
    return next((path for path in places if path.suffix == ".yaml" and path.is_file()), None)


def compose_config(config_name: str) -> FlatConfig:
    """Return a config of ours with what it builds on, as plain data."""
    path = find_config(config_name)
    assert path is not None, f"there is no configuration {config_name}"
    return plain(_composed(path, [_search_path()]))


def _run(program: Program, words: list[str]) -> int:
    listing = find_config(program.help_name or program.config_name)
    assert listing is not None, f"{program.script} has no config"
    if not HELP_FLAGS.isdisjoint(words):
        print(help_text(program.script, program.purpose, program.example, listing))
        return 0
    if not LEFT_TO_HYDRA.isdisjoint(words):
        _call_hydra(program, listing.with_stem(program.config_name), words, program.action)
        return 0
    flags = _read_flags(words)
    name = program.config_name if flags.config_name is None else flags.config_name
    folders = [Path(flags.config_path or CONFIG_DIR), *CONFIG_DIRS, Path(flags.config_dir or CONFIG_DIR)]
    path = find_config(name, folders)
    if path is None:
        pattern = "*.yaml" if program.help_name else f"{program.config_name}*.yaml"
        known = ", ".join(sorted({each.stem for each in listing.parent.glob(pattern)} - {program.help_name}))
        raise RequestError(f"There is no configuration {name}; -cn can be {known}, or a YAML file.")
    if flags.multirun and program.many is None:
        raise RequestError(f"-m (many runs at once) is for inference.py, not for {program.script}.")
    search_path = _search_path(folders)
    config = _composed(path, [search_path])
    given = _read_words(program, flags, config)
    texts = [each.text for each in given if each.text]
    logging = VERBOSE if any(text.startswith("hydra.verbose=") for text in texts) else ()
    overrides = [search_path, f"hydra.job.name={Path(program.script).stem}", *QUIET, *logging, *texts]
    queries = [f"--{flag}={value}" for flag in ("cfg", "package", "info") if (value := getattr(flags, flag))]
    queries += ["--resolve"] if flags.cfg and flags.resolve else []
    if flags.multirun and not queries:
        return _run_many(program, path, overrides)
    if program.is_dialogue:
        chosen = plain(_composed(path, overrides, given))
        paths = {each.path for each in given} & set(chosen)
        return program.action(Beginning(name, plain(config), {path: chosen[path] for path in paths})) or 0
    return _run_once(program, path, [*overrides, *queries], given)


def _run_once(program: Program, path: Path, arguments: list[str], given: Sequence[Override]) -> int:
    statuses: list[int] = []
    failures: list[Exception] = []

    def act(config: DictConfig) -> None:
        try:
            statuses.append(program.action(program.read(config)) or 0)
        except Exception as error:  # raised below, since Hydra would add lines of its own
            failures.append(error)

    with _in_one_sentence(given):
        _call_hydra(program, path, arguments, act)
    if failures:
        raise failures[0]
    return sum(statuses)


def _run_many(program: Program, path: Path, overrides: list[str]) -> int:
    """Make every run of a sweep; none begins unless all of them can be right."""
    many = program.many
    assert many is not None, "checked before"
    with _in_one_sentence():
        runs = runs_of(overrides)
    for each in runs:
        many.check(plain(_composed(path, each)))
    titles = titles_of(runs)
    print(f"Runs: {len(runs)}", file=sys.stderr)
    find_packages()
    # In the current folder, which machines of a cluster see as well.
    with TemporaryDirectory(prefix=".runs-", dir=Path.cwd(), ignore_cleanup_errors=True) as folder:

        def act(config: DictConfig) -> None:
            many.prepare()
            number = HydraConfig.get().job.num
            action = partial(program.action, program.read(config))
            perform(action, partial(described, program.script), titles[number], Path(folder, f"{number}.json"))

        try:
            _call_hydra(program, path, [f"hydra.sweep.dir={quoted(folder)}", *overrides, "--multirun"], act)
        except Exception as error:  # of a launcher that lost a process or a job
            print(f"{type(error).__name__}: {_first_line(error)}", file=sys.stderr)
        return report(Path(folder), titles, any("hydra/launcher=submitit" in word for word in overrides))


def _call_hydra(program: Program, path: Path, arguments: list[str], act: Callable[[DictConfig], Any]) -> None:
    os.environ["HYDRA_FULL_ERROR"] = "1"  # exceptions come here, without Hydra's advice
    start = hydra.main(version_base="1.3", config_path=str(path.resolve().parent), config_name=path.stem)(act)
    before, sys.argv = sys.argv, [program.script, *arguments]
    try:
        start()
    finally:
        sys.argv = before


def _read_flags(words: list[str]) -> Namespace:
    parser = get_args_parser()
    parser.exit_on_error = False
    try:
        flags, unknown = parser.parse_known_intermixed_args(words)
    except ArgumentError as error:
        raise RequestError(f"{error}.") from error
    if unknown:
        flag = unknown[0].partition("=")[0]
        raise RequestError(f"There is no flag {flag}; options are written name=value, and -h lists them.")
    return flags


def _search_path(folders: Sequence[Path] = CONFIG_DIRS) -> str:
    places = dict.fromkeys(quoted(f"file://{folder.resolve().as_posix()}") for folder in folders)
    return f"hydra.searchpath=[{','.join(places)}]"


def _read_words(program: Program, flags: Namespace, config: DictConfig) -> list[Override]:
    """Return the overrides that words stand for. Raises RequestError."""
    paths = program.many.path_options if program.many else frozenset()
    given: list[Override] = []
    unnamed: list[str] = []
    for word in flags.overrides:
        before = given[-1].word if given else f"{program.example.partition('=')[0]}="
        if is_about_option(word):
            advice = f"if it belongs to the word before it, put quotes around both: {_joined(before, word)}"
            advice = advice if given and not word.startswith(("+", "~")) else "-h lists them all."
            given.append(override_of(word, config, flags.multirun, paths, advice))
        elif program.words_option:
            unnamed.append(quoted(word))
        else:
            raise RequestError(
                f"{word} is not an option; did you mean {_joined(before, word)}? "
                "Options are written name=value, without spaces around the =, and -h lists them all."
            )
    if unnamed:
        given.append(override_of(f"{program.words_option}=[{','.join(unnamed)}]", config, False, paths, ""))
    return given


def _joined(before: str, word: str) -> str:
    """Return a word and the one before, which the shell cut at a space, as they have to be typed."""
    whole = before + ("" if before.endswith("=") else " ") + word
    return command_line([whole.replace("'", "").replace('"', "")], Shell.CMD if os.name == "nt" else Shell.POSIX)


def _composed(path: Path, overrides: list[str], given: Sequence[Override] = ()) -> DictConfig:
    """Compose a config. Raises RequestError, one sentence that names the option."""
    GlobalHydra.instance().clear()
    with _in_one_sentence(given), initialize_config_dir(str(path.resolve().parent), version_base="1.3"):
        config = compose(path.stem, overrides=overrides)
        OmegaConf.resolve(config)
    return config


@contextmanager
def _in_one_sentence(given: Sequence[Override] = ()) -> Iterator[None]:
    """Raise errors of Hydra and OmegaConf as RequestErrors."""
    try:
        yield
    except (HydraException, OmegaConfBaseException) as error:
        raise RequestError(_explained(error, given)) from error


def _explained(error: Exception, given: Sequence[Override]) -> str:
    """Return what is wrong with a config in one sentence."""
    if isinstance(error, MissingConfigException) and error.options:
        group, _, name = str(error.missing_cfg_file).rpartition("/")
        known = ", ".join(error.options)
        return f"{group} must be one of {known}, got {name}; others come with requirements-launchers.txt."
    cause = error.__cause__ if isinstance(error.__cause__, OmegaConfBaseException) else error
    path = re.sub(r"\[\d+\]", "", str(getattr(cause, "full_key", None) or ""))
    owner = getattr(cause, "object_type", None)
    value = next((each.value for each in given if each.path == path), None)
    if value is not None and is_dataclass(owner) and path in readers(owner):
        readers(owner)[path](path, value)  # raises a sentence with the limits of the option
    return f"{path}: {_first_line(cause)}." if path else f"{_first_line(cause)}."


def _first_line(error: Exception) -> str:
    """Return what comes first in an error that may have many lines."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    return " ".join(lines[: 2 if lines[0].endswith(":") else 1]).rstrip(".")
