"""Our numbers against those of the original program: `python -m benchmarks.parity --goldens DIR`.

`cases` says what a result is, `folders` finds the reference outputs, `report` prints; each module of `kinds` knows how
one kind of reference output is laid out, and has one function

    check(folder: Path) -> Iterator[CaseResult]

which is given the folder of its kind; folders of other kinds lie beside it. What differs on purpose is argued by its
cause, in the kind's module; `docs/parity.md` lists the switches that repeat its quirks.
"""
