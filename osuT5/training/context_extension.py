"""Extension of a model by contexts, such as hitsounds for a map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from osuT5.model.config import ModelConfig
from osuT5.model.seq2seq import MapperModel
from osuT5.tokens.contract import Contract
from osuT5.tokens.events import ContextKind
from osuT5.tokens.vocabulary import Vocabulary
from training.options import OptionError

VOCABULARY_WEIGHTS = ("decoder_embedder.weight", "proj_out.weight")
"""Those with a row for each token."""


def with_contexts(model: MapperModel, contract: Contract, names: Sequence[str]) -> tuple[MapperModel, Contract]:
    """Return the same model with marks for more contexts.

    They begin as the mean of the existing marks. The output in the model's own contexts stays the same, since nothing
    leads to the new marks yet.

    Raises:
        OptionError: A name is not a context, or the vocabulary has no marks.
    """
    known = {context.value: context for context in ContextKind}
    if unknown := [name for name in names if name not in known]:
        raise OptionError(f"add_contexts names {unknown[0]}, but contexts are {', '.join(known)}.")
    old = contract.vocabulary
    added = tuple(known[name] for name in dict.fromkeys(names) if known[name] not in old.contexts)
    if not added:
        return model, contract
    if not old.contexts:
        raise OptionError(
            "add_contexts: the model of pretrained_path generates a single context, and cannot have others."
        )
    vocabulary = Vocabulary(old.output_ranges, old.input_ranges, (*old.contexts, *added))
    config = ModelConfig(
        **{
            **model.config.to_dict(),
            "vocab_size_in": vocabulary.size_in,
            "vocab_size_out": vocabulary.size_out,
            "time_token_start": model.config.time_token_start + 2 * len(added),
        }
    )
    weights = dict(model.state_dict())
    for name in VOCABULARY_WEIGHTS:
        weights[name] = _with_marks(weights[name], old, len(added))
    grown = MapperModel(config)
    grown.load_state_dict(weights)
    return grown, replace(contract, vocabulary=vocabulary)


def _with_marks(rows: Tensor, vocabulary: Vocabulary, added: int) -> Tensor:
    """Add an sos and an eos row to weights for each context.

    Weights are [tokens, d].


    They come after those of the known contexts.
    """
    first_event = vocabulary.first_event_id
    marks = rows[vocabulary.context_sos(vocabulary.contexts[0]) : first_event]
    sos, eos = marks[0::2].mean(0), marks[1::2].mean(0)
    return torch.cat([rows[:first_event], torch.stack([sos, eos]).repeat(added, 1), rows[first_event:]])
