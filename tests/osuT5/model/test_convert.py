"""Published bundles to ours and back, with tiny models, and the weight files behind them."""

from __future__ import annotations

import json
import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file

from osuT5.model.convert import convert_to_ours, convert_to_published, main
from osuT5.model.loading import load_model
from osuT5.model.published import read_bundle, rename_key
from osuT5.model.published.writing import bundle_json
from osuT5.model.seq2seq import MapperModel
from osuT5.model.weights import build_model, load_weights, read_tensors, weight_files
from osuT5.spec import ModelSpec, mini_spec


@pytest.fixture
def our_folder(tiny_config, tmp_path):
    """A trained model of ours, tiny, with everything that the published form does not know."""
    torch.manual_seed(5)
    spec = mini_spec()
    sizes = {"vocab_size_in": spec.vocabulary.size_in, "vocab_size_out": spec.vocabulary.size_out}
    folder = tmp_path / "ours"
    MapperModel(tiny_config(**sizes, n_mels=64)).save_pretrained(folder)
    spec.save(folder)
    return folder


@pytest.mark.parametrize("version", ["v29", "v32"])
def test_a_published_bundle_goes_there_and_back(golden, tmp_path, version):
    source = golden("model", f"model/tiny_{version}/") / "model" / f"tiny_{version}"
    ours, back = tmp_path / "ours", tmp_path / "back"
    convert_to_ours(source, ours)
    assert sorted(p.name for p in ours.iterdir()) == [
        "class_tables.json",
        "config.json",
        "contract.json",
        "model.safetensors",
    ]
    model, spec = load_model(ours)
    assert spec == read_bundle(source).spec
    assert convert_to_published(ours, back)
    for name in ("config.json", "tokenizer.json", "generation_config.json"):
        written, original = (json.loads((f / name).read_text(encoding="utf-8")) for f in (back, source))
        original.pop("transformers_version", None)
        assert written == original
    written, original = (load_file(f / "model.safetensors") for f in (back, source))
    assert written.keys() == original.keys()
    for key, value in original.items():
        if "embed_tokens" not in key:  # never used, and so not kept
            torch.testing.assert_close(written[key], value, atol=1e-6, rtol=0)
    assert model.state_dict()["proj_out.weight"].equal(original["transformer.proj_out.weight"])


def test_a_model_of_ours_goes_there_and_back(our_folder, tmp_path, capsys):
    published, back = tmp_path / "published", tmp_path / "back"
    assert main([str(our_folder), str(published), "--to-published"]) == 0
    assert "only this program can run it" in capsys.readouterr().out
    assert "transformer.proj_out.weight" in load_file(published / "model.safetensors")
    assert main([str(published), str(back)]) == 0
    assert ModelSpec.load(back) == ModelSpec.load(our_folder)
    expected, _ = load_model(our_folder)
    found, _ = load_model(back)
    assert found.config.conv_strides == (2, 2)
    for key, value in expected.state_dict().items():
        assert torch.equal(found.state_dict()[key], value), key


def test_bundles_of_single_modes_are_converted_too(our_folder, tmp_path):
    shutil.copytree(our_folder, our_folder / "gamemode=3")
    published, back = tmp_path / "published", tmp_path / "back"
    convert_to_published(our_folder, published)
    convert_to_ours(published, back)
    assert (back / "gamemode=3" / "contract.json").is_file()


def test_what_cannot_be_converted_leaves_nothing(our_folder, tmp_path, capsys):
    published = tmp_path / "published"
    convert_to_published(our_folder, published)
    weights = published / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    before = sorted(tmp_path.iterdir())
    assert main([str(published), str(tmp_path / "out")]) == 2
    message = capsys.readouterr().err
    assert message.startswith("error: ")
    assert "the file ends early" in message
    assert message.count("\n") == 1
    assert sorted(tmp_path.iterdir()) == before
    assert main([str(tmp_path / "nothing"), str(tmp_path / "out")]) == 2
    assert main([str(our_folder), str(published), "--to-published"]) == 2
    assert "is there already" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no safetensors file"),
        (b"\x80\x02}q\x00.", "no safetensors file"),
        (b"\x10" + bytes(7) + b'{"a": ', "truncated"),
        (b"\x02" + bytes(7) + b"[]", "truncated"),
        (b"\x0c" + bytes(7) + b'{"a": {"b":1', "truncated"),
        (b"\x08" + bytes(7) + b'{"a": 1}', "damaged at a"),
    ],
)
def test_files_that_are_no_weights_get_one_sentence(tmp_path, content, message):
    path = tmp_path / "model.safetensors"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message):
        list(read_tensors(path))


def test_weights_are_read_as_safetensors_reads_them(tmp_path):
    tensors = {
        "floats": torch.randn(3, 4),
        "halves": torch.randn(5).half(),
        "brains": torch.randn(2, 2).bfloat16(),
        "counts": torch.arange(6),
        "number": torch.tensor(2.5),
        "nothing": torch.zeros(0, 3),
    }
    path = tmp_path / "model.safetensors"
    save_file(tensors, path)
    read = dict(read_tensors(path))
    assert {name: value.dtype for name, value in read.items()} == {name: t.dtype for name, t in tensors.items()}
    assert all(torch.equal(read[name], tensor) for name, tensor in tensors.items())
    converted = dict(read_tensors(path, lambda name: None if name == "halves" else f"new.{name}", torch.bfloat16))
    assert "new.halves" not in converted
    assert converted["new.floats"].dtype == torch.bfloat16
    assert converted["new.counts"].dtype == torch.int64


def test_weights_in_parts(tiny_model, tmp_path):
    model = tiny_model()
    items = list(model.state_dict().items())
    for part, chosen in (("a", items[:20]), ("b", items[20:])):
        save_file(dict(chosen), tmp_path / f"model-{part}.safetensors")
    weight_map = {name: f"model-{'a' if i < 20 else 'b'}.safetensors" for i, (name, _) in enumerate(items)}
    index = tmp_path / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": weight_map}), encoding="utf-8")
    loaded = load_weights(tmp_path, model.config)
    assert all(torch.equal(loaded.state_dict()[name], value) for name, value in items)
    (tmp_path / "model-b.safetensors").unlink()
    with pytest.raises(ValueError, match=r"lacks model-b\.safetensors"):
        weight_files(tmp_path)
    index.write_text("{}", encoding="utf-8")
    with pytest.raises(ValueError, match="is damaged"):
        weight_files(tmp_path)


def test_weights_that_do_not_fit_are_named(tiny_model, tiny_config):
    state = tiny_model().state_dict()
    cases = (
        ({"decoder.extra": torch.zeros(1)}, (), "hold decoder.extra"),
        ({"proj_out.weight": torch.zeros(7, 32)}, (), "proj_out.weight of size 7x32, where the config asks for 70x32"),
        ({}, ("proj_out.weight", "decoder_embedder.weight"), "lack decoder_embedder.weight and 1 more"),
        ({}, ("proj_out.weight",), "lack proj_out.weight$"),
    )
    for added, removed, message in cases:
        changed = {name: value for name, value in (state | added).items() if name not in removed}
        with pytest.raises(ValueError, match=message):
            build_model(tiny_config(), changed.items())


def test_loading_needs_the_memory_of_the_weights_once(tiny_config, tmp_path):
    """Every parameter is the tensor that was read, not a copy of it."""
    torch.manual_seed(0)
    config = tiny_config(layer_kind="rotary_fused", pointer=False, frame_heads=())
    save_file(MapperModel(config).state_dict(), tmp_path / "model.safetensors")
    read = dict(read_tensors(tmp_path / "model.safetensors", rename_key, torch.bfloat16))
    model = build_model(config, read.items())
    assert model.dtype == torch.bfloat16
    assert not model.training
    assert all(value.data_ptr() == read[name].data_ptr() for name, value in model.state_dict().items())
    assert "pointer" not in "".join(read)


def test_bundle_json_is_what_a_published_folder_holds():
    spec = mini_spec()
    assert list(bundle_json(MapperModel.config_class(), spec)) == [
        "config.json",
        "tokenizer.json",
        "generation_config.json",
    ]
