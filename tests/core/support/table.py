"""The one table of what BPMN has and what runs it. `docs/bpmn-support.md` is written from it and from the tests that name its rows."""

from __future__ import annotations

from tests.core.support import activity_rows, event_rows, flow_rows, world_rows

FAMILIES = (*event_rows.FAMILIES, *flow_rows.FAMILIES, *activity_rows.FAMILIES, *world_rows.FAMILIES)
ROWS = {row.name: row for family in FAMILIES for row in family.rows}
