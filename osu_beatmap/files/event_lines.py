"""Lines of [Events]: background, video and breaks.

Other lines are kept verbatim.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from osu_beatmap.beatmap import Beatmap, Break
from osu_beatmap.files.number_fields import (
    MAX_COORDINATE_PX,
    FieldError,
    format_number,
    parse_float,
    quote_text,
    time_offset_ms,
)

FILE_KINDS = frozenset({"0", "Background", "1", "Video"})
BREAK_KINDS = frozenset({"2", "Break"})
VIDEO_SUFFIXES = frozenset({".avi", ".flv", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".wmv"})

# type, start time, file name (commas are fine within quotes), the rest
_FILE_EVENT = re.compile(r'(?P<kind>[^,]*),(?P<start>[^,]*),\s*(?:"(?P<quoted>[^"]*)"|(?P<plain>[^,]*))(?P<rest>.*)')


def read_event_line(line: str, beatmap: Beatmap) -> None:
    """Read one line into `beatmap`.

    Raises:
        FieldError: A background or break is unreadable.
    """
    kind = line.partition(",")[0]
    if kind in FILE_KINDS:
        _read_file_event(line, beatmap)
    elif kind in BREAK_KINDS:
        beatmap.breaks.append(parse_break_line(line, beatmap.format_version))
    else:
        beatmap.storyboard_lines.append(line)


def _read_file_event(line: str, beatmap: Beatmap) -> None:
    event = _FILE_EVENT.match(line)
    if event is None:
        raise FieldError(f"{quote_text(line)} names no file")
    # No file name holds quotes on Windows, and no line could write one.
    filename = (event["plain"] if event["quoted"] is None else event["quoted"]).replace('"', "").strip()
    # Some very old maps have their picture under the number of a video.
    is_video = event["kind"] in ("1", "Video") and PurePosixPath(filename).suffix.lower() in VIDEO_SUFFIXES
    if not is_video:
        beatmap.background = filename.replace("\\", "/")
        # Where nothing is shown, it is not shown anywhere.
        beatmap.background_offset_px = _parse_offset(event["rest"]) if filename else (0.0, 0.0)
    elif beatmap.video_line:
        beatmap.storyboard_lines.append(line)
    else:
        beatmap.video_line = line


def _parse_offset(rest: str) -> tuple[float, float]:
    """Parse `,x,y` after the file name; old formats omit it."""
    parts = [part for part in rest.partition("//")[0].split(",")[1:3] if part.strip()]
    if len(parts) != 2:
        return 0.0, 0.0
    return parse_float(parts[0], MAX_COORDINATE_PX), parse_float(parts[1], MAX_COORDINATE_PX)


def parse_break_line(line: str, format_version: int) -> Break:
    fields = line.partition("//")[0].split(",")
    if len(fields) < 3:
        raise FieldError(f"{quote_text(line)} has no end")
    offset_ms = time_offset_ms(format_version)
    start_ms, end_ms = (parse_float(text) + offset_ms for text in fields[1:3])
    return Break(start_ms, max(start_ms, end_ms))


def format_background_line(beatmap: Beatmap) -> str:
    """Return the line that `read_event_line` reads back into `background`."""
    x, y = (format_number(value) for value in beatmap.background_offset_px)
    filename = beatmap.background.replace('"', "")
    return f'0,0,"{filename}",{x},{y}'


def format_break_line(pause: Break, format_version: int) -> str:
    """Return the line that `read_event_line` reads back as this break."""
    offset_ms = time_offset_ms(format_version)
    return f"2,{format_number(pause.start_ms - offset_ms)},{format_number(pause.end_ms - offset_ms)}"
