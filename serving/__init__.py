"""Server: models stay loaded, and songs generated at once share their steps.

Generation itself is in `pipeline`.
"""
