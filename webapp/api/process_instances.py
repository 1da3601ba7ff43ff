"""Process instances have these operations."""

from __future__ import annotations

import time
from typing import Any, NoReturn

import msgspec

from engine import instances
from engine.errors import InvalidArgument
from engine.postgres import keys
from engine.queries import awaited
from engine.queries.instances import history, process_instances
from engine.queries.instances import incidents as incident_reads
from engine.queries.instances.history import JournalEntryView
from engine.queries.instances.incidents import IncidentView
from engine.queries.instances.process_instances import TABLE, CallHierarchyView, ProcessInstanceView, SequenceFlowView
from engine.queries.search.view import DEFAULT_TENANT, ElementStatistics, View
from engine.retention import deletion
from webapp import problems
from webapp.api import answers
from webapp.api.operation import ApiView, Body, Call, operation
from webapp.long_polls import LongPoll, Topic

TAG = "Process instance"
NONE = "-1"
"""Clients send this as the key of an ancestor that they leave to the engine."""


class StartInstruction(Body, frozen=True, kw_only=True):
    element_id: str


class CreateProcessInstance(Body, frozen=True, kw_only=True):
    """The process is named by either `processDefinitionId` (the newest version, or the given one) or `processDefinitionKey`."""

    process_definition_id: str | None = None
    process_definition_version: int | None = None
    process_definition_key: str | None = None
    variables: dict[str, Any] | None = None
    tenant_id: str | None = None
    operation_reference: int | None = None
    start_instructions: list[StartInstruction] | None = None
    runtime_instructions: list[Any] | None = None
    await_completion: bool | None = None
    fetch_variables: list[str] | None = None
    request_timeout: int | None = None
    """The milliseconds to wait for the end."""
    tags: list[str] | None = None
    business_id: str | None = None
    unique_business_id: bool | None = None
    """True: 409 while another instance of the process runs with the same `businessId`."""


class CreateProcessInstanceView(View, frozen=True, kw_only=True):
    process_definition_id: str
    process_definition_version: int
    tenant_id: str
    variables: dict[str, Any]
    process_definition_key: str
    process_instance_key: str
    tags: list[str]
    business_id: str | None


class CancelProcessInstance(Body, frozen=True, kw_only=True):
    operation_reference: int | None = None


class DeleteProcessInstance(Body, frozen=True, kw_only=True):
    operation_reference: int | None = None


class VariableInstruction(Body, frozen=True, kw_only=True):
    variables: dict[str, Any]
    scope_id: str | None = None


class ActivateInstruction(Body, frozen=True, kw_only=True):
    element_id: str
    variable_instructions: list[VariableInstruction] | None = None
    ancestor_element_instance_key: str | None = None


class MoveInstruction(Body, frozen=True, kw_only=True):
    source_element_id: str
    target_element_id: str
    variable_instructions: list[VariableInstruction] | None = None


class TerminateInstruction(Body, frozen=True, kw_only=True):
    element_instance_key: str


class ModifyProcessInstance(Body, frozen=True, kw_only=True):
    operation_reference: int | None = None
    activate_instructions: list[ActivateInstruction] | None = None
    move_instructions: list[MoveInstruction] | None = None
    terminate_instructions: list[TerminateInstruction] | None = None


class MappingInstruction(Body, frozen=True, kw_only=True):
    source_element_id: str
    target_element_id: str


class MigrateProcessInstance(Body, frozen=True, kw_only=True):
    target_process_definition_key: str
    mapping_instructions: list[MappingInstruction]
    operation_reference: int | None = None
    dry_run: bool | None = None
    """True: nothing is changed; the answer tells what would be."""


class MigrationTrialView(View, frozen=True, kw_only=True):
    facts: list[dict[str, Any]]
    """The facts that the migration would write into the journal: what goes on as what, and incidents that would stand then."""


class ResetProcessInstance(Body, frozen=True, kw_only=True):
    sequence: int
    """The number of the journal's entry after which to go on."""
    as_new_instance: bool | None = None
    """True: another instance goes on from there, and this one stays as it is."""


class ResetView(View, frozen=True, kw_only=True):
    process_instance_key: str
    """The key of the instance that goes on."""


class ProcessInstances(ApiView):
    @operation(
        "createProcessInstance",
        tag=TAG,
        summary="Start a process instance",
        body=CreateProcessInstance,
        answer=CreateProcessInstanceView,
        is_idempotent=True,
    )
    def post(self, call: Call) -> Any:
        """Start an instance. With `awaitCompletion` the answer comes at the end, with its variables; 504 when that takes too long, and
        the instance goes on. What a person sends is checked against the start form: 400 has `errors` by the fields' keys."""
        body: CreateProcessInstance = call.body
        _require_default_tenant(body.tenant_id)
        if body.runtime_instructions:
            raise InvalidArgument("Expected no runtime instructions: this server does not support them.")
        version = None if body.process_definition_version == -1 else body.process_definition_version
        key = _optional_key(body.process_definition_key, "processDefinitionKey")
        timeout = answers.seconds(body.request_timeout) if body.await_completion else 0.0
        instance = instances.start(
            body.process_definition_id,
            version=version,
            definition_key=key,
            variables=body.variables,
            business_id=body.business_id or "",
            unique_business_id=bool(body.unique_business_id),
            tags=body.tags or (),
            before=[instruction.element_id for instruction in body.start_instructions or ()],
            by=call.actor,
            idempotency_key=call.idempotency_key,
        )
        begun = CreateProcessInstanceView(
            process_definition_id=instance.process_id,
            process_definition_version=instance.version,
            tenant_id=DEFAULT_TENANT,
            variables={},
            process_definition_key=str(instance.definition_id),
            process_instance_key=str(instance.key),
            tags=list(instance.tags),
            business_id=instance.business_id or None,
        )
        return _completed(instance.key, begun, body, timeout=timeout) if body.await_completion else begun


class Search(ApiView):
    @operation(
        "searchProcessInstances", tag=TAG, summary="Search process instances", search=(TABLE, ProcessInstanceView)
    )
    def post(self, call: Call) -> Any:
        return process_instances.find(call.body, by=call.actor)


class One(ApiView):
    @operation("getProcessInstance", tag=TAG, summary="Get a process instance", answer=ProcessInstanceView)
    def get(self, call: Call, process_instance_key: int) -> Any:
        return process_instances.get(process_instance_key, by=call.actor)


class Cancellation(ApiView):
    @operation(
        "cancelProcessInstance", tag=TAG, summary="Cancel a process instance", body=CancelProcessInstance, status=204
    )
    def post(self, call: Call, process_instance_key: int) -> Any:
        instances.cancel(process_instance_key, by=call.actor)


class Suspension(ApiView):
    @operation("suspendProcessInstance", tag=TAG, summary="Suspend a process instance", status=204)
    def post(self, call: Call, process_instance_key: int) -> Any:
        """Suspend the instance: what comes for it waits until it is resumed."""
        instances.suspend(process_instance_key, by=call.actor)


class Resumption(ApiView):
    @operation("resumeProcessInstance", tag=TAG, summary="Resume a process instance", status=204)
    def post(self, call: Call, process_instance_key: int) -> Any:
        instances.resume(process_instance_key, by=call.actor)


class Modification(ApiView):
    @operation(
        "modifyProcessInstance", tag=TAG, summary="Modify a process instance", body=ModifyProcessInstance, status=204
    )
    def post(self, call: Call, process_instance_key: int) -> Any:
        """Activate, move and terminate elements, in one step."""
        body: ModifyProcessInstance = call.body
        instances.modify(
            process_instance_key,
            activate=[
                instances.ActivateInstruction(
                    one.element_id,
                    _optional_key(one.ancestor_element_instance_key, "ancestorElementInstanceKey"),
                    _variables_of(one.variable_instructions, one.element_id),
                )
                for one in body.activate_instructions or ()
            ],
            terminate=[
                instances.TerminateInstruction(_key(one.element_instance_key, "elementInstanceKey"))
                for one in body.terminate_instructions or ()
            ],
            moves=[
                instances.Move(
                    one.source_element_id,
                    one.target_element_id,
                    _variables_of(one.variable_instructions, one.target_element_id),
                )
                for one in body.move_instructions or ()
            ],
            by=call.actor,
        )


class Reset(ApiView):
    @operation(
        "resetProcessInstance",
        tag=TAG,
        summary="Go back to a point of the journal",
        body=ResetProcessInstance,
        answer=ResetView,
    )
    def post(self, call: Call, process_instance_key: int) -> Any:
        """Reset the instance: the variables, elements and whatever was open after that entry come back; what is active now ends. Jobs
        and user tasks are opened anew, called instances are called again, timers keep their times. Messages that were thrown since stay
        thrown."""
        body: ResetProcessInstance = call.body
        if not 1 <= body.sequence < 2**31:
            raise InvalidArgument(f"Expected the sequence of a journal entry, from 1 on, found {body.sequence}.")
        if body.as_new_instance:
            begun = instances.start_from(process_instance_key, sequence=body.sequence, by=call.actor)
            return ResetView(process_instance_key=str(begun.key))
        instances.reset(process_instance_key, sequence=body.sequence, by=call.actor)
        return ResetView(process_instance_key=str(process_instance_key))


class Migration(ApiView):
    @operation(
        "migrateProcessInstance",
        tag=TAG,
        summary="Migrate a process instance",
        body=MigrateProcessInstance,
        answer=MigrationTrialView,
        empty=204,
    )
    def post(self, call: Call, process_instance_key: int) -> Any:
        """Migrate the instance; 204 when it is done; 200 with what would be for `dryRun`. 409 names the active element that has no place
        in the target."""
        body: MigrateProcessInstance = call.body
        target = _key(body.target_process_definition_key, "targetProcessDefinitionKey")
        mapping = {one.source_element_id: one.target_element_id for one in body.mapping_instructions}
        if body.dry_run:
            facts = instances.try_migration(process_instance_key, target=target, mapping=mapping, by=call.actor)
            return MigrationTrialView(facts=[history.fact_view(fact) for fact in facts])
        instances.migrate(process_instance_key, target=target, mapping=mapping, by=call.actor)
        return None


class Statistics(ApiView):
    @operation(
        "getProcessInstanceStatistics",
        tag=TAG,
        summary="Counts per element",
        answer={"items": [ElementStatistics]},
    )
    def get(self, call: Call, process_instance_key: int) -> Any:
        return {"items": process_instances.statistics(process_instance_key, by=call.actor)}


class SequenceFlows(ApiView):
    @operation(
        "getProcessInstanceSequenceFlows",
        tag=TAG,
        summary="The sequence flows that were taken",
        answer={"items": [SequenceFlowView]},
    )
    def get(self, call: Call, process_instance_key: int) -> Any:
        return {"items": process_instances.sequence_flows(process_instance_key, by=call.actor)}


class CallHierarchy(ApiView):
    @operation(
        "getProcessInstanceCallHierarchy",
        tag=TAG,
        summary="The instances that called this one",
        answer=[CallHierarchyView],
    )
    def get(self, call: Call, process_instance_key: int) -> Any:
        """Return the instances from the root down to the instance itself."""
        return process_instances.call_hierarchy(process_instance_key, by=call.actor)


class Incidents(ApiView):
    @operation(
        "searchProcessInstanceIncidents",
        tag=TAG,
        summary="Search the incidents of a process instance",
        search=(incident_reads.TABLE, IncidentView),
    )
    def post(self, call: Call, process_instance_key: int) -> Any:
        return incident_reads.of_instance(process_instance_key, call.body, by=call.actor)


class Journal(ApiView):
    @operation(
        "getProcessInstanceJournal",
        tag=TAG,
        summary="The journal of a process instance",
        answer={"items": [JournalEntryView]},
        query={"after": int, "limit": int},
    )
    def get(self, call: Call, process_instance_key: int) -> Any:
        """Return every input that the instance took up and every fact that followed, in order, those after a sequence."""
        found = history.entries(
            process_instance_key,
            by=call.actor,
            after=call.number("after", default=0),
            limit=call.number("limit", default=100),
        )
        return {"items": found}


class Deletion(ApiView):
    @operation(
        "deleteProcessInstance", tag=TAG, summary="Delete a process instance", body=DeleteProcessInstance, status=204
    )
    def post(self, call: Call, process_instance_key: int) -> Any:
        """Delete an instance that has ended, with all that it called, for good: journal, variables, user tasks, incidents. 409 while it
        runs. Only administrators may do this; who did it is kept as a batch operation of one item."""
        deletion.delete(process_instance_key, by=call.actor)


def _completed(key: int, begun: CreateProcessInstanceView, body: CreateProcessInstance, *, timeout: float) -> LongPoll:
    """Wait for the end of the instance, whose variables the answer has then."""
    wanted = set(body.fetch_variables or ())

    def look() -> CreateProcessInstanceView | None:
        variables = instances.result_of(key)
        if variables is None:
            return None
        chosen = {name: value for name, value in variables.items() if not wanted or name in wanted}
        return msgspec.structs.replace(begun, variables=chosen)

    def over() -> NoReturn:
        raise problems.DeadlineExceeded(
            f"Expected the end of process instance {key} within {timeout:g} seconds; it goes on running."
        )

    return LongPoll(
        Topic(awaited.ended_instances, key), time.monotonic() + timeout, look=look, over=over, to_the_last=True
    )


def _variables_of(given: list[VariableInstruction] | None, element_id: str) -> dict[str, Any]:
    """Return the variables of the element itself; a scope of another element is not supported."""
    found: dict[str, Any] = {}
    for one in given or ():
        if one.scope_id not in (None, "", element_id):
            raise InvalidArgument(
                f"Expected variables in the scope of '{element_id}' itself, found the scope '{one.scope_id}'."
            )
        found.update(one.variables)
    return found


def _require_default_tenant(tenant_id: str | None) -> None:
    if tenant_id not in (None, "", DEFAULT_TENANT):
        raise InvalidArgument(f"Expected the tenant '{DEFAULT_TENANT}', the only one, found '{tenant_id}'.")


def _key(text: str, what: str) -> int:
    return keys.parse(text, what=f"'{what}'")


def _optional_key(text: str | None, what: str) -> int | None:
    return None if text is None or text == NONE else _key(text, what)
