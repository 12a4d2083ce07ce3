"""The one error of this package."""

from __future__ import annotations

from feedback.errors import UserError


class ExcerptError(UserError):
    """A place in a map by which nobody can be told; the message is one sentence for the user."""
