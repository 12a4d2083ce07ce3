"""Trackers of a run: Weights & Biases, TensorBoard, or none.

Both are extras (requirements-train.txt), imported only on request.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from training.loop_options import LoggingOptions
from training.options import OptionError

KEY_VARIABLE = "WANDB_API_KEY"
EXTRAS = "pip install -r requirements-train.txt"


class Tracker(Protocol):
    def log(self, step: int, figures: Mapping[str, float]) -> None:
        """Log the metrics of a step."""

    def picture(self, step: int, name: str, pixels: np.ndarray) -> None:
        """Show a picture, uint8 [height, width, 3]."""

    def close(self) -> None:
        """Write pending data."""


def make_trackers(options: LoggingOptions, folder: Path, config: Mapping[str, Any]) -> list[Tracker]:
    """Return the trackers of a run.

    Args:
        folder: Folder of the run.
        config: Settings to show.

    Raises:
        OptionError: A requested tracker is not installed. `auto` ignores that.
    """
    mode = options.mode
    if mode == "auto":
        mode = "online" if os.environ.get(KEY_VARIABLE) else "tensorboard"
    if mode == "disabled":
        return []
    try:
        if mode != "tensorboard":
            import wandb

            return [WandbTracker(wandb, options, folder, config, mode)]
        import tensorboard  # noqa: F401  torch's writer says less well what is missing
        from torch.utils.tensorboard import SummaryWriter

        return [TensorboardTracker(SummaryWriter(str(folder / "tensorboard")), config)]
    except ImportError as error:
        missing = f"logging.mode={mode} needs {error.name}, which is not installed: {EXTRAS}"
        if options.mode != "auto":
            raise OptionError(f"{missing}.") from error
        print(f"Metrics are written to {folder / 'log.jsonl'} only; for curves and pictures: {EXTRAS}")
        return []


class WandbTracker:
    """Run on wandb.ai, or in a folder for a later `wandb sync`."""

    def __init__(self, wandb: Any, options: LoggingOptions, folder: Path, config: Mapping[str, Any], mode: str) -> None:
        self._wandb = wandb
        self._run = wandb.init(
            project=options.project,
            name=options.run_name or folder.resolve().name,
            dir=str(folder),
            config=dict(config),
            mode=mode,
            id=_run_id(folder),
            resume="allow",
        )
        self._run.define_metric("*", step_metric="step")

    def log(self, step: int, figures: Mapping[str, float]) -> None:
        self._run.log({**figures, "step": step})

    def picture(self, step: int, name: str, pixels: np.ndarray) -> None:
        self._run.log({name: self._wandb.Image(pixels), "step": step})

    def close(self) -> None:
        self._run.finish()


def _run_id(folder: Path) -> str:
    """Return the run id, which is the same after a resume."""
    file = folder / "wandb_id.txt"
    if not file.is_file():
        file.write_text(secrets.token_hex(4), encoding="utf-8")
    return file.read_text(encoding="utf-8").strip()


class TensorboardTracker:
    """Curves for `tensorboard --logdir RUN`."""

    def __init__(self, writer: Any, config: Mapping[str, Any]) -> None:
        self._writer = writer
        text = "\n".join(f"    {name}: {value}" for name, value in config.items())
        self._writer.add_text("config", text, 0)

    def log(self, step: int, figures: Mapping[str, float]) -> None:
        for name, value in figures.items():
            self._writer.add_scalar(name, value, step)
        self._writer.flush()

    def picture(self, step: int, name: str, pixels: np.ndarray) -> None:
        self._writer.add_image(name, pixels, step, dataformats="HWC")
        self._writer.flush()

    def close(self) -> None:
        self._writer.close()
