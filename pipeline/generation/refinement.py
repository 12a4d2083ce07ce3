"""Refinement of a draft's positions: from the model's grid to the refiner's.

This comes after times are on the beat, since they fix how long sliders are, and before the map is finished.
"""

from __future__ import annotations

import math
from dataclasses import replace

from feedback.progress import Progress, silent
from osu_beatmap.attributes import WITH_CIRCLES, Attributes
from osu_beatmap.beatmap import Beatmap
from osuT5.model.files.loading import best_device
from osuT5.tokens.encoding_spec import EncodingSpec
from pipeline.generation.model_cache import kept
from pipeline.request.options import GenerationRequest

EXACT_PX = 4
"""Places this fine are meant as they are: objects on one place are a stack, and not only neighbours in a cell."""


def refine_draft(
    request: GenerationRequest,
    draft: Beatmap,
    attributes: Attributes,
    encoding: EncodingSpec,
    seed: int,
    progress: Progress = silent,
) -> Beatmap:
    """Refine the positions of a draft if requested and meaningful.

    attributes, encoding  of the model that wrote the draft
    Raises ModelError for a refiner that cannot be loaded.
    """
    options = request.positions
    if not options.generate_positions or draft.mode not in WITH_CIRCLES:
        return draft
    from osu_diffusion.files.loading import load_refiner
    from osu_diffusion.refine import RefineOptions, TargetAttributes, refine_positions

    refiner = kept(load_refiner, options.diff_ckpt, best_device(request.model.device))
    wanted = TargetAttributes(attributes, request.map.negative_descriptors)
    settings = RefineOptions(
        timesteps=options.timesteps,
        cfg_scale=options.diff_cfg_scale,
        refine_iters=options.refine_iters,
        random_init=options.random_init,
        max_seq_len=options.max_seq_len,
        overlap_buffer=options.overlap_buffer,
    )
    if (encoding.position_refine_px or encoding.position_cell_px) <= EXACT_PX:
        settings = replace(settings, stack_px=math.inf)
    return refine_positions(draft, refiner, wanted, settings, seed, progress=progress)
