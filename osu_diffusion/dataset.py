"""Training data of a refiner: charts without their audio.

They are points, next to a decoder's version of them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from tqdm import tqdm

from osu_beatmap.attributes import WITH_CIRCLES, attributes_of
from osu_beatmap.beatmap import PLAYFIELD_HEIGHT_PX, PLAYFIELD_WIDTH_PX, Beatmap, Slider
from osu_beatmap.errors import BeatmapError
from osu_beatmap.files.chart_folders import chart_groups
from osu_beatmap.held_out import Split, held_out_titles, is_song_in_split
from osu_beatmap.star_rating import star_rating
from osu_diffusion.coarse_positions import move_to_grid, with_trimmed_paths
from osu_diffusion.conditions import ConditionSpec
from osu_diffusion.features import CENTRE_PX
from osu_diffusion.points import PointSequence, sequence_of

MIN_POINTS = 32
MAX_POINTS = 20_000
FARTHEST_PX = 512.0
"""Charts with places this far outside of the playfield are jokes."""

MIRRORS = ((False, False), (True, False), (False, True), (True, True))
"""Left and right, top and bottom exchanged."""

DOUBLE_TIME_RATE = 1.5


@dataclass(frozen=True, slots=True)
class RefinerChart:
    """A chart ready for training.

    sequence     its points as mapped, slider paths cut where sliders end
    drafts       [mirrors, n, 2] what a decoder leaves of each mirror image, in px
    naturals_px  [mirrors, paths] lengths of the drafts' paths
    classes      [2, K] class vectors at normal speed and in double time
    """

    name: str
    sequence: PointSequence
    drafts: np.ndarray
    naturals_px: np.ndarray
    classes: np.ndarray


def load_charts(
    folder: Path, spec: ConditionSpec, splits: Sequence[Split], held_out: frozenset[str] | None = None
) -> tuple[list[list[RefinerChart]], list[str]]:
    """Load the standard and catch charts of each split, each once.

    Returns a line for each unusable chart, too.
    """
    held_out = held_out_titles() if held_out is None else held_out
    skipped: list[str] = []
    charts: list[list[RefinerChart]] = [[] for _ in splits]
    seen: set[str] = set()
    for name, beatmaps in tqdm(list(chart_groups(folder, skipped)), desc="preparing charts", unit="song"):
        titles = [beatmap.metadata for beatmap in beatmaps]
        members = [
            found for found, split in zip(charts, splits, strict=True) if is_song_in_split(titles, split, held_out)
        ]
        for beatmap in (b for b in beatmaps if members and b.mode in WITH_CIRCLES):
            try:
                chart = refiner_chart(beatmap, spec)
            except (BeatmapError, ValueError) as error:
                skipped.append(f"{name} [{beatmap.metadata.version}]: {error}")
                continue
            content = hashlib.sha256(chart.sequence.positions.tobytes() + chart.sequence.times_ms.tobytes()).hexdigest()
            if content not in seen:
                seen.add(content)
                for found in members:
                    found.append(chart)
    return charts, skipped


def refiner_chart(beatmap: Beatmap, spec: ConditionSpec) -> RefinerChart:
    """Return a chart for training.

    Raises:
        BeatmapError, ValueError: The chart is unusable for training.
    """
    mapped = with_trimmed_paths(beatmap)
    sequence = sequence_of(mapped)
    if not MIN_POINTS <= len(sequence) <= MAX_POINTS:
        raise ValueError(f"{len(sequence)} points")
    if np.abs(sequence.positions - CENTRE_PX).max() > 256.0 + FARTHEST_PX or not np.isfinite(sequence.times_ms).all():
        raise ValueError("unplayable positions or times")
    drafts = np.stack([draft_positions(beatmap, mapped, sequence, mirror) for mirror in MIRRORS])
    ratings = [star_rating(beatmap, clock_rate=rate) for rate in (1.0, DOUBLE_TIME_RATE)]
    return RefinerChart(
        name=f"{beatmap.metadata.title} [{beatmap.metadata.version}]",
        sequence=sequence,
        drafts=drafts.astype(np.float32),
        naturals_px=sequence.paths.natural_lengths(drafts),
        classes=np.stack([spec.class_vector(attributes_of(beatmap, rating)) for rating in ratings]),
    )


def draft_positions(
    beatmap: Beatmap, mapped: Beatmap, sequence: PointSequence, mirror: tuple[bool, bool] = (False, False)
) -> np.ndarray:
    """Return a decoder's positions [n, 2] of the points of `mapped`.

    `mapped` is the beatmap with trimmed paths; `mirror` mirrors it. A generated draft has the mapper's control points
    on its grid, and is trimmed after that. If trimming then cuts another number of them, the trimmed ones are put on
    the grid instead.
    """
    draft = sequence_of(with_trimmed_paths(move_to_grid(mirror_map(beatmap, mirror))))
    if len(draft) != len(sequence) or (draft.kinds != sequence.kinds).any():
        draft = sequence_of(move_to_grid(mirror_map(mapped, mirror)))
    assert len(draft) == len(sequence), "a grid changes no number of points"
    return draft.positions


def mirror_map(beatmap: Beatmap, mirror: tuple[bool, bool]) -> Beatmap:
    """Return the mirror image of a beatmap; only objects are copied."""

    def image(x: float, y: float) -> tuple[float, float]:
        return (PLAYFIELD_WIDTH_PX - x if mirror[0] else x, PLAYFIELD_HEIGHT_PX - y if mirror[1] else y)

    objects = []
    for obj in beatmap.hit_objects:
        x, y = image(obj.x, obj.y)
        objects.append(replace(obj, x=x, y=y))
        if isinstance(obj, Slider):
            segments = [replace(s, points=[image(*point) for point in s.points]) for s in obj.segments]
            objects[-1].segments = segments
    return replace(beatmap, hit_objects=objects)


def mirror_positions(positions: np.ndarray, mirror: tuple[bool, bool]) -> np.ndarray:
    """Return the positions [..., 2] of the mirror image."""
    size = np.array([PLAYFIELD_WIDTH_PX, PLAYFIELD_HEIGHT_PX])
    return np.where(mirror, size - positions, positions)
