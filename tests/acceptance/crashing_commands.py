"""A program that runs one command of the engine in a child of its own for each line of its input, with failpoints armed.

A line is JSON: `failpoints`, `command`, `arguments`, and the name of a variable that is `deadly`. The answer is a line with the
child's exit status, negative for a signal.
"""

import json
import os
import signal
import sys
import traceback
from typing import Any

import django


def main() -> None:
    django.setup()
    for line in sys.stdin:
        case: dict[str, Any] = json.loads(line)
        child = os.fork()  # no connection is open yet
        if child == 0:
            run(case)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _work() -> None:
    """The engine's own workers run it, where a command runs them."""


def _make_deadly(name: str) -> None:
    """A step that gets a variable of this name kills its process, as a bug in compiled code or a lack of memory would."""
    from engine import runtime
    from engine.transition import stepping

    real = runtime.step

    def step(model: Any, state: Any, given: list[Any], **options: Any) -> Any:
        if any(name in getattr(each, "variables", {}) for each in given):
            os.kill(os.getpid(), signal.SIGKILL)
        return real(model, state, given, **options)

    setattr(stepping, "step", step)  # noqa: B010 - mypy knows its type better


def run(case: dict[str, Any]) -> None:
    from engine import failpoints, handlers, incidents, instances, jobs, messages, timers, user_tasks
    from engine.batch_operations import working_off
    from engine.jobs import running
    from engine.upkeep import sweeper
    from tests.engine.worlds import ALICE, WORKER

    status = 1
    try:
        handlers.handler("test-work", backoff=0.1)(_work)
        failpoints.arm(case["failpoints"])
        if case.get("deadly"):
            _make_deadly(case["deadly"])
        commands: dict[str, Any] = {
            "start": lambda process_id: instances.start(process_id, by=ALICE, idempotency_key="k"),
            "complete_job": lambda key: jobs.complete(key, {"done": 1}, by=WORKER, idempotency_key="k"),
            "fail_job": lambda key: jobs.fail(key, retries=0, message="no", by=WORKER),
            "resolve": lambda key: incidents.resolve(key, by=WORKER),
            "expire_leases": jobs.expire_leases,
            "complete_user_task": lambda key: user_tasks.complete(key, {"done": 1}, by=ALICE, idempotency_key="k"),
            "publish": lambda order: messages.publish(
                "paid", correlation_key=order, ttl=60, by=WORKER, idempotency_key="k"
            ),
            "fire_timers": timers.fire_due,
            "claim": lambda: jobs.activate("test-work", worker="w", max_jobs=5, lease=60, by=WORKER),
            "run_jobs": lambda: running.run("stepwell"),
            "ring_for_jobs": sweeper.ring_for_jobs,
            "advance_forgotten": sweeper.advance_forgotten,
            "remove_orphans": sweeper.remove_orphans,
            "migrate": lambda key, target: instances.migrate(key, target=target, mapping={}, by=WORKER),
            "work_off": working_off.run,
        }
        commands[case["command"]](**case["arguments"])
        status = 0
    except BaseException:
        traceback.print_exc()
        raise
    finally:
        os._exit(status)


if __name__ == "__main__":
    main()
