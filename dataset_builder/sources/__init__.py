"""Sources of a dataset: mapsets, rendered songs, the osu! API, tags.

Writing the dataset is outside, in `dataset_builder`.
"""
