"""Training the seq2seq model: options, what it starts from, losses, held-out figures, adapters, and the run."""

from osuT5.training.options import LossOptions, TrainOptions
from osuT5.training.run import train

__all__ = ["LossOptions", "TrainOptions", "train"]
