"""Hit objects <-> events, one kind of object a module.

Timing, scroll speeds and kiai are in `osuT5.encoding`.
"""
