"""User tasks have these operations."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from engine import clock, user_tasks
from engine.queries import user_tasks as reads
from engine.queries.definitions.process_definitions import FormView
from engine.queries.instances.variables import TABLE as VARIABLES
from engine.queries.instances.variables import VariableFoundView
from engine.queries.search import parse_time
from engine.queries.user_tasks import COMMENTS, TABLE, CommentView, UserTaskDraftView, UserTaskView
from webapp.accounts import directory
from webapp.api import answers
from webapp.api.answers import VariablesAfterView
from webapp.api.operation import ApiView, Body, Call, operation

TAG = "User task"


class CompleteUserTask(Body, frozen=True, kw_only=True):
    variables: dict[str, Any] | None = None
    action: str | None = None
    return_variables: bool | None = None
    """True: answer with the variables after the step."""
    request_timeout: int | None = None
    """The milliseconds to wait for the step."""


class AssignUserTask(Body, frozen=True, kw_only=True):
    assignee: str | None = None
    allow_override: bool | None = None
    action: str | None = None


class Changeset(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What is null or missing stays as it is; an empty text or list takes a value away. Other properties are ignored."""

    candidate_users: list[str] | None = None
    candidate_groups: list[str] | None = None
    due_date: str | None = None
    follow_up_date: str | None = None
    priority: int | None = None


class UpdateUserTask(Body, frozen=True, kw_only=True):
    changeset: Changeset | None = None
    action: str | None = None


class SaveUserTaskDraft(Body, frozen=True, kw_only=True):
    variables: dict[str, Any]


class NewComment(Body, frozen=True, kw_only=True):
    text: str


class Search(ApiView):
    @operation("searchUserTasks", tag=TAG, summary="Search user tasks", search=(TABLE, UserTaskView))
    def post(self, call: Call) -> Any:
        """Find the user tasks that the caller may see: assigned to them, or candidates by name or group. Administrators see all."""
        return reads.find(call.body, by=call.actor)


class One(ApiView):
    @operation("getUserTask", tag=TAG, summary="Get a user task", answer=UserTaskView)
    def get(self, call: Call, user_task_key: int) -> Any:
        return reads.get(user_task_key, by=call.actor)

    @operation("updateUserTask", tag=TAG, summary="Update a user task", body=UpdateUserTask, status=204)
    def patch(self, call: Call, user_task_key: int) -> Any:
        given = call.body.changeset or Changeset()
        changes = user_tasks.Changes(
            candidate_users=_kept(given.candidate_users, tuple),
            candidate_groups=_kept(given.candidate_groups, tuple),
            due_date=_kept(given.due_date, _date),
            follow_up_date=_kept(given.follow_up_date, _date),
            priority=_kept(given.priority, int),
        )
        user_tasks.update(user_task_key, changes, by=call.actor)


class Form(ApiView):
    @operation("getUserTaskForm", tag=TAG, summary="Get the form", answer=FormView, empty=204)
    def get(self, call: Call, user_task_key: int) -> Any:
        """Return the form; 204 when the user task has none."""
        return reads.form(user_task_key, by=call.actor)


class Assignment(ApiView):
    @operation("assignUserTask", tag=TAG, summary="Assign a user task", body=AssignUserTask, status=204)
    def post(self, call: Call, user_task_key: int) -> Any:
        """Assign the user task. To claim it, assign it to yourself with `allowOverride: false`: who is later gets 409 with the name of
        the other."""
        body: AssignUserTask = call.body
        override = body.allow_override is not False
        if body.assignee and body.assignee != call.actor.username:
            directory.require_user(body.assignee)
        user_tasks.assign(user_task_key, body.assignee or "", allow_override=override, by=call.actor)


class Assignee(ApiView):
    @operation("unassignUserTask", tag=TAG, summary="Unassign a user task", status=204)
    def delete(self, call: Call, user_task_key: int) -> Any:
        user_tasks.unassign(user_task_key, by=call.actor)


class Completion(ApiView):
    @operation(
        "completeUserTask",
        tag=TAG,
        summary="Complete a user task",
        body=CompleteUserTask,
        answer=VariablesAfterView,
        empty=204,
        is_idempotent=True,
    )
    def post(self, call: Call, user_task_key: int) -> Any:
        """Complete the user task. The variables are checked against the form: 400 has `errors` by the fields' keys. Of disabled and
        read-only fields nothing is taken. 409 when it was completed or cancelled meanwhile. 200 with what the process made of it for
        `returnVariables`; where task listeners have to agree, that is before their answer."""
        body: CompleteUserTask = call.body
        began = clock.now()
        instance = user_tasks.complete(
            user_task_key, body.variables, by=call.actor, idempotency_key=call.idempotency_key
        )
        if not body.return_variables:
            return None
        return answers.variables_after(instance, since=began, request_timeout=body.request_timeout)


class Variables(ApiView):
    @operation(
        "searchUserTaskVariables",
        tag=TAG,
        summary="Search the variables of a user task",
        search=(VARIABLES, VariableFoundView),
        query={"truncateValues": bool},
    )
    def post(self, call: Call, user_task_key: int) -> Any:
        """Find the variables that the task's form sees: its own and those of the scopes around it."""
        truncate = call.flag("truncateValues", default=True)
        return reads.find_variables(user_task_key, call.body, by=call.actor, truncate=truncate)


class EffectiveVariables(ApiView):
    @operation(
        "searchUserTaskEffectiveVariables",
        tag=TAG,
        summary="Search the variables that a user task sees",
        search=(VARIABLES, VariableFoundView),
        query={"truncateValues": bool},
    )
    def post(self, call: Call, user_task_key: int) -> Any:
        """Find the nearest variable of each name that the user task sees."""
        truncate = call.flag("truncateValues", default=True)
        return reads.find_variables(user_task_key, call.body, by=call.actor, truncate=truncate)


class Draft(ApiView):
    @operation(
        "getUserTaskDraft", tag=TAG, summary="Get what was filled in so far", answer=UserTaskDraftView, empty=204
    )
    def get(self, call: Call, user_task_key: int) -> Any:
        """Return the draft of the caller; 204 when there is nothing."""
        return reads.draft(user_task_key, by=call.actor)

    @operation("saveUserTaskDraft", tag=TAG, summary="Keep what is filled in", body=SaveUserTaskDraft, status=204)
    def put(self, call: Call, user_task_key: int) -> Any:
        user_tasks.save_draft(user_task_key, call.body.variables, by=call.actor)

    @operation("deleteUserTaskDraft", tag=TAG, summary="Discard what was filled in", status=204)
    def delete(self, call: Call, user_task_key: int) -> Any:
        user_tasks.discard_draft(user_task_key, by=call.actor)


class Comments(ApiView):
    @operation("createComment", tag=TAG, summary="Comment", body=NewComment, answer=CommentView, status=201)
    def post(self, call: Call, user_task_key: int) -> Any:
        return reads.comment_view(user_tasks.comment(user_task_key, call.body.text, by=call.actor))


class CommentSearch(ApiView):
    @operation("searchComments", tag=TAG, summary="Search comments", search=(COMMENTS, CommentView))
    def post(self, call: Call, user_task_key: int) -> Any:
        return reads.comments(user_task_key, call.body, by=call.actor)


def _kept(value: Any, read: Any) -> Any:
    return user_tasks.KEEP if value is None else read(value)


def _date(text: str) -> datetime | None:
    return None if text == "" else parse_time(text, what="a date of the changeset")
