"""User tasks are read here: each actor sees those that they may work on or have completed."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, LiteralString

from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.models import BooleanField, F, Func, Q, TextField, Value

from engine import user_tasks
from engine.actors import Actor
from engine.models import Comment, UserTask, UserTaskDraft, UserTaskStatus
from engine.queries.definitions.process_definitions import FormView, form_view
from engine.queries.instances import variables
from engine.queries.instances.variables import VariableFoundView
from engine.queries.search import Field, Found, Index, Kind, SearchRequest, Table, liker, search
from engine.queries.search.view import DEFAULT_TENANT, View, key_text, text_or_none


class UserTaskView(View, frozen=True, kw_only=True):
    name: str | None
    state: str
    assignee: str | None
    element_id: str
    candidate_groups: list[str]
    candidate_users: list[str]
    process_definition_id: str
    creation_date: datetime
    completion_date: datetime | None
    follow_up_date: datetime | None
    due_date: datetime | None
    tenant_id: str
    external_form_reference: str | None
    process_definition_version: int
    custom_headers: dict[str, Any]
    priority: int
    user_task_key: str
    element_instance_key: str
    process_name: str | None
    process_definition_key: str
    process_instance_key: str
    root_process_instance_key: str
    business_id: str | None
    form_key: str | None
    tags: list[str]
    completed_by: str | None
    revision: int


class UserTaskDraftView(View, frozen=True, kw_only=True):
    variables: dict[str, Any]
    saved_at: datetime


class CommentView(View, frozen=True, kw_only=True):
    comment_key: str
    user_task_key: str
    author: str
    text: str
    created_at: datetime


_MOST_NAMES = 2_000


def _name_like(pattern: str, *, names: Callable[[], list[str]]) -> Q:
    """Return the condition that a user task has one of the names that are like the pattern: user tasks are many, and their names, which
    stand in the diagrams, few."""
    known = names()
    if len(known) > _MOST_NAMES:
        return Q(name__like=pattern)
    is_like = liker(pattern)
    found = [name for name in known if is_like(name)]
    return Q(name__in=found) & Q(_Among(found)) if found and names is _names_of_closed else Q(name__in=found)


class _Among(Func):
    """This condition says that the name is one of these, in the words of the index of completed user tasks by group and name."""

    template = "(ARRAY[%(expressions)s)"
    arg_joiner = "] && "
    output_field = BooleanField()

    def __init__(self, names: list[str]) -> None:
        super().__init__(F("name"), Value(names, output_field=ArrayField(TextField())))


def _names() -> list[str]:
    """Return each name of a user task once, up to one more than _MOST_NAMES or to twice of that: a look into an index finds each."""
    return list({*_names_of_open(), *_names_of_closed()})


def _names_of_open() -> list[str]:
    return _each_once(
        "WITH RECURSIVE open (name) AS ("
        "(SELECT name FROM engine_usertask WHERE status = 'CREATED' ORDER BY name LIMIT 1) UNION ALL"
        " SELECT (SELECT task.name FROM engine_usertask task WHERE task.status = 'CREATED' AND task.name > open.name"
        " ORDER BY task.name LIMIT 1) FROM open WHERE open.name IS NOT NULL"
        ") SELECT name FROM open LIMIT %s"
    )


def _names_of_closed() -> list[str]:
    return _each_once(
        "WITH RECURSIVE closed (name) AS ("
        "(SELECT name FROM engine_usertask WHERE NOT (status = 'CREATED') ORDER BY name LIMIT 1) UNION ALL"
        " SELECT (SELECT task.name FROM engine_usertask task WHERE NOT (task.status = 'CREATED') AND task.name > closed.name"
        " ORDER BY task.name LIMIT 1) FROM closed WHERE closed.name IS NOT NULL"
        ") SELECT name FROM closed LIMIT %s"
    )


def _each_once(statement: LiteralString) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(statement, [_MOST_NAMES + 2])  # a row without a name ends the recursion
        return [name for (name,) in cursor.fetchall() if name is not None]


TABLE = Table(
    name="UserTask",
    fields={
        "userTaskKey": Field("key", Kind.KEY),
        "name": Field("name", like=functools.partial(_name_like, names=_names)),
        "state": Field(
            "status",
            words={
                **{str(status): str(status) for status in UserTaskStatus},
                # Camunda's further words for states that pass
                **{word: word for word in ("CREATING", "ASSIGNING", "UPDATING", "COMPLETING", "CANCELING", "FAILED")},
            },
        ),
        "assignee": Field("assignee"),
        "priority": Field("priority", Kind.NUMBER),
        "elementId": Field("element_id"),
        "candidateGroup": Field("candidate_groups", Kind.TEXTS, sortable=False),
        "candidateUser": Field("candidate_users", Kind.TEXTS, sortable=False),
        "processDefinitionId": Field("process_id"),
        "processName": Field("process_name"),
        "creationDate": Field("created_at", Kind.TIME),
        "completionDate": Field("completed_at", Kind.TIME, nullable=True),
        "followUpDate": Field("follow_up_date", Kind.TIME, nullable=True),
        "dueDate": Field("due_date", Kind.TIME, nullable=True),
        "processDefinitionKey": Field("definition_key", Kind.KEY),
        "processInstanceKey": Field("instance_id", Kind.KEY),
        "elementInstanceKey": Field("element_instance_key", Kind.KEY),
        "completedBy": Field("completed_by"),
    },
    specials={
        "processInstanceVariables": variables.special(instance_path="instance_id"),
        "localVariables": variables.special(instance_path="instance_id", scope_path="element_instance_key"),
    },
    sort=(("creationDate", "DESC"),),
    indexes=(
        *(Index(by, ("status",)) for by in ("created_at", "due_date", "follow_up_date", "priority", "name")),
        Index("created_at", ("status", "assignee")),
        Index("completed_at", ("status",)),
    ),
    at_once=20_000,
)

COMMENTS = Table(
    name="Comment",
    fields={"createdAt": Field("created_at", Kind.TIME), "author": Field("author")},
    sort=(("createdAt", "ASC"),),
    key="id",
)


def _with_names(names: Callable[[], list[str]]) -> Table:
    return replace(
        TABLE, fields={**TABLE.fields, "name": Field("name", like=functools.partial(_name_like, names=names))}
    )


_OPEN, _CLOSED = _with_names(_names_of_open), _with_names(_names_of_closed)


def find(request: SearchRequest, *, by: Actor) -> Found[UserTaskView]:
    status = TABLE.filter(request.filter).only("status")
    of_open = status == UserTaskStatus.CREATED
    table = TABLE if status is None else _OPEN if of_open else _CLOSED
    wanted = table.filter(request.filter)
    rows = UserTask.objects.filter(user_tasks.visible_to(by, of_open=of_open)).select_related("instance")
    return search(table, rows, request, view=_views, parsed=wanted)


def get(key: int, *, by: Actor) -> UserTaskView:
    """Return a user task. Raises NotFound."""
    return next(iter(_views([user_tasks.require(key, by=by)])))


def form(key: int, *, by: Actor) -> FormView | None:
    """Return the form of a user task; None when it has none. Raises NotFound."""
    task = user_tasks.require(key, by=by)
    return None if task.form is None else form_view(task.form)


def find_variables(key: int, request: SearchRequest, *, by: Actor, truncate: bool = True) -> Found[VariableFoundView]:
    """Find the variables that the task's form sees. Raises NotFound."""
    task = user_tasks.require(key, by=by)
    return variables.find_in_scopes(
        request, task.element_instance_key, instance_key=task.instance_id, truncate=truncate
    )


def draft(key: int, *, by: Actor) -> UserTaskDraftView | None:
    """Return the draft of `by`; None when there is none. Raises NotFound for the task."""
    user_tasks.require(key, by=by)
    found = UserTaskDraft.objects.filter(user_task_id=key, username=by.username).first()
    return None if found is None else UserTaskDraftView(variables=found.variables, saved_at=found.saved_at)


def comments(key: int, request: SearchRequest, *, by: Actor) -> Found[CommentView]:
    """Return the comments on a user task. Raises NotFound for the task."""
    user_tasks.require(key, by=by)
    rows = Comment.objects.filter(Q(user_task_id=key))
    return search(COMMENTS, rows, request, view=lambda found: map(comment_view, found))


def comment_view(row: Comment) -> CommentView:
    return CommentView(
        comment_key=str(row.pk),
        user_task_key=str(row.user_task_id),
        author=row.author,
        text=row.text,
        created_at=row.created_at,
    )


def _views(rows: Sequence[UserTask]) -> Iterable[UserTaskView]:
    for row in rows:
        yield UserTaskView(
            name=text_or_none(row.name),
            state=str(row.status),
            assignee=text_or_none(row.assignee),
            element_id=row.element_id,
            candidate_groups=list(row.candidate_groups),
            candidate_users=list(row.candidate_users),
            process_definition_id=row.process_id,
            creation_date=row.created_at,
            completion_date=row.completed_at,
            follow_up_date=row.follow_up_date,
            due_date=row.due_date,
            tenant_id=DEFAULT_TENANT,
            external_form_reference=text_or_none(row.external_form_reference),
            process_definition_version=row.version,
            custom_headers=row.headers or {},
            priority=row.priority,
            user_task_key=str(row.key),
            element_instance_key=str(row.element_instance_key),
            process_name=text_or_none(row.process_name),
            process_definition_key=str(row.definition_key),
            process_instance_key=str(row.instance_id),
            root_process_instance_key=str(row.instance.root_key),
            business_id=text_or_none(row.instance.business_id),
            form_key=key_text(row.form_id),
            tags=list(row.instance.tags),
            completed_by=text_or_none(row.completed_by),
            revision=row.revision,
        )
