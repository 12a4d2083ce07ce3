"""logits/: logit processors, sets of end ids, top-p and top-k.

Scores and prefixes are fixed.

`logits.npz` holds for each version `<v>_ids`, `<v>_scores`, and what became of the scores; names say by what:

    <v>_monotonic, <v>_timeshift_bias<b>
    <v>_condtemp_<case>_tf<0|1>     on <v>_condtemp_<case>_ids; types last or first; temperatures in `meta.json`
    <v>_lookback_tf<0|1>_out<n>     calls n = 0, 1, ... of one processor, on <v>_lookback_tf<.>_in<n> and _ids<n>

`hf_topp_topk.npz` was made from scores of one of the versions; `meta.json` has the end ids by context, lookback and
lookahead.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch

from benchmarks.parity.cases import Named, Outcome, Verdict, compare_within, identical
from benchmarks.parity.folders import read_arrays, read_json
from osuT5.model.files.tokenizer import vocabulary_of
from osuT5.tokens.events import ContextKind
from osuT5.tokens.vocabulary import Vocabulary
from parity.logit_rules import (
    ConditionalTemperature,
    Lookback,
    MonotonicTimes,
    Temperatures,
    TimeBias,
    eos_ids,
    keep_top_k,
    keep_top_p,
)

LIMIT = 1e-4

Arrays = dict[str, np.ndarray]


@dataclass(frozen=True)
class Version:
    """Data of one version: vocabulary, entry in `meta.json`, and arrays."""

    name: str
    vocabulary: Vocabulary
    meta: dict
    arrays: Arrays


def cases(folder: Path) -> Named:
    meta = read_json(folder / "meta.json")
    arrays = read_arrays(folder / "logits.npz")
    for name, own_meta in meta.items():
        path = folder.parent / "tokenizer" / name / "tokenizer.json"
        if not path.is_file():
            continue
        version = Version(name, vocabulary_of(read_json(path)), own_meta, arrays)
        for case, theirs in own_meta["eos"].items():
            yield f"{name} eos {case}", partial(_compare_eos, version, case, theirs)
        for key in arrays:
            if key.startswith(f"{name}_") and not re.search(r"_(ids|in|scores|out[1-9])\d*$", key):
                yield key, partial(_compare_array, version, key)
    if (folder / "hf_topp_topk.npz").is_file():
        for key, theirs in read_arrays(folder / "hf_topp_topk.npz").items():
            yield f"transformers {key}", partial(_compare_cut, arrays, key, theirs)


def _compare_eos(version: Version, case: str, theirs: list[int]) -> Outcome:
    context, lookback_ms, lookahead_ms = case.rsplit("_", 2)
    kind = None if context == "None" else ContextKind(context)
    return identical(eos_ids(version.vocabulary, kind, float(lookback_ms), float(lookahead_ms)), theirs)


def _compare_array(version: Version, key: str) -> Outcome:
    vocabulary, arrays = version.vocabulary, version.arrays
    what = key.removeprefix(f"{version.name}_")
    ids, scores = (torch.from_numpy(arrays[f"{version.name}_{name}"]) for name in ("ids", "scores"))
    if what == "monotonic":
        return _compare(MonotonicTimes(vocabulary)(ids, scores), arrays[key])
    if what.startswith("timeshift_bias"):
        return _compare(TimeBias(vocabulary, float(what.removeprefix("timeshift_bias")))(ids, scores), arrays[key])
    if what.startswith("condtemp_"):
        ids = torch.from_numpy(arrays[re.sub(r"tf[01]$", "ids", key)])
        rule = ConditionalTemperature(vocabulary, _temperatures(version.meta), types_first=what.endswith("1"))
        return _compare(rule(ids, scores), arrays[key])
    assert what.startswith("lookback_"), what
    return _compare_lookback(version, key)


def _compare_lookback(version: Version, key: str) -> Outcome:
    """Compare all calls of one processor; return the worst outcome."""
    stem = key.removesuffix("out0")
    rule = Lookback(version.vocabulary, version.meta["lookback_max_time"], types_first="_tf1_" in key)
    outcomes = []
    while (name := f"{stem}out{len(outcomes)}") in version.arrays:
        ids, scores = (torch.from_numpy(version.arrays[name.replace("out", part)]) for part in ("ids", "in"))
        outcomes.append(_compare(rule(ids, scores), version.arrays[name]))
    failed = [outcome for outcome in outcomes if outcome[0] is not Verdict.OK]
    return failed[0] if failed else max(outcomes, key=lambda outcome: float(outcome[1]))


def _compare_cut(arrays: Arrays, key: str, theirs: np.ndarray) -> Outcome:
    """Compare cut scores.

    Rows of the scores are those of the version with as many tokens.
    """
    scores = next(a for name, a in arrays.items() if name.endswith("_scores") and a.shape == theirs.shape)
    scores = torch.from_numpy(scores)
    if key.startswith("topp"):
        digits = key.removeprefix("topp")
        return _compare(keep_top_p(scores, float(f"{digits[0]}.{digits[1:]}")), theirs)
    return _compare(keep_top_k(scores, int(key.removeprefix("topk"))), theirs)


def _temperatures(meta: dict) -> Temperatures:
    """Parse text such as '(temperature .9, timing .1, mania .8, taiko .7)'."""
    value = {name: float(number) for name, number in re.findall(r"(\w+) (\d*\.?\d+)", meta["cond_args"])}
    return Temperatures(value["temperature"], value["timing"], value["mania"], value["taiko"])


def _compare(ours: torch.Tensor, theirs: np.ndarray) -> Outcome:
    return compare_within(ours.numpy(), theirs, LIMIT)
