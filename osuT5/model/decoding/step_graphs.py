"""Steps of fixed shapes, captured as graphs of the device.

One call then starts hundreds of kernels.

A step that is launched kernel by kernel takes as long as launching takes, on a small card and on a large one alike.
What is captured reads and writes memory at fixed addresses, and its own intermediate results lie in a pool that all
graphs share, since only one of them runs at a time.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import torch

from osuT5.model.decoding.static_decoder import Shape, StaticDecoder

if TYPE_CHECKING:
    from osuT5.model.seq2seq import MapperModel

Step = Callable[[], None]
Kept = TypeVar("Kept")

WARM_UPS = 2
"""Libraries choose their algorithms and take their workspace in the first calls, which must not be captured."""

MOST_SHAPES = 3
"""So many sets of rows keep their memory: a chart alone, with its negative prompts, and charts side by side."""


MOST_KEPT = 4
"""So many ways to choose tokens keep their graphs with one set of rows."""


class Capturing(Protocol):
    def __call__(self, step: Step) -> Step:
        """Capture a step as a callable that may run at any time.

        Raises:
            RuntimeError: Capturing is impossible.
        """


class CudaGraphs:
    """Graphs of CUDA or ROCm."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._pool = torch.cuda.graph_pool_handle()
        self._side = torch.cuda.Stream(device)

    def __call__(self, step: Step) -> Step:
        with _capturing, torch.cuda.device(self._device):
            return self._capture_graph(step)

    def _capture_graph(self, step: Step) -> Step:
        current = torch.cuda.current_stream()
        self._side.wait_stream(current)
        with torch.cuda.stream(self._side):
            for _ in range(WARM_UPS):
                step()
        current.wait_stream(self._side)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, pool=self._pool, stream=self._side, capture_error_mode="thread_local"):
            step()
        return graph.replay


_capturing = threading.Lock()
"""A process may make one graph at a time."""


def skip_capture(step: Step) -> Step:
    """Return a step unchanged: steps run one by one.

    This is for CPUs, and for devices without graphs.
    """
    return step


class GraphedDecoder(StaticDecoder):
    """A static decoder with the graphs of what is done with it."""

    def __init__(self, model: MapperModel, shape: Shape, capture: Capturing) -> None:
        super().__init__(model, shape)
        self._capture = capture
        self._graphs: dict[Hashable, Step] = {}
        self.kept: dict[Hashable, Any] = {}

    def run(self, key: Hashable, step: Step) -> None:
        """Run a step by the graph with its key, or capture it."""
        if key not in self._graphs:
            self.capture(key, step)
        self._graphs[key]()

    def has(self, key: Hashable) -> bool:
        return key in self._graphs

    def capture(self, key: Hashable, step: Step) -> None:
        """Capture a step as a graph, which runs it a few times.

        Everything it refers to besides this decoder must be among the `kept`, or live as long.
        """
        self._graphs[key] = self._capture(step)

    def keep(self, key: Hashable, make: Callable[[], Kept]) -> Kept:
        """Return an object that graphs use, made on first use."""
        if key not in self.kept and len(self.kept) >= MOST_KEPT:
            self._graphs.clear()
            self.kept.clear()
        if key not in self.kept:
            self.kept[key] = make()
        return self.kept[key]


class GraphedSteps:
    """The decoders of a model by their shapes.

    One thread at a time has them.

    problem: why there are none any more, in a sentence; None as long as all is well kept: what graphs of all decoders
    work with most_rows: so many fit into memory; None as long as all have
    """

    def __init__(self, capture: Capturing) -> None:
        self.problem: str | None = None
        self.most_rows: int | None = None
        self.kept: dict[Hashable, Any] = {}
        self._capture = capture
        self._lock = threading.RLock()
        self._decoders: OrderedDict[Shape, GraphedDecoder] = OrderedDict()

    @contextmanager
    def borrow(self) -> Iterator[GraphedSteps]:
        with self._lock:
            yield self

    def decoder(self, model: MapperModel, shape: Shape) -> GraphedDecoder:
        """Return the decoder of a shape, captured at its first use.

        `model` must be that of these steps. Raises RuntimeError if there is no memory for the decoder.
        """
        if shape not in self._decoders:
            while len(self._decoders) >= MOST_SHAPES:
                self._decoders.popitem(last=False)
            self._decoders[shape] = GraphedDecoder(model, shape, self._capture)
        self._decoders.move_to_end(shape)
        return self._decoders[shape]

    def free(self) -> None:
        """Release all memory, graphs included."""
        self._decoders.clear()
        self.kept.clear()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()

    def give_up(self, error: RuntimeError) -> None:
        """Release all memory; run steps without graphs from now on."""
        self.free()
        self._capture = skip_capture
        if self.problem is None:
            is_short = is_out_of_memory(error)
            why = (
                "there is too little memory for them" if is_short else f"they cannot be captured here ({_first(error)})"
            )
            self.problem = f"Steps are not captured as graphs, since {why}; decoding is slower."


def is_out_of_memory(error: BaseException | None) -> bool:
    """Return whether an error is, or hides, a lack of memory.

    Ending the capture may fail after it, since a partial capture is worthless.
    """
    while error is not None and not isinstance(error, torch.OutOfMemoryError):
        error = error.__context__
    return error is not None


def _first(error: Exception) -> str:
    lines = str(error).splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__
