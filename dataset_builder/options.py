"""Options of a build."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from osuT5.dataset.files.filters import OPT_OUT_FILE

OSU_API = "https://osu.ppy.sh/api/v2"


@dataclass(frozen=True)
class BuildOptions:
    """Paths that are None are not used.

    input_path    folder of .osz files or mapsets, which are added to the dataset
    output_path   the dataset: metadata.parquet and data/
    shards_path   where the sharded form of the dataset is written
    workers       processes; 0 takes one for each processor
    opt_out_path  mappers whose charts are left out
    tags_path     a CSV of chart numbers and tags (`beatmap_id,tag` in each line)
    online        whether the osu! API is asked about mapsets that have a number; see `dataset_builder.sources.online`
    opus_kbps, shard_mb: of the sharded form
    """

    output_path: Path
    input_path: Path | None = None
    shards_path: Path | None = None
    workers: int = 0
    opt_out_path: Path = OPT_OUT_FILE
    tags_path: Path | None = None
    online: bool = False
    api_url: str = OSU_API
    opus_kbps: int = 64
    shard_mb: int = 500
