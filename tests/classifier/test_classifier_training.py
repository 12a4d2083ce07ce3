"""Training a classifier of two mappers."""

from pathlib import Path

import numpy as np
import pytest
import torch

from classifier.contract import CONTRACT_FILE, Classifier, load_classifier
from classifier.dataset import Labels
from classifier.options import ClassifierTrainOptions
from classifier.ranking import rank_mappers
from classifier.training import drawing_shares, load_pretrained_reader, train_classifier
from model_files.errors import ModelError
from pipeline.cli.command_line import compose_config
from tests.classifier.mapper_maps import map_by, noise, write_mapset
from tests.support.reference_songs import SIZES, make_model
from training.options import OptionError, build_options

MAPPERS = ("Anna", "Bert")


@pytest.fixture(scope="module")
def mapsets(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("songs") / "mapsets"
    for number in range(2):
        title = f"Song {number}"
        write_mapset(folder / title, [map_by(mapper, title) for mapper in MAPPERS], seed=number)
    return folder


def _train(mapsets: Path, folder: Path, steps: int) -> Classifier:
    config = compose_config("train_classifier")
    config |= {"train_dataset_path": str(mapsets), "run_path": str(folder / "run"), "fewest_charts": 2, "rows": 4}
    config |= {"cache_path": str(folder / "cache"), "decoder_layers": 1}
    config["loop"] |= {"total_steps": steps, "log_every": steps, "warmup_steps": 2, "average_decay": 0.0}
    return load_classifier(train_classifier(build_options(ClassifierTrainOptions, config)))


def test_a_head_learns_to_tell_two_mappers_apart(mapsets: Path, tmp_path: Path) -> None:
    classifier = _train(mapsets, tmp_path, 40)
    assert classifier.mappers == MAPPERS
    for mapper in MAPPERS:
        ranking = rank_mappers(map_by(mapper), noise(16.0, seed=9), classifier)
        assert ranking.chances[0][0] == mapper
    frozen, kept = (each.model.reader.state_dict() for each in (load_classifier(), classifier))
    assert "decoder.layers.1.fc1.weight" not in kept
    torch.testing.assert_close(kept, {name: frozen[name] for name in kept})
    before = sorted(path.name for path in (tmp_path / "cache").iterdir())
    _train(mapsets, tmp_path, 40)
    assert sorted(path.name for path in (tmp_path / "cache").iterdir()) == before


def test_seq2seq_models_and_map_models_have_a_lower_part_too(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    make_model(tmp_path / "tokens")
    reader, spec = load_pretrained_reader(ClassifierTrainOptions(pretrained_path=str(tmp_path / "tokens")))
    assert (reader.config.d_model, spec.name) == (SIZES["d_model"], "mini")
    assert not capsys.readouterr().out
    reader, _ = load_pretrained_reader(ClassifierTrainOptions(pretrained_path="models/mini"))
    assert reader.state_dict().keys() == load_classifier().model.reader.state_dict().keys()
    assert "models/mini has no event tokens" in capsys.readouterr().out
    with pytest.raises(ModelError, match="pretrained_path"):
        load_pretrained_reader(ClassifierTrainOptions(pretrained_path=str(tmp_path / "nothing")))


def test_a_damaged_contract_is_told_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"lacks classifier\.json"):
        load_classifier(tmp_path)
    (tmp_path / CONTRACT_FILE).write_text('{"spec": {}}', encoding="utf-8")
    with pytest.raises(ModelError, match="damaged, or from another version"):
        load_classifier(tmp_path)


def test_mappers_are_drawn_by_the_root_of_their_songs() -> None:
    mappers, songs = np.array([0] * 8 + [1] * 3), np.array([0, 0, 0, 0, 0, 1, 2, 3, 4, 4, 4])
    shares = drawing_shares(Labels(mappers, songs, songs))
    assert shares[:8].sum() / shares[8:].sum() == pytest.approx(2.0)
    assert shares[:5].sum() == pytest.approx(shares[5])


def test_the_config_shows_the_defaults() -> None:
    config = compose_config("train_classifier")
    del config["loop"]
    assert build_options(ClassifierTrainOptions, config) == ClassifierTrainOptions()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"train_dataset_path": ""}, "train_dataset_path is missing"),
        ({"fewest_charts": 3}, "There are not two mappers with 3 charts"),
        ({"split": "some"}, "split must be one of train, held_out, all, got some"),
    ],
)
def test_wrong_classifier_options(mapsets: Path, options: dict, sentence: str) -> None:
    with pytest.raises(OptionError, match=sentence):
        train_classifier(ClassifierTrainOptions(**{"train_dataset_path": str(mapsets), **options}))
