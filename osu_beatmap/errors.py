"""The one error that users of this package have to expect."""

from __future__ import annotations

from feedback.errors import UserError


class BeatmapError(UserError):
    """A beatmap or an archive that cannot be read or written; the message is one sentence for the user."""
