"""Blind test: a page with generated and human-made excerpts to vote on, and the count of the votes."""
