"""Songs and their charts -> batches of training examples.

Building a dataset from folders of mapsets is in `dataset_builder`.
"""
