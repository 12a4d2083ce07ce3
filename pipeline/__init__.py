"""Song to finished map: the only place that joins the models.

The page, the server and MaiMod are outside. The stable API is `resolve` and `generate`, both imported on first use:

    from pipeline import generate, resolve

    result = generate(resolve({"audio_path": "song.mp3", "difficulty": 5.5}))
    print(result.osz_path, result.star_rating)
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOMES = {"generate": "pipeline.generation.generate", "resolve": "pipeline.request.resolve"}
__all__ = ["generate", "resolve"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
