"""Models with every kind of decoder, and rows for them."""

from functools import partial

import pytest
import torch

from tests.support.layer_kinds import DECODER_KINDS


@pytest.fixture(params=DECODER_KINDS)
def tiny_model(tiny_model, request):
    return partial(tiny_model, **DECODER_KINDS[request.param])


@pytest.fixture(autouse=True)
def no_gradients():
    with torch.inference_mode():
        yield


@pytest.fixture
def prompts(ids):
    """Three rows of eleven tokens, the first of which are conditions."""
    return torch.cat([torch.randint(70, 90, (3, 2), generator=torch.Generator().manual_seed(3)), ids], 1)
