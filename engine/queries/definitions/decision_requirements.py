"""Deployed DMN files are read here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from engine.errors import NotFound
from engine.models import DecisionRequirements, DefinitionState
from engine.queries.search import Field, Found, Kind, SearchRequest, Table, search
from engine.queries.search.view import DEFAULT_TENANT, View


class DecisionRequirementsView(View, frozen=True, kw_only=True):
    decision_requirements_id: str
    decision_requirements_key: str
    decision_requirements_name: str
    resource_name: str
    tenant_id: str
    version: int


TABLE = Table(
    name="DecisionRequirements",
    fields={
        "decisionRequirementsKey": Field("key", Kind.KEY),
        "decisionRequirementsId": Field("decision_requirements_id"),
        "decisionRequirementsName": Field("name"),
        "version": Field("version", Kind.NUMBER),
        "resourceName": Field("resource__name"),
    },
    sort=(("decisionRequirementsName", "ASC"), ("version", "DESC")),
)


def find(request: SearchRequest) -> Found[DecisionRequirementsView]:
    rows = DecisionRequirements.objects.filter(state=DefinitionState.ACTIVE).select_related("resource")
    return search(TABLE, rows, request, view=_views)


def get(key: int) -> DecisionRequirementsView:
    """Return the decision requirements with this key. Raises NotFound."""
    return next(iter(_views([_require(key)])))


def xml(key: int) -> bytes:
    """Return the file as it was uploaded. Raises NotFound."""
    return bytes(_require(key).resource.content)


def _require(key: int) -> DecisionRequirements:
    found = DecisionRequirements.objects.select_related("resource").filter(key=key).first()
    if found is None:
        raise NotFound(f"Expected decision requirements with the key {key}, found none.")
    return found


def _views(rows: Sequence[DecisionRequirements]) -> Iterable[DecisionRequirementsView]:
    for row in rows:
        yield DecisionRequirementsView(
            decision_requirements_id=row.decision_requirements_id,
            decision_requirements_key=str(row.key),
            decision_requirements_name=row.name,
            resource_name=row.resource.name,
            tenant_id=DEFAULT_TENANT,
            version=row.version,
        )
