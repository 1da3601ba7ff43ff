"""A batch operation does something to many process instances in the background."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from engine import batch_operations
from engine.postgres import keys
from engine.queries import batch_operations as reads
from engine.queries import repeated_failures
from engine.queries.batch_operations import ITEMS, TABLE, BatchOperationItemView, BatchOperationView
from engine.queries.repeated_failures import RepeatedFailuresView
from engine.queries.search.view import View
from webapp.api import schema
from webapp.api.operation import ApiView, Body, Call, operation

TAG = "Batch operation"
INSTANCES = "Process instance"


class BatchRequest(Body, frozen=True, kw_only=True):
    """The body has the filter of a search of process instances; it may not be empty."""

    filter: Annotated[dict[str, Any], msgspec.Meta(extra_json_schema=schema.filter_of("ProcessInstance"))]
    operation_reference: int | None = None


class BatchMappingInstruction(Body, frozen=True, kw_only=True):
    source_element_id: str
    target_element_id: str


class MigrationPlan(Body, frozen=True, kw_only=True):
    target_process_definition_key: str
    mapping_instructions: list[BatchMappingInstruction]


class BatchMigrationRequest(BatchRequest, frozen=True, kw_only=True):
    migration_plan: MigrationPlan
    dry_run: bool | None = None
    """True: nothing is changed; each item tells whether its instance would go on without an incident."""


class BatchMoveInstruction(Body, frozen=True, kw_only=True):
    source_element_id: str
    target_element_id: str


class BatchModificationRequest(BatchRequest, frozen=True, kw_only=True):
    move_instructions: list[BatchMoveInstruction]


class BatchOperationCreatedView(View, frozen=True, kw_only=True):
    batch_operation_key: str
    batch_operation_type: str


def created_view(created: Any) -> BatchOperationCreatedView | None:
    if created is None:
        return None
    return BatchOperationCreatedView(batch_operation_key=str(created.key), batch_operation_type=str(created.type))


class Cancellation(ApiView):
    @operation(
        "cancelProcessInstancesBatchOperation",
        tag=INSTANCES,
        summary="Cancel many process instances",
        body=BatchRequest,
        answer=BatchOperationCreatedView,
        is_idempotent=True,
    )
    def post(self, call: Call) -> Any:
        """Cancel the running root instances that the filter finds, in the background."""
        return created_view(
            batch_operations.cancel_instances(call.body.filter, by=call.actor, idempotency_key=call.idempotency_key)
        )


class IncidentResolution(ApiView):
    @operation(
        "resolveIncidentsBatchOperation",
        tag=INSTANCES,
        summary="Resolve the incidents of many process instances",
        body=BatchRequest,
        answer=BatchOperationCreatedView,
        is_idempotent=True,
    )
    def post(self, call: Call) -> Any:
        """Resolve all active incidents of the running instances that the filter finds, in the background; each is an item."""
        return created_view(
            batch_operations.resolve_incidents(call.body.filter, by=call.actor, idempotency_key=call.idempotency_key)
        )


class IncidentRequest(Body, frozen=True, kw_only=True):
    """The body has the filter of a search of incidents; it may not be empty."""

    filter: Annotated[dict[str, Any], msgspec.Meta(extra_json_schema=schema.filter_of("Incident"))]
    operation_reference: int | None = None


class FoundIncidentResolution(ApiView):
    @operation(
        "resolveFoundIncidentsBatchOperation",
        tag="Incident",
        summary="Resolve many incidents",
        body=IncidentRequest,
        answer=BatchOperationCreatedView,
        is_idempotent=True,
    )
    def post(self, call: Call) -> Any:
        """Resolve the active incidents that the filter finds, in the background; each is an item."""
        created = batch_operations.resolve_found_incidents(
            call.body.filter, by=call.actor, idempotency_key=call.idempotency_key
        )
        return created_view(created)


class IncidentResolutionOfOne(ApiView):
    @operation(
        "resolveProcessInstanceIncidents",
        tag=INSTANCES,
        summary="Resolve the incidents of a process instance",
        answer=BatchOperationCreatedView,
    )
    def post(self, call: Call, process_instance_key: int) -> Any:
        """Resolve all active incidents of the instance, in the background; each is an item."""
        return created_view(batch_operations.resolve_incidents_of(process_instance_key, by=call.actor))


class Migration(ApiView):
    @operation(
        "migrateProcessInstancesBatchOperation",
        tag=INSTANCES,
        summary="Migrate many process instances",
        body=BatchMigrationRequest,
        answer=BatchOperationCreatedView,
        is_idempotent=True,
    )
    def post(self, call: Call) -> Any:
        """Migrate the running instances that the filter finds, in the background. The plan is checked against the target at once, and
        against what is active in an instance when its turn comes."""
        plan: MigrationPlan = call.body.migration_plan
        created = batch_operations.migrate_instances(
            call.body.filter,
            target=keys.parse(plan.target_process_definition_key, what="targetProcessDefinitionKey"),
            mapping={one.source_element_id: one.target_element_id for one in plan.mapping_instructions},
            dry_run=bool(call.body.dry_run),
            by=call.actor,
            idempotency_key=call.idempotency_key,
        )
        return created_view(created)


class Modification(ApiView):
    @operation(
        "modifyProcessInstancesBatchOperation",
        tag=INSTANCES,
        summary="Modify many process instances",
        body=BatchModificationRequest,
        answer=BatchOperationCreatedView,
        is_idempotent=True,
    )
    def post(self, call: Call) -> Any:
        """Move every active instance of the source elements to the targets, in the running instances that the filter finds, in the
        background. An instance without an active source element is refused."""
        created = batch_operations.modify_instances(
            call.body.filter,
            moves=[(one.source_element_id, one.target_element_id) for one in call.body.move_instructions],
            by=call.actor,
            idempotency_key=call.idempotency_key,
        )
        return created_view(created)


class Deletion(ApiView):
    @operation(
        "deleteProcessInstancesBatchOperation",
        tag=INSTANCES,
        summary="Delete many process instances",
        body=BatchRequest,
        answer=BatchOperationCreatedView,
        is_idempotent=True,
    )
    def post(self, call: Call) -> Any:
        """Delete the ended instances that the filter finds, with all that they called, for good, in the background. Only
        administrators may do this."""
        return created_view(
            batch_operations.delete_instances(call.body.filter, by=call.actor, idempotency_key=call.idempotency_key)
        )


class Suspension(ApiView):
    @operation(
        "suspendProcessInstancesBatchOperation",
        tag=INSTANCES,
        summary="Suspend many process instances",
        body=BatchRequest,
        answer=BatchOperationCreatedView,
        is_idempotent=True,
    )
    def post(self, call: Call) -> Any:
        """Suspend the running instances that the filter finds, in the background; those that they called are not meant by it."""
        return created_view(
            batch_operations.suspend_instances(call.body.filter, by=call.actor, idempotency_key=call.idempotency_key)
        )


class Resumption(ApiView):
    @operation(
        "resumeProcessInstancesBatchOperation",
        tag=INSTANCES,
        summary="Resume many process instances",
        body=BatchRequest,
        answer=BatchOperationCreatedView,
        is_idempotent=True,
    )
    def post(self, call: Call) -> Any:
        """Resume the suspended instances that the filter finds, in the background."""
        return created_view(
            batch_operations.resume_instances(call.body.filter, by=call.actor, idempotency_key=call.idempotency_key)
        )


class Search(ApiView):
    @operation("searchBatchOperations", tag=TAG, summary="Search batch operations", search=(TABLE, BatchOperationView))
    def post(self, call: Call) -> Any:
        """Find batch operations; the newest come first."""
        return reads.find(call.body, by=call.actor)


class ItemSearch(ApiView):
    @operation(
        "searchBatchOperationItems",
        tag=TAG,
        summary="Search the items of batch operations",
        search=(ITEMS, BatchOperationItemView),
    )
    def post(self, call: Call) -> Any:
        """Find items, each with what became of it."""
        return reads.find_items(call.body, by=call.actor)


class One(ApiView):
    @operation("getBatchOperation", tag=TAG, summary="Get a batch operation", answer=BatchOperationView)
    def get(self, call: Call, batch_operation_key: int) -> Any:
        """`operationsCompletedCount` counts those that were gone when their turn came (SKIPPED) as well."""
        return reads.get(batch_operation_key, by=call.actor)


class RepeatedFailures(ApiView):
    @operation(
        "getBatchOperationRepeatedFailures",
        tag=TAG,
        summary="What failed again after a batch of retries",
        answer=RepeatedFailuresView,
    )
    def get(self, call: Call, batch_operation_key: int) -> Any:
        """Count the incidents that the operation resolved and that have come again at the same place since, by the reason. A retry takes
        its time: ask again."""
        return repeated_failures.get(batch_operation_key, by=call.actor)


class OperationSuspension(ApiView):
    @operation("suspendBatchOperation", tag=TAG, summary="Suspend a batch operation", status=204)
    def post(self, call: Call, batch_operation_key: int) -> Any:
        """Suspend the operation: items that have begun are finished; no other begins."""
        batch_operations.suspend(batch_operation_key, by=call.actor)


class OperationResumption(ApiView):
    @operation("resumeBatchOperation", tag=TAG, summary="Resume a batch operation", status=204)
    def post(self, call: Call, batch_operation_key: int) -> Any:
        batch_operations.resume(batch_operation_key, by=call.actor)


class OperationCancellation(ApiView):
    @operation("cancelBatchOperation", tag=TAG, summary="Cancel a batch operation", status=204)
    def post(self, call: Call, batch_operation_key: int) -> Any:
        """Cancel the operation: items that have not begun are left alone for good. What was done stays done."""
        batch_operations.cancel(batch_operation_key, by=call.actor)
