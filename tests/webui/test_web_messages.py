"""Sentences of the server in the languages of the page."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from paths import REPO_ROOT
from pipeline.request.inference_options import READERS
from pipeline.request.options import RequestError, unknown_option
from webui.texts import catalogue, server_sentences

SOURCES = ("server", "pipeline", "osuT5/audio", "osu_beatmap/files", "modding", "model_files")
COMPLETE = (
    "server/storage/jobs.py", "server/storage/presets.py", "server/storage/timings.py", "server/storage/uploads.py",
    "pipeline/request/inference_options.py", "pipeline/request/option_values.py", "pipeline/generation/chart.py",
    "pipeline/generation/final_map.py",
    "pipeline/generation/timing.py", "osuT5/audio/decode.py",
)  # fmt: skip
"""Modules whose errors are all in the catalogue, but for those below."""

UNSEEN = (
    "{} is not a path.", "{} cannot be a file.", "There is no such song.", "There is no audio file at {}.",
    "{} is not a file.", "{} may not be read.", "{} lists {} sections of {} steps each, so none can have {} of them.",
    "{} must have at least one step, got {}.", "{} must be {}, got {}{}.", "audio_path cannot be read: {}.",
    "{} is the folder for the map, whose file name comes from the song; got {}.",
)  # fmt: skip
"""Sentences that the page does not lead to, and one that is made of parts."""

JOINED = ("range", "number_range", "number_from", "from", "whole_unit", "whole", "one_of", "list_of", "unknown_like",
          "unknown", "no_tag_like", "no_tag", "only_for", "no_file", "osz_none", "osz_why", "upload_kind",
          "no_model")  # fmt: skip
"""Patterns of sentences that the code joins from parts."""

PLACEHOLDER = re.compile(r"\{[^{}]*\}")


def text_of(node: ast.expr) -> str | None:
    """A string of the code with {} in place of what is filled in; None for other expressions."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
    if isinstance(node, ast.BinOp):
        left, right = text_of(node.left), text_of(node.right)
        return None if left is None or right is None else left + right
    return None


def strings(path: Path) -> Iterator[str]:
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    yield from (PLACEHOLDER.sub("{}", text) for node in nodes if (text := text_of(node)) is not None)


def errors(path: Path) -> Iterator[str]:
    """First texts of the errors that a module raises."""
    raised = [node.exc for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Raise)]
    texts = [text_of(error.args[0]) for error in raised if isinstance(error, ast.Call) and error.args]
    yield from (text for text in texts if text is not None)


PATTERNS = {PLACEHOLDER.sub("{}", pattern): key for key, pattern in server_sentences().items()}


def test_every_pattern_is_a_sentence_of_the_program():
    said = {text for source in SOURCES for path in (REPO_ROOT / source).rglob("*.py") for text in strings(path)}
    names = {f"note_{kind}_{name}" for kind in ("no", "kanji", "romanised") for name in ("title", "artist")}
    assert not [key for pattern, key in PATTERNS.items() if pattern not in said and key not in {*JOINED, *names}]


@pytest.mark.parametrize("module", COMPLETE)
def test_errors_of_a_module_are_in_the_catalogue(module):
    assert not [text for text in errors(REPO_ROOT / module) if text not in PATTERNS and text not in UNSEEN]


@pytest.mark.parametrize(
    ("option", "value", "key"),
    [
        ("difficulty", "31", "range"),
        ("difficulty", "x", "number_range"),
        ("seed", "1.5", "whole"),
        ("circle_size", "4.25", "decimals"),
        ("precision", "fp8", "one_of"),
        ("in_context", "[X]", "list_of"),
    ],
)
def test_wrong_values_are_said_by_a_pattern(option, value, key):
    with pytest.raises(RequestError) as wrong:
        READERS[option](option, value)
    assert first_match(str(wrong.value)) == key


def test_unknown_options_are_said_by_a_pattern():
    assert first_match(unknown_option("dificulty", READERS)) == "unknown_like"
    assert first_match(unknown_option("zzzzzz", READERS)) == "unknown"


def test_a_message_has_the_placeholders_of_its_sentence():
    for key, pattern in server_sentences().items():
        assert set(PLACEHOLDER.findall(catalogue("en")[f"message.{key}"])) <= set(PLACEHOLDER.findall(pattern)), key


def first_match(sentence: str) -> str | None:
    """The first pattern that a sentence follows, as the page looks for it."""
    for key, pattern in server_sentences().items():
        parts = PLACEHOLDER.split(pattern)
        names = PLACEHOLDER.findall(pattern)
        groups = [r"\w+" if name == "{option}" else ".+?" for name in names]
        expression = "".join(re.escape(part) + group for part, group in zip(parts, [*groups, ""], strict=True))
        if re.fullmatch(expression, sentence, re.DOTALL):
            return key
    return None
