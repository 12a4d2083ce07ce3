# What training needs, on a machine with an NVIDIA GPU and its container toolkit. The repository itself is mounted, not
# copied, so that code, runs and models stay on the host; see compose.yaml.
FROM python:3.12-slim-bookworm

# torch.compile builds its kernels with a C++ compiler. Debian keeps only the newest version of a package, so that a pinned
# one would soon not be there.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends g++ git \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /workspace
COPY requirements.txt requirements-train.txt /tmp/requirements/
# On Linux the torch of PyPI brings its CUDA libraries along.
RUN pip install --no-cache-dir --requirement /tmp/requirements/requirements-train.txt

CMD ["bash"]
