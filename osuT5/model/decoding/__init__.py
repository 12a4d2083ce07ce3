"""One token at a time, fast: caches and decoders for CPU and GPU. The network itself is in `osuT5.model`."""
