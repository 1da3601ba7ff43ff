"""What became of a case, in a form in which two cases are equal when the same has happened in them: the journal of every instance, its
end, what is open, and what the handlers did."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

from django.db import connection
from django.db.models import Model

from engine import exact_json
from engine.models import (
    AttemptOutcome,
    BatchOperation,
    BatchOperationItem,
    Incident,
    InstanceStatus,
    Job,
    JobAttempt,
    JournalEntry,
    MessageSubscription,
    PendingInput,
    ProcessInstance,
    SignalSubscription,
    Timer,
    UserTask,
)

_TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)?")
_KEY = re.compile(r"\b\d{8,19}\b")
_LEAST_KEY = 1 << 24

_MARKS = """
SELECT (SELECT count(*) FROM engine_journalentry),
  (SELECT count(*) FROM engine_processinstance),
  (SELECT string_agg(concat(key, status, attempt, retries), ',' ORDER BY key) FROM engine_job),
  (SELECT string_agg(concat(key, status, assignee), ',' ORDER BY key) FROM engine_usertask),
  (SELECT string_agg(concat(key, status), ',' ORDER BY key) FROM engine_incident),
  (SELECT string_agg(concat(key, due_at), ',' ORDER BY key) FROM engine_timer),
  (SELECT string_agg(concat(id, incident_key), ',' ORDER BY id) FROM engine_pendinginput),
  (SELECT count(*) FROM engine_message),
  (SELECT count(*) FROM engine_messagecorrelated),
  (SELECT string_agg(concat(key, status), ',' ORDER BY key) FROM engine_batchoperation),
  (SELECT string_agg(concat(id, status), ',' ORDER BY id) FROM engine_batchoperationitem)
"""


def marks(*, journal_only: bool) -> tuple[Any, ...]:
    """What a commit changes."""
    with connection.cursor() as cursor:
        cursor.execute(_MARKS)
        row: tuple[Any, ...] = cursor.fetchone()
    return row[:1] if journal_only else row


def account(after: int, token: str, effects: Path) -> list[str]:
    """One text for each instance with a key above `after`, and one for the rest; keys are numbered by their first appearance.

    How many steps share an entry of the journal may differ: a message to a child is answered in the same transaction or in the next.
    """
    done = effects_of(after, effects)
    found = [_of_instance(each, done) for each in ProcessInstance.objects.filter(key__gt=after)]
    rest = {
        "pending": PendingInput.objects.count(),
        "batches": list(BatchOperation.objects.filter(key__gt=after).values_list("type", "status")),
        "items": sorted(BatchOperationItem.objects.filter(operation__key__gt=after).values_list("status", flat=True)),
        "transactional": _ledger(after),
    }
    return [*sorted(_canonical(each, token) for each in found), _canonical(rest, token)]


def effects_of(after: int, effects: Path) -> Counter[tuple[int, str, str]]:
    """Runs of handlers by instance, element and key."""
    if not effects.exists():
        return Counter()
    lines = (line.split() for line in effects.read_text().splitlines())
    return Counter((int(key), element, job) for key, element, job in lines if int(key) > after)


def _of_instance(instance: ProcessInstance, done: Counter[tuple[int, str, str]]) -> dict[str, Any]:
    entries = list(JournalEntry.objects.filter(instance_key=instance.key).order_by("sequence"))
    running = instance.status == InstanceStatus.ACTIVE
    return {
        "process": [instance.process_id, instance.version, instance.status, instance.suspended_at is not None],
        "facts": [fact for entry in entries for fact in entry.facts],
        "inputs": [[given[0], given[1] if len(given) > 1 else entry.by] for entry in entries for given in entry.inputs],
        "result": instance.result,
        "effects": sorted(element for key, element, _ in done if key == instance.key),
        "user tasks": _rows(UserTask, instance, "instance_id", "element_id", "status", "assignee", "completed_by"),
        "incidents": _rows(Incident, instance, "instance_key", "element_id", "type", "status"),
        "failed": JobAttempt.objects.filter(instance_key=instance.key, outcome=AttemptOutcome.FAILED).count(),
        "jobs": _rows(Job, instance, "instance_id", "element_id") if running else [],
        "waits": [
            each.objects.filter(instance_key=instance.key).count()
            for each in (Timer, MessageSubscription, SignalSubscription)
        ],
    }


def _rows(model: type[Model], instance: ProcessInstance, column: str, *names: str) -> list[Any]:
    return sorted(model._default_manager.filter(**{column: instance.key}).values_list(*names))


def _ledger(after: int) -> list[int]:
    """How often the transactional handler's write is there, by job."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM acceptance_ledger WHERE job_key > %s GROUP BY job_key", [after])
        return [count for (count,) in cursor.fetchall()]


def _canonical(value: Any, token: str) -> str:
    text = _TIME.sub("<time>", exact_json.encode_text(value).replace(token, "<token>"))
    names: dict[str, str] = {}

    def named(match: re.Match[str]) -> str:
        return names.setdefault(match[0], f"#{len(names)}") if int(match[0]) >= _LEAST_KEY else match[0]

    return _KEY.sub(named, text)
