"""Random searches give the pages and counts that all rows have when they are read and sorted."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from engine.actors import Actor
from engine.models import ProcessDefinition, ProcessInstance, UserTask
from engine.queries import user_tasks
from engine.queries.instances import process_instances
from engine.queries.search import SearchRequest, page_keys, requests
from engine.user_tasks import may_see
from tests.engine.worlds import ADMIN, ALICE, REVIEW, deploy

pytestmark = pytest.mark.django_db
BEGIN = datetime(2030, 1, 1, tzinfo=UTC)
SOON = BEGIN + timedelta(days=1)
ROWS = 120
SEARCHES = 40


@dataclass(frozen=True)
class Noun:
    module: Any
    model: Any
    key: str
    values: dict[str, Callable[[Any], Any]]
    filters: list[tuple[dict[str, Any], Callable[[Any], bool]]]


TASKS = Noun(
    user_tasks,
    UserTask,
    "user_task_key",
    {
        "userTaskKey": lambda row: row.key,
        "creationDate": lambda row: row.created_at,
        "dueDate": lambda row: row.due_date,
        "completionDate": lambda row: row.completed_at,
        "priority": lambda row: row.priority,
        "name": lambda row: row.name,
        "assignee": lambda row: row.assignee,  # no index has this order
    },
    [
        ({}, lambda row: True),
        ({"state": "CREATED"}, lambda row: row.status == "CREATED"),
        ({"state": "COMPLETED"}, lambda row: row.status == "COMPLETED"),
        (
            {"state": "CREATED", "assignee": {"$exists": False}},
            lambda row: row.status == "CREATED" and not row.assignee,
        ),
        ({"state": "CREATED", "name": {"$like": "*2*"}}, lambda row: row.status == "CREATED" and "2" in row.name),
        ({"state": "COMPLETED", "name": {"$like": "?ask*"}}, lambda row: row.status == "COMPLETED" and row.name != ""),
        ({"name": {"$like": "*4"}}, lambda row: row.name.endswith("4")),
        ({"state": "CREATED", "name": {"$like": "zebra"}}, lambda row: False),
        (
            {"state": "CREATED", "dueDate": {"$lte": SOON.isoformat()}},
            lambda row: row.status == "CREATED" and row.due_date is not None and row.due_date <= SOON,
        ),
    ],
)
INSTANCES = Noun(
    process_instances,
    ProcessInstance,
    "process_instance_key",
    {
        "processInstanceKey": lambda row: row.key,
        "startDate": lambda row: row.started_at,
        "endDate": lambda row: row.ended_at,
        "businessId": lambda row: row.business_id or None,
    },
    [
        ({}, lambda row: True),
        ({"processDefinitionId": "process-1"}, lambda row: row.process_id == "process-1"),
        (
            {"processDefinitionId": "process-1", "state": "ACTIVE"},
            lambda row: row.process_id == "process-1" and row.status == "ACTIVE",
        ),
        ({"businessId": {"$like": "*1*"}}, lambda row: "1" in row.business_id),
        ({"processDefinitionName": "Nobody's"}, lambda row: False),
    ],
)


@pytest.fixture
def chance() -> random.Random:
    return random.Random(20300101)  # noqa: S311 - tests are no secret


@pytest.fixture
def _rows(chance: random.Random) -> None:
    deploy(REVIEW)
    definition = ProcessDefinition.objects.get()
    instances, tasks = [], []
    for key in range(1, ROWS + 1):
        process = f"process-{chance.randrange(3)}"
        ended = None if chance.random() < 0.6 else BEGIN + timedelta(days=chance.randrange(9))
        instance = ProcessInstance(key=key, definition=definition, process_id=process, version=1, root_key=key)
        instance.started_at, instance.ended_at = BEGIN + timedelta(hours=chance.randrange(30)), ended
        instance.status = "ACTIVE" if ended is None else "COMPLETED"
        instance.business_id = chance.choice(("", f"order-{chance.randrange(20)}"))
        instances.append(instance)

        status = chance.choice(("CREATED", "CREATED", "CREATED", "COMPLETED", "CANCELED"))
        task = UserTask(key=key, instance_id=key, definition_key=definition.key, process_id=process, version=1)
        task.element_id, task.element_instance_key, task.status = "check", key, status
        task.name = chance.choice(("", *(f"Task {n}" for n in range(5))))
        task.assignee = chance.choice(("", "", "alice", "bob"))
        task.candidate_groups = chance.choice(([], ["managers"], ["managers", "clerks"], ["clerks"]))
        task.priority, task.created_at = chance.randrange(4), BEGIN + timedelta(hours=chance.randrange(30))
        task.due_date = chance.choice((None, BEGIN + timedelta(days=chance.randrange(3))))
        if status == "COMPLETED":
            task.completed_at, task.completed_by = BEGIN + timedelta(hours=chance.randrange(30)), "bob"
        tasks.append(task)
    ProcessInstance.objects.bulk_create(instances)
    UserTask.objects.bulk_create(tasks)


def in_order(rows: list[Any], value: Callable[[Any], Any], *, descending: bool) -> list[int]:
    present = sorted(((value(row), row.key) for row in rows if value(row) is not None), reverse=descending)
    absent = sorted((row.key for row in rows if value(row) is None), reverse=descending)
    return [*(key for _, key in present), *absent]


@pytest.mark.usefixtures("_rows")
@pytest.mark.parametrize(
    ("counted", "walked", "at_once"),
    [
        pytest.param(1_000, 5_000, 20_000, id="few rows: all are sorted"),
        pytest.param(4, 400, 4, id="a walk to the end of the index"),
        pytest.param(4, 20, 1_000, id="a walk that may be in vain, then what was read is sorted"),
        pytest.param(4, 5, 5, id="a walk in vain, then all are read anew"),
    ],
)
def test_pages_and_counts_are_those_of_all_rows(
    counted: int, walked: int, at_once: int, chance: random.Random, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = page_keys.find
    monkeypatch.setattr(requests, "COUNTED", counted)
    monkeypatch.setattr(page_keys, "WALKED", walked)
    monkeypatch.setattr(page_keys, "find", lambda *args, **given: find(*args, **{**given, "at_once": at_once}))
    for _ in range(SEARCHES):
        who = chance.choice((ADMIN, ALICE))
        noun = TASKS if who is ALICE else chance.choice((TASKS, INSTANCES))
        compare_some_pages(noun, who, chance, counted=counted)


def compare_some_pages(noun: Noun, who: Actor, chance: random.Random, *, counted: int) -> None:
    asked_for, is_kept = chance.choice(noun.filters)
    field, descending, limit = chance.choice(list(noun.values)), chance.random() < 0.5, chance.choice((1, 3, 7, 50))
    rows = [row for row in noun.model.objects.all() if is_kept(row) and (noun is INSTANCES or may_see(row, who))]
    expected = in_order(rows, noun.values[field], descending=descending)
    sort = [{"field": field, "order": "DESC" if descending else "ASC"}]

    def page(**place: Any) -> tuple[list[int], Any]:
        body = {"filter": asked_for, "sort": sort, "page": {"limit": limit, **place}}
        found = noun.module.find(msgspec.convert(body, SearchRequest), by=who)
        assert found.page.total_items == min(len(expected), counted), body
        assert found.page.has_more_total_items == (len(expected) > counted), body
        return [int(getattr(item, noun.key)) for item in found.items], found.page

    start = chance.randrange(len(expected) + 2)
    keys, at = page(**{"from": start})
    assert keys == expected[start : start + limit], (asked_for, sort, start)
    if keys:
        after, before = page(after=at.end_cursor)[0], page(before=at.start_cursor)[0]
        assert after == expected[start + len(keys) :][:limit], (asked_for, sort, start)
        assert before == expected[max(0, start - limit) : start], (asked_for, sort, start)
