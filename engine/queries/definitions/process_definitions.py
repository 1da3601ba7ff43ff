"""Deployed processes and forms are read here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Q, QuerySet

from engine import definitions, deployments, exact_json
from engine.definitions.files import Problems
from engine.errors import NotFound
from engine.models import (
    DefinitionKind,
    DefinitionState,
    ElementInstance,
    Form,
    Incident,
    IncidentStatus,
    ProcessDefinition,
)
from engine.queries.search import Field, Found, Kind, SearchRequest, Table, flag, search
from engine.queries.search.view import DEFAULT_TENANT, ElementStatistics, View, text_or_none


class ProcessDefinitionView(View, frozen=True, kw_only=True):
    name: str | None
    resource_name: str
    version: int
    version_tag: str | None
    process_definition_id: str
    tenant_id: str
    process_definition_key: str
    state: str
    has_start_form: bool
    deployed_at: datetime
    deployed_by: str
    is_latest_version: bool
    has_none_start_event: bool
    documentation: str | None
    is_suspended: bool
    suspended_date: datetime | None
    suspended_by: str | None


class FormView(View, frozen=True, kw_only=True):
    tenant_id: str
    form_id: str
    schema: str
    """The form-js document, as JSON text."""
    version: int
    form_key: str


class DeployedProcess(View, frozen=True, kw_only=True):
    process_definition_id: str
    process_definition_version: int
    resource_name: str
    tenant_id: str
    process_definition_key: str


class DeployedForm(View, frozen=True, kw_only=True):
    form_id: str
    version: int
    resource_name: str
    tenant_id: str
    form_key: str


class DeployedDecision(View, frozen=True, kw_only=True):
    decision_definition_id: str
    version: int
    name: str
    tenant_id: str
    decision_requirements_id: str
    decision_definition_key: str
    decision_requirements_key: str


class DeployedDecisionRequirements(View, frozen=True, kw_only=True):
    decision_requirements_id: str
    decision_requirements_name: str
    version: int
    resource_name: str
    tenant_id: str
    decision_requirements_key: str


class DeployedItemView(View, frozen=True, kw_only=True):
    """A deployed item has exactly one of these set."""

    process_definition: DeployedProcess | None = None
    decision_definition: DeployedDecision | None = None
    decision_requirements: DeployedDecisionRequirements | None = None
    form: DeployedForm | None = None


class ProblemView(View, frozen=True, kw_only=True):
    """A problem is a finding about one file of a bundle."""

    code: str
    severity: str
    resource_name: str
    message: str
    element_id: str | None = None
    element_name: str | None = None
    line: int | None = None


class DeploymentView(View, frozen=True, kw_only=True):
    deployment_key: str
    tenant_id: str
    deployments: list[DeployedItemView]
    is_new: bool
    problems: list[ProblemView]
    """The warnings about what was deployed all the same."""


def _is_latest() -> Q:
    newest = (
        ProcessDefinition.objects.filter(state=DefinitionState.ACTIVE)
        .order_by("process_id", "-version")
        .distinct("process_id")
        .values("key")
    )
    return Q(key__in=newest)


TABLE = Table(
    name="ProcessDefinition",
    fields={
        "processDefinitionKey": Field("key", Kind.KEY),
        "name": Field("name"),
        "resourceName": Field("resource__name"),
        "version": Field("version", Kind.NUMBER),
        "versionTag": Field("version_tag"),
        "processDefinitionId": Field("process_id"),
        "hasNoneStartEvent": Field("has_none_start_event", Kind.BOOLEAN, sortable=False),
    },
    specials={
        "isLatestVersion": flag(_is_latest),
        "hasStartForm": flag(lambda: ~Q(start_form_id="")),
        "isSuspended": flag(lambda: Q(suspended_at__isnull=False)),
    },
    sort=(("name", "ASC"), ("version", "DESC")),
)


def find(request: SearchRequest) -> Found[ProcessDefinitionView]:
    return search(TABLE, _rows(), request, view=_views)


def get(key: int) -> ProcessDefinitionView:
    """Return the process definition with this key. Raises NotFound."""
    return next(iter(_views([_require(key)])))


def xml(key: int) -> bytes:
    """Return the file as it was uploaded. Raises NotFound."""
    return bytes(_require(key).resource.content)


def start_form(key: int) -> FormView | None:
    """Raises NotFound for the process; None when its start has no form."""
    form = definitions.start_form(_require(key))
    return None if form is None else form_view(form)


def form_view(form: Form) -> FormView:
    return FormView(
        tenant_id=DEFAULT_TENANT,
        form_id=form.form_id,
        schema=exact_json.encode_text(form.schema),
        version=form.version,
        form_key=str(form.key),
    )


def statistics(key: int) -> list[ElementStatistics]:
    """Count active, completed, ... element instances per element over all instances, a moment late."""
    _require(key)
    rows = (
        ElementInstance.objects.filter(definition_key=key)
        .values(element=F("element_id"))
        .annotate(
            active=Count("key", filter=Q(status="ACTIVE")),
            completed=Count("key", filter=Q(status="COMPLETED")),
            canceled=Count("key", filter=Q(status="TERMINATED")),
        )
    )
    failed = Incident.objects.filter(definition_key=key, status=IncidentStatus.ACTIVE).values_list("element_id")
    incidents: dict[str, int] = dict(failed.annotate(Count("key")))
    return [
        ElementStatistics(
            element_id=row["element"],
            active=max(0, row["active"] - incidents.get(row["element"], 0)),
            canceled=row["canceled"],
            completed=row["completed"],
            incidents=incidents.get(row["element"], 0),
        )
        for row in rows
    ]


def deployment_view(deployed: deployments.Deployed) -> DeploymentView:
    return DeploymentView(
        deployment_key=str(deployed.deployment.key),
        tenant_id=DEFAULT_TENANT,
        deployments=[_deployed_item(kind, definition) for kind, definition in deployed.items],
        is_new=deployed.is_new,
        problems=problem_views(deployed.warnings),
    )


def problem_views(problems: Problems) -> list[ProblemView]:
    return [
        ProblemView(
            code=problem.code,
            severity=str(problem.severity).lower(),
            resource_name=name,
            message=problem.message,
            element_id=problem.element_id,
            element_name=problem.element_name,
            line=problem.line,
        )
        for name, found in problems.items()
        for problem in found
    ]


def _deployed_item(kind: DefinitionKind, definition: Any) -> DeployedItemView:
    common = {"resource_name": definition.resource.name, "tenant_id": DEFAULT_TENANT}
    key = str(definition.key)
    match kind:
        case DefinitionKind.PROCESS:
            return DeployedItemView(
                process_definition=DeployedProcess(
                    process_definition_id=definition.process_id,
                    process_definition_version=definition.version,
                    process_definition_key=key,
                    **common,
                )
            )
        case DefinitionKind.FORM:
            form = DeployedForm(form_id=definition.form_id, version=definition.version, form_key=key, **common)
            return DeployedItemView(form=form)
        case DefinitionKind.DECISION:
            return DeployedItemView(
                decision_definition=DeployedDecision(
                    decision_definition_id=definition.decision_id,
                    version=definition.version,
                    name=definition.name,
                    tenant_id=DEFAULT_TENANT,
                    decision_requirements_id=definition.requirements.decision_requirements_id,
                    decision_definition_key=key,
                    decision_requirements_key=str(definition.requirements_id),
                )
            )
    return DeployedItemView(
        decision_requirements=DeployedDecisionRequirements(
            decision_requirements_id=definition.decision_requirements_id,
            decision_requirements_name=definition.name,
            version=definition.version,
            decision_requirements_key=key,
            **common,
        )
    )


def _rows() -> QuerySet[ProcessDefinition]:
    return ProcessDefinition.objects.filter(state=DefinitionState.ACTIVE).select_related("resource", "deployment")


def _require(key: int) -> ProcessDefinition:
    """Return the row of a process definition, of a deleted one too: its instances are still looked at."""
    found = ProcessDefinition.objects.select_related("resource", "deployment").filter(key=key).first()
    if found is None:
        raise NotFound(f"Expected a process definition with the key {key}, found none.")
    return found


def _views(rows: Sequence[ProcessDefinition]) -> Iterable[ProcessDefinitionView]:
    newest: dict[str, int] = {}
    alive = ProcessDefinition.objects.filter(state=DefinitionState.ACTIVE)
    for process_id, version in (
        alive.filter(process_id__in={row.process_id for row in rows})
        .order_by("process_id", "-version")
        .distinct("process_id")
        .values_list("process_id", "version")
    ):
        newest[process_id] = version
    for row in rows:
        yield ProcessDefinitionView(
            name=text_or_none(row.name),
            resource_name=row.resource.name,
            version=row.version,
            version_tag=text_or_none(row.version_tag),
            process_definition_id=row.process_id,
            tenant_id=DEFAULT_TENANT,
            process_definition_key=str(row.key),
            state=str(row.state),
            has_start_form=bool(row.start_form_id),
            deployed_at=row.deployment.created_at,
            deployed_by=row.deployment.created_by,
            is_latest_version=newest.get(row.process_id) == row.version,
            has_none_start_event=row.has_none_start_event,
            documentation=text_or_none(row.documentation),
            is_suspended=row.suspended_at is not None,
            suspended_date=row.suspended_at,
            suspended_by=text_or_none(row.suspended_by),
        )
