"""This command starts an instance for a person or a program."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from engine import clock, definitions, exact_json, forms
from engine.actors import Actor
from engine.errors import Conflict, InvalidArgument, PermissionDenied
from engine.instances.lookup import require
from engine.models import InstanceStatus, ProcessDefinition, ProcessInstance
from engine.postgres import locks
from engine.postgres.locks import Lock
from engine.runtime import inputs
from engine.runtime.relocation import places, placing
from engine.transition import advance, idempotency
from engine.transition.rows import instance_rows

MAX_BUSINESS_ID = 256
"""Characters of a business id, at most; a longer one is refused."""
MAX_TAGS = 10
"""Tags of an instance, at most; more are refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wish:
    """A wish says what its caller wants to start, before it is clear which version runs."""

    variables: dict[str, Any]
    business_id: str
    unique_business_id: bool
    tags: Sequence[str]
    before: Sequence[str]
    by: Actor
    idempotency_key: str | None
    arguments: Mapping[str, Any]
    """The arguments by which a second request with the same idempotency key is known as the same one."""


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
    """Start an instance by its process id (newest or given version) or its definition's key, and return it after its first step.

    `before` starts at these elements instead of the start event, which is for operators. `unique_business_id` refuses a second
    running instance of the process with the same business id. What a person sends is checked by the start form, wherever the
    instance starts; what a program sends is not. Raises NotFound, InvalidArgument, PermissionDenied, FormRejected, Conflict.
    """
    given = exact_json.checked_variables(variables)
    wish = _Wish(
        variables=given,
        business_id=business_id,
        unique_business_id=unique_business_id,
        tags=tags,
        before=before,
        by=by,
        idempotency_key=idempotency_key,
        arguments={
            "process": [process_id, version, definition_key],
            "variables": given,
            "business_id": business_id,
            "tags": list(tags),
            "before": list(before),
        }
        | ({"unique": True} if unique_business_id else {}),
    )
    if process_id is not None and version is None and definition_key is None:
        return _start_newest(process_id, wish)
    return _start_by(_definition_of(process_id, version=version, key=definition_key), wish)


def _start_newest(process_id: str, wish: _Wish) -> ProcessInstance:
    presumed = definitions.presumed_newest(process_id)
    if presumed is not None:
        with suppress(
            definitions.Outdated, InvalidArgument, PermissionDenied
        ):  # another version may say something else
            return _start_by(presumed, wish, must_be_newest=True)
    newest = definitions.newest_process(process_id)
    definitions.presume(newest)
    return _start_by(newest, wish)


def _start_by(definition: ProcessDefinition, wish: _Wish, *, must_be_newest: bool = False) -> ProcessInstance:
    _check(definition, wish)
    variables = _accepted(definition, wish)
    by = wish.by
    instance = instance_rows.new_instance(
        definition, by=by.username, now=clock.now(), business_id=wish.business_id, tags=wish.tags
    )
    known = instance.key

    def guard() -> bool:
        nonlocal known
        answer = idempotency.recall(
            wish.idempotency_key, command="start instance", arguments=dict(wish.arguments), by=by
        )
        if answer is not None:
            known = int(answer["instance"])
            return False
        if wish.unique_business_id:
            _require_unused(definition.process_id, wish.business_id)
        idempotency.remember(wish.idempotency_key, {"instance": instance.key}, by=by)
        return True

    started = inputs.Started(variables=variables, before=tuple(wish.before), business_id=wish.business_id or None)
    saved = advance.begin(instance, started, by=by.username, guard=guard, must_be_newest=must_be_newest)
    return saved if saved is not None else require(known)


def _definition_of(process_id: str | None, *, version: int | None = None, key: int | None = None) -> ProcessDefinition:
    if (process_id is None) == (key is None):
        raise InvalidArgument("Expected either a process id or the key of a process definition.")
    if key is not None:
        return definitions.process_definition(key)
    assert process_id is not None
    return definitions.newest_process(process_id, version=version)


def _accepted(definition: ProcessDefinition, wish: _Wish) -> dict[str, Any]:
    """Return the variables that the start form accepts from a person. A program's are not checked."""
    if wish.by.is_system:
        return wish.variables
    form = definitions.start_form(definition)
    return wish.variables if form is None else forms.accepted(form.schema, wish.variables, known={})


def _check(definition: ProcessDefinition, wish: _Wish) -> None:
    require_not_suspended(definition)
    if len(wish.business_id) > MAX_BUSINESS_ID or "\x00" in wish.business_id:
        raise InvalidArgument(f"Expected a business id of at most {MAX_BUSINESS_ID} characters, without NUL.")
    if wish.unique_business_id and not wish.business_id:
        raise InvalidArgument("Expected a business id, which is to be unique.")
    if len(wish.tags) > MAX_TAGS or any(not tag or len(tag) > 100 or "\x00" in tag for tag in wish.tags):
        raise InvalidArgument(f"Expected at most {MAX_TAGS} tags of 1 to 100 characters each.")
    if not wish.before:
        if not definition.has_none_start_event:
            raise InvalidArgument(
                f"Expected a none start event in process '{definition.process_id}'; it is started by messages, signals or "
                "timers."
            )
        return
    model = definitions.model_of(definition.key)
    try:
        placing.plan_start(model, wish.before)
    except places.PlaceError as error:
        raise InvalidArgument(str(error)) from error
    if len(wish.before) > 1 or not places.is_none_start(model, wish.before[0]):
        wish.by.require_operator("start process instances elsewhere than at the start event")


def require_not_suspended(definition: ProcessDefinition) -> None:
    """Raise Conflict if the version is suspended, since nothing starts by it then."""
    if definition.suspended_at is not None:
        raise Conflict(
            f"Expected process '{definition.process_id}' version {definition.version} not to be suspended; "
            f"'{definition.suspended_by}' has suspended it. Resume it first."
        )


def _require_unused(process_id: str, business_id: str) -> None:
    """Raise Conflict if another instance of the process runs with this business id. Waits until others that are starting with the
    same id have committed.
    """
    locks.lock(Lock.BUSINESS_ID, process_id, business_id)
    running = ProcessInstance.objects.filter(
        process_id=process_id, business_id=business_id, status=InstanceStatus.ACTIVE
    ).first()
    if running is not None:
        raise Conflict(
            f"Expected no running instance of process '{process_id}' with the business id '{business_id}', found {running.key}."
        )
