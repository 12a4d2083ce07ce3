"""Routes of a song's timing: predict, read, and store.

Stored red lines apply to all maps of the song.
"""

from __future__ import annotations

import json
import mimetypes
from pathlib import Path
from typing import Any

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import FileResponse, StreamingResponse

from osu_beatmap.beatmap import TimingPoint
from server.http.dependencies import TheSite
from server.http.routes_runs import follow
from server.http.schemas import StoredTiming, TimedSong, TimingAnswer, TimingOrder
from server.storage.jobs import Job, new_id
from server.storage.orders import job_title, prepare_options

STOPPED = "The server was stopped before the song was timed."

router = APIRouter(prefix="/api/timings", tags=["timings"])


@router.post("", summary="Predict the timing of a song; closing the connection cancels it")
def predict(order: TimingOrder, request: Request, site: TheSite) -> StreamingResponse:
    """Return lines of JSON: progress, and last the result.

    {"progress": [stage, done, total]}, and {"song": id} or {"stopped": reason}.
    """
    options = prepare_options("timing", {"audio_path": order.audio_path}, site.references)
    song = site.timings.add(Path(options["audio_path"]).expanduser())
    if site.timings.analysis(song) is not None:
        return StreamingResponse(iter([json.dumps({"song": song}) + "\n"]), media_type="application/x-ndjson")

    def outcome(job: Job) -> dict[str, Any]:
        return {"song": song} if job.state == "done" else {"stopped": job.error or STOPPED}

    asked = {**options, "analysis_path": str(site.timings.analysis_file(song))}
    return follow(site, Job(new_id(), "timing", asked, job_title("timing", asked), is_attached=True), request, outcome)


@router.get("/{song}", summary="Predicted timing, and the red lines that are kept")
def timing(song: str, site: TheSite) -> TimingAnswer:
    found = site.timings.analysis(song)
    if found is None:
        raise HTTPException(404, "The timing of this song was not predicted.")
    return TimingAnswer(**found, kept=site.timings.find_stored(song))


@router.get("/{song}/audio", summary="The song")
def audio(song: str, site: TheSite) -> FileResponse:
    path = site.timings.audio(song)
    if path is None:
        raise HTTPException(404, "The song is no longer there.")
    kind = mimetypes.guess_type(path.name)[0] or ""
    # Whatever a file is called, no page of it may act on this site.
    return FileResponse(path, media_type=kind if kind.startswith("audio/") else "application/octet-stream")


@router.put("/{song}", summary="Keep red lines for all maps of a song")
def keep(song: str, timed: TimedSong, site: TheSite) -> StoredTiming:
    lines = [TimingPoint(line.time_ms, 60_000.0 / line.bpm, line.meter) for line in timed.lines]
    site.timings.keep(song, sorted(lines, key=lambda line: line.time_ms))
    return StoredTiming(**site.timings.find_stored(song))


@router.delete("/{song}", status_code=204, summary="Forget the red lines that are kept")
def forget(song: str, site: TheSite) -> Response:
    site.timings.forget(song)
    return Response(status_code=204)
