"""The modeler's library is read here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from engine.deployments import drafts
from engine.models import Draft, DraftKind
from engine.queries.search import Field, Found, Kind, SearchRequest, Table, search
from engine.queries.search.view import View, key_text


class DraftSummary(View, frozen=True, kw_only=True):
    draft_key: str
    name: str
    kind: str
    folder: str
    revision: int
    created_at: datetime
    created_by: str
    updated_at: datetime
    updated_by: str
    deployed_at: datetime | None
    deployment_key: str | None


class DraftView(DraftSummary, frozen=True, kw_only=True):
    content: str


TABLE = Table(
    name="Draft",
    fields={
        "draftKey": Field("key", Kind.KEY),
        "name": Field("name"),
        "kind": Field("kind", words={str(kind): str(kind) for kind in DraftKind}),
        "folder": Field("folder"),
        "createdAt": Field("created_at", Kind.TIME),
        "createdBy": Field("created_by"),
        "updatedAt": Field("updated_at", Kind.TIME),
        "updatedBy": Field("updated_by"),
    },
    sort=(("updatedAt", "DESC"),),
)


def find(request: SearchRequest) -> Found[DraftSummary]:
    rows = Draft.objects.filter(deleted_at__isnull=True).defer("content")
    return search(TABLE, rows, request, view=_summaries)


def get(key: int) -> DraftView:
    """Return a draft with its content. Raises NotFound."""
    return view(drafts.require(key))


def view(row: Draft) -> DraftView:
    return DraftView(**_common(row), content=row.content)  # type: ignore[arg-type]


def _summaries(rows: Sequence[Draft]) -> Iterable[DraftSummary]:
    return (DraftSummary(**_common(row)) for row in rows)  # type: ignore[arg-type]


def _common(row: Draft) -> dict[str, object]:
    return {
        "draft_key": str(row.key),
        "name": row.name,
        "kind": str(row.kind),
        "folder": row.folder,
        "revision": row.revision,
        "created_at": row.created_at,
        "created_by": row.created_by,
        "updated_at": row.updated_at,
        "updated_by": row.updated_by,
        "deployed_at": row.deployed_at,
        "deployment_key": key_text(row.deployment_key),
    }
