"""Deployments and the resources in them have these operations."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse

from engine import deployments
from engine.deployments import ResourceFile
from engine.errors import InvalidArgument
from engine.queries.definitions import process_definitions, rehearsals, resources
from engine.queries.definitions.process_definitions import DeploymentView, FormView, ProblemView
from engine.queries.definitions.rehearsals import RehearsalView
from engine.queries.definitions.resources import ResourceView
from webapp.api.operation import ApiView, Body, Call, operation

TAG = "Resource"


class DeleteResource(Body, frozen=True, kw_only=True):
    operation_reference: int | None = None
    delete_history: bool | None = None


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


def _files(call: Call) -> list[ResourceFile]:
    request = call.request._request
    if not (request.content_type or "").startswith("multipart/"):
        raise InvalidArgument("Expected a multipart/form-data body with files in the parts 'resources'.")
    files: list[UploadedFile] = [file for _, found in request.FILES.lists() for file in found]
    if not files:
        raise InvalidArgument("Expected at least one file in the parts 'resources', found none.")
    return [ResourceFile(name=file.name or "", content=file.read()) for file in files]
