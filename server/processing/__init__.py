"""Processing of jobs: the supervisor, the worker process, and progress.

What jobs consist of is in `server.storage`.
"""
