"""Results of an evaluation as files, tables and pages.

Nothing here measures.
"""
