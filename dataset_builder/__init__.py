"""Folders of mapsets as people have them -> datasets to train on."""
