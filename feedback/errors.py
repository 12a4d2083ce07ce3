"""Base class of all errors that are meant for the user."""

from __future__ import annotations


class UserError(ValueError):
    """Unusable input; the message is one sentence for the user.

    Every package has subclasses for its own input. All other exceptions are faults of the program. It is a ValueError,
    so that code which reads values from files handles both alike.
    """
