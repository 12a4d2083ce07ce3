"""Map attributes -> the class vector that a refiner is conditioned on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from osu_beatmap.attributes import Attributes

MAX_CIRCLE_SIZE = 10.0


@dataclass(frozen=True, slots=True)
class ConditionSpec:
    """Classes of each attribute, one after the other in the vector.

    The last class of each is "unknown".

    Numbers count the unknown class. `mappers` are osu! user ids, `descriptors` names, `modes` game modes; an attribute
    with an empty table has the unknown class alone, and modes then have none at all.
    """

    difficulty_classes: int = 26
    max_difficulty: float = 12.0
    mappers: tuple[int, ...] = ()
    descriptors: tuple[str, ...] = ()
    circle_size_classes: int = 22
    modes: tuple[int, ...] = (0, 2)

    @property
    def size(self) -> int:
        return sum(self.sizes())

    def class_vector(self, attributes: Attributes) -> np.ndarray:
        """Return ones for the classes of attributes, float32 [size].

        An attribute that is None, or in no table, is of the unknown class.
        """
        vector = np.zeros(self.size, dtype=np.float32)
        places = (
            self._scale_class(attributes.difficulty, self.difficulty_classes, self.max_difficulty),
            _find((attributes.mapper_id,), self.mappers),
            _find(attributes.descriptors, self.descriptors),
            self._scale_class(attributes.circle_size, self.circle_size_classes, MAX_CIRCLE_SIZE),
            _find((int(attributes.mode),), self.modes) if self.modes else [],
        )
        start = 0
        for classes, size in zip(places, self.sizes(), strict=True):
            for place in classes or [size - 1] * (size > 0):
                vector[start + place] = 1.0
            start += size
        return vector

    def unknown_vector(self) -> np.ndarray:
        """Return the class vector without known attributes, float32 [size]."""
        vector = np.zeros(self.size, dtype=np.float32)
        vector[np.cumsum([size for size in self.sizes() if size]) - 1] = 1.0
        return vector

    @classmethod
    def from_json(cls, data: dict) -> ConditionSpec:
        tables = {name: tuple(data[name]) for name in ("mappers", "descriptors", "modes")}
        return cls(**{**data, **tables})

    def sizes(self) -> tuple[int, ...]:
        modes = len(self.modes) + 1 if self.modes else 0
        mappers, descriptors = len(self.mappers) + 1, len(self.descriptors) + 1
        return self.difficulty_classes, mappers, descriptors, self.circle_size_classes, modes

    @staticmethod
    def _scale_class(value: float | None, classes: int, highest: float) -> list[int]:
        """Return the class of a value: equal steps up to the highest.

        The highest value has a class of its own; the last class is unknown.
        """
        return [] if value is None else [int(np.clip(int(value * (classes - 2) / highest), 0, classes - 2))]


def _find(values: tuple, table: tuple) -> list[int]:
    return [table.index(value) for value in values if value in table]
