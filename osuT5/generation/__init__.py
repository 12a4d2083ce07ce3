"""Generation of events from encoded audio.

Requests, files and finished maps are in `pipeline`.
"""
