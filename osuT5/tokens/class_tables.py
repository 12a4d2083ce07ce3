"""Tables of a published vocabulary: mappers, descriptors, and training maps."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

TABLES_FILE = "class_tables.json"


@dataclass(frozen=True)
class ClassTables:
    """Class numbers of a vocabulary; empty without such conditions.

    mapper_index            user id -> class of the mapper
    descriptor_index        name of a descriptor -> its class
    mapper_of_beatmap       beatmap id -> user id
    descriptors_of_beatmap  beatmap id -> classes of its descriptors
    beatmap_index           beatmap id -> class of its style
    """

    mapper_index: dict[int, int] = field(default_factory=dict)
    descriptor_index: dict[str, int] = field(default_factory=dict)
    mapper_of_beatmap: dict[int, int] = field(default_factory=dict)
    descriptors_of_beatmap: dict[int, tuple[int, ...]] = field(default_factory=dict)
    beatmap_index: dict[int, int] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return any((self.mapper_index, self.descriptor_index, self.mapper_of_beatmap, self.beatmap_index))

    def mapper_class(self, mapper_id: int | None) -> int | None:
        """Return the class of a user, or None.

        None stands for no user, and for one who is not in the table.
        """
        return None if mapper_id is None else self.mapper_index.get(mapper_id)

    def to_json(self) -> dict:
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    @classmethod
    def from_json(cls, data: dict) -> ClassTables:
        """Read tables written by `to_json`.

        The keys of JSON objects are strings, so numbers are parsed from them.
        """

        def numbers(name: str) -> dict[int, int]:
            return {int(key): int(value) for key, value in data.get(name, {}).items()}

        return cls(
            mapper_index=numbers("mapper_index"),
            descriptor_index={str(key): int(value) for key, value in data.get("descriptor_index", {}).items()},
            mapper_of_beatmap=numbers("mapper_of_beatmap"),
            descriptors_of_beatmap={
                int(key): tuple(int(value) for value in values)
                for key, values in data.get("descriptors_of_beatmap", {}).items()
            },
            beatmap_index=numbers("beatmap_index"),
        )

    def save(self, folder: Path) -> None:
        """Write the tables next to a contract, unless they are empty."""
        if self:
            text = json.dumps(self.to_json(), ensure_ascii=False, separators=(",", ":"))
            (folder / TABLES_FILE).write_text(text + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> ClassTables:
        path = folder / TABLES_FILE
        return cls.from_json(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else cls()


NO_TABLES = ClassTables()
