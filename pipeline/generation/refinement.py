"""Refinement of a draft's positions: from the model's grid to the refiner's.

This comes after times are on the beat, since they fix how long sliders are, and before the map is finished.
"""

from __future__ import annotations

import math
from dataclasses import replace

from feedback.progress import Progress, silent
from osu_beatmap.attributes import WITH_CIRCLES
from osu_beatmap.beatmap import Beatmap
from osuT5.model.files.find import best_device
from pipeline.generation.chart import Draft
from pipeline.generation.model_cache import load_cached
from pipeline.request.options import GenerationRequest

EXACT_PX = 4
"""Cell size up to which positions are exact: objects at one position are a stack, not only neighbours in a cell."""


def refine_draft(request: GenerationRequest, draft: Draft, seed: int, progress: Progress = silent) -> Beatmap:
    """Return the map of a draft, with refined positions if requested.

    Exact positions are refined only by a refiner that is chosen, or from noise: the bundled one does not bring them
    nearer to human-made maps, and takes as long as the rest of the map.

    Raises:
        ModelError: The refiner cannot be loaded.
    """
    options, beatmap = request.positions, draft.beatmap
    is_exact = draft.has_exact_positions and options.diff_ckpt is None and not options.random_init
    if not options.generate_positions or is_exact or beatmap.mode not in WITH_CIRCLES:
        return beatmap
    from osu_diffusion.files.loading import load_refiner
    from osu_diffusion.refine import RefineOptions, TargetAttributes, refine_positions

    refiner = load_cached(load_refiner, options.diff_ckpt, best_device(request.model.device))
    encoding = draft.encoding
    wanted = TargetAttributes(draft.attributes, request.map.negative_descriptors)
    settings = RefineOptions(
        timesteps=options.timesteps,
        cfg_scale=options.diff_cfg_scale,
        refine_iters=options.refine_iters,
        random_init=options.random_init,
        max_seq_len=options.max_seq_len,
        overlap_buffer=options.overlap_buffer,
    )
    if draft.has_exact_positions or (encoding.position_refine_px or encoding.position_cell_px) <= EXACT_PX:
        settings = replace(settings, stack_px=math.inf)
    return refine_positions(beatmap, refiner, wanted, settings, seed, progress=progress)
