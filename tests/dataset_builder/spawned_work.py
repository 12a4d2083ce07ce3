"""Work for processes that start from nothing."""

import os


def double(number: int, trouble: int) -> int:
    if number == trouble:
        os._exit(9)
    return 2 * number
