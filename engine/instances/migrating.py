"""These commands migrate an instance to another definition: they check that everything active has a place there, and rename what is
open in rows.

The transaction of the change calls the command's `guard`; when it returns False, nothing is changed.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models import Case, F, TextField, Value, When

from engine import clock, definitions, expression_limits
from engine.actors import Actor
from engine.bpmn.model import ElementType, ProcessModel
from engine.errors import Conflict, InvalidArgument
from engine.instances.lookup import require_running
from engine.models import (
    Incident,
    InstanceState,
    Job,
    MessageSubscription,
    ProcessDefinition,
    SignalSubscription,
    Timer,
    UserTask,
)
from engine.runtime import State, inputs, step
from engine.runtime.history import Fact
from engine.runtime.state import ElementInstance
from engine.transition import advance
from engine.transition.advance import Guard

_OPEN_ROWS = (Job, Timer, MessageSubscription, SignalSubscription, Incident)


def migrate(key: int, *, target: int, mapping: Mapping[str, str], by: Actor, guard: Guard | None = None) -> None:
    """Migrate an instance to another definition. `mapping` renames active elements, boundary events and starts of event
    sub-processes, source to target.

    Raises InvalidArgument for unknown targets, Conflict where something active has no place in the target.
    """
    by.require_operator("migrate process instances")
    definition = migration_target(target, mapping)
    model = definitions.model_of(definition.key)
    require_running(key)

    def check_and_rename() -> bool:
        if guard is not None and not guard():
            return False
        _check(key, model, mapping)
        _rename_rows(key, definition, mapping)
        return True

    item = inputs.Migrated(dict(mapping))
    advance.order(key, item, by=by.username, guard=check_and_rename, definition_key=definition.key)


def try_migration(key: int, *, target: int, mapping: Mapping[str, str], by: Actor) -> tuple[Fact, ...]:
    """Return the facts that the step of `migrate` would journal now: what goes on as what, and which incidents would stand then.
    Changes nothing.

    Raises what `migrate` raises, and Conflict for an instance that has not begun.
    """
    by.require_operator("migrate process instances")
    definition = migration_target(target, mapping)
    model = definitions.model_of(definition.key)
    require_running(key)
    row = InstanceState.objects.filter(instance_id=key).first()
    if row is None or row.data is None:
        raise Conflict(f"Expected process instance {key} to have begun and not to have ended.")
    _check(key, model, mapping)
    migrated = inputs.Migrated(dict(mapping))
    done = step(model, State.from_json(row.data), [migrated], now=clock.now(), limits=expression_limits.limits())
    return tuple(done.history)


def migration_target(target: int, mapping: Mapping[str, str]) -> ProcessDefinition:
    """Return the target definition of a migration. Raises NotFound, and InvalidArgument where it lacks an element that is mapped
    to.
    """
    definition = definitions.process_definition(target)
    model = definitions.model_of(definition.key)
    for element_id in mapping.values():
        if element_id not in model.nodes:
            raise InvalidArgument(f"Expected elements of process '{model.id}' as targets, found '{element_id}'.")
    return definition


def _check(instance_key: int, target: ProcessModel, mapping: Mapping[str, str]) -> None:
    """Raise Conflict, naming the element, unless everything active has a place in the target. This transaction has locked the
    instance.
    """
    row = InstanceState.objects.filter(instance_id=instance_key).first()
    if row is None or row.data is None:
        return
    state = State.from_json(row.data)
    for element in state.elements.values():
        if element.type is not ElementType.PROCESS:
            _check_element(state, element, target, mapping)
    for node in state.joins_with_tokens:
        _check_waiting(node, target, mapping)
    for scope, placement in state.placements:
        _check_placement(scope, placement["n"], target, mapping)


def _check_element(state: State, element: ElementInstance, target: ProcessModel, mapping: Mapping[str, str]) -> None:
    name = mapping.get(element.node, element.node)
    node = target.nodes.get(name)
    if node is None:
        raise Conflict(
            f"Expected a mapping for the active element '{element.node}' to an element of process '{target.id}', found none."
        )
    is_same_type = node.loop is not None if element.is_body else node.type is element.type
    if not is_same_type:
        raise Conflict(
            f"Expected a target of the type {element.type} for the active element '{element.node}', found '{name}' ({node.type}). "
            "Map it to an element of its own type."
        )
    scope = None if element.scope is None else state.elements[element.scope]
    if scope is None or scope.is_body:
        return
    expected = target.id if scope.type is ElementType.PROCESS else mapping.get(scope.node, scope.node)
    if node.scope != expected:
        raise Conflict(
            f"Expected the target '{name}' of the active element '{element.node}' in '{expected}', found it in '{node.scope}'. "
            "A migration does not move elements between sub-processes."
        )


def _check_waiting(gateway: str, target: ProcessModel, mapping: Mapping[str, str]) -> None:
    name = mapping.get(gateway, gateway)
    if name not in target.nodes or not target.nodes[name].incoming:
        raise Conflict(
            f"Expected a mapping for '{gateway}', at which tokens wait, to a gateway of process '{target.id}', found none."
        )


def _check_placement(scope: str, element_id: str, target: ProcessModel, mapping: Mapping[str, str]) -> None:
    name = mapping.get(element_id, element_id)
    if name not in target.nodes or target.nodes[name].scope != mapping.get(scope, scope):
        raise Conflict(
            f"Expected a mapping for '{element_id}', which begins when '{scope}' has begun, to an element inside the target of "
            f"'{scope}', found none."
        )


def _rename_rows(instance_key: int, definition: ProcessDefinition, mapping: Mapping[str, str]) -> None:
    """Rename what is open in rows to the target's ids. A user task keeps its people, dates and form."""
    renamed = Case(
        *(When(element_id=source, then=Value(name)) for source, name in mapping.items()),
        default=F("element_id"),
        output_field=TextField(),
    )
    for model in _OPEN_ROWS:
        rows = model._default_manager.filter(**{_instance_field(model): instance_key})
        rows.update(element_id=renamed, definition_key=definition.key)
    tasks = UserTask.objects.filter(instance_id=instance_key, completed_at=None)
    tasks.update(
        element_id=renamed,
        definition_key=definition.key,
        version=definition.version,
        process_name=definition.name or definition.process_id,
    )


def _instance_field(model: type) -> str:
    return "instance_id" if model is Job else "instance_key"
