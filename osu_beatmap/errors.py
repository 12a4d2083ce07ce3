"""The one error that users of this package have to expect."""

from __future__ import annotations

from feedback.errors import UserError


class BeatmapError(UserError):
    """Unreadable or unwritable beatmap or archive.

    The message is one sentence for the user.
    """
