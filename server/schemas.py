"""What requests and answers look like: the part of the API that its page of documentation shows."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

Options = dict[str, Any]


class JobOrder(BaseModel):
    """A job that is asked for."""

    kind: Literal["generate", "review", "apply"]
    options: Options = Field(default_factory=dict, description="as on the command line; files are references or paths")
    parent: str | None = Field(None, description="the job that this one goes on from")


Plain = str | int | float | bool | None


class RunOrder(BaseModel):
    """What inference.py hands over."""

    options: dict[str, Plain | list[Plain]] = Field(description="as on its command line, with absolute paths")


class CheckOrder(BaseModel):
    """A form that is not finished."""

    kind: Literal["generate", "review"]
    options: Options = Field(default_factory=dict)


class ModelConditions(BaseModel):
    """What a model was trained with."""

    name: str
    is_bundled: bool
    unknown: list[str] = Field(description="options that it does not use")
    tags: list[str] | None = Field(description="descriptors that it knows in this mode; null: as many as it was given")


class Check(BaseModel):
    """What is wrong with a form, the command that does the same, and what its reference map fills in."""

    errors: dict[str, str]
    problem: str | None
    command: str
    filled: Options
    without_use: list[str] = Field([], description="options that have none beside the others")
    model: ModelConditions | None = Field(None, description="null: what the model knows is not known here")
    missing_names: dict[str, str] = Field({}, description="title or artist that the song lacks -> what stands in")


class ProgressAnswer(BaseModel):
    """How far a job is in the stage that it is at, and over all stages."""

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
    """Jobs that have changed, and a number to ask for later changes with."""

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
