"""Searches: every order by every way to a page, and who sees which user tasks."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from django.db import connection

from engine.actors import Actor
from engine.errors import InvalidArgument
from engine.models import ProcessDefinition, ProcessInstance, UserTask
from engine.queries import user_tasks
from engine.queries.instances import process_instances
from engine.queries.search import SearchRequest, page_keys, requests
from engine.user_tasks import may_see
from tests.engine.worlds import ADMIN, ALICE, REVIEW, deploy

pytestmark = pytest.mark.django_db
BEGIN = datetime(2030, 1, 1, tzinfo=UTC)
NUMBER = 19


def asked(**body: Any) -> SearchRequest:
    return msgspec.convert(body, SearchRequest)


def task(key: int, **properties: Any) -> UserTask:
    return UserTask(
        **{
            "key": key,
            "instance_id": key,
            "definition_key": 1,
            "process_id": "review",
            "version": 1,
            "element_id": "check",
            "element_instance_key": key,
            "created_at": BEGIN,
            **properties,
        }
    )


@pytest.fixture
def _many() -> None:
    """Instances and user tasks whose dates, names and business ids are often the same, or missing."""
    deploy(REVIEW)
    definition = ProcessDefinition.objects.get()
    ProcessInstance.objects.bulk_create(
        ProcessInstance(
            key=n,
            definition=definition,
            process_id=f"process-{n % 2}",
            version=1,
            root_key=n,
            started_at=BEGIN + timedelta(days=n % 4),
            started_by="alice",
            business_id="" if n % 5 == 0 else f"order-{n % 6}",
            status="ACTIVE" if n % 3 else "COMPLETED",
            ended_at=None if n % 3 else BEGIN + timedelta(days=n % 7),
        )
        for n in range(1, NUMBER + 1)
    )
    UserTask.objects.bulk_create(
        task(
            n,
            name=f"Task {n % 5}",
            priority=n % 3,
            created_at=BEGIN + timedelta(days=n % 4),
            due_date=None if n % 4 else BEGIN + timedelta(days=n % 3),
            candidate_groups=["managers"] if n % 2 else ["clerks"],
        )
        for n in range(1, NUMBER + 1)
    )


SEARCHES: list[tuple[Any, str, str, dict[str, Any], Any]] = [
    (user_tasks, "userTaskKey", "creationDate", {"state": "CREATED"}, ADMIN),
    *(
        (user_tasks, "userTaskKey", by, {"state": "CREATED"}, ALICE)
        for by in ("creationDate", "dueDate", "followUpDate", "priority", "name")
    ),
    *(
        (process_instances, "processInstanceKey", by, asked_for, ADMIN)
        for by, asked_for in (
            ("startDate", {}),
            ("startDate", {"processDefinitionId": "process-1", "state": "ACTIVE"}),
            ("endDate", {}),
            ("businessId", {}),
            ("businessId", {"state": "ACTIVE"}),
            ("processInstanceKey", {}),
            ("processDefinitionName", {"state": "ACTIVE"}),
        )
    ),
]
WAYS = ((1_000, 5_000, "DESC"), (3, 5_000, "ASC"), (3, 2, "ASC"), (3, 2, "DESC"))
"""How many are counted, how many are walked past, and the order."""


@pytest.mark.usefixtures("_many")
@pytest.mark.parametrize(("noun", "key", "by", "wanted", "who"), SEARCHES)
def test_pages_have_each_row_once_in_the_order_that_is_asked_for(
    noun: Any, key: str, by: str, wanted: dict[str, Any], who: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    for counted, walked, order in WAYS:
        monkeypatch.setattr(requests, "COUNTED", counted)
        monkeypatch.setattr(page_keys, "WALKED", walked)
        question = {"filter": wanted, "sort": [{"field": by, "order": order}]}

        def rows(_question: dict[str, Any] = question, **page: Any) -> Any:
            return noun.find(asked(**_question, page={"limit": 5, **page}), by=who)

        def keys(items: Any) -> list[int]:
            return [int(getattr(item, _snake(key))) for item in items]

        pages = [rows()]
        while pages[-1].page.end_cursor:
            pages.append(rows(after=pages[-1].page.end_cursor))
        pages.pop()
        items = [item for page in pages for item in page.items]
        found = keys(items)
        assert len(found) > 4
        assert sorted(found) == sorted(keys(rows(limit=1_000).items))

        values = [(getattr(item, _snake(by)), number) for item, number in zip(items, found, strict=True)]
        present = [pair for pair in values if pair[0] is not None]
        assert values[: len(present)] == present, "those without a value are the last"
        if by != key:  # a key is compared as a number there
            assert present == sorted(present, reverse=order == "DESC")

        back = [pages[-1]]
        while back[-1].page.start_cursor:
            back.append(rows(before=back[-1].page.start_cursor))
        back.pop()
        assert keys(item for page in reversed(back) for item in page.items) == found
        assert keys(item for start in range(0, NUMBER, 5) for item in rows(question, **{"from": start}).items) == found


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


@pytest.mark.usefixtures("_many")
def test_what_is_found_is_counted_up_to_a_limit_and_the_page_says_that_there_is_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for counted, total, more in ((NUMBER - 1, NUMBER - 1, True), (NUMBER, NUMBER, False)):
        monkeypatch.setattr(requests, "COUNTED", counted)
        page = process_instances.find(asked(page={"limit": 0}), by=ADMIN).page
        assert (page.total_items, page.has_more_total_items) == (total, more)


def test_everybody_finds_just_the_user_tasks_that_they_may_see() -> None:
    people = [
        Actor("alice", groups=frozenset({"managers"})),
        Actor("bob", groups=frozenset({"clerks"})),
        Actor("carol"),
    ]
    choices = itertools.product(
        ("CREATED", "COMPLETED", "CANCELED"),
        ("", "alice", "bob"),
        ([], ["alice"], ["carol"]),
        ([], ["managers"]),
        ("", "bob"),
    )
    UserTask.objects.bulk_create(
        task(
            n, status=status, assignee=assignee, candidate_users=users, candidate_groups=groups, completed_by=completer
        )
        for n, (status, assignee, users, groups, completer) in enumerate(choices, start=1)
        if status == "COMPLETED" or not completer
    )
    deploy(REVIEW)
    _instances_of_tasks()
    for who in people:
        for wanted in ({}, {"state": "CREATED"}, {"state": "COMPLETED"}, {"state": {"$in": ["CREATED", "CANCELED"]}}):
            found = user_tasks.find(asked(filter=wanted, page={"limit": 1_000}), by=who).items
            state = wanted.get("state")
            expected = {
                str(each.key)
                for each in UserTask.objects.all()
                if may_see(each, who)
                and (state is None or each.status in (state["$in"] if isinstance(state, dict) else [state]))
            }
            assert {each.user_task_key for each in found} == expected
            assert len(found) == len(expected) > 0


def _instances_of_tasks() -> None:
    definition = ProcessDefinition.objects.get()
    ProcessInstance.objects.bulk_create(
        ProcessInstance(
            key=key,
            definition=definition,
            process_id="review",
            version=1,
            root_key=key,
            started_at=BEGIN,
            started_by="x",
        )
        for key in UserTask.objects.values_list("key", flat=True)
    )


@pytest.mark.parametrize("most", [2_000, 3])
@pytest.mark.parametrize(
    ("pattern", "found"),
    [("*ORDER*", {1, 2}), ("check*", {1}), ("*50\\%*", {3}), ("*\\**", {4}), ("?", {5}), ("*zebra*", set()), ("", {6})],
)
def test_a_part_of_a_name_is_found_among_the_names_that_there_are(
    pattern: str, found: set[int], most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(user_tasks, "_MOST_NAMES", most)
    deploy(REVIEW)
    names = ["Check the order", "Ship an order", "At 50% more", "A * here", "x", ""]
    states = ["CREATED", "COMPLETED", "CANCELED"]
    UserTask.objects.bulk_create(task(n, name=name, status=states[n % 3]) for n, name in enumerate(names, start=1))
    _instances_of_tasks()
    items = user_tasks.find(asked(filter={"name": {"$like": pattern}}), by=ADMIN).items
    assert {int(item.user_task_key) for item in items} == found


def test_a_cursor_of_another_order_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="cursor"):
        user_tasks.find(asked(page={"after": "W10="}), by=ADMIN)


def test_the_indexes_that_searches_rely_on_are_there() -> None:
    """A search that is told of an index which there is not would sort all rows to know how far it may walk."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexdef FROM pg_indexes WHERE tablename IN ('engine_usertask', 'engine_processinstance')"
            " AND indexdef LIKE '%% USING btree %%'"
        )
        made = [row[0].split(" USING btree ")[1].replace(" DESC", "") for row in cursor.fetchall()]
    for noun in (user_tasks, process_instances):
        for index in noun.TABLE.indexes:
            columns = ", ".join((*index.equal, *((index.by, "key") if index.by != "key" else ("key",))))
            partial = columns.removeprefix("status, ")
            assert f"({columns})" in [f"{each.partition(')')[0]})" for each in made] or f"({partial})" in [
                f"{each.partition(')')[0]})" for each in made if " WHERE " in each
            ], index
