"""One song through the whole program, stage by stage."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from benchmarks.generate.ways import Work
from osu_diffusion import refine
from osuT5.generation import window_schedule as schedule
from osuT5.generation.sampling.row_choice import RowChoice
from osuT5.generation.window_schedule import SongGenerator
from osuT5.model.decoding.row_decoder import RowDecoder
from osuT5.model.seq2seq import MapperModel
from pipeline.generation import generate as program
from pipeline.generation import models as listening
from pipeline.generation import timing
from pipeline.request.options import GenerationRequest

STAGES = {
    "loading": (listening, "load_model"),
    "fusing": (listening, "prepare_to_generate"),
    "audio": (listening, "load_audio"),
    "mel": (listening, "song_mel"),
    "encoder": (MapperModel, "encode"),
    "prefill": (RowDecoder, "begin"),
    "decode": (RowDecoder, "step"),
    "rules": (RowChoice, "choose"),
    "red lines": (timing, "fit_from_activation"),
    "assembly": (program, "assemble"),
    "diffusion": (refine, "refine_positions"),
    "export": (program, "export"),
}
"""What is timed as which stage: none of them calls another."""


@dataclass(frozen=True, slots=True)
class SongCost:
    """work: processor seconds by stage, "rest" included; tokens: that the model wrote, in all attempts"""

    work: Work
    tokens: int
    objects: int
    osu_path: Path

    @property
    def tokens_per_s(self) -> float:
        seconds = self.work.seconds
        return self.tokens / (seconds["prefill"] + seconds["decode"] + seconds["rules"])


def time_song(request: GenerationRequest) -> SongCost:
    """Generates a map on a CPU. What is imported on the way is not counted if it was imported before."""
    work = Work()
    written: list[int] = []

    def take(writer, row, *others, plain=SongGenerator.take):
        written.append(len(row.written_ids))
        plain(writer, row, *others)

    with ExitStack() as stack:
        for stage, (owner, name) in STAGES.items():
            stack.enter_context(_counted(owner, name, stage, work))
        stack.enter_context(mock.patch.object(SongGenerator, "take", take))
        # One after the other: processor time does not tell what of it is whose.
        stack.enter_context(mock.patch.object(schedule, "has_idle_core", lambda: False))
        whole = Work()
        with whole.stage("all"):
            result = program.generate(request)
    work.seconds["rest"] = whole.total_s - work.total_s
    return SongCost(work, sum(written), len(result.beatmap.hit_objects), result.osu_path)


@contextmanager
def _counted(owner: object, name: str, stage: str, work: Work) -> Iterator[None]:
    plain = getattr(owner, name)

    def counted(*args, **kwargs):
        with work.stage(stage):
            return plain(*args, **kwargs)

    with mock.patch.object(owner, name, counted):
        yield
