"""Searches of the inbox and of operations over many instances and tasks: every filter that the pages offer, and its query plan."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench import measure
from bench.report import Row

PLANS = Path(__file__).parent / "query_plans.txt"


def _inbox(username: str) -> dict[str, dict[str, Any]]:
    """As frontend/src/inbox/view.ts asks."""
    today = datetime.now(UTC).replace(microsecond=0)
    newest = [{"field": "creationDate", "order": "DESC"}]
    return {
        "inbox: open to me": {"filter": {"state": "CREATED"}, "sort": newest},
        "inbox: assigned to me": {"filter": {"state": "CREATED", "assignee": username}, "sort": newest},
        "inbox: unassigned": {"filter": {"state": "CREATED", "assignee": {"$exists": False}}, "sort": newest},
        "inbox: due": {
            "filter": {"state": "CREATED", "dueDate": {"$lte": today.isoformat()}},
            "sort": [{"field": "dueDate", "order": "ASC"}],
        },
        "inbox: completed": {
            "filter": {"state": "COMPLETED"},
            "sort": [{"field": "completionDate", "order": "DESC"}],
        },
        "inbox: text in the name": {"filter": {"state": "CREATED", "name": {"$like": "*77*"}}, "sort": newest},
        "inbox: text that no name has": {"filter": {"state": "CREATED", "name": {"$like": "*zebra*"}}, "sort": newest},
        "inbox: of one process": {"filter": {"state": "CREATED", "processDefinitionId": "process-3"}, "sort": newest},
        "inbox: by priority": {"filter": {"state": "CREATED"}, "sort": [{"field": "priority", "order": "DESC"}]},
        "inbox: by name": {"filter": {"state": "CREATED"}, "sort": [{"field": "name", "order": "ASC"}]},
    }


def _instances() -> dict[str, dict[str, Any]]:
    now = datetime.now(UTC)
    return {
        "instances: all": {"filter": {}},
        "instances: active": {"filter": {"state": "ACTIVE", "hasIncident": False}},
        "instances: completed": {"filter": {"state": "COMPLETED"}},
        "instances: canceled": {"filter": {"state": "TERMINATED"}},
        "instances: suspended": {"filter": {"state": "SUSPENDED"}},
        "instances: with incidents": {"filter": {"hasIncident": True}},
        "instances: of one process": {"filter": {"processDefinitionId": "process-3", "state": "ACTIVE"}},
        "instances: of one version": {
            "filter": {"processDefinitionId": "process-3", "processDefinitionVersion": 1, "state": "ACTIVE"}
        },
        "instances: by business id": {"filter": {"businessId": {"$like": "*4711*"}}},
        "instances: started within an hour": {
            "filter": {"startDate": {"$gte": (now - timedelta(hours=1)).isoformat()}},
        },
        "instances: by a variable": {"filter": {"variables": [{"name": "order", "value": '"4711"'}]}},
        "instances: waiting at an element": {"filter": {"processDefinitionId": "process-3", "elementId": "check"}},
        "instances: by an error": {"filter": {"errorMessage": {"$like": "*refused*"}}},
    }


def rows(count: int, *, times: int) -> list[Row]:
    """`count` instances and user tasks, a hundredth of them with an incident."""
    from engine.actors import Actor
    from engine.queries import process_instances, user_tasks

    fill(count)
    clerk = Actor("clerk-7", groups=frozenset({"group-7"}))
    operator = Actor("operator", is_admin=True)
    found, plans = [], []
    for searches, find, actor in (
        (_inbox("clerk-7"), user_tasks.find, clerk),
        (_instances(), process_instances.find, operator),
    ):
        for name, body in searches.items():
            spent, queries = _measured(find, body, actor, times=times)
            p95 = measure.percentile(spent, 0.95) * 1000
            found.append(Row(f"(h) {name}, p95 of {count:,}", p95, "ms", "", "50 ms", p95 < 50))
            plans.append(f"=== {name}\n{body}\n" + "\n".join(queries))
    if count >= 100_000:
        PLANS.write_text("\n\n".join(plans) + "\n")
    return found


def _measured(
    find: Callable[..., Any], body: dict[str, Any], actor: Any, *, times: int
) -> tuple[list[float], list[str]]:
    import msgspec
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from engine.queries.search import SearchRequest

    request = msgspec.convert({**body, "page": {"limit": 50}}, SearchRequest)
    with CaptureQueriesContext(connection) as captured:
        find(request, by=actor)
    plans = []
    for query in captured.captured_queries:
        if query["sql"].startswith("SELECT"):
            with connection.cursor() as cursor:
                cursor.execute(
                    "EXPLAIN (ANALYZE, TIMING OFF, COSTS OFF, SUMMARY ON) " + query["sql"].replace("%", "%%"), []
                )
                plans.append("\n".join(row[0] for row in cursor.fetchall()))
    spent = []
    for _ in range(times):
        began = time.perf_counter()
        find(request, by=actor)
        spent.append(time.perf_counter() - began)
    return spent, plans


@contextmanager
def _patient() -> Iterator[Any]:
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        yield cursor


def fill(count: int) -> None:
    """Instances of twenty processes, two thirds of them ended, each with a user task and a variable, by plain SQL."""
    from django.db import connection

    first = 1 << 50
    with _patient() as cursor:
        cursor.execute("SELECT key FROM engine_processdefinition ORDER BY key LIMIT 1")
        definition = cursor.fetchone()[0]
        cursor.execute(
            "INSERT INTO engine_processinstance (key, definition_id, process_id, version, business_id, status, root_key, depth,"
            " started_at, started_by, ended_at, tags, correlation_key, suspended_at)"
            " SELECT %s + n * 16777216, %s, 'process-' || n %% 20, 1, 'order-' || n,"
            " CASE WHEN n %% 3 = 0 THEN 'ACTIVE' WHEN n %% 50 = 1 THEN 'TERMINATED' ELSE 'COMPLETED' END, %s + n * 16777216, 0,"
            " now() - (%s - n) * interval '2 seconds', 'bench', CASE WHEN n %% 3 = 0 THEN NULL ELSE now() END, '{}', '',"
            " CASE WHEN n %% 3000 = 0 THEN now() END FROM generate_series(1::bigint, %s) n",
            [first, definition, first, count, count],
        )
        cursor.execute(
            "INSERT INTO engine_usertask (key, instance_key, definition_key, process_id, process_name, version, element_id,"
            " element_instance_key, name, status, assignee, candidate_users, candidate_groups, due_date, priority,"
            " external_form_reference, headers, created_at, completed_at, completed_by, revision)"
            " SELECT %s + n * 16777216 + 3, %s + n * 16777216, %s, 'process-' || n %% 20, 'Process ' || n %% 20, 1, 'check',"
            " %s + n * 16777216 + 2, 'Check order ' || n, CASE WHEN n %% 3 = 0 THEN 'CREATED' ELSE 'COMPLETED' END,"
            " CASE WHEN n %% 7 = 0 THEN 'clerk-' || n %% 200 ELSE '' END, '{}', ARRAY['group-' || n %% 20],"
            " CASE WHEN n %% 4 = 0 THEN now() - (500000 - n) * interval '1 minute' END, n %% 100, '', '{}',"
            " now() - (%s - n) * interval '2 seconds', CASE WHEN n %% 3 = 0 THEN NULL ELSE now() - n * interval '1 second' END,"
            " CASE WHEN n %% 3 = 0 THEN '' ELSE 'clerk-' || n %% 200 END, 0 FROM generate_series(1::bigint, %s) n",
            [first, first, definition, first, count, count],
        )
        cursor.execute(
            "INSERT INTO engine_variable (scope_key, instance_key, definition_key, process_id, name, value, text, updated_at)"
            " SELECT %s + n * 16777216, %s + n * 16777216, %s, 'process-' || n %% 20, 'order', to_json(n::text),"
            " to_json(n::text)::text, now() FROM generate_series(1::bigint, %s) n",
            [first, first, definition, count],
        )
        cursor.execute(
            "INSERT INTO engine_elementinstance (key, instance_key, definition_key, process_id, element_id, element_name, type,"
            " status, started_at) SELECT %s + n * 16777216 + 2, %s + n * 16777216, %s, 'process-' || n %% 20, 'check', 'Check',"
            " 'USER_TASK', CASE WHEN n %% 3 = 0 THEN 'ACTIVE' ELSE 'COMPLETED' END, now() FROM generate_series(1::bigint, %s) n",
            [first, first, definition, count],
        )
        cursor.execute(
            "INSERT INTO engine_incident (key, instance_key, definition_key, process_id, element_id, element_instance_key, type,"
            " message, stack_trace, status, created_at, resolved_by, in_state)"
            " SELECT %s + n * 16777216 + 4, %s + n * 16777216, %s, 'process-' || n %% 20, 'check', %s + n * 16777216 + 2,"
            " 'UNKNOWN', 'The order was ' || CASE WHEN n %% 600 = 0 THEN 'refused' ELSE 'lost' END, '', 'ACTIVE', now(), '', true"
            " FROM generate_series(300::bigint, %s, 300) n",
            [first, first, definition, first, count],
        )
    with connection.cursor() as cursor:
        for table in ("processinstance", "usertask", "variable", "elementinstance", "incident"):
            cursor.execute("SET statement_timeout = 0")
            cursor.execute(f"VACUUM ANALYZE engine_{table}")
