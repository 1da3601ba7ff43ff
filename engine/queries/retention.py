"""How long ended instances are kept is read here."""

from __future__ import annotations

from datetime import datetime

from engine import retention
from engine.actors import Actor
from engine.queries.search.view import View, text_or_none
from engine.retention import Retention


class RetentionView(View, frozen=True, kw_only=True):
    process_definition_id: str | None
    """Null for the installation's settings, which hold for all processes that have none of their own."""
    history_time_to_live: int | None
    """The days after the end of the root instance. Null: for ever."""
    is_archived: bool
    is_inherited: bool
    """True where the installation's settings hold."""
    changed_date: datetime | None
    changed_by: str | None


def of_all(*, by: Actor) -> list[RetentionView]:
    by.require_operator("read how long ended instances are kept")
    return [_view(process_id, found) for process_id, found in retention.of_all().items()]


def of(process_id: str | None, *, by: Actor) -> RetentionView:
    by.require_operator("read how long ended instances are kept")
    return _view(process_id, retention.of(process_id))


def _view(process_id: str | None, found: Retention) -> RetentionView:
    return RetentionView(
        process_definition_id=process_id,
        history_time_to_live=found.days,
        is_archived=found.archives,
        is_inherited=process_id is not None and not found.own,
        changed_date=found.changed_at,
        changed_by=text_or_none(found.changed_by),
    )
