"""The one error of this package."""

from __future__ import annotations

from feedback.errors import UserError


class ModelError(UserError):
    """Unusable model; the message is one sentence for the user."""


def first_line(error: BaseException) -> str:
    """Return the beginning of an exception's message, short enough for a sentence."""
    lines = str(error).strip().splitlines()
    return (lines[0] if lines else type(error).__name__).strip().rstrip(".")[:200]
