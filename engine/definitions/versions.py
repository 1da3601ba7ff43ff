"""A version of a process, form or decision is found here, and its parsed model."""

from __future__ import annotations

from functools import lru_cache
from typing import TypeVar

from django.db.models import QuerySet

from engine import bpmn, dmn
from engine.bpmn.model import Binding, ProcessModel
from engine.errors import EngineError, NotFound
from engine.models import (
    DecisionDefinition,
    DecisionRequirements,
    DefinitionKind,
    DefinitionState,
    DeployedItem,
    Form,
    ProcessDefinition,
)
from engine.models.deployment import Definition

D = TypeVar("D", bound=Definition)


@lru_cache(maxsize=256)
def model_of(definition_key: int) -> ProcessModel:
    """Return the model of a deployed process, parsed once in each process. A deployed definition never changes."""
    definition = ProcessDefinition.objects.select_related("resource").get(key=definition_key)
    parsed = bpmn.parse(bytes(definition.resource.content), resource_name=definition.resource.name)
    return parsed.processes[definition.process_id]


@lru_cache(maxsize=1024)
def known(key: int) -> ProcessDefinition:
    """Return the row of a definition, read once in each process. Use it for what never changes: not its `state`."""
    return ProcessDefinition.objects.get(key=key)


@lru_cache(maxsize=128)
def decision_model_of(requirements_key: int) -> dmn.Model:
    """Return the model of a deployed DMN file with what it imports, parsed once in each process. A deployed file never changes."""
    requirements = DecisionRequirements.objects.select_related("resource").get(key=requirements_key)
    return dmn.parse(bytes(requirements.resource.content), imports=map(decision_model_of, requirements.imports))


def newest_decision_model(namespace: str) -> tuple[int, dmn.Model] | None:
    """Return what an import of this namespace means now: the newest deployed DMN file that has it."""
    alive = DecisionRequirements.objects.filter(namespace=namespace, state=DefinitionState.ACTIVE)
    key = alive.order_by("-key").values_list("key", flat=True).first() if namespace else None
    return None if key is None else (key, decision_model_of(key))


class Outdated(EngineError):  # noqa: N818 - not what a caller did wrong: the command reads again and goes on
    """A version was taken for the newest from memory, and is not, or is out of use."""


_presumed: dict[str, ProcessDefinition] = {}
_MOST_PRESUMED = 1_024


def presumed_newest(process_id: str) -> ProcessDefinition | None:
    """Return what was the newest version when this process last read it, or None when it never did. The transaction that relies on it
    must check it (`instance_rows.insert_newest`)."""
    return _presumed.get(process_id)


def presume(definition: ProcessDefinition) -> None:
    """Remember that this version was just read as the newest."""
    if definition.suspended_at is not None:
        return  # its resumption would not be seen
    if len(_presumed) >= _MOST_PRESUMED:
        _presumed.clear()
    _presumed[definition.process_id] = definition


def process_definition(key: int) -> ProcessDefinition:
    """Return a process definition by its key."""
    found = ProcessDefinition.objects.filter(key=key).first()
    if found is None or found.state == DefinitionState.DELETED:
        raise NotFound(f"Expected a process definition with the key {key}, found none.")
    return found


def newest_process(process_id: str, *, version: int | None = None) -> ProcessDefinition:
    """Return the newest version, or the given one. Raises NotFound."""
    found = find_process(
        process_id, binding=Binding.VERSION if version is not None else Binding.LATEST, version=version
    )
    if found is None:
        wanted = f"version {version} of the process" if version is not None else "a process with the id"
        raise NotFound(f"Expected {wanted} '{process_id}', found none. Deploy it first.")
    return found


def find_process(
    process_id: str,
    *,
    binding: Binding = Binding.LATEST,
    version: int | None = None,
    version_tag: str | None = None,
    caller: int | None = None,
) -> ProcessDefinition | None:
    """Find a process by a call activity's binding; `caller` is the key of the calling definition, for the binding `deployment`."""
    versions = ProcessDefinition.objects.filter(process_id=process_id)
    return _bound(versions, DefinitionKind.PROCESS, process_id, binding, version, version_tag, caller)


def find_form(
    form_id: str, *, binding: Binding = Binding.LATEST, version_tag: str | None = None, caller: int | None = None
) -> Form | None:
    return _bound(
        Form.objects.filter(form_id=form_id), DefinitionKind.FORM, form_id, binding, None, version_tag, caller
    )


def start_form(definition: ProcessDefinition) -> Form | None:
    """The form that a person fills in to start an instance; None when the start has none, or it is not deployed."""
    if not definition.start_form_id:
        return None
    return find_form(
        definition.start_form_id,
        binding=Binding(definition.start_form_binding or "latest"),
        version_tag=definition.start_form_version_tag,
        caller=definition.key,
    )


def find_decision(
    decision_id: str,
    *,
    binding: Binding = Binding.LATEST,
    version: int | None = None,
    version_tag: str | None = None,
    caller: int | None = None,
) -> DecisionDefinition | None:
    versions = DecisionDefinition.objects.filter(decision_id=decision_id).select_related("resource")
    return _bound(versions, DefinitionKind.DECISION, decision_id, binding, version, version_tag, caller)


def _bound(
    versions: QuerySet[D],
    kind: DefinitionKind,
    definition_id: str,
    binding: Binding,
    version: int | None,
    version_tag: str | None,
    caller: int | None,
) -> D | None:
    alive = versions.filter(state=DefinitionState.ACTIVE).order_by("-version")
    if binding is Binding.VERSION:
        return alive.filter(version=version).first()
    if binding is Binding.VERSION_TAG:
        return alive.filter(version_tag=version_tag or "").first()
    if binding is Binding.DEPLOYMENT and caller is not None:
        # the newest deployment that contains the caller and such a definition
        together = DeployedItem.objects.filter(
            kind=kind,
            definition_id=definition_id,
            deployment__items__definition_key=caller,
        ).order_by("-deployment_id")
        keys = list(together.values_list("definition_key", flat=True)[:1])
        return alive.filter(key__in=keys).first()
    return alive.first()
