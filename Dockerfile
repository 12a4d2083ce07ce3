# Two images. `inference` generates maps from songs, without a network; see docs/generate.md:
#   docker build --target inference --tag osu-mapper .
# `training`, the last stage and so the default, is for a machine with an NVIDIA GPU and the NVIDIA container toolkit.
# Its repository is mounted, not copied, so that code, runs and models stay on the host; see compose.yaml.

FROM python:3.12-slim-bookworm AS inference

WORKDIR /app
COPY requirements.txt ./
# CPU builds of torch. For an NVIDIA GPU: --build-arg TORCH_INDEX=https://pypi.org/simple
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
RUN pip install --no-cache-dir --extra-index-url "${TORCH_INDEX}" --requirement requirements.txt
# .dockerignore names what is copied: the packages that inference.py imports, and the bundled models.
COPY . ./

# No user is assumed: `docker run --user` may be anyone, and /tmp is the only home that all of them have.
ENV HOME=/tmp HF_HUB_OFFLINE=1
WORKDIR /data
ENTRYPOINT ["python", "/app/inference.py"]


FROM python:3.12-slim-bookworm AS training

# torch.compile builds its kernels with a C++ compiler. Debian keeps only the newest version of a package, so a
# pinned one would soon disappear.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends g++ git \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /workspace
COPY requirements.txt requirements-train.txt /requirements/
# On Linux, torch of PyPI includes its CUDA libraries.
RUN pip install --no-cache-dir --requirement /requirements/requirements-train.txt

CMD ["bash"]
