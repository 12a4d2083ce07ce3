"""Records and files of jobs: orders, uploads, results and presets.

Nothing here runs a job.
"""
