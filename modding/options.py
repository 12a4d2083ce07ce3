"""Options of a review: flat options and a checked request.

This corresponds to `pipeline.request.options` and `pipeline.request.resolve`, whose readers of shared options are used.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from hydra.core.config_store import ConfigStore

from modding.aspects import Category
from pipeline.request.inference_options import READERS as GENERATION_READERS
from pipeline.request.inference_options import read_device
from pipeline.request.input_files import check_writable_folder
from pipeline.request.option_values import (
    Members,
    Number,
    OneOf,
    WholeNumber,
    items,
    option,
    path,
    read_options,
    readers,
    text,
    yes_or_no,
)
from pipeline.request.options import RequestError
from pipeline.request.scope import check_part

OUTPUTS = ("text", "json", "md", "html")
PRECISIONS = ("fp32", "bf16", "fp16", "amp")


@dataclass(frozen=True, slots=True)
class ReviewRequest:
    """A checked request.

    Fields are named as their options, with the unit where the option leaves it out.
    """

    beatmap_path: Path
    audio_path: Path | None = None
    start_time_ms: int | None = None
    end_time_ms: int | None = None
    categories: tuple[Category, ...] = ()
    min_surprisal: float | None = None
    max_per_category: int | None = None
    order: str = "surprise"
    apply: tuple[str, ...] = ()
    output_path: Path | None = None
    output: str = "text"
    output_file: Path | None = None
    raw_output: bool = False
    model_path: str | None = None
    lora_path: str | None = None
    device: str = "auto"
    precision: str = "fp32"

    @property
    def span_ms(self) -> tuple[float, float]:
        """Start and end of the review, by default infinite."""
        start_ms, end_ms = self.start_time_ms, self.end_time_ms
        return -math.inf if start_ms is None else start_ms, math.inf if end_ms is None else end_ms


@dataclass
class ReviewOptions:
    """Options of mai_mod.py as users type them; `configs/mai_mod.yaml` explains each."""

    beatmap_path: str | None = option(path)
    audio_path: str | None = option(path)
    start_time: int | None = option(GENERATION_READERS["start_time"])
    end_time: int | None = option(GENERATION_READERS["end_time"])
    categories: list[str] | None = option(Members(Category, str.lower))
    min_surprisal: float | None = option(Number(0, 1_000_000))
    max_per_category: int | None = option(WholeNumber(1))
    order: str = option(OneOf(("surprise", "time")), "surprise")
    apply: list[str] | None = option(items)
    output_path: str | None = option(GENERATION_READERS["output_path"])
    output: str = option(OneOf(OUTPUTS), "text")
    output_file: str | None = option(path)
    raw_output: bool = option(yes_or_no, False)
    model_path: str | None = option(text)
    lora_path: str | None = option(text)
    device: str = option(read_device, "auto")
    precision: str = option(OneOf(PRECISIONS), "fp32")


ConfigStore.instance().store("mai_mod_options", ReviewOptions)
REVIEW_READERS = readers(ReviewOptions)


def option_names() -> dict[str, str]:
    """Map every option as the user types it to its field."""
    return {field.name.removesuffix("_ms"): field.name for field in fields(ReviewRequest)}


def resolve_review(flat: Mapping[str, object]) -> ReviewRequest:
    """Read and check the options of one review.

    Raises:
        RequestError: One sentence for the user.
    """
    names = option_names()
    given = {names[name]: value for name, value in read_options(ReviewOptions, flat).items()}
    if "beatmap_path" not in given:
        raise RequestError("beatmap_path is missing: give the map as beatmap_path=map.osu, or a folder or .osz.")
    request = ReviewRequest(**given)  # type: ignore[arg-type]
    check_part(request.start_time_ms, request.end_time_ms)
    if request.output == "html" and request.output_file is None:
        raise RequestError("output=html needs a file to write the page to: give one with output_file=report.html.")
    return request


def check_review_files(request: ReviewRequest) -> None:
    """Raise RequestError for missing input or unwritable output.

    This runs before anything heavy.
    """
    place = request.beatmap_path
    if not place.exists():
        raise RequestError(f"There is no file or folder at {place} (beatmap_path).")
    if place.is_file() and place.suffix.lower() not in (".osu", ".osz"):
        raise RequestError(f"beatmap_path must be a .osu file, a folder or an .osz, got {place.name}.")
    if request.audio_path is not None and not request.audio_path.is_file():
        raise RequestError(f"There is no file at {request.audio_path} (audio_path).")
    if request.apply and (place.is_dir() or place.suffix.lower() == ".osz"):
        raise RequestError("apply is for one map: give its .osu file as beatmap_path.")
    if request.output_file is not None:
        if request.output_file.is_dir():
            raise RequestError(f"output_file must be a file, but {request.output_file} is a folder.")
        # Pipes and devices, such as /dev/stdout, are written to whatever folder they are in.
        if request.output_file.is_file() or not request.output_file.exists():
            check_writable_folder("output_file", request.output_file.parent)
    if request.apply:
        check_writable_folder("output_path", request.output_path or place.parent)
