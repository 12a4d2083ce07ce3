"""Wording of metrics: reading of a value, and its category."""

from __future__ import annotations

from dataclasses import dataclass

from modding.aspects import Category


@dataclass(frozen=True, slots=True)
class MetricText:
    """Wording of one metric.

    Attributes:
        phrase: Sentence with `{}` for the value.
        unit: `%` for fractions, else the unit after the number.
        has_places: Whether parts of a map can differ in it.
    """

    category: Category
    phrase: str
    unit: str = "%"
    digits: int = 2
    has_places: bool = True

    def write(self, value: float) -> str:
        """Return a value with its unit."""
        if self.unit == "%":
            percent = 100 * value
            return f"{percent:.0f} %" if percent >= 1 or percent == 0 else f"{percent:.1g} %"
        value += 0.0  # no minus before a zero
        number = f"{value:.0f}" if abs(value) >= 100 or value == round(value) else f"{value:.{self.digits}g}"
        return f"{number} {self.unit}".rstrip()


_RHYTHM, _COMPOSE, _SLIDERS = Category.RHYTHM, Category.COMPOSE, Category.SLIDERS
_SOUNDS, _COMBOS, _KIAI = Category.HIT_SOUNDS, Category.NEW_COMBOS, Category.KIAI
_GENERAL, _SPEEDS = Category.GENERAL, Category.SCROLL_SPEEDS

METRIC_TEXTS: dict[str, MetricText] = {
    "object_times_per_s": MetricText(_RHYTHM, "{} have an object", "times a second"),
    "quarter_gap_share": MetricText(_RHYTHM, "{} of gaps are a quarter of a beat"),
    "half_gap_share": MetricText(_RHYTHM, "{} of gaps are half a beat"),
    "beat_gap_share": MetricText(_RHYTHM, "{} of gaps are a beat"),
    "gap_entropy_bits": MetricText(_RHYTHM, "Gaps between objects vary by {}", "bits"),
    "on_beat_share": MetricText(_RHYTHM, "{} of objects are on beats"),
    "break_time_share": MetricText(_RHYTHM, "Breaks cover {} of the map", has_places=False),
    "rest_time_share": MetricText(_RHYTHM, "Rests of over four beats cover {} of the map"),
    "objects_before_first_red_line": MetricText(
        Category.TIMING, "Before the first red line, the map has {}", "objects", has_places=False
    ),
    "expected_tick_share": MetricText(_RHYTHM, "{} of objects are on ticks that the song suggests"),
    "in_place_ratio": MetricText(_RHYTHM, "Objects are {} as likely as the same rhythm some bars away", "times"),
    "repeated_bar_share": MetricText(_RHYTHM, "{} of bars repeat the rhythm of the bar before"),
    "kiai_time_share": MetricText(_KIAI, "Kiai time covers {} of the map", has_places=False),
    "kiai_times": MetricText(_KIAI, "The map has {}", "kiai times", has_places=False),
    "kiai_loud_share": MetricText(_KIAI, "{} of kiai time is in the louder half of the song", has_places=False),
    "distinct_volumes": MetricText(_SOUNDS, "The map has {}", "different volumes", has_places=False),
    "density_loudness_correlation": MetricText(
        _RHYTHM, "The number of objects follows the loudness of the song with a correlation of {}", "", has_places=False
    ),
    "sounded_share": MetricText(_SOUNDS, "{} of sounds have an addition"),
    "whistle_share": MetricText(_SOUNDS, "{} of sounds are whistles"),
    "finish_share": MetricText(_SOUNDS, "{} of sounds are finishes"),
    "clap_share": MetricText(_SOUNDS, "{} of sounds are claps"),
    "whistles_on_downbeats_share": MetricText(_SOUNDS, "{} of whistles are on downbeats"),
    "finishes_on_downbeats_share": MetricText(_SOUNDS, "{} of finishes are on downbeats"),
    "claps_on_backbeats_share": MetricText(_SOUNDS, "{} of claps are on the second and fourth beat"),
    "slider_share": MetricText(_COMPOSE, "{} of objects are sliders"),
    "curved_slider_share": MetricText(_SLIDERS, "{} of sliders are curved"),
    "repeat_slider_share": MetricText(_SLIDERS, "{} of sliders repeat"),
    "spinners": MetricText(_COMPOSE, "The map has {}", "spinners", has_places=False),
    "combos_on_downbeats_share": MetricText(_COMBOS, "{} of combos start on downbeats"),
    "combo_length_objects": MetricText(_COMBOS, "Combos have {} on average", "objects"),
    "half_spacing_px": MetricText(_COMPOSE, "Objects half a beat apart are {} from each other", "px"),
    "half_spacing_change_px": MetricText(_COMPOSE, "Distances at half a beat change by {} from one to the next", "px"),
    "quarter_spacing_px": MetricText(_COMPOSE, "Objects a quarter of a beat apart are {} from each other", "px"),
    "quarter_spacing_change_px": MetricText(
        _COMPOSE, "Distances at a quarter of a beat change by {} from one to the next", "px"
    ),
    "stack_share": MetricText(_COMPOSE, "{} of objects are stacked on the one before"),
    "overlap_share": MetricText(_COMPOSE, "{} of objects partly cover another one"),
    "turn_mean_deg": MetricText(_COMPOSE, "The movement turns by {} on average", "degrees"),
    "sharp_turn_share": MetricText(_COMPOSE, "{} of movements turn sharply"),
    "flat_turn_share": MetricText(_COMPOSE, "{} of movements go straight on"),
    "direction_change_share": MetricText(_COMPOSE, "{} of movements change direction"),
    "kat_share": MetricText(_COMPOSE, "{} of notes are kats"),
    "big_share": MetricText(_COMPOSE, "{} of notes are big"),
    "big_notes_on_downbeats_share": MetricText(_COMPOSE, "{} of big notes are on downbeats"),
    "colour_run_notes": MetricText(_COMPOSE, "Runs of one colour have {} on average", "notes"),
    "monotone_window_share": MetricText(_COMPOSE, "{} of passages of eight notes repeat one or two notes"),
    "drumrolls": MetricText(_COMPOSE, "The map has {}", "drumrolls", has_places=False),
    "swells": MetricText(_COMPOSE, "The map has {}", "swells", has_places=False),
    "hold_share": MetricText(_COMPOSE, "{} of notes are hold notes"),
    "hold_length_beats": MetricText(_COMPOSE, "Hold notes last for {}", "beats"),
    "chord_row_share": MetricText(_COMPOSE, "{} of rows are chords"),
    "notes_per_row": MetricText(_COMPOSE, "Rows have {} on average", "notes"),
    "jack_row_share": MetricText(_COMPOSE, "{} of rows repeat a column"),
    "column_use_variation": MetricText(_COMPOSE, "The numbers of notes of the columns vary by {}"),
    "column_bits": MetricText(_COMPOSE, "Columns differ from usual patterns by {} a note", "bits"),
    "recurring_pair_share": MetricText(_COMPOSE, "{} of pairs of rows recur within 16 rows"),
    "velocity_change_share": MetricText(_SPEEDS, "At {} of object times the velocity changes"),
    "circle_size": MetricText(_GENERAL, "Circle size is {}", "", has_places=False),
    "approach_rate": MetricText(_GENERAL, "Approach rate is {}", "", has_places=False),
    "overall_difficulty": MetricText(_GENERAL, "Overall difficulty is {}", "", has_places=False),
    "slider_multiplier": MetricText(_GENERAL, "The base slider velocity is {}", "", has_places=False),
}
"""Wording of every metric; a test compares it with the metrics."""
