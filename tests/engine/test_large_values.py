"""Large variables lie out of line: once an instance, whatever refers to them, and no step writes them again."""

from __future__ import annotations

import random
import string
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from engine import instances, jobs
from engine.errors import EngineError
from engine.journal.projection import Projector
from engine.models import InstanceState, Job, JournalEntry, LargeValue, ProcessInstance, Variable
from engine.postgres import large_values
from engine.retention import deletion
from engine.runtime.state import State
from tests.engine.worlds import ADMIN, END, START, WORKER, assert_all_sound, deploy, diagram, service

pytestmark = pytest.mark.django_db(transaction=True)

STEPS = 5
CHAIN = diagram(
    "chain",
    START,
    *(service(f"t{number}", "work") for number in range(STEPS)),
    END,
    flows=" ".join(["start>t0", *(f"t{number}>t{number + 1}" for number in range(STEPS - 1)), f"t{STEPS - 1}>end"]),
)


def incompressible(size: int) -> str:
    return "".join(random.Random(size).choices(string.ascii_letters + string.digits, k=size))  # noqa: S311


def raw(table: str, column: str, key: int) -> list[str]:
    """The documents as they are stored."""
    assert (table, column) in {
        ("engine_instancestate", "data"),
        ("engine_journalentry", "inputs"),
        ("engine_journalentry", "facts"),
        ("engine_variable", "value"),
    }
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column}::text FROM {table} WHERE instance_key = %s", [key])  # noqa: S608
        return [row[0] for row in cursor.fetchall()]


def start(variables: dict[str, Any]) -> int:
    deploy(CHAIN)
    return instances.start("chain", variables=variables, by=ADMIN).key


def variables_of(key: int) -> dict[str, Any]:
    """Of the running instance's outermost scope, as they are read from its state."""
    data = InstanceState.objects.get(instance_id=key).data
    assert data is not None
    variables = State.from_json(data).elements[key].variables
    assert variables is not None
    return variables


def complete_next(key: int, variables: dict[str, Any]) -> None:
    jobs.complete(Job.objects.get(instance_id=key).key, variables, by=WORKER)


def written() -> int:
    """Where the write-ahead log ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint")
        return int(cursor.fetchone()[0])


def test_a_large_value_is_stored_once_and_referred_to_by_all() -> None:
    document = {"text": incompressible(100_000), "amount": Decimal("0.10"), "list": [{"a": None}, "ü\u0001"]}
    key = start({"document": document, "small": 1})
    Projector().run()
    assert LargeValue.objects.filter(instance_key=key).count() == 1
    for table, column in (
        ("engine_instancestate", "data"),
        ("engine_journalentry", "inputs"),
        ("engine_journalentry", "facts"),
        ("engine_variable", "value"),
    ):
        assert max(map(len, raw(table, column, key))) < 5_000, table

    variables = variables_of(key)
    assert variables == {"document": document, "small": 1}
    assert str(variables["document"]["amount"]) == "0.10"
    assert Variable.objects.get(instance_key=key, name="document").value == document
    for _ in range(STEPS):
        complete_next(key, {})
    assert ProcessInstance.objects.get(key=key).result == {"document": document, "small": 1}
    assert_all_sound()


def test_a_step_does_not_write_what_is_out_of_line_again() -> None:
    size = 500_000
    costs = {}
    for name, variables in (("large", {"document": incompressible(size)}), ("small", {"document": "x"})):
        key = start(variables)
        complete_next(key, {})
        before = written()
        for _ in range(3):
            complete_next(key, {})
        costs[name] = written() - before
    assert costs["large"] < costs["small"] + size / 10


def test_a_changed_value_is_a_new_one_and_the_old_one_stays_for_the_journal() -> None:
    first, second = incompressible(50_000), incompressible(60_000)
    key = start({"document": first})
    complete_next(key, {"document": second})
    complete_next(key, {"document": first})
    assert LargeValue.objects.filter(instance_key=key).count() == 2
    assert_all_sound()


def test_what_a_reader_does_with_a_value_changes_no_other_reader_s() -> None:
    key = start({"document": [incompressible(50_000)]})
    for _ in range(2):
        variables = variables_of(key)
        assert len(variables["document"]) == 1
        variables["document"].append("changed")


def test_each_instance_has_its_own_and_loses_it_with_its_rows() -> None:
    document = incompressible(50_000)
    one, other = start({"document": document}), start({"document": document})
    instances.cancel(one, by=ADMIN)
    deletion.delete(one, by=ADMIN)
    assert set(LargeValue.objects.values_list("instance_key", flat=True)) == {other}
    complete_next(other, {})
    assert_all_sound()


@pytest.mark.parametrize("text", ['{"\\u0000":"ab"}', '\\u0000":"', "{\\"])
def test_a_text_that_looks_like_a_reference_is_a_text(text: str) -> None:
    key = start({"text": text, "key": {text: text}, "document": incompressible(20_000)})
    variables = variables_of(key)
    assert (variables["text"], variables["key"]) == (text, {text: text})


def test_values_at_the_limit_are_out_of_line_and_those_below_are_not() -> None:
    key = start({"below": "x" * (large_values.LARGE - 1), "at": "y" * large_values.LARGE})
    assert [row.value[1] for row in LargeValue.objects.filter(instance_key=key)] == ["y"]


def test_a_value_that_is_lost_is_named() -> None:
    key = start({"document": incompressible(30_001)})
    LargeValue.objects.filter(instance_key=key).delete()
    with pytest.raises(EngineError, match=r"Expected the large value [0-9a-f]{64} in the database"):
        list(JournalEntry.objects.filter(instance_key=key))
