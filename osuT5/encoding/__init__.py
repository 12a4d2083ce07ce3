"""Beatmap <-> events: how each concept of a beatmap is written and read, side by side."""

from osuT5.encoding.context import encode_context

__all__ = ["encode_context"]
