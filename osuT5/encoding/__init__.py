"""Beatmap <-> events, one concept a module, both directions in it.

Events <-> tokens is in `osuT5.tokens`.
"""

from osuT5.encoding.assembly import assemble
from osuT5.encoding.context import encode_context
from osuT5.encoding.groups import groups_from_events
from osuT5.encoding.hit_objects.object_drafts import AssemblyReport

__all__ = ["AssemblyReport", "assemble", "encode_context", "groups_from_events"]
