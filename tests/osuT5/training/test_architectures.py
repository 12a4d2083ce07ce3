"""Fresh weights have the contract and the sizes of the models that were published."""

import json
from dataclasses import fields

import pytest

from osuT5.model.files.bundle import bundle_from_json
from osuT5.model.files.bundle_writer import bundle_json, can_run_in_the_original, own_values
from osuT5.tokens.class_tables import ClassTables
from osuT5.tokens.events import EventKind
from osuT5.training.architectures import ARCHITECTURES

PUBLISHED = ["v28", "v29", "v32", "v32-mini"]
TABLES = ClassTables(mapper_index={17: 0, 23: 1}, descriptor_index={"jump aim": 0, "tech": 1, "streams": 2})


def made(name: str, tables: ClassTables = TABLES):
    architecture = ARCHITECTURES[name]
    spec = architecture.spec(tables)
    return spec, architecture.config(spec, {})


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_original_program_could_run_it(name):
    spec, config = made(name)
    assert can_run_in_the_original(config, spec)
    files = bundle_json(config, spec)
    again = bundle_from_json(files["config.json"], files["tokenizer.json"], name=name)
    assert again.spec == spec
    assert own_values(again.config) == own_values(config)


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_contract_is_the_published_one(name, golden):
    config = golden("model", "model/full_") / "model" / f"full_{name}.config.json"
    tokenizer = golden("tokenizer", "tokenizer/v") / "tokenizer" / name / "tokenizer.json"
    stored = (json.loads(path.read_text(encoding="utf-8")) for path in (config, tokenizer))
    published = bundle_from_json(*stored, name=name)
    spec, config = made(name, published.spec.tables)
    for field in fields(spec):
        assert getattr(spec, field.name) == getattr(published.spec, field.name), field.name
    # The number of mappers matters only to models that listen with them.
    ours, theirs = own_values(config), own_values(published.config) | {"mapper_count": 0}
    assert ours == theirs


def test_tables_give_their_classes_and_one_for_the_unknown():
    spec, _ = made("v29")
    sizes = [spec.vocabulary.range_of(kind).size for kind in (EventKind.MAPPER, EventKind.DESCRIPTOR)]
    assert sizes == [3, 4]
    empty, _ = made("v29", ClassTables())
    assert empty.vocabulary.range_of(EventKind.MAPPER).size == 1
