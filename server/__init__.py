"""Job server on loopback: the HTTP API, the queue, and the worker process that holds the models.

The page in front of it is in `webui`; generation itself is in `pipeline`.
"""
