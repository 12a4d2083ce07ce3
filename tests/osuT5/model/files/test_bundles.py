"""JSON files of published bundles against the reference vocabularies, sizes and prompts of the original program."""

import json
from pathlib import Path

import pytest
import torch

from benchmarks.parity.inputs import recorded_attributes
from osu_beatmap.attributes import Attributes
from osu_beatmap.beatmap import GameMode
from osuT5.model.config import ModelConfig
from osuT5.model.files.bundle import bundle_from_json
from osuT5.model.files.bundle_writer import bundle_json, can_run_in_the_original, own_values, published_tensors
from osuT5.model.files.parameter_names import rename_key
from osuT5.model.seq2seq import MapperModel
from osuT5.tokens.conditions import SongPlace, condition_ids
from osuT5.tokens.contract import mini_spec
from osuT5.tokens.events import ContextKind, Event, EventKind

VERSIONS = ("v28", "v29", "v30", "v31", "v32", "v32-mini")
FRAMES = {"v28": 1024, "v29": 1024, "v30": 4096, "v31": 4096, "v32": 2048, "v32-mini": 2048}
CELL_PX = {"v28": 32, "v29": 32, "v30": 4, "v31": 4, "v32": 32, "v32-mini": 32}
PLACE = SongPlace(song_ms=180_000.0, window_start_ms=90_000.0)


class References:
    """What the original program saved for full-size models, read once."""

    def __init__(self, folders: dict[str, Path]) -> None:
        self.folders = folders

    def json(self, archive: str, *names: str) -> dict:
        return json.loads(self.folders[archive].joinpath(archive, *names).read_text(encoding="utf-8"))

    def files(self, version: str) -> tuple[dict, dict, dict]:
        config, generation = (self.json("model", f"full_{version}.{n}.json") for n in ("config", "generation_config"))
        return config, self.json("tokenizer", version, "tokenizer.json"), generation

    def bundle(self, version: str):
        return bundle_from_json(*self.files(version)[:2], version)


@pytest.fixture(scope="module")
def references(golden) -> References:
    prefixes = {"model": "model/full_", "tokenizer": "tokenizer/v", "processor": "processor/v"}
    return References({archive: golden(archive, prefix) for archive, prefix in prefixes.items()})


@pytest.mark.parametrize("version", VERSIONS)
def test_every_id_is_the_published_one(references, version):
    vocabulary, stated = (
        references.bundle(version).spec.vocabulary,
        references.json("tokenizer", version, "summary.json"),
    )
    assert vocabulary.first_event_id == stated["offset"]
    assert (vocabulary.size_in, vocabulary.size_out) == (stated["vocab_size_in"], stated["vocab_size_out"])
    assert {c.value: vocabulary.context_sos(c) for c in vocabulary.contexts} == stated["context_sos"]
    assert {c.value: vocabulary.context_eos(c) for c in vocabulary.contexts} == stated["context_eos"]
    order = [name for name in stated["order"] if name != "|"]
    assert [r.kind.value for r in (*vocabulary.output_ranges, *vocabulary.input_ranges)] == order
    for name in order:
        ids = vocabulary.ids_of(EventKind(name))
        assert (ids.start, ids.stop) == (stated["event_start"][name], stated["event_end"][name])


CASES = (
    ("v29_std_none", GameMode.STANDARD),
    ("v29_catch_none", GameMode.CATCH),
    ("v29_mania_none", GameMode.MANIA),
    ("v32_std_none", GameMode.STANDARD),
    ("v32_mania_none", GameMode.MANIA),
)


@pytest.mark.parametrize(("case", "mode"), CASES)
def test_prompts_begin_as_the_original_writes_them(references, case, mode):
    run = references.json("processor", f"{case}.json")
    asked, call = run["generation_config"], run["calls"][1]
    spec = references.bundle(case[:3]).spec
    attributes = recorded_attributes(asked)
    assert attributes.mode is mode
    kinds = spec.parity_conditions or spec.conditions
    ids = condition_ids(spec.vocabulary, kinds, attributes, SongPlace(40_000.0, call["frame_time"]), tables=spec.tables)
    head = spec.layout.prompt(ids, [], ContextKind(call["context"]), [])
    assert call["prompt"][0][: len(head)] == head


def test_descriptors_and_mappers_come_from_the_tables(references):
    spec = references.bundle("v32").spec
    kinds = (EventKind.MAPPER, EventKind.DESCRIPTOR)

    def ids(**attributes):
        asked = Attributes(GameMode.STANDARD, **attributes)
        return condition_ids(spec.vocabulary, kinds, asked, PLACE, tables=spec.tables)

    assert ids() == [4131, 4537]
    assert ids(mapper_id=2, descriptors=("style/messy", "no such", "expression/simple")) == [4126, 4392, 4393]
    forgotten = condition_ids(
        spec.vocabulary, kinds, Attributes(GameMode.STANDARD, mapper_id=2), PLACE, frozenset(kinds), spec.tables
    )
    assert forgotten == [4131, 4537]
    assert spec.tables.descriptors_of_beatmap[53] == (1, 40, 83, 120)


@pytest.mark.parametrize("version", VERSIONS)
def test_windows_sizes_and_encoding(references, version):
    bundle = references.bundle(version)
    spec, config = bundle.spec, bundle.config
    assert spec.grid.frames == FRAMES[version]
    assert spec.encoding.position_cell_px == CELL_PX[version]
    assert spec.encoding.types_first == (version in ("v28", "v29", "v31"))
    assert spec.encoding.position_refine_px == (2 if "32" in version else 0)
    assert config.max_target_positions == references.files(version)[2]["max_length"]
    assert spec.contexts_of(GameMode.MANIA) == {
        "v30": (ContextKind.MAP,),
        "v32": (ContextKind.TIMING, ContextKind.MAP, ContextKind.SV),
    }.get(version[:3], (ContextKind.TIMING, ContextKind.KIAI, ContextKind.MAP, ContextKind.SV))
    expects_kiai = {"v28": True, "v31": True}.get(version, False)
    assert (EventKind.KIAI in spec.conditions) == expects_kiai
    assert (EventKind.KIAI in spec.parity_conditions) == (version == "v29")


def test_a_model_without_context_tokens_writes_between_sos_and_eos(references):
    spec = references.bundle("v30").spec
    assert spec.layout.prompt([], [], ContextKind.MAP, [7, 8]) == [1, 7, 8]
    assert spec.vocabulary.context_eos(ContextKind.MAP) == 2
    assert spec.vocabulary.encode(Event(EventKind.POSITION_X, -64)) == 3938


@pytest.mark.parametrize("version", VERSIONS)
def test_every_full_size_parameter_has_a_place(references, version):
    bundle = references.bundle(version)
    with torch.device("meta"):
        model = MapperModel(bundle.config)
    ours = {key: list(value.shape) for key, value in model.state_dict().items()}
    stated = references.json("model", f"full_{version}.keys.json")["state_dict"]
    renamed = {rename_key(key): shape for key, (shape, _dtype) in stated.items()}
    renamed.pop(None)
    assert renamed == ours
    meta = ((key, torch.empty(shape, device="meta")) for key, shape in ours.items())
    back = {key: list(value.shape) for key, value in published_tensors(meta, bundle.config, bundle.spec)}
    assert back == {key: shape for key, (shape, _dtype) in stated.items()}


@pytest.mark.parametrize("version", VERSIONS)
def test_the_files_are_written_as_they_were(references, version):
    bundle = references.bundle(version)
    written = bundle_json(bundle.config, bundle.spec)
    for content, original in zip(written.values(), references.files(version), strict=True):
        original.pop("transformers_version", None)
        assert content == original
    assert can_run_in_the_original(bundle.config, bundle.spec)


DAMAGES = {
    "backbone_config": ("config", lambda c: c.pop("backbone_config"), "lacks backbone_config"),
    "width as text": ("config", lambda c: c["backbone_config"].update(d_model="768"), "unusable d_model"),
    "no layers": ("config", lambda c: c["backbone_config"].update(decoder_layers=0), "unusable decoder_layers"),
    "odd heads": ("config", lambda c: c["backbone_config"].update(encoder_attention_heads=7), "multiple of"),
    "another network": ("config", lambda c: c.update(backbone_model_name="google/t5-small"), "google/t5-small"),
    "another spectrogram": ("config", lambda c: c.update(spectrogram_implementation="librosa"), "librosa"),
    "another vocabulary": ("config", lambda c: c.update(vocab_size=50_000), "tokens to read"),
    "another window": ("config", lambda c: c["backbone_config"].update(max_source_positions=750), "time steps"),
    "raw audio": ("config", lambda c: c.update(input_raw_wave=True), "input_raw_wave"),
    "no ranges": ("tokenizer", lambda t: t.pop("event_ranges"), "lacks event_ranges"),
    "ranges as text": ("tokenizer", lambda t: t.update(event_ranges=["t"]), "damaged list"),
    "a foreign event": ("tokenizer", lambda t: t["event_ranges"][3].update(type="dance"), "event 'dance'"),
    "a range twice": ("tokenizer", lambda t: t["event_ranges"].append(t["event_ranges"][0]), "event 't'"),
    "no times": ("tokenizer", lambda t: t["event_ranges"].pop(0), "offset|begins at|vocab_size|no times"),
    "moved contexts": ("tokenizer", lambda t: t["context_sos"].update(map=99), "not in pairs"),
    "a foreign context": ("tokenizer", lambda t: t["context_sos"].update(chorus=17), "context 'chorus'"),
    "other classes": (
        "tokenizer",
        lambda t: t["input_event_ranges"][1].update(max_value=48),
        "classes of 'difficulty'",
    ),
    "moved ids": ("tokenizer", lambda t: t["event_start"].update(snap=9), "'snap' begins at 9"),
    "an odd offset": ("tokenizer", lambda t: t.update(offset=5), "offset 5"),
    "odd tables": ("tokenizer", lambda t: t.update(mapper_idx=[1, 2]), "damaged table"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_and_foreign_files_get_one_sentence(references, damage):
    config, tokenizer, _ = references.files("v29")
    which, change, message = DAMAGES[damage]
    change({"config": config, "tokenizer": tokenizer}[which])
    with pytest.raises(ValueError, match=message) as caught:
        bundle_from_json(config, tokenizer)
    assert "\n" not in str(caught.value)


def test_a_model_of_ours_says_what_the_published_form_cannot():
    spec = mini_spec()
    config = ModelConfig(vocab_size_in=spec.vocabulary.size_in, vocab_size_out=spec.vocabulary.size_out)
    files = bundle_json(config, spec)
    assert not can_run_in_the_original(config, spec)
    read = bundle_from_json(files["config.json"], files["tokenizer.json"], name="other")
    assert read.spec == spec
    assert own_values(read.config) == own_values(config)
    files["config.json"]["osu_mapper"] = {"config": {}}
    with pytest.raises(ValueError, match="damaged part osu_mapper"):
        bundle_from_json(files["config.json"], files["tokenizer.json"])
