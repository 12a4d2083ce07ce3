"""The errors of this package."""

from __future__ import annotations

from feedback.errors import UserError


class CorpusError(UserError):
    """Data unusable for training; the message is one sentence for the user."""


class EmptyCorpusError(CorpusError):
    """Corpus without a chart, possibly after filters and splits."""
