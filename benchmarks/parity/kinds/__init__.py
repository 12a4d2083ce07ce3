"""One module for each kind of reference output, named like its folder.

Each has `cases(folder: Path) -> Named`. What differs on purpose is explained there by its cause.
"""
