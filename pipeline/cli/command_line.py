"""The command line of every entry point: `key=value` words and a YAML of defaults in, one call out.

The YAML in `configs/` is read by Hydra: `-cn NAME` chooses another one, `-cn FILE.yaml` a user's own, and either may
build on others by a list of defaults. Words of the command line are ours. A program with a flat list of options takes
their values letter by letter, since names of songs are full of `=`, `[` and `(`, which Hydra's grammar would refuse; a
program with groups of options reads them as YAML. With `-m`, values between commas are runs of their own. And whatever
a user gets wrong is answered with one sentence on stderr and status 2, before anything heavy is imported. Knows nothing
about maps or models.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

from feedback.errors import UserError
from paths import CONFIG_DIR
from pipeline.cli.config_help import help_text
from pipeline.cli.launchers import Outcome
from pipeline.cli.many_runs import (
    LAUNCHER_KEY,
    LAUNCHER_PREFIX,
    ManyRuns,
    PlannedRun,
    PreparedRun,
    checked_launcher,
    run_all,
    titles,
)
from pipeline.cli.nested_options import option_paths, with_assignments, with_flat_names
from pipeline.cli.shell_words import Shell, command_line, without_quotes
from pipeline.cli.sweep import combinations
from pipeline.request.options import RequestError, nearest_option, unknown_option

CONFIG_DIRS = (CONFIG_DIR, CONFIG_DIR / "train")
"""Where `-cn NAME` is looked up."""

STATUS_WRONG_INPUT = 2
STATUS_INTERRUPTED = 130
STATUS_SYSTEM_ERROR = 1

FlatConfig = dict[str, object]

_KEY = re.compile(r"\+{0,2}[A-Za-z_][\w./@-]*")


@dataclass(frozen=True)
class Program:
    """An entry point: its script, its YAML, what it is for in a sentence, an example, and what it does.

    `action` gets the config as plain data and returns an exit status, None being 0. `help_name` is the YAML that lists
    all options, where it is another. `literal` is whether options are a flat list and taken letter by letter. `many` is
    for programs that can be run many times by one command. Where `is_dialogue`, `action` gets a `Beginning` instead.
    `words_option` is the option that words without a name belong to, a list, such as the files that a program reads.
    """

    script: str
    config_name: str
    purpose: str
    example: str
    action: Callable[[Any], int | None]
    literal: bool = True
    help_name: str = ""
    many: ManyRuns | None = None
    is_dialogue: bool = False
    words_option: str = ""

    @property
    def help_path(self) -> Path:
        return find_config(self.help_name or self.config_name)


@dataclass(frozen=True)
class Beginning:
    """What a dialogue begins with: a configuration by its name, as it is, and what the command line gave beyond it."""

    config_name: str
    config: FlatConfig
    given: FlatConfig


@dataclass
class _Words:
    """A command line taken apart."""

    config_name: str
    assignments: list[tuple[str, str]] = field(default_factory=list)
    unnamed: list[str] = field(default_factory=list)
    wants_help: bool = False
    wants_many: bool = False


def run(program: Program, words: Sequence[str] | None = None) -> int:
    """Run a program with the words of the command line; returns its exit status."""
    make_output_safe()
    try:
        return _run(program, sys.argv[1:] if words is None else words)
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return STATUS_INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has gone; the interpreter must not try to flush it again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return STATUS_SYSTEM_ERROR
    except (OSError, UserError) as error:
        outcome = described(program.script, error)
        if outcome is None:
            raise
        print(outcome.error, end="", file=sys.stderr)
        return outcome.status


def described(script: str, error: Exception) -> Outcome | None:
    """Exit status and sentence for an error that is no bug of ours; None for one that is."""
    if isinstance(error, OSError):
        what = f"{error.filename}: " if error.filename else ""
        return Outcome(STATUS_SYSTEM_ERROR, error=f"{script}: {what}{error.strerror or error}\n")
    if isinstance(error, UserError):
        return Outcome(STATUS_WRONG_INPUT, error=f"{script}: {error}\n")
    return None


def make_output_safe() -> None:
    """Titles of songs must never end a run: what a console cannot show (cp1252 on Windows) becomes a question mark."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def find_config(name: str) -> Path | None:
    """The file of a configuration: one of ours by its name, or a user's by its path."""
    places = [folder / f"{name.removesuffix('.yaml')}.yaml" for folder in CONFIG_DIRS]
    return next((path for path in (*places, Path(name)) if path.suffix == ".yaml" and path.is_file()), None)


def compose_config(config_name: str) -> FlatConfig:
    """A YAML with what it builds on, as plain data. Raises RequestError."""
    from hydra import compose, initialize_config_dir
    from hydra.core.global_hydra import GlobalHydra
    from hydra.errors import HydraException
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    path = find_config(config_name)
    if path is None:
        raise RequestError(f"There is no configuration {config_name or 'without a name'}.")
    ours = ",".join(f"file://{folder.as_posix()}" for folder in CONFIG_DIRS)
    GlobalHydra.instance().clear()
    try:
        with initialize_config_dir(str(path.resolve().parent), version_base="1.3"):
            config = compose(path.stem, overrides=[f"hydra.searchpath=[{ours}]"])
        return OmegaConf.to_container(config, resolve=True)  # type: ignore[return-value]
    except (HydraException, OmegaConfBaseException) as error:
        raise RequestError(_one_sentence(error)) from error


def _run(program: Program, argv: Sequence[str]) -> int:
    words = _parse(program, argv)
    if words.wants_help:
        print(help_text(program.script, program.purpose, program.example, program.help_path))
        return 0
    _check_config_name(program, words.config_name)
    if words.wants_many:
        return _run_many(program, words)
    for key, _ in words.assignments:
        if key.lstrip("+") == LAUNCHER_KEY or key.lstrip("+").startswith(LAUNCHER_PREFIX):
            raise RequestError(f"{key} is for many runs: give -m too.")
    config = compose_config(words.config_name)
    chosen = _with_words(program, config, words.assignments)
    if words.unnamed:
        chosen[program.words_option] = words.unnamed
    if program.is_dialogue:
        names = [name.lstrip("+") for name, _ in words.assignments]
        return program.action(Beginning(words.config_name, config, {name: chosen[name] for name in names})) or 0
    return program.action(chosen) or 0


def _run_many(program: Program, words: _Words) -> int:
    """Every combination of the values on the command line. Nothing is begun unless all of them can be right."""
    many = program.many
    if many is None:
        raise RequestError(f"-m (many runs at once) is for inference.py, not for {program.script}.")
    launcher, options, assignments = _launcher(words.assignments)
    each = combinations(assignments, many.path_options)
    config = compose_config(words.config_name)
    configs = [_with_words(program, config, assigned) for assigned in each]
    for config in configs:
        many.check(config)
    runs = [PlannedRun(*both) for both in zip(titles(each), configs, strict=True)]
    return run_all(
        runs, PreparedRun(program.action, many.prepare, partial(described, program.script)), launcher, options
    )


def _launcher(assignments: list[tuple[str, str]]) -> tuple[str, FlatConfig, list[tuple[str, str]]]:
    """The launcher by name, its options, and the words that are not about it."""
    name, own, others = "basic", [], []
    for key, value in assignments:
        if key.lstrip("+") == LAUNCHER_KEY:
            name = checked_launcher(value)
        elif key.lstrip("+").startswith(LAUNCHER_PREFIX):
            own.append((key.replace(LAUNCHER_PREFIX, ""), value))
        else:
            others.append((key, value))
    options = compose_config(f"launcher/{name}")
    for key, _ in own:
        # As in Hydra, `+` adds what the file does not have: an option of the library behind the launcher.
        if not key.startswith("+") and key not in option_paths(options):
            raise RequestError(
                unknown_option(LAUNCHER_PREFIX + key, [LAUNCHER_PREFIX + n for n in option_paths(options)])
            )
    return name, with_assignments(options, own), others


def _parse(program: Program, argv: Sequence[str]) -> _Words:
    words = _Words(program.config_name)
    rest = iter(argv)
    for word, after in pairwise(argv):
        if after.startswith("=") and _KEY.fullmatch(word):
            raise RequestError(f"{word} {after} is not an option: write name=value, without spaces around the =.")
    for word in rest:
        flag, _, attached = word.partition("=")
        if word in ("-h", "--help", "-?", "/?", "help"):
            words.wants_help = True
        elif flag in ("-cn", "--config-name"):
            words.config_name = attached or next(rest, "")
        elif flag in ("-m", "--multirun"):
            words.wants_many = True
        elif word.startswith("-"):
            raise RequestError(f"There is no flag {flag}; options are written name=value, and -h lists them.")
        elif program.words_option and not _names_option(word):
            words.unnamed.append(word)
        else:
            words.assignments.append(_assignment(program, word, words.assignments))
    return words


def _names_option(word: str) -> bool:
    """Whether a word is an option and its value; a path with `=` in it may be written ./a=b."""
    key, equals, _ = word.partition("=")
    return bool(equals) and _KEY.fullmatch(key) is not None


def _assignment(program: Program, word: str, before: Sequence[tuple[str, str]]) -> tuple[str, str]:
    if _names_option(word):
        key, _, value = word.partition("=")
        return key, value
    if before and not before[-1][1]:
        raise RequestError(f"{before[-1][0]}= has no value: write {before[-1][0]}={word}, without a space.")
    if before:
        raise RequestError(f"{word} is not an option; {_quoting_hint(*before[-1], word)}")
    first_option = program.example.partition("=")[0]
    if os.path.exists(word):
        raise RequestError(f"{word} is not an option; did you mean {_quoted(f'{first_option}={word}')}?")
    raise RequestError(f"{word} is not an option: write name=value, such as {program.example}; -h lists them all.")


def _quoting_hint(key: str, value: str, word: str) -> str:
    """How to keep the shell from cutting a value at its spaces."""
    whole = f"{key}={value} {word}".replace("'", "").replace('"', "")
    return f"if it belongs to the word before it, put quotes around both: {_quoted(whole)}"


def _quoted(word: str) -> str:
    return command_line([word], Shell.CMD if os.name == "nt" else Shell.POSIX)


def _check_config_name(program: Program, name: str) -> None:
    if find_config(name) is None:
        pattern = "*.yaml" if program.help_name else f"{program.config_name}*.yaml"
        known = sorted({path.stem for path in program.help_path.parent.glob(pattern)} - {program.help_name})
        shown = f"{', '.join(known)}, or a YAML file"
        raise RequestError(f"There is no configuration {name or 'without a name'}; -cn can be {shown}.")


def _with_words(program: Program, config: FlatConfig, assignments: Sequence[tuple[str, str]]) -> FlatConfig:
    """The YAML with the words of the command line."""
    if not program.literal:
        return with_assignments(with_flat_names(config), assignments)
    config = dict(config)
    before: tuple[str, str] | None = None
    for key, value in assignments:
        name = key.lstrip("+")
        if name not in config and before is not None and nearest_option(name, config) is None:
            raise RequestError(f"There is no option {name}; {_quoting_hint(*before, f'{key}={value}')}")
        if name not in config:
            raise RequestError(unknown_option(name, config))
        # Hydra's own syntax asks for quotes, and a shell may leave them there.
        config[name] = without_quotes(value)
        before = (key, value)
    return config


def _one_sentence(error: Exception) -> str:
    """The first line of an error of Hydra's, which may go on for many."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__
