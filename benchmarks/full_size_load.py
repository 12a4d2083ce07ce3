"""python -m benchmarks.full_size_load [--goldens DIR] [--versions v29 v32] [--keep DIR]

How much memory loading a full-size published model takes. A bundle with random weights is made from the list of its
parameters; then processes of their own load it in fp32 and in bf16 and report by how much their resident memory grew,
in the end and at most, against the size of the weights in fp32.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
import torch
from safetensors.torch import save_file

from model_files.folder_weights import SAFETENSORS
from osuT5.model.files.loading import load_model
from osuT5.model.files.parameter_names import DERIVED_KEYS

PRECISIONS = ("fp32", "bf16")
POLL_S = 0.002


def make_bundle(goldens: Path, version: str, folder: Path) -> None:
    """A bundle of the sizes of `version` with random weights."""
    folder.mkdir(parents=True)
    model, tokenizer = goldens / "model", goldens / "tokenizer" / version / "tokenizer.json"
    for source, name in (
        (model / f"full_{version}.config.json", "config.json"),
        (model / f"full_{version}.generation_config.json", "generation_config.json"),
        (tokenizer, "tokenizer.json"),
    ):
        (folder / name).write_bytes(source.read_bytes())
    keys = json.loads((model / f"full_{version}.keys.json").read_text(encoding="utf-8"))["state_dict"]
    generator = torch.Generator().manual_seed(0)
    tensors = {name: torch.randn(shape, generator=generator) * 0.02 for name, (shape, _) in keys.items()}
    save_file(tensors, folder / SAFETENSORS, {"format": "pt"})


def measure(folder: Path, precision: str) -> dict:
    """Loads in a process of its own; sizes in MB."""
    command = [sys.executable, "-m", "benchmarks.full_size_load", "--load", str(folder), "--precision", precision]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8")
    watched, peak, lines = psutil.Process(process.pid), 0, []
    while process.poll() is None:
        try:
            peak = max(peak, watched.memory_info().rss)
        except psutil.NoSuchProcess:
            break
        time.sleep(POLL_S)
    lines = process.communicate()[0].splitlines()
    result = json.loads(lines[-1])
    weights_mb = result["parameters"] * 4 / 1e6
    before_mb, after_mb = result["before"] / 1e6, result["after"] / 1e6
    return {
        "parameters": result["parameters"],
        "weights_fp32_mb": round(weights_mb),
        "growth_mb": round(after_mb - before_mb),
        "growth_ratio": round((after_mb - before_mb) / weights_mb, 3),
        "peak_ratio": round((max(peak / 1e6, after_mb) - before_mb) / weights_mb, 3),
        "seconds": round(result["seconds"], 2),
    }


def load_and_report(folder: Path, precision: str) -> None:
    """What the measured process does."""
    torch.set_num_threads(1)
    process = psutil.Process()
    before = process.memory_info().rss
    start = time.perf_counter()
    model, _ = load_model(folder, precision=precision)
    seconds = time.perf_counter() - start
    count = sum(parameter.numel() for parameter in model.parameters())
    print(json.dumps({"before": before, "after": process.memory_info().rss, "parameters": count, "seconds": seconds}))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--goldens", type=Path, default=Path("../shared/goldens"))
    parser.add_argument("--versions", nargs="+", default=["v29", "v32"])
    parser.add_argument("--keep", type=Path, help="where to leave the bundles; otherwise they are deleted")
    parser.add_argument("--load", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--precision", choices=PRECISIONS, default="fp32", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.load:
        load_and_report(chosen.load, chosen.precision)
        return 0
    print(f"not loaded, as they follow from the config or are never used: {', '.join(f'{k}*' for k in DERIVED_KEYS)}")
    with tempfile.TemporaryDirectory() as temporary:
        for version in chosen.versions:
            folder = (chosen.keep or Path(temporary)) / version
            if not folder.is_dir():
                make_bundle(chosen.goldens, version, folder)
            for precision in PRECISIONS:
                print(version, precision, json.dumps(measure(folder, precision)), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
