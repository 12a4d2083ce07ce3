"""Choice of a token from scores, on the host and on a device. Rules are outside."""
