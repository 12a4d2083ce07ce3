"""Adapters from training give the model that was trained, when generation loads them."""

import json

import pytest
import torch

from model_files.errors import ModelError
from osuT5.model.files.convert import convert_to_published
from osuT5.model.files.loading import load_model
from osuT5.model.files.lora import BASE_CONTRACT_FILE
from osuT5.model.seq2seq import MapperModel
from osuT5.training.architectures import ARCHITECTURES
from osuT5.training.options import LoraOptions, TrainOptions
from osuT5.training.start import check_start, starting_point
from training.options import OptionError
from training.weights import trained_parameters

SIDES = ("encoder", "decoder")
SMALL = {
    "d_model": 16,
    **{f"{side}_layers": 2 for side in SIDES},
    **{f"{side}_heads": 2 for side in SIDES},
    **{f"{side}_ffn_dim": 16 for side in SIDES},
    "init_std": 0.2,
}


def saved(folder, name: str):
    """A tiny model of ours, or of a published form, in a folder."""
    torch.manual_seed(3)
    architecture = ARCHITECTURES[name]
    spec = architecture.spec()
    ours = folder if name == "mini" else folder.with_name("ours")
    MapperModel(architecture.config(spec, SMALL)).save_pretrained(ours)
    spec.save(ours)
    if name != "mini":
        assert convert_to_published(ours, folder)
    return folder


def moved(start) -> dict[str, torch.Tensor]:
    """What training might make of the weights that it trains."""
    torch.manual_seed(4)
    with torch.no_grad():
        for parameter in trained_parameters(start.model).values():
            parameter.add_(0.1 * torch.randn_like(parameter))
    return {name: p.detach().clone() for name, p in trained_parameters(start.model).items()}


def tokens_scored(model: MapperModel) -> torch.Tensor:
    generator = torch.Generator().manual_seed(5)
    mel = torch.rand(1, model.config.max_source_positions * model.config.frames_per_position, model.config.n_mels)
    ids = torch.randint(3, model.config.vocab_size_in, (1, 9), generator=generator)
    with torch.no_grad():
        return model.eval()(mel=torch.ones_like(mel), decoder_input_ids=ids, mode_ids=torch.tensor([0])).logits


def lora(folder, **changes) -> TrainOptions:
    options = LoraOptions(**{"enable_lora": True, "r": 4, "lora_alpha": 8, **changes})
    return TrainOptions(pretrained_path=str(folder), lora=options)


@pytest.mark.parametrize(
    ("part", "value"), [("conditions", ["gamemode"]), ("audio_lead_ms", 0.0), ("grid", {"frames": 512})]
)
def test_an_adapter_knows_the_contract_of_its_model(tmp_path, part, value):
    base = saved(tmp_path / "base", "mini")
    adapter = tmp_path / "adapter"
    adapter.mkdir()
    start = starting_point(lora(base))
    start.export(moved(start), adapter)
    contract = adapter / BASE_CONTRACT_FILE
    told = json.loads(contract.read_text(encoding="utf-8"))
    contract.write_text(json.dumps({**told, "name": "an elder version"}), encoding="utf-8")
    load_model(base, lora=adapter)
    contract.write_text(json.dumps({**told, part: value}), encoding="utf-8")
    with pytest.raises(ModelError, match=rf"is for another model: that one had another {part.replace('_', ' ')}\.$"):
        load_model(base, lora=adapter)
    contract.unlink()
    load_model(base, lora=adapter)


@pytest.mark.parametrize("begin", ["pissa", "true", "gaussian"])
@pytest.mark.parametrize(("name", "matrices"), [("mini", "q_proj"), ("v29", "q_proj"), ("v32", "Wqkv")])
def test_a_saved_adapter_gives_the_trained_model(tmp_path, name, matrices, begin):
    base = saved(tmp_path / "base", name)
    start = starting_point(lora(base, init_lora_weights=begin))
    trained = trained_parameters(start.model)
    assert trained and all("lora_" in parameter for parameter in trained)
    assert any(matrices in parameter for parameter in trained)
    weights = moved(start)
    adapter = tmp_path / "adapter"
    adapter.mkdir()
    start.export(weights, adapter)
    loaded, _ = load_model(base, lora=adapter)
    torch.testing.assert_close(tokens_scored(loaded), tokens_scored(start.model), rtol=1e-4, atol=1e-4)
    unadapted, _ = load_model(base)
    assert not torch.allclose(tokens_scored(unadapted), tokens_scored(start.model), atol=1e-2)
    config = json.loads((adapter / "adapter_config.json").read_text(encoding="utf-8"))
    assert (config["peft_type"], config["r"], config["base_model_name_or_path"]) == ("LORA", 4, str(base))


def test_an_adapter_begins_as_the_model_that_it_adapts(tmp_path):
    base = saved(tmp_path / "base", "mini")
    start = starting_point(lora(base))
    torch.testing.assert_close(tokens_scored(start.model), tokens_scored(load_model(base)[0]), rtol=1e-4, atol=1e-4)


def test_without_lora_all_weights_are_trained(tmp_path):
    base = saved(tmp_path / "base", "v29")
    start = starting_point(TrainOptions(pretrained_path=str(base)))
    weights = moved(start)
    assert set(weights) == set(dict(start.model.named_parameters()))
    (tmp_path / "model").mkdir()
    start.export(weights, tmp_path / "model")
    loaded, spec = load_model(tmp_path / "model")
    assert spec == start.spec
    torch.testing.assert_close(tokens_scored(loaded), tokens_scored(start.model), rtol=0.05, atol=0.05)  # saved in fp16


def test_parts_may_be_added_to_a_model(tmp_path):
    base = saved(tmp_path / "base", "mini")
    start = starting_point(TrainOptions(pretrained_path=str(base), sizes={"chart_onset_dim": 8}))
    assert start.model.chart_onsets is not None
    known = load_model(base)[0].state_dict()
    assert all(torch.equal(start.model.state_dict()[name], weight) for name, weight in known.items())
    with pytest.raises(OptionError, match="sizes must only add to the model of pretrained_path"):
        starting_point(TrainOptions(pretrained_path=str(base), sizes={"d_model": 32}))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (TrainOptions(architecture="v27"), "architecture must be one of mini, v28"),
        (TrainOptions(lora=LoraOptions(enable_lora=True)), "pretrained_path must be given for LoRA"),
        (TrainOptions(sizes={"width": 3}), "no size width of the network"),
    ],
)
def test_what_cannot_begin_is_refused_before_anything_is_read(options, said):
    with pytest.raises(OptionError, match=said):
        check_start(options)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"pretrained_path": "nowhere"}, "pretrained_path"),
        ({"sizes": {"d_model": 13}}, "sizes do not make a network: d_model 13 must be a multiple"),
        (
            {"class_tables_path": "nowhere", "architecture": "v29"},
            "class_tables_path must be a folder with a class_",
        ),
    ],
)
def test_a_start_that_there_is_not_says_why(changes, said):
    with pytest.raises(ValueError, match=said) as error:
        starting_point(TrainOptions(**changes))
    assert "model_path" not in str(error.value)


def test_targets_that_a_model_lacks_are_one_sentence(tmp_path):
    base = saved(tmp_path / "base", "mini")
    with pytest.raises(OptionError, match="lora does not fit this model") as error:
        starting_point(lora(base, target_modules=("Wqkv",)))
    assert "\n" not in str(error.value)


def test_fresh_weights_follow_the_seed():
    one, two, other = (starting_point(TrainOptions(seed=seed, sizes=SMALL)).model.proj_out.weight for seed in (1, 1, 2))
    assert torch.equal(one, two) and not torch.equal(one, other)
