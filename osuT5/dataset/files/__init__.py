"""Corpora on disk: folders, shards, metadata, filters, splits.

Batches are made outside, in `osuT5.dataset`.
"""
