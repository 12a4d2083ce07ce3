"""All languages say the same things, and pages say nothing else."""

import re
from pathlib import Path

import pytest

from feedback.progress import Stage
from webui.form import PROGRAMS, form_of
from webui.texts import LANGUAGES, LANGUAGES_FOLDER, catalogue, choose_language, help_key

STATIC = Path(LANGUAGES_FOLDER).parent / "static"
SCRIPTS = sorted(STATIC.rglob("*.js"))
PLACEHOLDER = re.compile(r"\{(\w+)\}")
LITERAL = re.compile(r'"((?:[^"\\\n]|\\.)*)"|\'((?:[^\'\\\n]|\\.)*)\'|`((?:[^`\\]|\\.)*)`')
COMMENT = re.compile(r"/\*.*?\*/|(?<![:\"'`])//[^\n]*", re.DOTALL)
SENTENCE = re.compile(r"[A-Z][a-z]+( [a-z]+)+|[a-z]{2,} [a-z]{2,} [a-z]{2,} [a-z]{2,}")
CLASSES = re.compile(r"class(?:Name)?\W{1,4}[\"'`][^\"'`]*[\"'`]")
KEY = re.compile(r"\b(?:t|textOr|button)\(\s*[\"'`]([^\"'`$]+)[\"'`]")


@pytest.mark.parametrize("language", sorted(set(LANGUAGES) - {"en"}))
def test_a_language_is_complete(language):
    source, texts = catalogue("en"), catalogue(language)
    assert set(texts) == set(source)
    for key, text in texts.items():
        assert sorted(PLACEHOLDER.findall(text)) == sorted(PLACEHOLDER.findall(source[key])), key
        assert bool(text.strip()) == bool(source[key].strip()), key


def test_options_are_named_and_explained_and_the_page_itself_has_no_text():
    texts = catalogue("en")
    for program in PROGRAMS:
        for group in form_of(program):
            assert f"group.{group['key']}" in texts
            for option in group["options"]:
                assert f"option.{option['name']}" in texts
                assert help_key(program, option["name"]) in texts
    assert not [stage for stage in Stage if f"stage.{stage.replace(' ', '_')}" not in texts]
    assert {path.name for path in LANGUAGES_FOLDER.iterdir() if path.is_dir()} == set(LANGUAGES)
    page = (STATIC / "page.html").read_text(encoding="utf-8")
    shown = re.findall(r">([^<]+)<", re.sub(r"<!--.*?-->", "", page, flags=re.DOTALL))
    assert not [text for text in shown if re.sub(r"\$\w+", "", text).strip()]
    assert "http:" not in page and "https:" not in page and "style=" not in page


def test_options_are_explained_in_words_of_the_page():
    """Not by names of the command line, which the labels beside them do not have."""
    names = {option["name"] for program in PROGRAMS for group in form_of(program) for option in group["options"]}
    named = re.compile("|".join(rf"\b{name}\b" for name in names if "_" in name) + r"|\b(?:true|false|null)\b")
    for language in LANGUAGES:
        helps = {key: text for key, text in catalogue(language).items() if key.startswith("help.")}
        assert not {key: text for key, text in helps.items() if named.search(text)}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.relative_to(STATIC).as_posix())
def test_texts_of_a_script_are_in_the_catalogue(script):
    code = COMMENT.sub("", script.read_text(encoding="utf-8"))
    missing = {key for key in KEY.findall(code) if key not in catalogue("en")}
    assert not missing
    said = [next(filter(None, groups), "") for groups in LITERAL.findall(CLASSES.sub("", code))]
    assert not [text for text in said if SENTENCE.search(text)]


@pytest.mark.parametrize(
    "file", sorted(path for path in STATIC.rglob("*") if path.suffix in (".js", ".css", ".html", ".svg"))
)
def test_nothing_is_loaded_from_elsewhere(file):
    text = file.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
    assert not re.findall(r"(?:src|href|import|url|from)\W{0,3}[\"'(]\s*(?:https?:)?//", text)


@pytest.mark.parametrize(
    ("wanted", "accepted", "language"),
    [
        ("de", "ja", "de"),
        ("xx", "ja,en;q=0.1", "ja"),
        (None, "es-MX", "es"),
        (None, "", "en"),
        (None, "fr, nl", "en"),
        ("../en", "", "en"),
    ],
)
def test_the_language_is_chosen_by_the_reader_first(wanted, accepted, language):
    assert choose_language(wanted, accepted) == language
