"""Mutated inputs of five kinds, each read as in the program.

The kinds are charts, archives, audio, options, and HTTP requests.
"""

from __future__ import annotations

import io
import random
import warnings
import zipfile
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from fastapi.testclient import TestClient

from benchmarks.fuzz.absurd_charts import ABSURD, absurd_chart, absurd_number
from benchmarks.fuzz.sane import SECONDS, sane_chart, write_song
from benchmarks.fuzz.watch import FuzzReport
from evaluation.options import EvaluationOptions, resolve_evaluation
from modding.options import ReviewOptions, check_review_files, resolve_review
from osu_beatmap.beatmap import GameMode
from osu_beatmap.files.archive import read_osz
from osu_beatmap.files.reader import decode_osu_bytes, parse_beatmap
from osu_beatmap.files.writer import write_beatmap
from osuT5.audio.decode import audio_duration_ms, audio_format, load_audio, read_tags
from pipeline.request.contents import check_contents
from pipeline.request.inference_options import InferenceOptions
from pipeline.request.input_files import check_files
from pipeline.request.resolve import resolve
from server.http.security import TOKEN_HEADER
from server.settings import ServerSettings
from server.site import Site
from webui.app import create_app

AUDIO_SUFFIXES = (".ogg", ".flac", ".wav")
WORDS = (*ABSURD, "true", "false", "[TIMING]", "[MAP,KIAI]", "[NONE,NO_HS]", "auto", "cpu", "json", "../..", "/", "\0")
"""Values of options: numbers, lists, names of things and paths."""

NAMES = ("map.osu", "dir/map.osu", "../map.osu", "a\\b.osu", "ソ.osu", "x" * 300)
PATH_PARTS = ("x", "1", "-1", "%00", "..", "%2e%2e%2f", "9" * 30, "é")
MAX_AUDIO_SECONDS = 4 * SECONDS
"""A song of 12 s with more than this read from it was not mutated but invented."""


def mutate_bytes(data: bytes, rng: random.Random, most: int = 12) -> bytes:
    """Return bytes with random changes: edits, deletions, insertions, repeats, cuts."""
    changed = bytearray(data)
    for _ in range(rng.randint(1, most)):
        at = rng.randrange(len(changed)) if changed else 0
        # Headers decide the most.
        at = at if rng.random() < 0.5 else min(at, rng.randrange(200))
        length = min(len(changed) - at, round(2 ** rng.uniform(0, 12)))
        match rng.randrange(6):
            case 0:
                changed[at : at + 1] = bytes([rng.randrange(256)])
            case 1:
                changed[at : at + 4] = rng.choice((b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff"))
            case 2:
                del changed[at : at + length]
            case 3:
                changed[at:at] = rng.randbytes(length)
            case 4:
                changed[at:at] = changed[at : at + length]
            case _:
                del changed[max(at, 20) :]
    return bytes(changed)


class InputCases:
    """Inputs, and what reads each of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "inputs"
        self.folder.mkdir()
        self.output = folder / "output"

    def run(self, seed: int, report: FuzzReport) -> None:
        """Read an input; nothing may be left behind."""
        kinds: dict[str, Callable[[random.Random], object]] = {
            "chart": self._chart,
            "archive": self._archive,
            "audio": self._audio,
            "options": self._options,
            "request": self._request,
        }
        name = tuple(kinds)[seed % len(kinds)]
        report.run(f"mutated {name}", seed, lambda: kinds[name](random.Random(seed)))
        left = [path.name for path in self.folder.iterdir() if path.name.endswith(".part")]
        if left or self.output.exists():
            report.fail(f"mutated {name}, seed {seed}: left behind {left or self.output}")

    @cached_property
    def songs(self) -> list[bytes]:
        """The song in each format."""
        return [write_song(self.folder / f"song{suffix}").read_bytes() for suffix in AUDIO_SUFFIXES]

    def _chart(self, rng: random.Random) -> None:
        text = absurd_chart(rng.randrange(10**9)) if rng.random() < 0.5 else sane_chart(rng.choice(tuple(GameMode)))
        data = text.encode(rng.choice(("utf-8", "utf-8", "utf-16", "utf-16-be")), errors="replace")
        beatmap = parse_beatmap(decode_osu_bytes(mutate_bytes(data, rng)), "map.osu")
        assert parse_beatmap(write_beatmap(beatmap)) == beatmap, "writing changes the map"

    def _archive(self, rng: random.Random) -> None:
        content = io.BytesIO()
        warnings.simplefilter("ignore", UserWarning)  # of two entries of one name, which is meant
        with zipfile.ZipFile(content, "w", rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))) as archive:
            for number in range(rng.randrange(4)):
                name = rng.choice(
                    ("map.osu", "dir/map.osu", "../map.osu", "a\\b.osu", f"{number}.osu", "ソ.osu", "x" * 300)
                )
                archive.writestr(name, sane_chart(rng.choice(tuple(GameMode))))
            archive.writestr("song.ogg", self.songs[0][: rng.randrange(len(self.songs[0]))])
        path = self.folder / "set.osz"
        data = content.getvalue()
        path.write_bytes(mutate_bytes(data, rng, 4) if rng.random() < 0.8 else data)
        found = read_osz(path)
        for name in found.other_files:
            found.read_bytes(name)
            found.extract(name, self.folder / "extracted") if (self.folder / "extracted").is_dir() else None

    def _audio(self, rng: random.Random) -> None:
        place = rng.randrange(len(self.songs))
        path = self.folder / f"mutated{AUDIO_SUFFIXES[place]}"
        path.write_bytes(mutate_bytes(self.songs[place], rng))
        audio_format(path)
        read_tags(path)
        audio_duration_ms(path)
        samples = load_audio(path)
        assert np.isfinite(samples).all(), "samples that are not finite"
        assert len(samples) < 16_000 * MAX_AUDIO_SECONDS, "a longer song than there was"

    def _options(self, rng: random.Random) -> None:
        options = rng.choice((InferenceOptions, InferenceOptions, ReviewOptions, EvaluationOptions))
        names = list(options.__dataclass_fields__)
        flat: dict[str, object] = {name: self._value(rng) for name in rng.sample(names, rng.randint(0, 3))}
        flat |= {"audio_path": str(self.folder / "song.ogg")} if options is InferenceOptions else {}
        self.songs  # noqa: B018  written when first asked for
        if options is InferenceOptions:
            request = resolve({"output_path": str(self.output), **flat})
            check_files(request)
            check_contents(request)
        elif options is ReviewOptions:
            check_review_files(resolve_review(flat))
        else:
            resolve_evaluation(flat)

    def _value(self, rng: random.Random) -> object:
        match rng.randrange(6):
            case 0:
                return absurd_number(rng)
            case 1:
                return rng.choice((rng.randrange(-10, 20), rng.uniform(-2, 12), 10**30, float("nan"), float("inf")))
            case 2:
                return [rng.choice(WORDS) for _ in range(rng.randrange(4))]
            case 3:
                return str(self.folder / rng.choice(("song.ogg", "set.osz", "none", "", "mutated.wav")))
            case 4:
                return {rng.choice(WORDS): rng.choice(WORDS)}
            case _:
                return rng.choice(WORDS)

    @cached_property
    def client(self) -> TestClient:
        """A browser at a server whose worker does not run."""
        site = Site.of(ServerSettings(folder=self.folder / "site"))
        address = f"http://127.0.0.1:{site.settings.port}"
        return TestClient(create_app(site), address, headers={TOKEN_HEADER: site.token})

    def _request(self, rng: random.Random) -> None:
        paths = self.client.get("/api/openapi.json").json()["paths"]
        path = rng.choice(list(paths))
        method = rng.choice((*paths[path], "post", "get"))
        while "{" in path:
            before, _, rest = path.partition("{")
            path = before + rng.choice(PATH_PARTS) + rest.partition("}")[2]
        answer = self.client.request(
            method, path, params=self._parameters(rng), headers=self._headers(rng), **self._body(rng)
        )
        assert answer.status_code < 500, f"{method} {path}: {answer.status_code} {answer.text[:200]}"

    def _parameters(self, rng: random.Random) -> dict[str, str]:
        names = ("name", "since", "index", "mode", "limit", "x")
        return {rng.choice(names): rng.choice(WORDS).replace("\0", "") for _ in range(rng.randrange(3))}

    def _headers(self, rng: random.Random) -> dict[str, str | bytes]:
        many = {
            "range": rng.choice(("bytes=0-", "bytes=-1", "bytes=9-1", "bytes=a-b", "bytes=0-999999999999")),
            "content-length": rng.choice(("-1", "x", "99999999999")),
            "origin": rng.choice(("null", "http://evil.example", "")),
            "cookie": rng.choice(("a=b", "=;=", b"\xc3\xa9=\xff")),
            "if-none-match": "*",
        }
        return {name: many[name] for name in rng.sample(list(many), rng.choice((0, 0, 1, 2)))}

    def _body(self, rng: random.Random) -> dict[str, Any]:
        match rng.randrange(5):
            case 0:
                return {}
            case 1:
                return {
                    "content": mutate_bytes(rng.choice((self.songs[0], sane_chart(GameMode.STANDARD).encode())), rng)
                }
            case 2:
                return {"content": rng.choice((b"", b"{", b"[]", b"null", b'{"kind":1}', b"[" * 2000, b"\xff\xfe"))}
            case _:
                kind = rng.choice(("generate", "review", "apply", "x", None, 1))
                names = rng.sample(list(InferenceOptions.__dataclass_fields__), rng.randrange(4))
                values = {name: self._json_value(rng) for name in names}
                return {
                    "json": {
                        "kind": kind,
                        "options": rng.choice((values, values, [], None)),
                        "parent": rng.choice((None, "x")),
                    }
                }

    def _json_value(self, rng: random.Random) -> object:
        value = self._value(rng)
        return str(value) if isinstance(value, float) else value
