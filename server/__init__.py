"""Job server on loopback: API, queue, and the process with the models.

The page in front of it is in `webui`; generation itself is in `pipeline`.
"""
