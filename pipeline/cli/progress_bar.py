"""Terminal output of a generation: progress and summary."""

from __future__ import annotations

import sys
from typing import TextIO

from feedback.progress import Stage
from osu_beatmap.beatmap import Beatmap
from osu_beatmap.star_rating import unrated_reason
from pipeline.output.summary import MODE_NAMES, GenerationResult, MapsetResult, count_objects
from pipeline.request.options import GenerationRequest


class ProgressLine:
    """Progress line of a terminal; silent if the stream is not one."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = stream or sys.stderr
        self.is_shown = self.stream.isatty()

    def __call__(self, stage: Stage, done: int, total: int) -> None:
        if self.is_shown:
            self.stream.write(f"\r  {stage}: {done} of {total}".ljust(50))
            self.stream.flush()

    def close(self) -> None:
        """Leave an empty line behind."""
        if self.is_shown:
            self.stream.write("\r" + " " * 50 + "\r")
            self.stream.flush()


def summary(result: GenerationResult, request: GenerationRequest) -> str:
    """Describe a map: path, objects, seconds, seed, warnings."""
    beatmap = result.beatmap
    lines = [f"Map:     {result.osz_path or result.osu_path}"]
    lines += _objects(result, request.map.difficulty) if beatmap.hit_objects else _timing(beatmap)
    lines += [f"Time:    {result.seconds:.1f} s, seed {result.seed}"]
    lines += [f"Report:  {result.report_path}"] if result.report_path else []
    return "\n".join(lines + [f"Note:    {warning}" for warning in result.warnings])


def mapset_summary(result: MapsetResult) -> str:
    """Describe a mapset: path, difficulties, seconds, seed, warnings."""
    place = result.osz_path or ", ".join(path.name for path in result.osu_paths)
    lines = [f"Mapset:  {place}"]
    for beatmap, stars in zip(result.beatmaps, result.star_ratings, strict=True):
        lines.append(
            f"         [{beatmap.metadata.version}], {_stars(beatmap, stars)}, {len(beatmap.hit_objects)} objects"
        )
    lines += [f"Report:  {path}" for path in result.report_paths]
    lines.append(f"Time:    {result.seconds:.1f} s, seed {result.seed}")
    return "\n".join(lines + [f"Note:    {warning}" for warning in result.warnings])


def _objects(result: GenerationResult, requested: float | None) -> list[str]:
    beatmap = result.beatmap
    stars = _stars(beatmap, result.star_rating) + (f" (requested {requested:g})" if requested is not None else "")
    counts = count_objects(beatmap)
    kinds = ", ".join(f"{count} {name.removesuffix('s') if count == 1 else name}" for name, count in counts.items())
    return [
        f"         {MODE_NAMES[beatmap.mode]} [{beatmap.metadata.version}], {stars}",
        f"Objects: {len(beatmap.hit_objects)} ({kinds})",
    ]


def _stars(beatmap: Beatmap, stars: float | None) -> str:
    return f"stars: none ({unrated_reason(beatmap)})" if stars is None else f"{stars:.2f} stars"


def _timing(beatmap: Beatmap) -> list[str]:
    """Describe a map of red lines alone."""
    tempi = [point.bpm for point in beatmap.timing_points if point.uninherited]
    low, high = f"{min(tempi):.5g}", f"{max(tempi):.5g}"
    lines = "one red line" if len(tempi) == 1 else f"{len(tempi)} red lines"
    return [f"Timing:  {lines}, {low} BPM" + ("" if low == high else f" to {high} BPM")]
