"""The one error of this package."""

from __future__ import annotations


class BuildError(ValueError):
    """A dataset that cannot be built from what was given; the message is one sentence for the user."""
