"""Conditions of a map, read from a beatmap or requested by users."""

from __future__ import annotations

from dataclasses import dataclass

from osu_beatmap.beatmap import Beatmap, GameMode, HitSound, HoldNote, SampleSet, Slider

WITH_CIRCLES = frozenset({GameMode.STANDARD, GameMode.CATCH})
"""Modes in which circle size and slider velocity are felt."""

WITH_SCROLL_SPEED = frozenset({GameMode.TAIKO, GameMode.MANIA})


@dataclass(frozen=True, slots=True)
class Attributes:
    """Conditions of one difficulty. None means unknown: the model chooses.

    `difficulty` is the star rating; ratios are shares of objects in 0..1; `key_count` and `hold_note_ratio`
    concern mania, `scroll_speed_ratio` mania and taiko, `circle_size` and `slider_multiplier` standard and catch.
    """

    mode: GameMode
    difficulty: float | None = None
    circle_size: float | None = None
    slider_multiplier: float | None = None
    hitsounded: bool | None = None
    key_count: int | None = None
    hold_note_ratio: float | None = None
    scroll_speed_ratio: float | None = None
    year: int | None = None
    mapper_id: int | None = None
    descriptors: tuple[str, ...] = ()


def attributes_of(beatmap: Beatmap, difficulty: float | None = None) -> Attributes:
    """Return the attributes of an existing map.

    The star rating is a parameter, as its computation takes time.
    """
    mode = beatmap.mode
    with_circles = mode in WITH_CIRCLES
    mania = mode is GameMode.MANIA
    return Attributes(
        mode=mode,
        difficulty=difficulty,
        circle_size=beatmap.difficulty.circle_size if with_circles else None,
        slider_multiplier=beatmap.difficulty.slider_multiplier if with_circles else None,
        hitsounded=is_hitsounded(beatmap),
        key_count=beatmap.key_count if mania else None,
        hold_note_ratio=hold_note_ratio(beatmap) if mania else None,
        scroll_speed_ratio=scroll_speed_ratio(beatmap) if mode in WITH_SCROLL_SPEED else None,
    )


def is_hitsounded(beatmap: Beatmap) -> bool:
    """Return whether the mapper placed hitsounds.

    They are additions on more than 2 % of the objects, or changing sample sets. Taiko notes differ by their sounds, so
    a taiko map always counts.
    """
    if beatmap.mode is GameMode.TAIKO:
        return True
    additions = HitSound.WHISTLE | HitSound.FINISH | HitSound.CLAP
    sounded = 0
    for hit_object in beatmap.hit_objects:
        edges = hit_object.edges if isinstance(hit_object, Slider) else ()
        own_set = hit_object.sample.normal_set not in (SampleSet.AUTO, beatmap.sample_set)
        if own_set or hit_object.hitsound & additions or any(edge.hitsound & additions for edge in edges):
            sounded += 1
    return sounded > 0.02 * max(1, len(beatmap.hit_objects))


def hold_note_ratio(beatmap: Beatmap) -> float:
    """Return the fraction of hold notes among the objects."""
    holds = sum(isinstance(hit_object, HoldNote) for hit_object in beatmap.hit_objects)
    return holds / max(1, len(beatmap.hit_objects))


def scroll_speed_ratio(beatmap: Beatmap) -> float:
    """Return scroll speed changes by green lines per object, at most 1."""
    changes = 0
    speed = 1.0
    for point in beatmap.timing_points:
        if point.sv_multiplier != speed:
            changes += 1
            speed = point.sv_multiplier
    return min(1.0, changes / max(1, len(beatmap.hit_objects)))
