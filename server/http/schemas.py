"""Schemas of requests and answers, as in the API documentation."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

Options = dict[str, Any]


class JobOrder(BaseModel):
    """Request for a job."""

    kind: Literal["generate", "review", "apply"]
    options: Options = Field(default_factory=dict, description="as on the command line; files are references or paths")
    parent: str | None = Field(None, description="the job that this one continues")


Plain = str | int | float | bool | None


class RunOrder(BaseModel):
    """Run of inference.py."""

    options: dict[str, Plain | list[Plain]] = Field(description="as on its command line, with absolute paths")


class CheckOrder(BaseModel):
    """A form that is not finished."""

    kind: Literal["generate", "review"]
    options: Options = Field(default_factory=dict)


class TimingOrder(BaseModel):
    """A song to time."""

    audio_path: dict[str, str] | str = Field(description="a reference or a path")


class RedLine(BaseModel):
    """An uninherited timing point."""

    time_ms: float = Field(ge=-600_000, le=36_000_000)
    bpm: float = Field(ge=10, le=2_000)
    meter: int = Field(4, ge=1, le=32, description="beats in a bar")


class TimedSong(BaseModel):
    """Red lines to keep for a song."""

    lines: list[RedLine] = Field(min_length=1, max_length=5_000)


class StoredTiming(TimedSong):
    """Red lines that are kept for a song."""

    ref: dict[str, str] = Field(description="stands for them as `beatmap_path`, next to in_context=[TIMING]")


class PredictedLine(RedLine):
    """A red line with its confidence."""

    confidence: float = Field(description="0 to 1")


class TempoCandidate(BaseModel):
    """All red lines with their tempo multiplied."""

    ratio: float
    confidence: float = Field(description="0 to 1")


class TimingAnswer(BaseModel):
    """Timing of a song."""

    song_ms: float
    lines: list[PredictedLine]
    candidates: list[TempoCandidate] = Field(description="the most likely first")
    is_steady: bool = Field(description="whether a steady beat was found")
    lead_ms: float = Field(description="from a beat of the red lines to its sound")
    loudness: str = Field(description="highest level of each step, bytes in base64")
    loudness_step_ms: float
    beats: str = Field(description="probability of a beat in each step, bytes in base64; times are those of the sound")
    beats_step_ms: float
    kept: StoredTiming | None


class ModelConditions(BaseModel):
    """Conditions that a model was trained with."""

    name: str
    is_bundled: bool
    unknown: list[str] = Field(description="options that it does not use")
    tags: list[str] | None = Field(description="descriptors of its training in this mode; null: any")


class Check(BaseModel):
    """Result of a form's check: errors, command, and filled-in values.

    The values come from its reference map.
    """

    errors: dict[str, str]
    problem: str | None
    command: str
    filled: Options
    without_use: list[str] = Field([], description="options without a use next to the others")
    model: ModelConditions | None = Field(None, description="null: the conditions of the model are unknown")
    missing_names: dict[str, str] = Field({}, description="title or artist that the song lacks -> its substitute")
    timing: StoredTiming | None = Field(None, description="red lines that are kept for the song")


class ProgressAnswer(BaseModel):
    """Progress of a job in its current stage, and over all stages."""

    stage: str
    done: int
    total: int
    remaining_s: float | None = Field(description="in this stage")
    share: float = Field(0.0, description="of all work, 0 to 1")
    left_s: float | None = Field(None, description="until all is done")


class JobAnswer(BaseModel):
    """A job."""

    id: str
    kind: str
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    title: str
    command: str
    options: Options
    parent: str | None
    position: int | None = Field(description="in the queue, from 1 on")
    created_s: float
    started_s: float | None
    ended_s: float | None
    progress: ProgressAnswer | None
    error: str | None
    result: dict[str, Any] | None
    attempts: int
    wants_cancel: bool
    revision: int


class JobsAnswer(BaseModel):
    """Changed jobs, and a revision number for later requests."""

    revision: int
    jobs: list[JobAnswer]
    removed: list[str]


class FileAnswer(BaseModel):
    name: str
    bytes: int
    url: str


class MapAnswer(BaseModel):
    """A difficulty of a result."""

    name: str
    version: str
    title: str
    artist: str
    mode: int
    stars: float
    keys: int = Field(0, description="columns of mania, else 0")
    counts: dict[str, int]
    length_ms: float
    previewUrl: str
    audioUrl: str | None


class LogAnswer(BaseModel):
    text: str
    next: int


class UploadAnswer(BaseModel):
    """A file that was sent.

    `ref` is what stands for it in the options of a job.
    """

    id: str
    kind: Literal["audio", "beatmap", "mapset", "picture"]
    name: str
    bytes: int
    ref: dict[str, str]
    maps: list[dict[str, Any]]
    audio: dict[str, str] | None
