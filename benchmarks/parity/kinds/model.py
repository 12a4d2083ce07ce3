"""model/: outputs of tiny seeded published models, for fixed input.

The input is audio and prompts.

Each folder with `goldens.npz` is a bundle. The arrays: `frames` (audio [windows, samples]), `decoder_input_ids` and
`decoder_attention_mask` (the second row padded on the left), `mel`, `encoder_last_hidden_state`, and

    logits_row0             of the first row alone
    logits_model_forward    of both, with positions that count real tokens
    logits_batch_rawmask    of both, with positions that count padding too
    gen_<b1|b2pad>_<how>    tokens, prompts included, of the first row or of both; options and seed in `meta.json`
    neg_ids_<b1|b2pad>      the negative prompts of guided ones

The other bundles of the folder, those without such arrays, belong to other checks.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from benchmarks.parity.cases import Named, Outcome, Verdict, compare_within
from benchmarks.parity.folders import read_arrays, read_json
from osuT5.generation.decode_loop import DecodeLoop
from osuT5.generation.decode_row import DecodeRow
from osuT5.generation.sampling.row_choice import Guidance
from osuT5.model.attention import SelfAttentionInput, causal_mask
from osuT5.model.files.loading import load_model
from osuT5.model.files.parameter_names import FUSED_KINDS
from osuT5.model.seq2seq import MapperModel
from osuT5.model.spectrogram import Spectrogram
from osuT5.tokens.contract import Contract
from osuT5.tokens.events import ContextKind
from osuT5.tokens.vocabulary import PAD_ID
from parity.logit_rules import Temperatures, eos_ids
from parity.token_choice import OriginalChoice, OriginalSampling, published_rules

LIMIT = 1e-4
MEL_LIMIT = 1e-5
"""Of the largest value."""


@dataclass
class Bundle:
    """One folder: network, contract, arrays, and facts from `meta.json`.

    The facts are about the generated tokens.
    """

    model: MapperModel
    spec: Contract
    arrays: dict[str, np.ndarray]
    runs: dict[str, dict]

    def tensor(self, name: str) -> Tensor:
        return torch.from_numpy(self.arrays[name])

    @cached_property
    @torch.inference_mode()
    def mel(self) -> Tensor:
        return Spectrogram(self.spec.spectrogram)(self.tensor("frames"))

    @cached_property
    @torch.inference_mode()
    def states(self) -> Tensor:
        return self.model.encode(self.mel)


def cases(folder: Path) -> Named:
    for path in sorted(folder.glob("*/goldens.npz")):
        bundle = Bundle(*load_model(path.parent), read_arrays(path), read_json(path.with_name("meta.json"))["gen"])
        for name in bundle.arrays:
            if name in ("mel", "encoder_last_hidden_state") or name.startswith(("logits_", "gen_")):
                yield f"{path.parent.name} {name}", partial(_compare, bundle, name)


def _compare(bundle: Bundle, name: str) -> Outcome:
    if name == "mel":
        return compare_within(bundle.mel.numpy(), bundle.arrays[name], MEL_LIMIT, relative=True)
    if name == "encoder_last_hidden_state":
        return compare_within(bundle.states.numpy(), bundle.arrays[name], LIMIT)
    return _compare_logits(bundle, name) if name.startswith("logits_") else _compare_tokens(bundle, name)


@torch.inference_mode()
def _compare_logits(bundle: Bundle, name: str) -> Outcome:
    theirs = bundle.arrays[name]
    ids, mask = (bundle.tensor(f"decoder_{part}")[: len(theirs)] for part in ("input_ids", "attention_mask"))
    score = _score_with_padding if name.endswith("rawmask") else _score
    ours = score(bundle.model, ids, mask, bundle.states[: len(theirs)])
    asked = mask.numpy()  # nobody sees what is scored for padding
    return compare_within(ours.numpy()[asked], theirs[asked], LIMIT)


def _score(model: MapperModel, ids: Tensor, mask: Tensor, states: Tensor) -> Tensor:
    sees_ahead = model.config.layer_kind in FUSED_KINDS
    return model(
        decoder_input_ids=ids, decoder_attention_mask=mask, encoder_states=states, sees_ahead=sees_ahead
    ).logits


def _score_with_padding(model: MapperModel, ids: Tensor, mask: Tensor, states: Tensor) -> Tensor:
    """Score a batch without positions, as the original does.

    Native code never needs that.
    """
    count = ids.shape[1]
    tokens = SelfAttentionInput(torch.arange(count), causal_mask(mask.bool(), count))
    cross = model.decoder.cross_keys_values(states, None)
    return model.proj_out(model.decoder(model.decoder_embedder(ids), tokens, cross))


def _compare_tokens(bundle: Bundle, name: str) -> Outcome:
    theirs, run = bundle.arrays[name], bundle.runs[name]
    if run["kwargs"]["num_beams"] > 1:
        return Verdict.PENDING, "", "beam search is not part of the program"
    ours = _generate(bundle, len(theirs), run)
    if ours.shape == theirs.shape and (ours == theirs).all():
        return Verdict.OK, f"{theirs.size} tokens", ""
    common = min(ours.shape[1], theirs.shape[1])
    differing = np.argwhere(ours[:, :common] != theirs[:, :common])
    where = f"row {differing[0][0]} from token {differing[0][1]} on" if len(differing) else "another length"
    return Verdict.DIFFERS, f"{len(differing)}", where


def _generate(bundle: Bundle, count: int, run: dict) -> np.ndarray:
    """Return prompts and generated tokens [rows, length], padded as by the original."""
    options, vocabulary = run["kwargs"], bundle.spec.vocabulary
    lookback_ms, lookahead_ms = options.get("lookback_time", 0), options.get("lookahead_time", 0)
    context = ContextKind(options["context_type"]) if "context_type" in options else None
    ends = frozenset(eos_ids(vocabulary, context, lookback_ms, lookahead_ms))
    negative = bundle.arrays[f"neg_ids_b{'1' if count == 1 else f'{count}pad'}"] if run["neg"] else None
    rows = [
        DecodeRow(
            context or ContextKind.MAP,
            _strip_padding(bundle.arrays["decoder_input_ids"][index]),
            end_ids=ends,
            negative_ids=[] if negative is None else _strip_padding(negative[index]),
        )
        for index in range(count)
    ]
    sampling = _read_sampling(options)
    rules = published_rules(vocabulary, options["types_first"], sampling, lookback_ms)
    generator = torch.Generator().manual_seed(run["seed"] or 0)
    guidance = Guidance(options["cfg_scale"], inverted=True) if options["cfg_scale"] > 1 else None
    engine = DecodeLoop(
        bundle.model, vocabulary, options["max_length"] - 1, guidance, counts_padding=True
    )  # the last is not read
    choice = OriginalChoice(rules, sampling, generator)
    engine.write(rows, bundle.states[:count], range(count), [0] * count, choice)
    return _join_ids(rows)


def _read_sampling(options: dict) -> OriginalSampling:
    return OriginalSampling(
        Temperatures(
            options["temperature"],
            options["timing_temperature"],
            options["mania_column_temperature"],
            options["taiko_hit_temperature"],
        ),
        draws=options["do_sample"],
        top_p=options["top_p"],
        top_k=options["top_k"],
        time_bias=options["timeshift_bias"],
    )


def _strip_padding(ids: np.ndarray) -> list[int]:
    return ids[np.flatnonzero(ids != PAD_ID)[0] :].tolist()


def _join_ids(rows: list[DecodeRow]) -> np.ndarray:
    read = max(len(row.prompt_ids) for row in rows)
    written = [row.written_ids if row.end_id is None else [*row.written_ids, row.end_id] for row in rows]
    ids = np.full((len(rows), read + max(map(len, written))), PAD_ID)
    for place, row, own in zip(ids, rows, written, strict=True):
        place[read - len(row.prompt_ids) : read] = row.prompt_ids
        place[read : read + len(own)] = own
    return ids
