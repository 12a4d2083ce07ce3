"""Sources of a dataset: mapsets, the osu! API, tags.

Writing the dataset is outside, in `dataset_builder`.
"""
