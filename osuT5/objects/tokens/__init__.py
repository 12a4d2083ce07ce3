"""Object tokens: hit objects to compound tokens, and back.

The network that predicts them is in `osuT5.objects.model`.
"""
