"""A tiny seeded network with everything switched on."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from osuT5.model.config import ModelConfig
from osuT5.model.seq2seq import MapperModel
from osuT5.tokens.contract import mini_spec


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    torch.set_num_threads(1)


@pytest.fixture
def tiny_config() -> Callable[..., ModelConfig]:
    """Makes a tiny config: 64 frames of 8 ms, 16 positions of 32 ms, 50 time tokens of 10 ms from id 5 on."""

    def make(**changes) -> ModelConfig:
        values = {
            "d_model": 32,
            "encoder_layers": 2,
            "decoder_layers": 2,
            "encoder_heads": 4,
            "decoder_heads": 4,
            "encoder_ffn_dim": 64,
            "decoder_ffn_dim": 64,
            "n_mels": 8,
            "max_source_positions": 16,
            "max_target_positions": 40,
            "vocab_size_in": 90,
            "vocab_size_out": 70,
            "time_token_start": 5,
            "time_token_count": 50,
            "pointer_dim": 8,
            "init_std": 0.2,  # larger than in training, so that wrong wiring shows in the numbers
        }
        return ModelConfig(**(values | changes))

    return make


@pytest.fixture
def our_folder(tiny_config, tmp_path: Path) -> Path:
    """A tiny model of ours in a folder."""
    torch.manual_seed(5)
    spec = mini_spec()
    sizes = {"vocab_size_in": spec.vocabulary.size_in, "vocab_size_out": spec.vocabulary.size_out, "n_mels": 64}
    folder = tmp_path / "ours"
    MapperModel(tiny_config(**sizes)).save_pretrained(folder)
    spec.save(folder)
    return folder


@pytest.fixture
def tiny_model(tiny_config) -> Callable[..., MapperModel]:
    def make(**changes) -> MapperModel:
        torch.manual_seed(0)
        return MapperModel(tiny_config(**changes)).eval()

    return make


@pytest.fixture
def mel() -> torch.Tensor:
    """Two windows [2, 64, 8]."""
    return torch.randn(2, 64, 8, generator=torch.Generator().manual_seed(1))


@pytest.fixture
def ids() -> torch.Tensor:
    """Three decoder rows of nine tokens."""
    return torch.randint(3, 70, (3, 9), generator=torch.Generator().manual_seed(2))
