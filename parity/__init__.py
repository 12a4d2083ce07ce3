"""The original program to the number, quirks included.

The default path needs nothing of it.
"""
