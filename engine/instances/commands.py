"""Commands on process instances.

A `guard` that a command takes is asked in the transaction of the change: False, and nothing is changed.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import connection

from engine import clock, definitions, exact_json, long_polls
from engine.actors import Actor
from engine.errors import Conflict, InvalidArgument, NotFound
from engine.instances import migrating, resets
from engine.models import (
    ElementInstance,
    InstanceState,
    InstanceStatus,
    Job,
    PendingInput,
    ProcessDefinition,
    ProcessInstance,
)
from engine.postgres import keys
from engine.runtime import State, inputs, step
from engine.runtime.history import Fact
from engine.runtime.state import scope_variables
from engine.transition import advance, idempotency, instance_rows
from engine.transition.advance import Guard

MAX_BUSINESS_ID = 256
MAX_TAGS = 10
_POLL = 0.03
"""Seconds between two looks of someone who waits for an end; grows to ten times as much."""
_BUSINESS_ID_LOCK = 1_398_034_010


def start(
    process_id: str | None = None,
    *,
    version: int | None = None,
    definition_key: int | None = None,
    variables: Mapping[str, Any] | None = None,
    business_id: str = "",
    unique_business_id: bool = False,
    tags: Sequence[str] = (),
    before: Sequence[str] = (),
    by: Actor,
    idempotency_key: str | None = None,
) -> ProcessInstance:
    """Start an instance by its process id (newest or given version) or its definition's key; returns it after its first step.

    `before` starts at these elements instead of the start event. `unique_business_id` refuses a second running instance of
    the process with the same business id. Raises NotFound, InvalidArgument, Conflict.
    """
    given = exact_json.checked_variables(variables)
    recalled: list[int] = []

    def start_by(definition: ProcessDefinition, *, must_be_newest: bool) -> ProcessInstance:
        _check_start(definition, business_id=business_id, tags=tags, before=before, unique=unique_business_id)
        instance = instance_rows.new_instance(
            definition, by=by.username, now=clock.now(), business_id=business_id, tags=tags
        )

        def guard() -> bool:
            arguments = {
                "process": [process_id, version, definition_key],
                "variables": given,
                "business_id": business_id,
                "tags": list(tags),
                "before": list(before),
            } | ({"unique": True} if unique_business_id else {})
            answer = idempotency.recall(idempotency_key, command="start instance", arguments=arguments, by=by)
            if answer is not None:
                recalled.append(int(answer["instance"]))
                return False
            if unique_business_id:
                _require_unused(definition.process_id, business_id)
            idempotency.remember(idempotency_key, {"instance": instance.key}, by=by)
            return True

        started = inputs.Started(variables=given, before=tuple(before), business_id=business_id or None)
        saved = advance.begin(instance, started, by=by.username, guard=guard, must_be_newest=must_be_newest)
        return saved if saved is not None else require(recalled[0] if recalled else instance.key)

    if process_id is not None and version is None and definition_key is None:
        presumed = definitions.presumed_newest(process_id)
        if presumed is not None:
            with suppress(definitions.Outdated, InvalidArgument):  # another version may say something else
                return start_by(presumed, must_be_newest=True)
        newest = definitions.newest_process(process_id)
        definitions.presume(newest)
        return start_by(newest, must_be_newest=False)
    return start_by(definition_of(process_id, version=version, key=definition_key), must_be_newest=False)


def wait_until_ended(key: int, *, timeout: float) -> ProcessInstance | None:
    """Wait up to `timeout` seconds for the end; None when it has not come. The variables are in `result`."""
    deadline = time.monotonic() + timeout
    pause = _POLL
    while True:
        instance = require(key)
        if instance.ended_at is not None:
            return instance
        if not long_polls.rest(pause, until=deadline, to_the_last=True):
            return None
        pause = min(pause * 1.5, _POLL * 10)


def variables_after_step(key: int, *, since: datetime, timeout: float) -> dict[str, Any] | None:
    """The variables of the process once what came for it until now was taken up, where others came after that with theirs. None: that
    has not been so within `timeout` seconds, or it is suspended. Raises Conflict when an input that came `since` then was set aside."""
    deadline = time.monotonic() + timeout
    inputs_of = PendingInput.objects.filter(instance_key=key)
    newest = inputs_of.order_by("-id").values_list("id", flat=True).first()
    while newest is not None and inputs_of.filter(id__lte=newest, incident_key=None).exists():
        advance.advance(key)
        if InstanceState.objects.filter(instance_id=key, suspended=True).exists():
            return None
        if not long_polls.rest(_POLL, until=deadline, to_the_last=True):
            return None
    broken = inputs_of.filter(at__gte=since).exclude(incident_key=None).values_list("incident_key", flat=True).first()
    if broken is not None:
        raise Conflict(
            f"Expected process instance {key} to take up what came for it; incident {broken} says why it could not."
        )
    row = InstanceState.objects.filter(instance_id=key).first()
    if row is None:
        return dict(require(key).result or {})
    return {} if row.data is None else scope_variables(State.from_json(row.data), key)


def cancel(key: int, *, by: Actor, reason: str = "", guard: Guard | None = None) -> None:
    """End a running instance, with its children. A child cannot be cancelled alone: its parent waits for it."""
    by.require_operator("cancel process instances")
    instance = require(key)
    if instance.parent_key is not None and instance.parent_child_key is not None:
        raise Conflict(
            f"Expected a root process instance; {key} was called by {instance.parent_key}. Cancel {instance.root_key}."
        )
    _give(key, inputs.Cancelled(reason), by=by, guard=guard)


def set_variables(scope: int, variables: Mapping[str, Any], *, by: Actor, local: bool = False) -> None:
    """Write variables into the scope of an element instance (or of the process: the instance's key)."""
    by.require_operator("set variables")
    given = exact_json.checked_variables(variables)
    _give(instance_of_scope(scope), inputs.VariablesSet(scope, given, local), by=by)


def modify(
    key: int,
    *,
    activate: Sequence[inputs.ActivateInstruction] = (),
    terminate: Sequence[inputs.TerminateInstruction] = (),
    by: Actor,
    guard: Guard | None = None,
) -> None:
    """Activate elements and terminate element instances; a move is both."""
    by.require_operator("modify process instances")
    if not activate and not terminate:
        raise InvalidArgument("Expected at least one element to activate or to terminate.")
    model = definitions.model_of(require(key).definition_id)
    for instruction in activate:
        if instruction.element_id not in model.nodes:
            raise InvalidArgument(f"Expected an element of process '{model.id}', found '{instruction.element_id}'.")
    _give(key, inputs.Modified(tuple(activate), tuple(terminate)), by=by, guard=guard)


def activate_in_ad_hoc(
    scope: int, elements: Sequence[inputs.ActivateInstruction], *, cancel_remaining: bool = False, by: Actor
) -> None:
    """Begin elements of the active ad-hoc sub-process `scope`. Raises NotFound where it is none, InvalidArgument for elements
    that it does not hold or to which a flow leads."""
    by.require_operator("activate elements of ad-hoc sub-processes")
    if not elements:
        raise InvalidArgument("Expected at least one element to activate.")
    key = instance_of_scope(scope)
    elements = [replace(each, variables=exact_json.checked_variables(each.variables)) for each in elements]

    def guard() -> bool:
        row = InstanceState.objects.get(instance_id=key)
        model = definitions.model_of(row.definition_key)
        active = State.from_json(row.data).elements.get(scope) if row.data else None
        node = None if active is None else model.nodes[active.node]
        if node is None or node.ad_hoc is None:
            raise NotFound(f"Expected an active ad-hoc sub-process with the key {scope}, found none.")
        for each in elements:
            if each.element_id not in node.children or model.nodes[each.element_id].incoming:
                raise InvalidArgument(
                    f"Expected elements of ad-hoc sub-process '{node.id}' that no flow leads to, found '{each.element_id}'."
                )
        return True

    _require_running(key)
    item = inputs.AdHocActivated(scope, tuple(elements), cancel_remaining)
    advance.order(key, item, by=by.username, guard=guard)


def migrate(key: int, *, target: int, mapping: Mapping[str, str], by: Actor, guard: Guard | None = None) -> None:
    """Go on by another definition; `mapping` renames active elements, boundary events and starts of event sub-processes, source to
    target. Raises InvalidArgument for unknown targets, Conflict where something active has no place in the target."""
    by.require_operator("migrate process instances")
    definition = migration_target(target, mapping)
    model = definitions.model_of(definition.key)
    _require_running(key)

    def check_and_rename() -> bool:
        if guard is not None and not guard():
            return False
        migrating.check(key, model, mapping)
        migrating.rename_rows(key, definition, mapping)
        return True

    item = inputs.Migrated(dict(mapping))
    advance.order(key, item, by=by.username, guard=check_and_rename, definition_key=definition.key)


def try_migration(key: int, *, target: int, mapping: Mapping[str, str], by: Actor) -> tuple[Fact, ...]:
    """What `migrate` would do now, as the facts that its step would journal: what goes on as what, and incidents that would stand then.
    Nothing is changed. Raises what `migrate` raises, and Conflict for an instance that has not begun."""
    by.require_operator("migrate process instances")
    definition = migration_target(target, mapping)
    model = definitions.model_of(definition.key)
    _require_running(key)
    row = InstanceState.objects.filter(instance_id=key).first()
    if row is None or row.data is None:
        raise Conflict(f"Expected process instance {key} to have begun and not to have ended.")
    migrating.check(key, model, mapping)
    done = step(model, State.from_json(row.data), [inputs.Migrated(dict(mapping))], now=clock.now())
    return tuple(done.history)


def migration_target(target: int, mapping: Mapping[str, str]) -> ProcessDefinition:
    """Raises NotFound, and InvalidArgument where it lacks an element that is mapped to."""
    definition = definitions.process_definition(target)
    model = definitions.model_of(definition.key)
    for element_id in mapping.values():
        if element_id not in model.nodes:
            raise InvalidArgument(f"Expected elements of process '{model.id}' as targets, found '{element_id}'.")
    return definition


def reset(key: int, *, sequence: int, by: Actor) -> None:
    """Go back to where the journal's entry `sequence` left the instance; see `runtime.restoring` for what that means.

    Raises Conflict for one that has ended (`start_from` begins another one there), NotFound when there is no such entry.
    """
    by.require_operator("reset process instances")
    _require_running(key)
    point = resets.point(key, sequence)
    advance.order(key, point.restored, by=by.username, definition_key=point.definition_key)


def start_from(key: int, *, sequence: int, by: Actor) -> ProcessInstance:
    """Start another instance where the journal's entry `sequence` left this one, which stays as it is and may have ended."""
    by.require_operator("reset process instances")
    source = require(key)
    point = resets.point(key, sequence)
    definition = definitions.process_definition(point.definition_key)
    _require_not_suspended(definition)
    instance = instance_rows.new_instance(
        definition,
        by=by.username,
        now=clock.now(),
        business_id=source.business_id,
        tags=source.tags,
    )
    advance.begin(instance, point.restored, by=by.username)
    return require(instance.key)


def suspend(key: int, *, by: Actor, guard: Guard | None = None) -> None:
    """What comes for it waits from now on, its jobs are handed out no more. A step that runs is waited for."""
    by.require_operator("suspend process instances")
    _switch(key, suspended=True, by=by, guard=guard)


def resume(key: int, *, by: Actor, guard: Guard | None = None) -> None:
    """Take up what has come meanwhile."""
    by.require_operator("resume process instances")
    _switch(key, suspended=False, by=by, guard=guard)
    advance.advance(key)


def require(key: int) -> ProcessInstance:
    """Raises NotFound."""
    instance = ProcessInstance.objects.select_related("definition").filter(key=key).first()
    if instance is None:
        raise NotFound(f"Expected a process instance with the key {key}, found none.")
    return instance


def instance_of_scope(scope: int) -> int:
    """Key of the instance that the element instance `scope` belongs to. Raises NotFound."""
    first_of_block = scope >> keys.BITS_PER_BLOCK << keys.BITS_PER_BLOCK
    if ProcessInstance.objects.filter(key=first_of_block).exists():
        return first_of_block
    # an instance that used up its block has more of them
    element = ElementInstance.objects.filter(key=scope).first()
    if element is None:
        raise NotFound(f"Expected an element instance with the key {scope} as scope, found none.")
    return element.instance_key


def _give(key: int, item: inputs.Input, *, by: Actor, guard: Guard | None = None) -> None:
    """An operator's input, which a suspended instance takes too."""
    _require_running(key)
    advance.order(key, item, by=by.username, guard=guard)


def _require_running(key: int) -> None:
    instance = require(key)
    if instance.ended_at is not None:
        raise Conflict(f"Expected process instance {key} to run; its state is {instance.status}.")


def _switch(key: int, *, suspended: bool, by: Actor, guard: Guard | None) -> None:
    """Once: who finds it switched already changes nothing, and leaves no trace in the journal."""

    def switch() -> bool:
        if guard is not None and not guard():
            return False
        if not InstanceState.objects.filter(instance_id=key, suspended=not suspended).update(suspended=suspended):
            return False
        ProcessInstance.objects.filter(key=key).update(suspended_at=clock.now() if suspended else None)
        Job.objects.filter(instance_id=key).update(on_hold=suspended)
        return True

    _require_running(key)
    item = inputs.Suspended() if suspended else inputs.Resumed()
    advance.order(key, item, by=by.username, guard=switch)


def definition_of(process_id: str | None, *, version: int | None = None, key: int | None = None) -> ProcessDefinition:
    """What `start` would start. Raises NotFound, InvalidArgument."""
    if (process_id is None) == (key is None):
        raise InvalidArgument("Expected either a process id or the key of a process definition.")
    if key is not None:
        return definitions.process_definition(key)
    assert process_id is not None
    return definitions.newest_process(process_id, version=version)


def _check_start(
    definition: ProcessDefinition, *, business_id: str, tags: Sequence[str], before: Sequence[str], unique: bool
) -> None:
    _require_not_suspended(definition)
    if len(business_id) > MAX_BUSINESS_ID or "\x00" in business_id:
        raise InvalidArgument(f"Expected a business id of at most {MAX_BUSINESS_ID} characters, without NUL.")
    if unique and not business_id:
        raise InvalidArgument("Expected a business id, which is to be unique.")
    if len(tags) > MAX_TAGS or any(not tag or len(tag) > 100 or "\x00" in tag for tag in tags):
        raise InvalidArgument(f"Expected at most {MAX_TAGS} tags of 1 to 100 characters each.")
    if not before:
        if not definition.has_none_start_event:
            raise InvalidArgument(
                f"Expected a none start event in process '{definition.process_id}'; it is started by messages, signals or "
                "timers."
            )
        return
    model = definitions.model_of(definition.key)
    for element_id in before:
        if element_id not in model.nodes or element_id == model.id:
            raise InvalidArgument(f"Expected an element of process '{model.id}' to start before, found '{element_id}'.")


def _require_not_suspended(definition: ProcessDefinition) -> None:
    if definition.suspended_at is not None:
        raise Conflict(
            f"Expected process '{definition.process_id}' version {definition.version} not to be suspended; "
            f"'{definition.suspended_by}' has suspended it. Resume it first."
        )


def _require_unused(process_id: str, business_id: str) -> None:
    """Waits for others that start with the same business id, until their commit."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s, hashtext(%s || chr(1) || %s))",
            [_BUSINESS_ID_LOCK, process_id, business_id],
        )
    running = ProcessInstance.objects.filter(
        process_id=process_id, business_id=business_id, status=InstanceStatus.ACTIVE
    ).first()
    if running is not None:
        raise Conflict(
            f"Expected no running instance of process '{process_id}' with the business id '{business_id}', found {running.key}."
        )
