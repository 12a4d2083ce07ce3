"""The one error of this package."""

from __future__ import annotations

from feedback.errors import UserError


class ExcerptError(UserError):
    """Excerpt too small to recognise a mapper; the message is one sentence."""
