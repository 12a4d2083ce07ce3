"""The errors of this package."""

from __future__ import annotations

from feedback.errors import UserError


class CorpusError(UserError):
    """Data that cannot be trained on; the message is one sentence for the user."""


class EmptyCorpusError(CorpusError):
    """A corpus, or what filters and splits leave of it, that holds no chart."""
