"""Drafts are the modeler's library."""

from __future__ import annotations

from typing import Any

from engine.deployments import drafts
from engine.queries.definitions import drafts as reads
from engine.queries.definitions.drafts import TABLE, DraftSummary, DraftView
from webapp.api.operation import ApiView, Body, Call, operation

TAG = "Draft"


class CreateDraft(Body, frozen=True, kw_only=True):
    """A new draft has a name and a content; `kind` is BPMN, DMN or FORM; `folder` names folders from the outermost, joined by slashes."""

    name: str
    kind: str
    content: str
    folder: str = ""


class SaveDraft(Body, frozen=True, kw_only=True):
    """A save changes what it gives; `revision` is the one that was read. What is missing stays as it is."""

    revision: int
    name: str | None = None
    folder: str | None = None
    content: str | None = None
    kind: str | None = None


class Drafts(ApiView):
    @operation("createDraft", tag=TAG, summary="Create a draft", body=CreateDraft, answer=DraftView, status=201)
    def post(self, call: Call) -> Any:
        body: CreateDraft = call.body
        row = drafts.create(body.name, kind=body.kind, content=body.content, folder=body.folder, by=call.actor)
        return reads.view(row)


class Search(ApiView):
    @operation("searchDrafts", tag=TAG, summary="Search drafts", search=(TABLE, DraftSummary))
    def post(self, call: Call) -> Any:
        """Find drafts, without their contents."""
        return reads.find(call.body)


class One(ApiView):
    @operation("getDraft", tag=TAG, summary="Get a draft", answer=DraftView)
    def get(self, call: Call, draft_key: int) -> Any:
        return reads.get(draft_key)

    @operation("saveDraft", tag=TAG, summary="Save a draft", body=SaveDraft, answer=DraftView)
    def put(self, call: Call, draft_key: int) -> Any:
        """Save a draft; 409 when someone else has saved since the revision that is given."""
        body: SaveDraft = call.body
        row = drafts.save(
            draft_key, revision=body.revision, name=body.name, folder=body.folder, content=body.content, by=call.actor
        )
        return reads.view(row)

    @operation("deleteDraft", tag=TAG, summary="Delete a draft", status=204)
    def delete(self, call: Call, draft_key: int) -> Any:
        drafts.delete(draft_key, by=call.actor)
