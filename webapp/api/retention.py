"""Ended process instances are kept as long as these settings say."""

from __future__ import annotations

from typing import Any

import msgspec

from engine import retention
from engine.queries import retention as reads
from engine.queries.retention import RetentionView
from webapp.api.operation import ApiView, Body, Call, operation

TAG = "Retention"


class RetentionChangeset(Body, frozen=True, kw_only=True):
    """What is left out stays."""

    history_time_to_live: int | msgspec.UnsetType | None = msgspec.UNSET
    """The days after the end of the root instance, as of Camunda 7's property of this name. Null: for ever."""
    is_archived: bool | msgspec.UnsetType = msgspec.UNSET
    """True where what is deleted is written into the archive first."""


class UpdateRetention(Body, frozen=True, kw_only=True):
    changeset: RetentionChangeset


class Retentions(ApiView):
    @operation("getRetention", tag=TAG, summary="How long ended instances are kept", answer={"items": [RetentionView]})
    def get(self, call: Call) -> Any:
        """Return the installation's settings first, then what holds for each process."""
        return {"items": reads.of_all(by=call.actor)}

    @operation(
        "updateRetention",
        tag=TAG,
        summary="Change the installation's retention",
        body=UpdateRetention,
        answer=RetentionView,
    )
    def patch(self, call: Call) -> Any:
        """Change the installation's settings, which hold for all processes without settings of their own. Only administrators may do
        this."""
        return _changed(None, call)


class OfProcess(ApiView):
    @operation(
        "updateProcessRetention",
        tag=TAG,
        summary="Change the retention of a process",
        body=UpdateRetention,
        answer=RetentionView,
    )
    def patch(self, call: Call, process_definition_id: str) -> Any:
        """Change the settings of a process, for all its versions. Only administrators may do this."""
        return _changed(process_definition_id, call)

    @operation(
        "deleteProcessRetention",
        tag=TAG,
        summary="Let the installation's retention hold for a process again",
        status=204,
    )
    def delete(self, call: Call, process_definition_id: str) -> Any:
        retention.inherit(process_definition_id, by=call.actor)


def _changed(process_id: str | None, call: Call) -> RetentionView:
    changes: RetentionChangeset = call.body.changeset
    retention.change(
        process_id,
        days=retention.KEEP if changes.history_time_to_live is msgspec.UNSET else changes.history_time_to_live,
        archives=retention.KEEP if changes.is_archived is msgspec.UNSET else changes.is_archived,
        by=call.actor,
    )
    return reads.of(process_id, by=call.actor)
