"""Faults put into a map on purpose, one kind at a time, to see which of them a review finds.

Each kind is what mappers and modders know it by: `of_objects` has those of single objects, of which a map gets several;
`evaluation.faults.section_faults` those of red lines and kiai. `inject` makes a faulty copy of a map.
"""

from evaluation.faults.injection import KINDS, Fault, FaultyMap, inject

__all__ = ["KINDS", "Fault", "FaultyMap", "inject"]
