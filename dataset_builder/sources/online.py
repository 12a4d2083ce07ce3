"""Facts about mapsets from the osu! API (version 2).

They are status, dates, ids of mappers, plays and more. No request is made unless the user requests it and has a token.
Answers are cached in the dataset, so each mapset is requested once; the dataset is complete without them, except for
facts that only the API has.
"""

from __future__ import annotations

import json
import os
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tqdm import tqdm

from dataset_builder.errors import BuildError
from dataset_builder.rows import Row

ANSWERS_FILE = "online.jsonl"
TOKEN_VARIABLE = "OSU_API_TOKEN"
CLIENT_VARIABLES = ("OSU_CLIENT_ID", "OSU_CLIENT_SECRET")

PAUSE_S = 1.0
"""The API's terms ask for no more than 60 requests a minute."""

TIMEOUT_S = 30
TRIES = 5
RETRY_PAUSE_S = 10.0
MAX_ANSWER_BYTES = 16 << 20
BUSY = frozenset({408, 429, 500, 502, 503, 504})


def _column(field: str) -> str:
    """Return the column of a field: `genre.id` is GenreId."""
    return field.title().replace("_", "").replace(".", "")


SET_FIELDS = {
    **{
        _column(field): field
        for field in (
            "creator", "favourite_count", "nsfw", "offset", "spotlight", "video", "genre.id", "genre.name",
            "language.id", "language.name", "pack_tags", "ratings", "can_be_hyped", "discussion_locked",
            "ranked_date", "storyboard", "submitted_date", "tags",
        )
    },
    **{
        f"BeatmapSet{_column(field)}": field
        for field in ("play_count", "status", "user_id", "bpm", "is_scoreable", "last_updated", "ranked")
    },
    "Description": "description.description",
    "DownloadDisabled": "availability.download_disabled",
}  # fmt: skip
CHART_FIELDS = {
    _column(field): field
    for field in (
        "difficulty_rating", "status", "total_length", "user_id", "max_combo", "hit_length", "is_scoreable",
        "last_updated", "ranked",
    )
} | {"PassCount": "passcount", "PlayCount": "playcount"}  # fmt: skip
"""Column -> field of the API's answer about a mapset, and about a chart in it."""

TIME_COLUMNS = frozenset({"BeatmapSetLastUpdated", "RankedDate", "SubmittedDate", "LastUpdated"})


def token_from_environment(api_url: str) -> str:
    """Return a token from OSU_API_TOKEN, or request one.

    The request uses OSU_CLIENT_ID and OSU_CLIENT_SECRET. They come from the environment since a command line stays in
    the history of a shell.

    Raises:
        BuildError: There is no token.
    """
    if token := os.environ.get(TOKEN_VARIABLE, "").strip():
        return token
    client = [os.environ.get(name, "").strip() for name in CLIENT_VARIABLES]
    if not all(client):
        raise BuildError(
            f"online=true needs a token of the osu! API in {TOKEN_VARIABLE}, or {' and '.join(CLIENT_VARIABLES)} of an "
            "OAuth application (https://osu.ppy.sh/home/account/edit); without them leave online=false."
        )
    form = {"client_id": client[0], "client_secret": client[1], "grant_type": "client_credentials", "scope": "public"}
    url = urllib.parse.urljoin(api_url, "/oauth/token")
    answer = _answer(_request(url, data=urllib.parse.urlencode(form).encode("ascii")))
    if not answer or not isinstance(answer.get("access_token"), str):
        raise BuildError(f"{url} gave no token for this {CLIENT_VARIABLES[0]}.")
    return answer["access_token"]


def request_facts(set_ids: Iterable[int], folder: Path, api_url: str, token: str) -> None:
    """Request facts about unknown mapsets, and cache each answer at once.

    Raises BuildError.
    """
    known = read_cached_answers(folder)
    wanted = sorted(number for number in set(set_ids) if number > 0 and number not in known)
    for set_id in tqdm(wanted, desc="asking osu!", unit="mapset"):
        started = time.monotonic()
        answer = _answer(_request(f"{api_url.rstrip('/')}/beatmapsets/{set_id}", token))
        line = json.dumps({"id": set_id, "answer": answer})
        with (folder / ANSWERS_FILE).open("ab") as file:
            file.write(line.encode("ascii") + b"\n")
        time.sleep(max(0.0, PAUSE_S - (time.monotonic() - started)))


def read_cached_answers(folder: Path) -> dict[int, dict[str, Any]]:
    """Return cached answers by mapset.

    A mapset unknown to osu! has an empty one. A truncated line is skipped.
    """
    path = folder / ANSWERS_FILE
    answers: dict[int, dict[str, Any]] = {}
    for line in path.read_bytes().splitlines() if path.is_file() else ():
        try:
            data = json.loads(line)
            answers[int(data["id"])] = data["answer"] or {}
        except (ValueError, KeyError, TypeError):
            continue
    return answers


def with_online(row: Row, answer: dict[str, Any] | None) -> Row:
    """Add the API's facts about mapset and chart to a row.

    The chart is found by its content or else by its number.
    """
    if not answer:
        return row
    charts = [chart for chart in answer.get("beatmaps") or () if isinstance(chart, dict)]
    chart = next((chart for chart in charts if chart.get("checksum") == row["Checksum"]), None)
    chart = chart or next((chart for chart in charts if chart.get("id") == row["Id"]), None)
    found = {column: _field(answer, name) for column, name in SET_FIELDS.items()}
    if chart:
        found |= {column: _field(chart, name) for column, name in CHART_FIELDS.items()}
        found |= _people_and_tags(chart)
    known = {column: _value(column, value) for column, value in found.items() if value is not None}
    return {**row, **known}


def _people_and_tags(chart: dict[str, Any]) -> Row:
    owners = [owner for owner in chart.get("owners") or () if isinstance(owner, dict)]
    tags = [tag for tag in chart.get("top_tag_ids") or () if isinstance(tag, dict)]
    return {
        "Owners": [owner.get("id") for owner in owners],
        "TopTagIds": [tag.get("tag_id") for tag in tags],
        "TopTagCounts": [tag.get("count") for tag in tags],
    }


def _field(answer: Any, name: str) -> Any:
    for part in name.split("."):
        answer = answer.get(part) if isinstance(answer, dict) else None
    return answer


def _value(column: str, value: Any) -> Any:
    if column not in TIME_COLUMNS:
        return value
    try:
        moment = datetime.fromisoformat(value)
    except (ValueError, TypeError):
        return None
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def _request(url: str, token: str = "", data: bytes | None = None) -> urllib.request.Request:
    if urllib.parse.urlsplit(url).scheme not in ("https", "http"):
        raise BuildError(f"api_url must be an address such as https://osu.ppy.sh/api/v2, got {url}.")
    headers = {"Accept": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})}
    return urllib.request.Request(url, data, headers)


def _answer(request: urllib.request.Request) -> dict[str, Any] | None:
    """Return the answer as JSON, or None if nothing exists.

    Waits for a busy server. Raises BuildError.
    """
    trouble = ""
    for attempt in range(TRIES):
        if attempt:
            time.sleep(RETRY_PAUSE_S)
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as response:
                return json.loads(response.read(MAX_ANSWER_BYTES))
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return None
            if error.code in (401, 403):
                raise BuildError("osu! rejected the token; it may have expired: request a new one.") from error
            trouble = f"status {error.code}"
            if error.code not in BUSY:
                break
        except (OSError, ValueError) as error:
            trouble = str(getattr(error, "reason", error))
    raise BuildError(f"{request.full_url} does not answer ({trouble}); answers so far are kept: run it again later.")
