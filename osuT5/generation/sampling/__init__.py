"""Choice of tokens from scores, on the host and on a device.

Rules are outside.
"""
