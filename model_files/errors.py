"""The one error of this package."""

from __future__ import annotations

from feedback.errors import UserError


class ModelError(UserError):
    """A model that cannot be loaded; the message is one sentence for the user."""


def first_line(error: BaseException) -> str:
    """The beginning of whatever a library raised, short enough to be part of a sentence."""
    lines = str(error).strip().splitlines()
    return (lines[0] if lines else type(error).__name__).strip().rstrip(".")[:200]
