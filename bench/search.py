"""Searches of the inbox and of operations over many instances and tasks: every filter and order that the pages offer.

Each is asked for over HTTP, as a page asks, and its statements are explained; bench/query_plans.txt has both. Three people ask: a
clerk whose group may see a twentieth of the user tasks, a newcomer who may see next to none, and an operator who sees all.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench import measure
from bench.installation import Installation
from bench.report import Row

PLANS = Path(__file__).parent / "query_plans.txt"
PAGE = 50
CLERK, NEWCOMER, OPERATOR = "clerk-7", "newcomer", "operator"
MANY = 100_000
"""With fewer rows nothing can be said of plans: then only some searches are made, to show that they run."""
LATER = 5_000
"""Rows before a page that is asked for by a cursor."""


@dataclass(frozen=True, slots=True)
class Search:
    name: str
    things: str
    filter: dict[str, Any]
    sort: tuple[str, str]
    by: str = OPERATOR
    page: dict[str, Any] = field(default_factory=lambda: {"limit": PAGE})

    @property
    def body(self) -> dict[str, Any]:
        return {
            "filter": self.filter,
            "sort": [dict(zip(("field", "order"), self.sort, strict=True))],
            "page": self.page,
        }


def _inbox() -> list[Search]:
    """As frontend/src/inbox/view.ts asks."""
    created: dict[str, Any] = {"state": "CREATED"}
    newest, soonest = ("creationDate", "DESC"), ("dueDate", "ASC")
    due = created | {"dueDate": {"$lte": (datetime.now(UTC) + timedelta(days=1)).isoformat()}}
    unassigned = created | {"assignee": {"$exists": False}}
    done = ({"state": "COMPLETED"}, ("completionDate", "DESC"))
    text, nowhere, short = ({"name": {"$like": f"*{part}*"}} for part in ("part 7", "zebra", "zq"))
    process = {"processDefinitionId": "process-7"}
    searches: dict[str, tuple[dict[str, Any], tuple[str, str]]] = {
        "open": (created, newest),
        "assigned to me": (created | {"assignee": CLERK}, newest),
        "unassigned": (unassigned, newest),
        "due": (due, soonest),
        "completed": done,
        "text in the name": (created | text, newest),
        "text that no name has": (created | nowhere, newest),
        "two letters that no name has": (created | short, newest),
        "completed, text in the name": (done[0] | text, done[1]),
        "completed, text that no name has": (done[0] | nowhere, done[1]),
        "of one process": (created | process, newest),
        "completed, of one process": (done[0] | process, done[1]),
        "unassigned, of one process, with text": (unassigned | process | text, newest),
        "due, of one process, by priority": (due | process, ("priority", "DESC")),
        "completed, first ones first": (done[0], ("completionDate", "ASC")),
        **{
            f"by {name}, {order.lower()}": (created, (name, order))
            for name in ("creationDate", "dueDate", "followUpDate", "priority", "name")
            for order in ("ASC", "DESC")
            if (name, order) != newest
        },
    }
    found = [Search(f"inbox: {name}", "user-tasks", *asked, by=CLERK) for name, asked in searches.items()]
    found += [
        Search(f"inbox of a newcomer: {name}", "user-tasks", *asked, by=NEWCOMER)
        for name, asked in searches.items()
        if not name.startswith("by ") or name in ("by dueDate, asc", "by name, desc", "by priority, desc")
    ]
    found += [Search(f"inbox of an administrator: {name}", "user-tasks", *asked) for name, asked in searches.items()]
    found += [
        replace(each, name=each.name.replace(": ", ": number of "), page={"limit": 0})
        for each in found
        if each.name.split(": ")[1] in ("open", "assigned to me", "unassigned", "due")
    ]
    return found


def _instances() -> list[Search]:
    """As frontend/src/operations/instances/filters.ts asks."""
    now = datetime.now(UTC)
    long_ago = {"$gte": (now - timedelta(days=20)).isoformat(), "$lt": (now - timedelta(days=19)).isoformat()}
    process = {"processDefinitionId": "process-7"}
    filters: dict[str, dict[str, Any]] = {
        "all": {},
        "running": {"state": "ACTIVE", "hasIncident": False},
        "with incidents": {"hasIncident": True},
        "suspended": {"state": "SUSPENDED"},
        "completed": {"state": "COMPLETED"},
        "cancelled": {"state": "TERMINATED"},
        "of one process": process,
        "of one process, running": process | {"state": "ACTIVE", "hasIncident": False},
        "of one process, cancelled": process | {"state": "TERMINATED"},
        "of one process, suspended": process | {"state": "SUSPENDED"},
        "of one version": process | {"processDefinitionVersion": 1},
        "of one version that has none": process | {"processDefinitionVersion": 2},
        "part of a business id": {"businessId": {"$like": "*4711*"}},
        "part that many business ids have": {"businessId": {"$like": "*order*"}},
        "part that no business id has": {"businessId": {"$like": "*zebra*"}},
        "two letters that many business ids begin with": {"businessId": {"$like": "or*"}},
        "two letters that no business id begins with": {"businessId": {"$like": "zq*"}},
        "waiting at an element": {"elementId": "check"},
        "waiting at an element of one process": process | {"elementId": "check"},
        "waiting at an element that few reach": {"elementId": "appeal"},
        "waiting at no element": {"elementId": "nowhere"},
        "by an error": {"errorMessage": {"$like": "*refused*"}},
        "by an error that none has": {"errorMessage": {"$like": "*zebra*"}},
        "with a variable": {"variables": [{"name": "order", "value": {"$exists": True}}]},
        "by a variable": {"variables": [{"name": "order", "value": '"4711"'}]},
        "by a variable that none has": {"variables": [{"name": "nothing", "value": '"4711"'}]},
        "started on one day": {"startDate": long_ago},
        "started on one day, cancelled": {"startDate": long_ago, "state": "TERMINATED"},
        "started on one day, of one process": process | {"startDate": long_ago},
        "started since yesterday, by an error": {
            "startDate": {"$gte": (now - timedelta(days=1)).isoformat()},
            "errorMessage": {"$like": "*refused*"},
        },
        "of one process, running, part of a business id": process
        | {"state": "ACTIVE", "hasIncident": False, "businessId": {"$like": "*471*"}},
    }
    newest = ("startDate", "DESC")
    found = [Search(f"instances: {name}", "process-instances", asked, newest) for name, asked in filters.items()]
    found += [
        Search(f"instances: {name}, by {by}, {order.lower()}", "process-instances", filters[name], (by, order))
        for name in ("all", "completed", "of one process")
        for by in ("startDate", "endDate", "businessId", "processInstanceKey")
        for order in ("ASC", "DESC")
        if (by, order) != newest
    ]
    return found


def _incidents() -> list[Search]:
    """As frontend/src/operations/incidents asks."""
    active = {"state": "ACTIVE"}
    newest = ("creationTime", "DESC")
    filters = {
        "open": active,
        "of one process": active | {"processDefinitionId": "process-0"},
        "of one group": active
        | {"processDefinitionId": "process-0", "elementId": "check", "errorMessage": "The order was refused"},
    }
    return [Search(f"incidents: {name}", "incidents", asked, newest) for name, asked in filters.items()]


def rows(it: Installation, count: int, *, times: int) -> list[Row]:
    """`count` instances and user tasks, a three-hundredth of them with an incident."""
    from tests.acceptance.installation import free_port

    fill(count)
    searches = [*_inbox(), *_instances(), *_incidents()]
    if count < MANY:
        searches = searches[::8]
    tokens = _tokens({each.by for each in searches})
    groups: dict[str, list[_Measured]] = {}
    plans = []
    with it.web(free_port()) as address:
        server = http.client.HTTPConnection(address.removeprefix("http://"), timeout=60)
        for search in (each for first in searches for each in _with_a_later_page(first)):
            spent, queries = _over_http(server, tokens[search.by], search, times=times), _explained(search)
            found = _Measured(
                search.name, measure.percentile(spent, 0.95) * 1000, *_processor_time(search, times=times)
            )
            groups.setdefault(search.name.split(": ")[0], []).append(found)
            plans.append(
                f"=== {search.by}, {found.name}: p95 {found.p95:.1f} ms over HTTP; processor time {found.python:.1f} ms in"
                f" Python, {found.database:.1f} ms in PostgreSQL for {len(queries)} statements\n{json.dumps(search.body)}\n"
                + "\n".join(text for _, text in queries)
            )
        server.close()
    if count >= MANY:
        PLANS.write_text("\n\n".join(plans) + "\n")
    return [_row(name, measured, count) for name, measured in groups.items()]


@dataclass(frozen=True, slots=True)
class _Measured:
    """Milliseconds: over HTTP, and of the processor."""

    name: str
    p95: float
    python: float
    database: float

    @property
    def processor(self) -> float:
        return self.python + self.database


def _row(group: str, measured: list[_Measured], count: int) -> Row:
    slowest = max(measured, key=lambda each: each.p95)
    costly = [each for each in sorted(measured, key=lambda each: -each.processor) if each.processor >= 50]
    beside = [
        f"p95 under 50 ms in {sum(each.p95 < 50 for each in measured)} of {len(measured)} searches, median of the p95"
        f" {measure.percentile([each.p95 for each in measured], 0.5):.0f} ms; processor time under 50 ms in"
        f" {len(measured) - len(costly)}, median {measure.percentile([each.processor for each in measured], 0.5):.0f} ms",
        *(f"{each.name.split(': ')[1]}: {each.processor:.0f} ms of the processor" for each in costly),
    ]
    what = f"(h) {group}, {count:,} rows: slowest p95"
    return Row(what, slowest.p95, "ms", "; ".join(beside), "50 ms", slowest.p95 < 50)


def _with_a_later_page(search: Search) -> Iterator[Search]:
    """And the page after LATER rows, by its cursor, where there is one."""
    yield search
    if search.page != {"limit": 0} and (
        cursor := _find(replace(search, page={"from": LATER - 1, "limit": 1})).end_cursor
    ):
        yield replace(search, name=f"{search.name}, after {LATER:,} rows", page={"limit": PAGE, "after": cursor})


def _find(search: Search) -> Any:
    import msgspec

    from engine.actors import Actor
    from engine.queries import user_tasks
    from engine.queries.instances import incidents, process_instances
    from engine.queries.search import SearchRequest

    find: Any = {"user-tasks": user_tasks, "process-instances": process_instances, "incidents": incidents}
    group = frozenset({"group-7"} if search.by == CLERK else ())
    by = Actor(search.by, groups=group, is_admin=search.by == OPERATOR)
    return find[search.things].find(msgspec.convert(search.body, SearchRequest), by=by).page


def _tokens(names: set[str]) -> dict[str, str]:
    from django.contrib.auth import get_user_model
    from django.contrib.auth.models import Group

    from webapp.accounts import tokens

    found = {}
    for name in names:
        user, _ = get_user_model().objects.get_or_create(username=name, is_superuser=name == OPERATOR)
        if name == CLERK:
            user.groups.add(Group.objects.get_or_create(name="group-7")[0])
        found[name] = tokens.issue(user, "bench")
    return found


def _over_http(server: http.client.HTTPConnection, token: str, search: Search, *, times: int) -> list[float]:
    """Seconds of each request, over one connection, as a browser keeps it."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    content, spent = json.dumps(search.body), []
    for _ in range(times + 1):  # the first one fills the caches
        began = time.perf_counter()
        server.request("POST", f"/v2/{search.things}/search", content, headers)
        answer = server.getresponse()
        found = answer.read()
        spent.append(time.perf_counter() - began)
        if answer.status != 200:
            raise RuntimeError(f"Expected an answer to '{search.name}', found {answer.status}: {found[:500]!r}")
    return spent[1:]


def _processor_time(search: Search, *, times: int) -> tuple[float, float]:
    """Milliseconds of this process and of its connection's server process for one search: what else runs on the machine adds little."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        server = Path(f"/proc/{cursor.fetchone()[0]}/stat")
        _find(search)
        began, before = time.process_time(), _seconds_of(server)
        for _ in range(times):
            _find(search)
        return (time.process_time() - began) / times * 1000, (_seconds_of(server) - before) / times * 1000


def _seconds_of(process: Path) -> float:
    """Of the processor, up to now."""
    user, system = process.read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def _explained(search: Search) -> list[tuple[float, str]]:
    """Milliseconds and plan of each statement: the best of three, for what else runs on the machine only adds."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        _find(search)
    statements = [query["sql"] for query in captured.captured_queries if query["sql"].startswith(("SELECT", "WITH"))]
    return [min((_explain(statement) for _ in range(3)), key=lambda found: found[0]) for statement in statements]


def _explain(statement: str) -> tuple[float, str]:
    from django.db import connection

    with connection.cursor() as cursor:
        explain = "EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, COSTS OFF, SUMMARY ON) "
        cursor.execute(explain + statement.replace("%", "%%"), [])
        plan = "\n".join(row[0] for row in cursor.fetchall())
    spent = sum(float(text) for text in re.findall(r"(?:Planning|Execution) Time: ([\d.]+) ms", plan))
    return spent, _short(plan)


def _short(plan: str) -> str:
    """Without what is the same everywhere, what was not executed, and long lists of keys and names."""
    lines = [
        line
        for line in plan.splitlines()
        if not re.match(r" +(Buffers|Index Searches|Storage|Batches|Buckets|Heap Fetches|Cache)", line)
    ]
    text = "\n".join(line for line in _executed(lines) if line != "Planning:")
    return re.sub(r"'\{([^{}']{12})[^{}']{60,}\}'", r"'{\1...}'", text)


def _executed(lines: Iterable[str]) -> Iterator[str]:
    below = None
    for line in lines:
        depth = len(line) - len(line.lstrip())
        if below is not None and depth > below:
            continue
        below = depth if line.endswith("(never executed)") else None
        if below is None:
            yield line


@contextmanager
def _patient() -> Iterator[Any]:
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        yield cursor


def fill(count: int) -> None:
    """Instances of twenty processes, two thirds of them ended, each with a user task and a variable, by plain SQL.

    A user task goes to the group of its process, and its name begins with the process: who may see a twentieth of them finds
    these side by side in the order of names, and scattered in all others. The rest is as good as random.
    """
    from django.db import connection

    first = 1 << 50
    with _patient() as cursor:
        cursor.execute("SELECT key FROM engine_processdefinition ORDER BY key LIMIT 1")
        definition = cursor.fetchone()[0]
        cursor.execute(
            "INSERT INTO engine_processinstance (key, definition_id, process_id, version, business_id, status, root_key, depth,"
            " started_at, started_by, ended_at, tags, correlation_key, suspended_at)"
            " SELECT %s + n * 16777216, %s, 'process-' || n %% 20, 1, 'order-' || n,"
            " CASE WHEN abs(hashint8(n)::bigint) %% 3 = 0 THEN 'ACTIVE' WHEN abs(hashint8(n + 1)::bigint) %% 30 = 0 THEN 'TERMINATED'"
            " ELSE 'COMPLETED' END, %s + n * 16777216, 0,"
            " now() - (%s - n) * interval '2 seconds', 'bench',"
            " CASE WHEN abs(hashint8(n)::bigint) %% 3 = 0 THEN NULL"
            " ELSE now() - (%s - n - abs(hashint8(n)::bigint) %% 9000) * interval '2 seconds' END,"
            " '{}', '', CASE WHEN abs(hashint8(n)::bigint) %% 3 = 0 AND n %% 1000 = 0 THEN now() END FROM generate_series(1::bigint, %s) n",
            [first, definition, first, count, count, count],
        )
        cursor.execute(
            "INSERT INTO engine_usertask (key, instance_key, definition_key, process_id, process_name, version, element_id,"
            " element_instance_key, name, status, assignee, candidate_users, candidate_groups, due_date, priority,"
            " external_form_reference, headers, created_at, completed_at, completed_by, revision)"
            " SELECT %s + n * 16777216 + 3, %s + n * 16777216, %s, 'process-' || n %% 20, 'Process ' || n %% 20, 1, 'check',"
            " %s + n * 16777216 + 2, 'Process ' || n %% 20 || ', part ' || abs(hashint8(n + 2)::bigint) %% 15,"
            " CASE WHEN abs(hashint8(n)::bigint) %% 3 = 0 THEN 'CREATED' ELSE 'COMPLETED' END,"
            " CASE WHEN n %% 7 = 0 THEN 'clerk-' || n %% 200 ELSE '' END, '{}', ARRAY['group-' || n %% 20],"
            " CASE WHEN abs(hashint8(n + 3)::bigint) %% 4 = 0 THEN now() - (%s - 2 * n) * interval '1 minute' END,"
            " abs(hashint8(n + 4)::bigint) %% 100, '', '{}', now() - (%s - n) * interval '2 seconds',"
            " CASE WHEN abs(hashint8(n)::bigint) %% 3 = 0 THEN NULL"
            " ELSE now() - (%s - n - abs(hashint8(n)::bigint) %% 9000) * interval '2 seconds' END,"
            " CASE WHEN abs(hashint8(n)::bigint) %% 3 = 0 THEN '' ELSE 'clerk-' || n %% 200 END, 0 FROM generate_series(1::bigint, %s) n",
            [first, first, definition, first, count, count, count, count],
        )
        cursor.execute(
            "INSERT INTO engine_variable (scope_key, instance_key, definition_key, process_id, name, value, text, updated_at)"
            " SELECT %s + n * 16777216, %s + n * 16777216, %s, 'process-' || n %% 20, 'order', to_json(n::text),"
            " to_json(n::text)::text, now() FROM generate_series(1::bigint, %s) n",
            [first, first, definition, count],
        )
        cursor.execute(
            "INSERT INTO engine_elementinstance (key, instance_key, definition_key, process_id, element_id, element_name, type,"
            " status, started_at) SELECT %s + n * 16777216 + 2, %s + n * 16777216, %s, 'process-' || n %% 20,"
            " CASE WHEN n %% 9999 = 0 THEN 'appeal' ELSE 'check' END, 'Check', 'USER_TASK',"
            " CASE WHEN abs(hashint8(n)::bigint) %% 3 = 0 THEN 'ACTIVE' ELSE 'COMPLETED' END, now() FROM generate_series(1::bigint, %s) n",
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
