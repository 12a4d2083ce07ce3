"""Who made a difficulty, from literal names."""

import pytest

from classifier.mappers import mapper_key, mapper_of
from osu_beatmap.beatmap import Metadata

KNOWN = [
    ("Anna", "Insane", "Anna"),
    ("Anna", "Bert's Insane", "Bert"),
    ("Anna", "7K bert's HD", "bert"),
    ("Anna", "Amats' Normal", "Amats"),
    ("Anna", "BERT'S INSANE", "BERT"),
    ("Anna", "I'm tired", "Anna"),
    ("Anna", "Don't Stop", "Anna"),
    ("anna (9) & bert (3+5)", "4K Hard 5", "bert"),
    ("anna (9), bert (3+5)", "4K Hard 9", "anna"),
    ("Anna shoutouts to Bert", "4K Hard 9", "Anna"),
    ("Anna with respects to Bert", "4K Hard 9", "Anna"),
    ("Anna in memory of Bert", "4K Hard 9", "Anna"),
]

NOBODY = [
    ("Anna", "Bert & Carl's Insane"),
    ("Anna", "Collab Normal"),
    ("Anna", "Bert x Carl's XX"),
    ("Anna & Bert", "Hard"),
    ("Anna feat. Bert", "Hard"),
    ("anna (9) & bert (3+5)", "4K Hard 7"),
    ("anna (?) & bert (1+?)", "4K Hard 7"),
    ("anna (5 (hard)) & bert (5 (easy))", "4K Hard 5"),
    ("StepMania", "4K Hard 7"),
    ("", "Hard"),
]


@pytest.mark.parametrize(("creator", "version", "mapper"), KNOWN)
def test_the_one_who_made_it(creator: str, version: str, mapper: str) -> None:
    assert mapper_of(Metadata(creator=creator, version=version)) == mapper


@pytest.mark.parametrize(("creator", "version"), NOBODY)
def test_nobody_for_sure(creator: str, version: str) -> None:
    assert mapper_of(Metadata(creator=creator, version=version)) is None


def test_spellings_of_one_name() -> None:
    assert mapper_key("- An_na -") == mapper_key("ANNA") == mapper_key("Ánna")
    assert mapper_key("[ ]") == "[ ]"
    assert mapper_key("[ ]") != mapper_key("( )")
