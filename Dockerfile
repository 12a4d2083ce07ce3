# Image for training on a machine with an NVIDIA GPU and the NVIDIA container toolkit. The repository is mounted, not
# copied, so that code, runs and models stay on the host; see compose.yaml.
FROM python:3.12-slim-bookworm

# torch.compile builds its kernels with a C++ compiler. Debian keeps only the newest version of a package, so a
# pinned one would soon disappear.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends g++ git \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /workspace
COPY requirements.txt requirements-train.txt /tmp/requirements/
# On Linux, torch of PyPI includes its CUDA libraries.
RUN pip install --no-cache-dir --requirement /tmp/requirements/requirements-train.txt

CMD ["bash"]
