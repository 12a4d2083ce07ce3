"""One module for each kind of reference output, named like its folder.

Each has `check(folder: Path) -> Iterator[CaseResult]`. What differs on purpose is explained there by its cause.
"""
