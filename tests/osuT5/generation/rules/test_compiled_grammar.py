"""Tables forbid what the rules forbid, wherever a row comes."""

import random

import pytest
import torch

from osu_beatmap.attributes import Attributes
from osu_beatmap.beatmap import GameMode
from osuT5.generation.decode_row import DecodeRow
from osuT5.generation.rules.compiled_grammar import UNKNOWN, CompiledGrammar
from osuT5.generation.rules.logit_rules import GrammarMasks
from osuT5.generation.window_schedule import _grammar
from tests.support.tiny_song import tiny_spec

VERSIONS = ["mini", "v29", "v30", "v31", "v32"]
TOKENS = 400


@pytest.fixture(scope="module", params=VERSIONS)
def spec(request):
    return tiny_spec(request.param)


@pytest.fixture(scope="module")
def compiled(spec) -> CompiledGrammar:
    return CompiledGrammar(spec.vocabulary, torch.device("cpu"))


@pytest.mark.parametrize("mode", list(GameMode))
def test_a_row_is_in_its_line_at_every_token(spec, compiled, mode):
    dice = random.Random(mode.value)
    masks = GrammarMasks(spec.vocabulary)
    for context in spec.contexts_of(mode):
        row = DecodeRow(context, [], grammar=_grammar(context, Attributes(mode, key_count=5), spec.encoding))
        line = compiled.line_of(context, row.grammar)
        for _ in range(TOKENS):
            compiled.publish()
            forbidden = masks.forbidden_tokens(context, row.grammar)
            assert torch.equal(compiled.masks[compiled.mask_of[line]], forbidden)
            assert bool(compiled.is_open[line]) == bool(row.grammar and row.grammar.waiting)
            allowed = torch.nonzero(~forbidden).flatten().tolist()
            if not allowed:
                break  # V30 has no columns: such a row ends
            token_id = dice.choice(_one_of_each_class(compiled, allowed))
            row.note(token_id, spec.vocabulary)
            line = compiled.next_line(line, token_id)
        compiled.publish()
        assert (compiled.following[line] != UNKNOWN).any() or line not in compiled._after


def _one_of_each_class(compiled: CompiledGrammar, allowed: list[int]) -> list[int]:
    """So that a walk does not go through times and places alone."""
    seen = {compiled._class_of[token_id]: token_id for token_id in allowed}
    return list(seen.values())
