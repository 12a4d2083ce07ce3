from osuT5.tokens.contract import mini_spec
from osuT5.tokens.events import ContextKind, Event, EventGroup, EventKind
from osuT5.tokens.prompt import InputSegment, PromptLayout, Segment
from osuT5.tokens.vocabulary import SOS_ID

SPEC = mini_spec()
TIMING, MAP = ContextKind.TIMING, ContextKind.MAP


def test_the_layout_in_full_with_and_without_inputs():
    layout = PromptLayout(SPEC.vocabulary, ())
    ids, mask = layout.render([100, 101], [Segment(TIMING, [200]), Segment(MAP, [300, 301], learned=False)])
    marks = [SPEC.vocabulary.context_sos, SPEC.vocabulary.context_eos]
    none_sos, none_eos, timing_sos, timing_eos, map_sos, map_eos = (
        mark(context) for context in (ContextKind.NONE, TIMING, MAP) for mark in marks
    )
    assert ids == [none_sos, none_eos, 100, 101, SOS_ID, timing_sos, 200, timing_eos, map_sos, 300, 301, map_eos]
    assert mask == [False] * 6 + [True, True] + [False] * 4
    layout = PromptLayout(SPEC.vocabulary, ())
    sos, eos = SPEC.vocabulary.context_sos, SPEC.vocabulary.context_eos
    ids, mask = layout.render([100], [Segment(MAP, [300])], [InputSegment(TIMING, [200, 201], condition_ids=[101])])
    assert ids == [sos(TIMING), 101, 200, 201, eos(TIMING), 100, SOS_ID, sos(MAP), 300, eos(MAP)]
    assert mask == [False] * 8 + [True, True]
    bare = PromptLayout(SPEC.vocabulary, (), marks_empty_input=False)
    assert bare.head([100]) == [100, SOS_ID]


def test_a_prompt_is_a_prefix_of_the_training_sequence():
    layout = SPEC.layout
    head, timing, notes = [100, 101], [200, 201], [300, 301, 302]
    whole, _ = layout.render(head, [Segment(TIMING, timing), Segment(MAP, notes)])
    for decided in range(len(notes) + 1):
        prompt = layout.prompt(head, [Segment(TIMING, timing)], MAP, notes[:decided])
        assert prompt == whole[: len(prompt)]
    first = layout.prompt(head, [], TIMING, timing[:1])
    assert first == whole[: len(first)]


def test_groups_come_back_at_the_middle_of_their_steps():
    group = EventGroup(5_238.0, (Event(EventKind.TIME, 5238), Event(EventKind.BEAT)))
    ids = SPEC.text.ids_of([group], window_start_ms=5_000.0)
    (back,), stray = SPEC.text.groups_of(ids, window_start_ms=5_000.0)
    assert stray == 0
    assert back.kind is EventKind.BEAT
    assert back.time_ms == 5_235.0
