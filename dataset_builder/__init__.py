"""Folders of mapsets -> datasets to train on.

Reading a dataset for training is in `osuT5.dataset`.
"""
