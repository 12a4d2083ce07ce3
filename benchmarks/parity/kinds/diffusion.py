"""diffusion/: the refiner of positions.

schedule.npz, .json    betas and what follows from them, at full length and respaced
dit_b.keys.json        names and shapes of the parameters of the published network
tokenizer_state.json   content of its tokenizer
tiny_dit/              a tiny seeded refiner as published (`model_ema.pkl`, `tokenizer.pkl`, the weights again in
                       `weights.npz`), answers for fixed inputs (`forward.npz`), and whole refinements with seeds
                       (`pipeline_<case>.json`: events in and out; `.npz`: what the network was told)
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import torch

from benchmarks.parity.cases import Named, Outcome, Verdict, compare_within, identical
from benchmarks.parity.events import events_of
from benchmarks.parity.folders import read_arrays, read_json
from osu_beatmap.attributes import Attributes
from osu_beatmap.beatmap import GameMode
from osu_beatmap.files.timing_point_lines import parse_timing_line
from osu_diffusion.dit import band_mask
from osu_diffusion.files.loading import load_refiner
from osu_diffusion.refine import RefineOptions
from osu_diffusion.schedule import space_steps, squared_cosine
from osu_diffusion.v2_network import V2Network, context_of
from osu_diffusion.v2_refiner import V2Refiner, published_config, rename_key
from parity.event_stream import EventStream
from parity.refinement import PLACE_KINDS, PointsOfEvents, points_of_events, with_refined_places
from parity.refiner_sampling import OriginalClasses, OriginalSpan, refine_points

SCHEDULE_LIMIT = 1e-12
FORWARD_LIMIT = 1e-5
INPUTS_LIMIT = 2e-4
"""Sines of late times: another processor's last bit of a frequency moves them by 6e-5 at 60 s, by 1.2e-4 at 200 s."""

CHAOS_PX = 5.0
"""So far may places move if the inputs differ by more than `FORWARD_LIMIT` on this processor."""

ROUNDING_PX = 0.2
"""Places are written in whole pixels: ours, before rounding, may be farther than half a pixel from theirs by this.

Where a slider ends is computed in float32, and the last digit of a sine is not the same on every machine."""

GOLDEN_BAND = 8
"""The mask of `forward.npz`: its short sequence would not reach the ends of the network's own."""

ARRAYS = {
    "betas": lambda s: s.betas,
    "alphas_cumprod": lambda s: s.alpha_bars,
    "alphas_cumprod_prev": lambda s: s.alpha_bars_before,
    "posterior_variance": lambda s: s.posterior_variances,
    "posterior_log_variance_clipped": lambda s: s.posterior_log_variances,
    "posterior_mean_coef1": lambda s: s.posterior_signal_weights,
    "posterior_mean_coef2": lambda s: s.posterior_noisy_weights,
    "sqrt_recip_alphas_cumprod": lambda s: np.sqrt(1.0 / s.alpha_bars),
    "sqrt_recipm1_alphas_cumprod": lambda s: np.sqrt(1.0 / s.alpha_bars - 1.0),
}


def cases(folder: Path) -> Named:
    yield from _schedule_cases(folder)
    yield "dit_b keys", partial(_full_size_keys, folder)
    yield from _network_cases(folder / "tiny_dit")


def _schedule_cases(folder: Path) -> Named:
    plans = read_json(folder / "schedule.json")
    theirs = read_arrays(folder / "schedule.npz")
    for name, plan in plans.items():
        steps = space_steps(plan["timesteps"])
        yield f"schedule/{name}/steps", partial(identical, steps, plan["timestep_map"])
        schedule = squared_cosine().respace(steps)
        for key, of_schedule in ARRAYS.items():
            recorded = theirs[f"{name}_{key}"]
            yield f"schedule/{name}/{key}", partial(compare_within, of_schedule(schedule), recorded, SCHEDULE_LIMIT)


def _full_size_keys(folder: Path) -> Outcome:
    """Compare the published DiT-B's parameters with the network."""
    keys = read_json(folder / "dit_b.keys.json")
    shapes = {rename_key(key): tuple(shape) for key, shape in keys.items()}
    with torch.device("meta"):
        network = V2Network(published_config(shapes, folder))
    return identical({name: tuple(p.shape) for name, p in network.dit.named_parameters()}, shapes)


def _network_cases(folder: Path) -> Named:
    refiner = load_refiner(folder)
    assert isinstance(refiner, V2Refiner)
    yield "tiny_dit/weights", partial(_weights, refiner, folder)
    for name in ("forward", "forward_nomask", "cfg1", "cfg25"):
        yield f"tiny_dit/{name}", partial(_forward, refiner, folder, name)
    for path in sorted(folder.glob("pipeline_*.json")):
        yield f"{path.stem}/inputs", partial(_inputs, refiner, path)
        yield f"{path.stem}/events", partial(_compare_refinement, refiner, path)


def _weights(refiner: V2Refiner, folder: Path) -> Outcome:
    """Compare the weights from the restricted pickle reading."""
    parameters = dict(refiner.model.dit.named_parameters())
    theirs = read_arrays(folder / "weights.npz")
    wrong = [key for key in theirs if not np.array_equal(parameters[rename_key(key)].numpy(), theirs[key])]
    return identical(wrong, [])


@torch.inference_mode()
def _forward(refiner: V2Refiner, folder: Path, name: str) -> Outcome:
    arrays = read_arrays(folder / "forward.npz")
    x, context, classes, steps, theirs = (torch.from_numpy(arrays[key]) for key in ("x", "c", "y", "t", name))
    x, context = x.transpose(1, 2), context.transpose(1, 2)
    length = x.shape[1]
    seen = band_mask(length, length if name == "forward_nomask" else GOLDEN_BAND, x.device)
    scale = {"cfg1": 1.0, "cfg25": 2.5}.get(name)
    if scale is not None:
        # Guidance takes both rows to be of the first one's places.
        x = x[:1].expand(2, -1, -1)
    noise, share = refiner.model(x, steps, context, classes, seen)
    if scale is not None:
        noise = (noise[1] + scale * (noise[0] - noise[1])).expand(2, -1, -1)
    return compare_within(torch.cat([noise, share], -1).transpose(1, 2).numpy(), theirs.numpy(), FORWARD_LIMIT)


def _read(path: Path) -> tuple[dict, EventStream, PointsOfEvents]:
    data = read_json(path)
    events = events_of(data["events_in"])
    stream = EventStream(events, [0] * len(events)).retime(0.0, types_first=True)
    lines = [parse_timing_line(line, 14) for line in data["timing"]]
    multiplier = data["generation_config"]["slider_multiplier"]
    return data, stream, points_of_events(stream, True, lines, multiplier)


def _classes(refiner: V2Refiner, data: dict) -> OriginalClasses:
    asked = data["generation_config"]
    wanted = Attributes(
        GameMode(asked["gamemode"]),
        difficulty=asked["difficulty"],
        circle_size=asked["circle_size"],
        mapper_id=asked["mapper_id"],
        descriptors=tuple(asked["descriptors"] or ()),
    )
    unwanted = replace(wanted, mapper_id=None, descriptors=tuple(asked["negative_descriptors"] or ()))
    vector = refiner.conditions.class_vector_as_published
    return OriginalClasses(vector(wanted), vector(unwanted))


def _inputs(refiner: V2Refiner, path: Path) -> Outcome:
    """Compare the network's inputs, and the point of each event.

    They are positions, times, context, sliders and classes.
    """
    data, stream, found = _read(path)
    points, classes = found.points, _classes(refiner, data)
    sliders = [[s.control.tolist(), s.end, round(s.length_px, 6)] for s in points.sliders]
    named = (
        ("sliders", sliders, [[control, end, round(length, 6)] for control, end, _, length in data["sliders"]]),
        ("points of events", found.point_of.tolist(), [data["seq_indices"][str(i)] for i in range(len(stream.events))]),
        ("classes", np.flatnonzero(classes.wanted).tolist(), data["class_vector_nonzero"]),
        ("null classes", np.flatnonzero(classes.unwanted).tolist(), data["null_vector_nonzero"]),
    )
    for name, ours, theirs in named:
        if ours != theirs:
            return Verdict.DIFFERS, "", f"{name}: {str(ours)[:60]}, not {str(theirs)[:60]}"
    times, distances = (torch.from_numpy(v).float() for v in (points.times_ms, points.distances_px))
    context = context_of(times, distances, torch.from_numpy(points.kinds)).numpy()
    places = points.positions_px / np.array([512, 384], np.float32) * 2 - 1
    ours = np.concatenate([places, points.times_ms[:, None], context], axis=1).T
    arrays = read_arrays(path.with_suffix(".npz"))
    theirs = np.concatenate([arrays["seq_x"], arrays["seq_o"][None], arrays["seq_c"]])
    return compare_within(ours, theirs, INPUTS_LIMIT)


def _compare_refinement(refiner: V2Refiner, path: Path) -> Outcome:
    """Compare the events of the whole refinement.

    The figure is the excess of a position's distance over rounding.
    """
    data, stream, found = _read(path)
    own = data["overrides"]
    options = RefineOptions(
        timesteps=tuple(data["timesteps"]),
        cfg_scale=own.get("diff_cfg_scale", 1.0),
        random_init=own.get("random_init", False),
        max_seq_len=own.get("max_seq_len", 1024),
        overlap_buffer=own.get("overlap_buffer", 128),
    )
    span = OriginalSpan(own.get("start_time"), own.get("end_time"), own.get("pad_sequence", False))
    classes = _classes(refiner, data)
    positions = refine_points(refiner, found.points, classes, options, data["seed"], span)
    ours = with_refined_places(stream.events, found.point_of, positions)
    exact = with_refined_places(stream.events, found.point_of, positions, rounded=False)
    theirs = events_of(data["events_out"])
    if [event.kind for event in ours] != [event.kind for event in theirs]:
        return Verdict.DIFFERS, "", "other kinds of events"
    if any(a != b for a, b in zip(ours, theirs, strict=True) if a.kind not in PLACE_KINDS):
        return Verdict.DIFFERS, "", "events other than places differ"
    beyond = max(abs(a.value - b.value) for a, b in zip(exact, theirs, strict=True) if a.kind in PLACE_KINDS) - 0.5
    figure = f"{max(beyond, 0.0):.1e} px"
    if beyond <= ROUNDING_PX:
        return Verdict.OK, figure, ""
    _, inputs_error, _ = _inputs(refiner, path)
    if beyond <= CHAOS_PX and float(inputs_error or 0) > FORWARD_LIMIT:
        return Verdict.ARGUED, figure, f"this processor's sines differ by {inputs_error}, and 100 steps amplify that"
    return Verdict.DIFFERS, figure, ""
