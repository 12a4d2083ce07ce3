"""Published bundles to ours and back, with tiny models."""

import json
import shutil

import pytest
import torch
from safetensors.torch import load_file

from osuT5.model.files.convert import convert_to_ours, convert_to_published, main
from osuT5.model.files.loading import load_model, read_contract
from osuT5.tokens.contract import Contract


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
    assert spec == read_contract(source)[1]
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
    assert Contract.load(back) == Contract.load(our_folder)
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
    assert "truncated" in message
    assert message.count("\n") == 1
    assert sorted(tmp_path.iterdir()) == before
    assert main([str(tmp_path / "nothing"), str(tmp_path / "out")]) == 2
    assert main([str(our_folder), str(published), "--to-published"]) == 2
    assert "exists already" in capsys.readouterr().err
