"""Fixtures of this folder."""

from running_server import maker, started

__all__ = ["maker", "started"]
