"""The demo song, its composition, and pictures for the documents.

Instruments and mixing are in `synthesis`.
"""
