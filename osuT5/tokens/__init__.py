"""Tokens of the model: events, vocabulary, conditions, prompt, windows, contract.

Events <-> beatmaps is in `osuT5.encoding`.
"""
