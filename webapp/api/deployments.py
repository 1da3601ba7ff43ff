"""Deployments and the resources in them have these operations."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse

from engine import deployments
from engine.deployments import ResourceFile
from engine.errors import InvalidArgument
from engine.postgres import keys
from engine.queries.definitions import differences, process_definitions, rehearsals, resources
from engine.queries.definitions.differences import DifferenceView
from engine.queries.definitions.process_definitions import DeploymentView, FormView, ProblemView
from engine.queries.definitions.rehearsals import RehearsalView
from engine.queries.definitions.resources import ResourceView
from webapp.api.operation import ApiView, Body, Call, operation

TAG = "Resource"


class DeleteResource(Body, frozen=True, kw_only=True):
    operation_reference: int | None = None
    delete_history: bool | None = None


class ComparedVersion(Body, frozen=True, kw_only=True):
    """A version is a deployed file, by the key of the process, form or decision requirements that it defines, or a content of a kind
    (BPMN, DMN or FORM)."""

    resource_key: str | None = None
    content: str | None = None
    kind: str | None = None


class CompareVersions(Body, frozen=True, kw_only=True):
    before: ComparedVersion
    after: ComparedVersion


class Deployments(ApiView):
    @operation("createDeployment", tag=TAG, summary="Deploy resources", upload=True, answer=DeploymentView)
    def post(self, call: Call) -> Any:
        """Deploy the files .bpmn, .dmn and .form in the parts `resources`, wholly or not at all. 400 lists all problems."""
        return process_definitions.deployment_view(deployments.deploy(_files(call), by=call.actor))


class DeploymentValidation(ApiView):
    @operation(
        "validateDeployment",
        tag=TAG,
        summary="Validate resources",
        upload=True,
        answer={"problems": [ProblemView]},
    )
    def post(self, call: Call) -> Any:
        """Say what a deployment would say; nothing is deployed."""
        return {"problems": process_definitions.problem_views(deployments.validate(_files(call)))}


class DeploymentRehearsal(ApiView):
    @operation(
        "rehearseDeployment",
        tag=TAG,
        summary="Replay recorded instances by diagrams that are not deployed",
        upload=True,
        answer=RehearsalView,
        query={"limit": int, "runningOnly": bool},
    )
    def post(self, call: Call) -> Any:
        """Say which of the newest instances (100, or `limit`) would take another way or write something else, and where first; nothing
        is deployed or changed. What persons, workers, scripts, decisions and called instances answered is taken as it was recorded."""
        return rehearsals.rehearse(
            _files(call),
            limit=call.number("limit", default=100),
            running_only=call.flag("runningOnly", default=False),
            by=call.actor,
        )


class OneResource(ApiView):
    @operation("getResource", tag=TAG, summary="Get a resource", answer=ResourceView)
    def get(self, call: Call, resource_key: int) -> Any:
        """Return a file by the key of the process, form or decision requirements that it defines."""
        return resources.get(resource_key)


class ResourceContent(ApiView):
    @operation("getResourceContent", tag=TAG, summary="Get a resource's file", text="text/plain")
    def get(self, call: Call, resource_key: int) -> Any:
        """Return the file as it was uploaded, byte for byte."""
        return HttpResponse(bytes(resources.content(resource_key).content), content_type="text/plain; charset=utf-8")


class ResourceDifferences(ApiView):
    @operation(
        "compareResources",
        tag=TAG,
        summary="Say what two versions do differently",
        body=CompareVersions,
        answer={"items": [DifferenceView]},
    )
    def post(self, call: Call) -> Any:
        """Compare two versions of a diagram, a file of decisions or a form, deployed or not. Each item is a sentence with both values;
        those of the picture come last. No items: the files say the same."""
        return {"items": differences.between(_version(call.body.before), _version(call.body.after), by=call.actor)}


class FormSearch(ApiView):
    @operation("searchForms", tag="Form", summary="Search forms", search=(resources.FORMS, FormView))
    def post(self, call: Call) -> Any:
        """Find deployed forms; of each, the newest version comes first."""
        return resources.find_forms(call.body)


class OneForm(ApiView):
    @operation("getFormByKey", tag="Form", summary="Get a form", answer=FormView)
    def get(self, call: Call, form_key: int) -> Any:
        return resources.form(form_key)


class ResourceDeletion(ApiView):
    @operation("deleteResource", tag=TAG, summary="Delete a process definition", body=DeleteResource)
    def post(self, call: Call, resource_key: int) -> Any:
        """Take a version out of use; 409 while instances of it run."""
        deployments.delete_process(resource_key, by=call.actor)
        return {}


def _version(given: ComparedVersion) -> differences.Version:
    key = None if given.resource_key is None else keys.parse(given.resource_key, what="'resourceKey'")
    return differences.Version(resource_key=key, content=given.content, kind=given.kind)


def _files(call: Call) -> list[ResourceFile]:
    request = call.request._request
    if not (request.content_type or "").startswith("multipart/"):
        raise InvalidArgument("Expected a multipart/form-data body with files in the parts 'resources'.")
    files: list[UploadedFile] = [file for _, found in request.FILES.lists() for file in found]
    if not files:
        raise InvalidArgument("Expected at least one file in the parts 'resources', found none.")
    return [ResourceFile(name=file.name or "", content=file.read()) for file in files]
