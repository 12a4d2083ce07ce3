"""Page for a vote: which of two excerpts is by a human.

    python -m benchmarks.blind_test.sheet GENERATED HUMANS SHEET.html [--pairs 20] [--seconds 10] [--seed 1]

GENERATED is a folder of .osu and .osz files, such as `benchmarks.profile_maps` makes. HUMANS is a folder of mapsets
with their songs, such as the Songs folder of osu!. Maps are paired by title, mode and keys, and at most one star apart.
SHEET.html is one file that works without a network: a player and a picture of each pair, with its part of the song.
SHEET.answers.json has the answers; give it to nobody who still votes. Count the votes with
`benchmarks.blind_test.votes`.

The page has parts of the songs and maps. Do not distribute it unless you may distribute those.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from benchmarks.arguments import command_parser
from benchmarks.blind_test.excerpts import ExcerptPair, NamedMap, anonymous_excerpt, choose_excerpts
from benchmarks.profile import read_maps
from demo.draw_map import draw_side_by_side
from demo.moments import MOMENT_MS
from osu_beatmap.beatmap import GameMode
from osu_beatmap.files.writer import write_text
from osu_beatmap.held_out import Split
from osu_beatmap.profile.human_maps import human_maps
from osuT5.audio.decode import load_audio
from paths import REPO_ROOT
from pipeline.output.audio import write_vorbis
from webui.preview_data import preview_of

PAGE = Path(__file__).with_name("sheet.html")
SCRIPT = Path(__file__).with_name("sheet.js")
STATIC = REPO_ROOT / "webui" / "static"
TEXTS = REPO_ROOT / "webui" / "languages" / "en" / "preview.json"
STYLES = (STATIC / "style.css", STATIC / "preview" / "preview.css")

RATE_HZ, QUALITY = 44_100, 0.3
MOST_MOMENTS = 4


def main() -> int:
    parser = command_parser(__doc__)
    parser.add_argument("generated", type=Path, metavar="GENERATED")
    parser.add_argument("humans", type=Path, metavar="HUMANS")
    parser.add_argument("sheet", type=Path, metavar="SHEET.html")
    parser.add_argument("--pairs", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    length_ms = 1000.0 * arguments.seconds
    skipped: list[str] = []
    humans = list(human_maps_with_songs(arguments.humans, skipped))
    generated = [NamedMap(m.name, m.beatmap) for m in read_maps([arguments.generated], None, skipped)]
    pairs = choose_excerpts(generated, humans, arguments.pairs, length_ms, arguments.seed)
    if not pairs:
        print(
            f"No map of {arguments.generated} has the title, mode, keys and nearly the stars of one in "
            f"{arguments.humans}.",
            file=sys.stderr,
        )
        return 1
    shown = [excerpt_data(pair, length_ms) for pair in pairs]
    sheet_id = hashlib.sha256(json.dumps(shown).encode()).hexdigest()[:12]
    write_text(arguments.sheet, page(sheet_id, shown))
    answers = arguments.sheet.with_suffix(".answers.json")
    write_text(answers, json.dumps(answers_of(sheet_id, pairs), indent=1) + "\n")
    print(f"{arguments.sheet}: {len(pairs)} pairs of {arguments.pairs}; answers: {answers}")
    return 0


def human_maps_with_songs(folder: Path, skipped: list[str]) -> Iterator[NamedMap]:
    """Yield the human-made maps of a folder whose song is there."""
    for human in human_maps(folder, Split.ALL, skipped):
        audio = (folder / human.place).parent / human.beatmap.audio_filename
        if audio.is_file():
            yield NamedMap(human.place, human.beatmap, audio)


def excerpt_data(pair: ExcerptPair, length_ms: float) -> dict[str, object]:
    """Return the page's data of a pair.

    Only the maps differ between the sides.
    """
    parts = [anonymous_excerpt(side, pair.start_ms, length_ms) for side in pair.sides]
    mode = parts[0].mode
    return {
        "mode": mode.name.lower(),
        "maps": [preview_of(part) | {"stars": None} for part in parts],
        "audio": data_url("audio/ogg", encode_song(pair.maps.human.audio, pair.start_ms, length_ms)),
        "picture": draw_side_by_side(dict(zip("AB", parts, strict=True)), picture_moments(mode, length_ms)),
    }


def picture_moments(mode: GameMode, length_ms: float) -> list[float]:
    """Return a few times whose moments show an excerpt."""
    count = min(MOST_MOMENTS, max(1, round(length_ms / MOMENT_MS[mode])))
    return [index * length_ms / count for index in range(count)]


def encode_song(audio: Path, start_ms: float, length_ms: float) -> bytes:
    """Return a part of a song as Ogg Vorbis."""
    first, last = (round(time_ms * RATE_HZ / 1000) for time_ms in (start_ms, start_ms + length_ms))
    samples = load_audio(audio, RATE_HZ)[first:last]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "part.ogg"
        write_vorbis(path, [np.asarray(samples, np.float32)[:, None]], RATE_HZ, 1, quality=QUALITY)
        return path.read_bytes()


def answers_of(sheet_id: str, pairs: Sequence[ExcerptPair]) -> dict[str, object]:
    """Return the human-made side and the source of each pair."""
    return {
        "sheet": sheet_id,
        "pairs": [
            {
                "human": "B" if pair.generated_is_a else "A",
                "mode": pair.maps.human.beatmap.mode.name.lower(),
                "generated_map": pair.maps.generated.name,
                "human_map": pair.maps.human.name,
                "start_ms": pair.start_ms,
            }
            for pair in pairs
        ],
    }


def page(sheet_id: str, shown: Sequence[dict[str, object]]) -> str:
    """Return the page with all that it needs."""
    texts = json.loads(TEXTS.read_text(encoding="utf-8"))
    data = json.dumps({"sheet": sheet_id, "pairs": list(shown), "texts": texts}).replace("<", "\\u003c")
    parts = {
        "STYLES": "\n".join(path.read_text(encoding="utf-8") for path in STYLES),
        "MODULES": json.dumps({"imports": modules()}),
        "DATA": data,
        "SCRIPT": SCRIPT.read_text(encoding="utf-8"),
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda found: parts[found[1]], PAGE.read_text(encoding="utf-8"))


def modules() -> dict[str, str]:
    """Return the modules of the player by name, as an import map.

    A page in one file has no paths to import from.
    """
    found = {}
    for path in [STATIC / "dom.js", *sorted((STATIC / "preview").glob("*.js"))]:
        code = path.read_text(encoding="utf-8").replace('from "/static/', 'from "app/')
        code = code.replace('from "./', 'from "app/preview/')
        found[f"app/{path.relative_to(STATIC).as_posix()}"] = data_url("text/javascript", code.encode())
    return found


def data_url(kind: str, content: bytes) -> str:
    """Return content as a data URL."""
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


if __name__ == "__main__":
    sys.exit(main())
