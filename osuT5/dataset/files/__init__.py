"""Corpora on disk: folders, shards, metadata, filters and splits. Batches are outside."""
