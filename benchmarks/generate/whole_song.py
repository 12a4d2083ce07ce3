"""One song through the whole program, stage by stage."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from benchmarks.generate.ways import Work
from osuT5.generation.engine import RowByRow
from osuT5.model.row_decoder import RowDecoder
from osuT5.model.seq2seq import MapperModel
from pipeline import generate as program
from pipeline import listening
from pipeline.options import GenerationRequest

STAGES = {
    "loading": (listening, "load_model"),
    "fusing": (listening, "prepare_to_generate"),
    "audio": (listening, "load_audio"),
    "mel": (listening, "song_mel"),
    "encoder": (MapperModel, "encode"),
    "prefill": (RowDecoder, "begin"),
    "decode": (RowDecoder, "step"),
    "rules": (RowByRow, "choose"),
    "red lines": (program, "red_lines_from"),
    "assembly": (program, "beatmap_of"),
    "diffusion": (program, "refine_draft"),
    "finishing": (program, "finish_with_settings"),
    "export": (program, "export"),
}
"""What is timed as which stage: none of them calls another."""


@dataclass(frozen=True, slots=True)
class SongCost:
    """work: processor seconds by stage, "rest" included; tokens: that the model wrote"""

    work: Work
    tokens: int
    windows: int
    objects: int
    osu_path: Path


def time_song(request: GenerationRequest) -> SongCost:
    """Generates a map on a CPU. What is imported on the way is not counted if it was imported before."""
    work = Work()
    drafts = []

    def keep(*args, plain=program.generate_draft, **kwargs):
        drafts.append(plain(*args, **kwargs))
        return drafts[-1]

    with ExitStack() as stack:
        for stage, (owner, name) in STAGES.items():
            stack.enter_context(_counted(owner, name, stage, work))
        stack.enter_context(mock.patch.object(program, "generate_draft", keep))
        whole = Work()
        with whole.stage("all"):
            result = program.generate(request)
    work.seconds["rest"] = whole.total_s - work.total_s
    written = drafts[0].generation
    return SongCost(work, written.tokens, written.windows, len(result.beatmap.hit_objects), result.osu_path)


@contextmanager
def _counted(owner: object, name: str, stage: str, work: Work) -> Iterator[None]:
    plain = getattr(owner, name)

    def counted(*args, **kwargs):
        with work.stage(stage):
            return plain(*args, **kwargs)

    with mock.patch.object(owner, name, counted):
        yield
