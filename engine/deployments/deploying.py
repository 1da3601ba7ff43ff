"""These commands deploy bundles of files, and take versions out of use."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Max

from engine import clock, dmn
from engine.actors import Actor
from engine.bpmn.model import Binding, ElementType, ProcessModel
from engine.definitions import newest_decision_model
from engine.definitions.files import ParsedFiles, Problems, ResourceFile, parse
from engine.deployments import job_types
from engine.errors import Conflict, DeploymentRejected, NotFound
from engine.models import (
    DecisionDefinition,
    DecisionRequirements,
    Definition,
    DefinitionKind,
    DefinitionState,
    DeployedItem,
    Deployment,
    Form,
    InstanceStatus,
    ProcessDefinition,
    ProcessInstance,
    Resource,
)
from engine.postgres import keys, locks
from engine.postgres.locks import Lock
from engine.transition import starts

D = TypeVar("D", bound=Definition)


@dataclass(frozen=True, slots=True)
class Deployed:
    """A deployment contains these definitions. `is_new` False: all of it was deployed before, and nothing has changed."""

    deployment: Deployment
    is_new: bool
    items: tuple[tuple[DefinitionKind, Definition], ...]
    warnings: Problems


def deploy(resources: Sequence[ResourceFile], *, by: Actor) -> Deployed:
    """Deploy a bundle wholly or not at all. A file that has not changed since the newest version makes no new one, unless it
    binds to the deployment that it comes with and something else in there is new.

    Raises DeploymentRejected with all problems of all files.
    """
    by.require_modeler("deploy")
    parsed = _parsed(resources)
    if parsed.rejected:
        raise DeploymentRejected(parsed.problems)
    with transaction.atomic(durable=True):
        _one_at_a_time()
        return _Bundle(resources, parsed, by).save()


def validate(resources: Sequence[ResourceFile]) -> Problems:
    """Return what `deploy` would say, by file; nothing is written."""
    return _parsed(resources).problems


def _parsed(resources: Sequence[ResourceFile]) -> ParsedFiles:
    """Read the files, and judge them also by what is installed here."""
    parsed = parse(resources, imported=newest_decision_model)
    for name, definitions in parsed.processes.items():
        parsed.problems[name] = (*parsed.problems[name], *job_types.problems(definitions))
    return parsed


def delete_process(key: int, *, by: Actor) -> None:
    """Take a version out of use: nothing starts by it any more. Raises Conflict while instances of it run."""
    by.require_modeler("delete process definitions")
    with transaction.atomic(durable=True):
        _one_at_a_time()
        definition = ProcessDefinition.objects.filter(key=key, state=DefinitionState.ACTIVE).first()
        if definition is None:
            raise NotFound(f"Expected a process definition with the key {key}, found none.")
        running = ProcessInstance.objects.filter(definition=definition, status=InstanceStatus.ACTIVE).count()
        if running:
            raise Conflict(
                f"Expected no running instances of process '{definition.process_id}' version {definition.version}, found "
                f"{running}. Cancel or migrate them first."
            )
        definition.state = DefinitionState.DELETED
        definition.save(update_fields=["state"])
        starts.replace(definition.process_id, now=clock.now())


class _Bundle:
    """A bundle is one deployment on its way into the database; forms and decisions go first, for processes may bind to them."""

    def __init__(self, resources: Sequence[ResourceFile], parsed: ParsedFiles, by: Actor) -> None:
        self.resources = {resource.name: resource for resource in resources}
        self.parsed = parsed
        self.now = clock.now()
        self.deployment = Deployment(key=keys.take_one(), created_at=self.now, created_by=by.username)
        self.saved: dict[str, Resource] = {}
        self.requirements: dict[str, int] = {}
        self.items: list[tuple[DefinitionKind, str, Definition, bool]] = []

    def save(self) -> Deployed:
        self.deployment.save(force_insert=True)
        for name, schema in self.parsed.forms.items():
            self._save_form(name, schema)
        for name, model in self.parsed.decisions.items():
            self._save_decisions(name, model)
        for name, definitions in self.parsed.processes.items():
            for process in definitions.processes.values():
                if process.is_executable:
                    self._save_process(name, process)
        is_new = any(new for *_, new in self.items)
        earlier = None if is_new else self._same_as()
        if earlier is not None:
            self.deployment.delete()
            self.deployment = earlier
        else:
            self._save_items()
        return Deployed(
            deployment=self.deployment,
            is_new=is_new,
            items=tuple((kind, definition) for kind, _, definition, _ in self.items),
            warnings={name: found for name, found in self.parsed.problems.items() if found},
        )

    def _save_items(self) -> None:
        DeployedItem.objects.bulk_create(
            DeployedItem(
                deployment=self.deployment,
                kind=kind,
                definition_id=definition_id,
                definition_key=definition.key,
                is_new=new,
            )
            for kind, definition_id, definition, new in self.items
        )
        for kind, definition_id, _, new in self.items:
            if kind is DefinitionKind.PROCESS and new:
                starts.replace(definition_id, now=self.now)

    def _same_as(self) -> Deployment | None:
        """Return the newest deployment, when it contains exactly these unchanged definitions."""
        ours = {definition.key for *_, definition, _ in self.items}
        for candidate in Deployment.objects.filter(items__definition_key__in=ours).distinct().order_by("-key")[:10]:
            if set(candidate.items.values_list("definition_key", flat=True)) == ours:
                return candidate
        return None

    def _save_form(self, name: str, schema: dict[str, Any]) -> None:
        newest = _newest(Form, form_id=schema["id"])
        self._add(
            DefinitionKind.FORM,
            schema["id"],
            newest,
            name,
            lambda common: Form.objects.create(
                **common, form_id=schema["id"], version_tag=str(schema.get("versionTag") or ""), schema=schema
            ),
        )

    def _save_decisions(self, name: str, model: dmn.Model) -> None:
        requirements_id = model.definitions.id or name
        newest = _newest(DecisionRequirements, decision_requirements_id=requirements_id)
        imports = [
            self.requirements[source] if isinstance(source, str) else source for source in self.parsed.imports[name]
        ]
        # What an unchanged file imports may have changed: then it means something else.
        renew = newest is not None and newest.imports != imports
        requirements = self._add(
            DefinitionKind.DECISION_REQUIREMENTS,
            requirements_id,
            newest,
            name,
            lambda common: DecisionRequirements.objects.create(
                **{**common, "name": model.definitions.name},
                decision_requirements_id=requirements_id,
                namespace=model.definitions.namespace,
                imports=imports,
            ),
            renew=renew,
        )
        self.requirements[name] = requirements.key
        for decision in model.decisions:
            self._add(
                DefinitionKind.DECISION,
                decision.id,
                _newest(DecisionDefinition, decision_id=decision.id),
                name,
                lambda common, decision=decision: DecisionDefinition.objects.create(  # type: ignore[misc]
                    **{**common, "name": decision.name},
                    decision_id=decision.id,
                    requirements=requirements,
                    version_tag=decision.version_tag,
                ),
                renew=renew,
            )

    def _save_process(self, name: str, process: ProcessModel) -> None:
        start = next(
            (
                process.nodes[element_id]
                for element_id in process.root.start_events
                if not process.nodes[element_id].events
            ),
            None,
        )
        form = start.form if start is not None else None
        self._add(
            DefinitionKind.PROCESS,
            process.id,
            _newest(ProcessDefinition, process_id=process.id),
            name,
            lambda common: ProcessDefinition.objects.create(
                **{**common, "name": process.name},
                process_id=process.id,
                version_tag=process.version_tag or "",
                documentation=process.documentation,
                start_form_id=(form.form_id or "") if form else "",
                start_form_binding=form.binding.value if form and form.form_id else "",
                start_form_version_tag=(form.version_tag or "") if form else "",
                has_none_start_event=_starts_by_hand(process),
            ),
            renew=_binds_to_deployment(process) and any(new for *_, new in self.items),
        )

    def _add(
        self,
        kind: DefinitionKind,
        definition_id: str,
        newest: D | None,
        resource_name: str,
        create: Callable[[dict[str, Any]], D],
        *,
        renew: bool = False,
    ) -> D:
        """Take the newest version where its file has not changed, else make the next."""
        source = self.resources[resource_name]
        unchanged = (
            newest is not None
            and newest.state == DefinitionState.ACTIVE
            and newest.resource.checksum == source.checksum
            and not renew
        )
        if newest is not None and unchanged:
            self.items.append((kind, definition_id, newest, False))
            return newest
        common = {
            "key": keys.take_one(),
            "version": newest.version + 1 if newest is not None else 1,
            "deployment": self.deployment,
            "resource": self._resource(source),
        }
        definition = create(common)
        self.items.append((kind, definition_id, definition, True))
        return definition

    def _resource(self, source: ResourceFile) -> Resource:
        if source.name not in self.saved:
            self.saved[source.name] = Resource.objects.create(
                key=keys.take_one(),
                deployment=self.deployment,
                name=source.name,
                checksum=source.checksum,
                content=source.content,
            )
        return self.saved[source.name]


def _newest(model: type[D], **by_id: str) -> D | None:
    """Return the version with the highest number, deleted ones included: numbers are not used twice."""
    highest = model._default_manager.filter(**by_id).aggregate(highest=Max("version"))["highest"]
    if highest is None:
        return None
    return model._default_manager.select_related("resource").get(**by_id, version=highest)


def _starts_by_hand(process: ProcessModel) -> bool:
    """Say whether a person can start the process: it has a none start event, or nothing but activities and gateways without incoming
    flow, which start (BPMN 10.2.1)."""
    if process.root.start_events:
        return any(not process.nodes[element_id].events for element_id in process.root.start_events)
    return any(
        not node.incoming
        and not node.instantiate
        and node.type not in (ElementType.BOUNDARY_EVENT, ElementType.EVENT_SUB_PROCESS, ElementType.START_EVENT)
        for node in (process.nodes[element_id] for element_id in process.root.children)
    )


def _binds_to_deployment(process: ProcessModel) -> bool:
    return any(
        reference is not None and reference.binding is Binding.DEPLOYMENT
        for node in process.nodes.values()
        for reference in (node.call, node.decision, node.form, node.user_task.form if node.user_task else None)
    )


def _one_at_a_time() -> None:
    """Wait for other deployments, until the end of the transaction: versions are counted."""
    locks.lock(Lock.DEPLOYMENT)
