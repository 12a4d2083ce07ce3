"""mel/: spectrograms and filter banks of a fixed signal, and loaded audio.

`audio_load_more.npz`: for each file of `audio_inputs`, loaded at 16 kHz, <name>_norm1 and _norm0 with and without peak
normalisation, and <name>_speed<s> normalised and faster. `audio_load.npz`: a song whose file is not there, `raw` and
`norm`alised.

`mel.npz`: the signals `x` and `x_v32`, and for each version the spectrogram [frames, mels] that its published config
describes; the configs lie in `model/`, the filter banks and windows beside.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import torch

from benchmarks.parity.cases import Named, Outcome, compare_within
from benchmarks.parity.folders import read_arrays, read_json
from osuT5.model.files.network_sizes import spectrogram_spec
from osuT5.model.spectrogram import Spectrogram, SpectrogramSpec, mel_filter_bank
from parity.audio import load_audio_as_published, peak_normalised

LIMIT = 1e-5
"""Of the largest value."""


def cases(folder: Path) -> Named:
    yield from _spectrogram_cases(read_arrays(folder / "mel.npz"), folder.parent / "model")
    for path in sorted(folder.glob("audio_*.npz")):
        yield from _audio_cases(read_arrays(path), folder / "audio_inputs")


def _spectrogram_cases(arrays: dict[str, np.ndarray], configs: Path) -> Named:
    for name, theirs in arrays.items():
        version, _, part = name.partition("_")
        if not version.startswith("v"):
            continue
        yield name, partial(_compare, arrays, configs, version, part, theirs)


def _compare(arrays: dict[str, np.ndarray], configs: Path, version: str, part: str, theirs: np.ndarray) -> Outcome:
    spec = spectrogram_spec(read_json(configs / f"full_{version}.config.json"))
    return compare_within(_own(spec, part, arrays, len(theirs), version), theirs, LIMIT, relative=True)


def _own(spec: SpectrogramSpec, part: str, arrays: dict[str, np.ndarray], frames: int, version: str) -> np.ndarray:
    if part in ("", "full_window"):
        signals = [arrays[name] for name in ("x", f"x_{version}") if name in arrays]
        samples = next(signal for signal in signals if len(signal) // spec.hop_length + 1 == frames)
        with torch.inference_mode():
            return Spectrogram(spec)(torch.from_numpy(samples)[None])[0].numpy()
    if part == "mel_basis":
        return mel_filter_bank(spec).T.numpy()
    if part == "mel_fb":
        return mel_filter_bank(spec).numpy()
    window = Spectrogram(spec).window.numpy()
    return {"window": window, "window_mask": window[None, :, None]}[part]


def _audio_cases(arrays: dict[str, np.ndarray], inputs: Path) -> Named:
    for name, theirs in arrays.items():
        stem, _, how = name.rpartition("_")
        if stem:
            yield name, partial(_compare_audio, inputs / f"{stem}.wav", how, theirs)
    if {"norm", "raw"} <= arrays.keys():
        yield "norm of raw", lambda: compare_within(peak_normalised(arrays["raw"]), arrays["norm"], 0)


def _compare_audio(path: Path, how: str, theirs: np.ndarray) -> Outcome:
    if how.startswith("norm"):
        return compare_within(load_audio_as_published(path, normalise=how == "norm1"), theirs, 0)
    return compare_within(load_audio_as_published(path, speed=float(how.removeprefix("speed"))), theirs, 0)
