"""Published checkpoints and ours: names of parameters, sizes, vocabularies, and whole bundles.

This package reads and writes the small JSON files of a bundle and knows nothing of downloads or of weight files.
"""

from osuT5.model.files.bundle import PublishedBundle, bundle_from_json, is_published_bundle, read_bundle
from osuT5.model.files.mode_folders import bundle_folder, gamemode_subfolder
from osuT5.model.files.parameter_names import DERIVED_KEYS, published_key, rename_key, rename_state_dict

__all__ = [
    "DERIVED_KEYS",
    "PublishedBundle",
    "bundle_folder",
    "bundle_from_json",
    "gamemode_subfolder",
    "is_published_bundle",
    "published_key",
    "read_bundle",
    "rename_key",
    "rename_state_dict",
]
