"""A model with added contexts writes its own as before, and has marks for the new ones."""

from dataclasses import replace

import pytest
import torch

from osu_beatmap.beatmap import GameMode
from osuT5.dataset.contexts import context_mix
from osuT5.model.seq2seq import MapperModel
from osuT5.tokens.contract import mini_spec
from osuT5.tokens.events import ContextKind
from osuT5.tokens.vocabulary import Vocabulary
from osuT5.training.architectures import mini_config
from osuT5.training.context_extension import with_contexts
from training.options import OptionError

KNOWN = (ContextKind.NONE, ContextKind.TIMING, ContextKind.KIAI, ContextKind.MAP, ContextKind.SV)


@pytest.fixture(scope="module")
def known():
    spec = mini_spec()
    vocabulary = Vocabulary(spec.vocabulary.output_ranges, spec.vocabulary.input_ranges, KNOWN)
    spec = replace(spec, vocabulary=vocabulary)
    config = mini_config(spec, d_model=32, encoder_layers=1, decoder_layers=1, encoder_ffn_dim=64, decoder_ffn_dim=64)
    torch.manual_seed(3)
    return MapperModel(config).eval(), spec


def scores(model, spec, events) -> torch.Tensor:
    """Logits of all events of the vocabulary after a prompt."""
    vocabulary = spec.vocabulary
    sos = vocabulary.context_sos(ContextKind.MAP)
    ids = [vocabulary.ids_of(spec.conditions[0]).start, 1, sos, *(vocabulary.encode(event) for event in events)]
    torch.manual_seed(1)
    mel = torch.rand(1, spec.grid.frames, spec.spectrogram.n_mels)
    with torch.inference_mode():
        output = model(mel, torch.tensor([ids]), mode_ids=torch.tensor([int(GameMode.TAIKO)]))
    return output.logits[0, :, vocabulary.first_event_id :]


def test_its_own_contexts_are_written_as_before(known):
    model, spec = known
    grown, more = with_contexts(model, spec, ["no_hs", "gd"])
    assert more.vocabulary.contexts == (*KNOWN, ContextKind.NO_HS, ContextKind.GD)
    assert more == replace(mini_spec(), vocabulary=more.vocabulary) and more.vocabulary == mini_spec().vocabulary
    ranges = spec.vocabulary.output_ranges
    events = [spec.vocabulary.decode(spec.vocabulary.ids_of(r.kind).start + r.size // 2) for r in ranges]
    assert torch.equal(scores(model, spec, events), scores(grown, more, events))


def test_the_new_contexts_can_be_given_and_others_are_refused(known):
    grown, more = with_contexts(*known, ["gd", "gd"])
    assert more.vocabulary.contexts == (*KNOWN, ContextKind.GD)
    context_mix({"gd timing": 1}, more)
    mark = more.vocabulary.context_sos(ContextKind.GD)
    weights = grown.decoder_embedder.weight
    assert weights[mark].abs().max() > 0
    assert torch.allclose(weights[mark], weights[3 : 3 + 2 * len(KNOWN) : 2].mean(0))
    assert with_contexts(*known, ["map"]) == known, "it has that one"
    with pytest.raises(OptionError, match="add_contexts names hitsounds"):
        with_contexts(*known, ["hitsounds"])
