"""A program that runs one command of the engine in a child of its own for each line of its input, with a fault at a failpoint.

A line is JSON: `command`, `arguments`, `place` as NAME@HIT, `action`. The answer is JSON as well: the child's exit `status`, negative
for a signal; the failpoints that it `passed`, in order; and whether an answer of the database was `lost`.

| action | what happens at the place |
| --- | --- |
| note | nothing |
| kill | the process ends itself with SIGKILL |
| hold:PATH | it waits until there is a file PATH |
| lose | the command's answer is lost: an OperationalError is raised |
| lose-commit | the next commit is done by the database, but the connection breaks before its answer has come |
"""

from __future__ import annotations

import gc
import json
import os
import re
import sys
import traceback
from collections import Counter
from collections.abc import Callable
from typing import Any

import django

_CHANGES = re.compile(r"\bINSERT INTO\b|\bDELETE FROM\b|(?<!FOR )\bUPDATE\b(?! OF)")
Told = Callable[[str], None]


def main() -> None:
    django.setup()
    from tests.acceptance.places import commands

    commands.register_handlers()
    _import_what_comes_later()
    for line in sys.stdin:
        case: dict[str, Any] = json.loads(line)
        reader, writer = os.pipe()
        child = os.fork()  # no connection is open yet
        if child == 0:
            os.close(reader)
            _run(case, writer)
        os.close(writer)
        with os.fdopen(reader) as told:
            lines = told.read().split()
        _, status = os.waitpid(child, 0)
        answer = {
            "status": os.waitstatus_to_exitcode(status),
            "passed": [each for each in lines if each != "LOST"],
            "lost": "LOST" in lines,
        }
        print(json.dumps(answer), flush=True)


def _import_what_comes_later() -> None:
    """Here once, instead of in every child."""
    import kombu.transport.redis
    import psycopg_pool

    from engine import handlers
    from engine.bpmn.parse import parse
    from tests.engine.worlds import REVIEW
    from webapp.celery import app

    assert kombu.transport.redis
    assert psycopg_pool
    assert app.backend
    handlers.by_type()
    parse(REVIEW)
    gc.freeze()


def _run(case: dict[str, Any], writer: int) -> None:
    from engine import failpoints
    from tests.acceptance.places.commands import COMMANDS

    def tell(text: str) -> None:
        os.write(writer, f"{text}\n".encode())

    status = 1
    try:
        failpoints.observe(tell)
        name, _, hit = case["place"].partition("@")
        if case["action"] == "lose-commit":
            failpoints.observe(_at(name, int(hit or 1), lambda: _lose_next_commit(tell)))
        elif case["action"] != "note":
            failpoints.arm(f"{name}={case['action']}@{hit or 1}")
        COMMANDS[case["command"]](**case["arguments"])
        status = 0
    except BaseException:
        traceback.print_exc()
        raise
    finally:
        os._exit(status)


def _at(name: str, hit: int, act: Callable[[], None]) -> Told:
    hits: Counter[str] = Counter()

    def come_to(passed: str) -> None:
        hits[passed] += 1
        if passed == name and hits[name] == hit:
            act()

    return come_to


def _lose_next_commit(tell: Told) -> None:
    """Of a transaction, or of a statement that is one by itself."""
    from django.db import OperationalError, connection

    wrapped: Any = connection
    commit = wrapped._commit

    def lost() -> None:
        wrapped._commit = commit
        wrapped.execute_wrappers.remove(executed)
        tell("LOST")
        wrapped.connection.close()
        raise OperationalError("The connection broke before the answer had come.")

    def committed() -> None:
        commit()
        lost()

    def executed(execute: Any, statement: Any, *rest: Any) -> Any:
        result = execute(statement, *rest)
        if not wrapped.in_atomic_block and _CHANGES.search(str(statement)):
            lost()
        return result

    wrapped._commit = committed
    wrapped.execute_wrappers.append(executed)


if __name__ == "__main__":
    main()
