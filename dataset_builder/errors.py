"""The one error of this package."""

from __future__ import annotations

from feedback.errors import UserError


class BuildError(UserError):
    """Dataset that cannot be built; the message is one sentence."""
