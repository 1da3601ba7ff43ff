"""Deployed files are read here."""

from __future__ import annotations

from engine.errors import NotFound
from engine.models import DecisionRequirements, DefinitionState, Form, ProcessDefinition, Resource
from engine.models.deployment import Definition
from engine.queries.definitions.process_definitions import FormView, form_view
from engine.queries.search import Field, Found, Kind, SearchRequest, Table, search
from engine.queries.search.view import DEFAULT_TENANT, View, text_or_none

_MODELS: tuple[tuple[type[Definition], str], ...] = (
    (ProcessDefinition, "process_id"),
    (Form, "form_id"),
    (DecisionRequirements, "decision_requirements_id"),
)


class ResourceView(View, frozen=True, kw_only=True):
    """A resource is a file by the key of what it defines: a process, a form or a decision requirements graph."""

    resource_name: str
    version: int
    version_tag: str | None
    resource_id: str
    tenant_id: str
    resource_key: str


FORMS = Table(
    name="Form",
    fields={
        "formKey": Field("key", Kind.KEY),
        "formId": Field("form_id"),
        "version": Field("version", Kind.NUMBER),
    },
    sort=(("formId", "ASC"), ("version", "DESC")),
)


def get(key: int) -> ResourceView:
    """Return what is known of the file. Raises NotFound."""
    definition, id_field = _require(key)
    return ResourceView(
        resource_name=definition.resource.name,
        version=definition.version,
        version_tag=text_or_none(definition.version_tag),
        resource_id=getattr(definition, id_field),
        tenant_id=DEFAULT_TENANT,
        resource_key=str(key),
    )


def content(key: int) -> Resource:
    """Return the file as it was uploaded. Raises NotFound."""
    definition, _ = _require(key)
    return definition.resource


def find_forms(request: SearchRequest) -> Found[FormView]:
    rows = Form.objects.filter(state=DefinitionState.ACTIVE)
    return search(FORMS, rows, request, view=lambda found: map(form_view, found))


def form(key: int) -> FormView:
    """Return the form with this key. Raises NotFound."""
    found = Form.objects.filter(key=key).first()
    if found is None:
        raise NotFound(f"Expected a form with the key {key}, found none.")
    return form_view(found)


def _require(key: int) -> tuple[Definition, str]:
    for model, id_field in _MODELS:
        found = model._default_manager.select_related("resource").filter(key=key).first()
        if found is not None:
            return found, id_field
    raise NotFound(f"Expected a process, form or decision requirements with the key {key}, found none.")
