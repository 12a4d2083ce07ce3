"""Options of training data: sources, filters, batches and augmentation."""

from __future__ import annotations

from dataclasses import dataclass, field

from training.options import require


@dataclass
class DataOptions:
    """Options of the charts to train on.

    `train_dataset_path` and `test_dataset_path` are folders of mapsets, datasets with metadata, or hub ids, several of
    them with `;` between; without the second, the first is meant. `start` and `end` bound the numbers of mapsets in the
    order of the dataset, an `end` of 0 being its end; `split` and `held_out_share` hold out songs by the hashes of
    their titles. What filters ask for is said in `osuT5.dataset.files.filters.ChartFilter`.

    With `lazy`, songs are read while training goes on, and each window of a batch holds `songs_per_window` of them in
    memory, each for `visit_steps` steps. `workers` processes then make the batches; 0 is none beside the training one.
    """

    train_dataset_path: str = ""
    train_dataset_start: int = 0
    train_dataset_end: int = 0
    test_dataset_path: str = ""
    test_dataset_start: int = 0
    test_dataset_end: int = 0
    split: str = "train"
    held_out_share: float = 0.0
    gamemodes: tuple[int, ...] = (0, 1, 2, 3)
    key_counts: tuple[int, ...] = ()
    min_difficulty: float = 0.0
    max_difficulty: float = 100.0
    min_year: int | None = None
    max_year: int | None = None
    ranked_statuses: tuple[int, ...] = ()
    opt_out_path: str = ""
    convert_to_catch: bool = True
    cache_path: str = ""
    lazy: bool = False
    songs_per_window: int = 4
    visit_steps: int = 200
    workers: int = 0


@dataclass
class BatchOptions:
    """Sizes of a batch, and probabilities of standard, taiko, catch and mania.

    `contexts` are templates with their weights, such as {"none": 4, "gd": 1, "timing -> map": 1}; none are the model's
    own contexts from nothing. `corpus_shares` has a share for each corpus of `train_dataset_path`, where there are
    several; without, each of their songs counts the same. `learn_marks` also teaches which context comes next and where
    a sequence ends.
    """

    windows: int = 12
    charts_per_window: int = 2
    max_tokens: int = 640
    mode_shares: tuple[float, float, float, float] = (0.36, 0.20, 0.12, 0.32)
    converted_catch_share: float = 0.5
    corpus_shares: tuple[float, ...] = ()
    contexts: dict[str, float] = field(default_factory=dict)
    learn_marks: bool = False

    def __post_init__(self) -> None:
        require(len(self.mode_shares) == 4, "batch.mode_shares", "a list of 4 values", list(self.mode_shares))


@dataclass
class AugmentationOptions:
    """Options of augmentation; probabilities are per window or per chart.

    All probabilities are for one window or one chart.

    `continuation_probability` is how often a row is what generation asks for: one context, continued from where earlier
    windows have decided, of which they may have left out the end (`gap_probability`). Without such rows a model never
    learns to go on after a stretch in which it wrote nothing, and one omission silences the rest of a song.
    `lookback_probability` is how often, of the other rows, the first part of a window is given and not learned; it is
    `lookback` of the window.

    `speed_range` plays the music and the chart faster or slower by up to that share, by stretching the spectrogram, and
    calls them as difficult as before. `dt_range` does so as a mod of the game would, with the star rating at that
    speed; `dt_sqrt` draws the higher speeds of that range more often.

    `frame_offset_probability` is how often a window begins anywhere and not where one of neighbouring windows would.
    `time_jitter_steps` moves the times that the decoder reads, each by itself, and `time_shift_steps` all of a row
    together; what it learns stays. `snapping_probability` is for each snap divisor that it reads. `condition_dropout`
    hides conditions; `condition_dropouts` has other shares for some, by name in a vocabulary.
    """

    continuation_probability: float = 0.5
    gap_probability: float = 0.6
    lookback_probability: float = 0.0
    lookback: float = 0.2
    speed_probability: float = 0.5
    speed_range: float = 0.1
    dt_probability: float = 0.0
    dt_range: tuple[float, float] = (1.25, 1.5)
    dt_sqrt: bool = False
    mirror: bool = True
    frame_offset_probability: float = 1.0
    condition_dropout: float = 0.15
    condition_dropouts: dict[str, float] = field(default_factory=dict)
    time_jitter_steps: int = 2
    time_jitter_probability: float = 0.5
    time_shift_steps: int = 0
    snapping_probability: float = 0.0
    mel_mask_probability: float = 0.3
    mel_mask_bands: int = 8

    def __post_init__(self) -> None:
        require(len(self.dt_range) == 2, "augmentation.dt_range", "a list of 2 values", list(self.dt_range))
