"""What the command compares, on the reference outputs of the original program where they are on this machine."""

from pkgutil import iter_modules

import pytest

from benchmarks.parity import kinds
from benchmarks.parity.__main__ import check_kind
from benchmarks.parity.cases import Verdict
from benchmarks.parity.folders import unpack


@pytest.fixture(scope="module")
def goldens(shared_dir):
    folder = shared_dir / "goldens"
    if not folder.is_dir():
        pytest.skip("the outputs of the original program are not on this machine")
    with unpack(folder) as unpacked_folder:
        yield unpacked_folder


@pytest.mark.parametrize("kind", [module.name for module in iter_modules(kinds.__path__)])
def test_our_numbers_are_those_of_the_original(goldens, kind):
    if not (goldens / kind).is_dir():
        pytest.skip(f"there are no outputs of the kind {kind} on this machine")
    results = list(check_kind(kind, goldens / kind))
    assert results
    assert not [result for result in results if result.verdict is Verdict.DIFFERS]
    assert not [result for result in results if result.verdict is Verdict.PENDING and "beam" not in result.note]
    argued = {result.note for result in results if result.verdict is Verdict.ARGUED}
    assert all(note.startswith(("the original fails", "this processor")) for note in argued)
