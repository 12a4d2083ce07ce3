"""Map generation in the server: cached models, shared decoding steps."""

from __future__ import annotations

from importlib import import_module

import torch

from feedback.progress import Progress
from osuT5.generation.batching.shared_pool import share_pools
from pipeline.cli.request_runner import checked_request, make
from pipeline.generation.model_cache import keep_models
from serving.jobs import Make


def make_for_guests() -> Make:
    """Cache models and share decoding steps in this process."""
    import_module("pipeline.generation.generate")  # takes seconds, for which the first guest need not wait
    threads = torch.get_num_threads()
    keep_models()
    share_pools()

    def made(options: dict[str, object], progress: Progress) -> str:
        # A thread begins with the number that another has set last for its own work.
        torch.set_num_threads(threads)
        return make(checked_request(options), progress)[1]

    return made
