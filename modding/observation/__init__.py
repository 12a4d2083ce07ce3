"""Observations about a map: from tokens, audio and timing. Their wording and fixes are outside."""
