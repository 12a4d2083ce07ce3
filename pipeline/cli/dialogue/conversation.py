"""Dialogue: basic options, further groups, then the command."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from questionary import Choice

from paths import CONFIG_DIR
from pipeline.cli.command_line import FlatConfig, compose_config
from pipeline.cli.dialogue.choices import ROOT_CONFIG, Choices
from pipeline.cli.dialogue.questions import ask
from pipeline.cli.dialogue.terminal import COMMAND, DIM, HEADING, WRONG, choose, say, say_unwrapped, tick
from pipeline.cli.shell_words import command_line
from pipeline.request.option_groups import BASIC, all_options, option_groups
from pipeline.request.option_values import is_absent

SCRIPT = CONFIG_DIR.parent / "inference.py"
RUN, PRINT, MORE, CHANGE, LEAVE = "run", "print", "more", "change", "leave"


def converse(config_name: str, options: FlatConfig) -> int:
    """Ask for options, then run or print the command.

    Returns an exit status.

    Args:
        config_name: The config that was chosen, as -cn takes it.
        options: Options that the command line gave; they are asked for again only if they are wrong.

    Raises:
        KeyboardInterrupt: The user left.
    """
    say("Enter accepts, an empty line is the default, Ctrl+C quits.", DIM)
    wish = _start_choices(config_name, options)
    _say_what_is_off(wish)
    _ask_all(wish, BASIC)
    while True:
        match _next_step(wish):
            case "run":
                return _run(_command(wish))
            case "print":
                print(command_line(_command(wish)))
                return 0
            case "more":
                _ask_more(wish)
            case "change":
                _change(wish)
            case "leave":
                return 0


def model_choices() -> dict[str, str]:
    """Return the configurations of generation with their first lines."""
    names = sorted(path.stem for path in CONFIG_DIR.glob(f"{ROOT_CONFIG}_*.yaml"))
    first_lines = {name: (CONFIG_DIR / f"{name}.yaml").read_text(encoding="utf-8").partition("\n")[0] for name in names}
    return {ROOT_CONFIG: "The small bundled model."} | {
        name: line.removeprefix("# ") for name, line in first_lines.items()
    }


def _start_choices(name: str, options: FlatConfig) -> Choices:
    """Return the choices of the command line.

    The model is asked for unless given.
    """
    if name == ROOT_CONFIG and "model_path" not in options:
        say("\nmodel of the map; published ones are downloaded once", DIM)
        name = choose("model", [Choice(text, name) for name, text in model_choices().items()])
    wish = Choices(name, compose_config(name))
    for option, value in options.items():
        wish.choose(option, value)
    return wish


def _say_what_is_off(wish: Choices) -> None:
    """Report the options that the model does not use.

    They are not asked for.
    """
    unknown, known = wish.unknown(), wish.conditions()
    if known is not None and unknown:
        which = "bundled model" if is_absent(wish.value("model_path")) else f"model {known.model}"
        say(f"The {which} does not use {', '.join(unknown)}; published models do.", DIM)


def _ask_all(wish: Choices, names: Sequence[str], with_headings: bool = False) -> None:
    """Ask for options one after the other.

    Options that an answer makes applicable, and wrong ones, are included.
    """
    names = _take_back(wish, None, names)
    group = ""
    while waiting := wish.list_remaining(names):
        option = all_options()[waiting[0]]
        if with_headings and option.group != group:
            group = option.group
            say(f"\n{group}", HEADING)
        wish.choose(option.name, ask(option, wish))
        names = _take_back(wish, option.name, names)


def _take_back(wish: Choices, name: str | None, names: Sequence[str]) -> Sequence[str]:
    """Report the problem of an answer.

    Returns the options to ask again.
    """
    wrong = wish.options_to_ask_again(name, wish.list_remaining(names))
    if wrong is None:
        return names
    again, sentence = wrong
    say(sentence, WRONG)
    wish.asked -= set(again)
    return list(dict.fromkeys((*again, *names)))


def _ask_more(wish: Choices) -> None:
    """Ask for the options of the ticked groups, beyond the basic ones."""
    groups = {
        heading: [option.name for option in options if not option.is_basic]
        for heading, options in option_groups().items()
    }
    useful = set(wish.useful())
    shown = {heading: [name for name in names if name in useful] for heading, names in groups.items()}
    choices = [Choice(heading, heading, description=", ".join(names)) for heading, names in shown.items() if names]
    names = [name for heading in tick("groups", choices) for name in groups[heading]]
    wish.asked -= set(names)
    _ask_all(wish, names, with_headings=True)


def _change(wish: Choices) -> None:
    name = choose("option", [Choice(each, each) for each in wish.useful()], is_long=True)
    wish.asked.discard(name)
    _ask_all(wish, [name])


def _next_step(wish: Choices) -> str:
    problem = wish.problem()
    say("")
    if problem:
        say(problem, WRONG)
    else:
        say_unwrapped(command_line(_command(wish)), COMMAND)
    steps = [Choice("more options", MORE), Choice("change one option", CHANGE), Choice("leave", LEAVE)]
    if problem is None:
        steps = [Choice("run it", RUN), Choice("print it and quit", PRINT), *steps]
    return choose("What now?", steps)


def _command(wish: Choices) -> list[str]:
    """Return the command with the shortest possible paths."""
    return [_short(Path(sys.executable)), _short(SCRIPT), *wish.words()]


def _short(path: Path) -> str:
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def _run(command: Sequence[str]) -> int:
    # The terminal interrupts the program, too, which reports it.
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        status = subprocess.call(command)
    finally:
        signal.signal(signal.SIGINT, before)
    return 128 - status if status < 0 else status
