"""Fresh weights have the contract and the sizes of the models that were published."""

from __future__ import annotations

import json
import re
import tarfile
from dataclasses import fields

import pytest

from osuT5.model.files.bundle import bundle_from_json
from osuT5.model.files.bundle_writer import bundle_json, own_values, runs_in_the_original
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
    assert runs_in_the_original(config, spec)
    files = bundle_json(config, spec)
    again = bundle_from_json(files["config.json"], files["tokenizer.json"], name=name)
    assert again.spec == spec
    assert own_values(again.config) == own_values(config)


@pytest.fixture(scope="module")
def published_files(shared_dir):
    """JSON files of the published models, by their path in the archives."""
    files = {}
    for archive, wanted in (("model", r"model/full_.*\.config\.json"), ("tokenizer", r".*/tokenizer\.json")):
        path = shared_dir / "goldens" / f"{archive}.tar.xz"
        if not path.is_file():
            pytest.skip("the files of the published models are not on this machine")
        with tarfile.open(path, "r|xz") as tar:
            files |= {m.name: json.load(tar.extractfile(m)) for m in tar if re.fullmatch(wanted, m.name)}
    return files


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_contract_is_the_published_one(name, published_files):
    stored = published_files[f"model/full_{name}.config.json"], published_files[f"tokenizer/{name}/tokenizer.json"]
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
