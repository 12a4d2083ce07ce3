"""The one error of this package."""

from __future__ import annotations

from feedback.errors import UserError


class BuildError(UserError):
    """A dataset that cannot be built from what was given; the message is one sentence for the user."""
