"""Dialogue in a terminal about the options of a generation.

Read `conversation` first. Checks of options are in `pipeline.request`.
"""
