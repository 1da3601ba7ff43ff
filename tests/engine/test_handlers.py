"""A handler's parameters are the variables that it wants."""

import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from engine import handlers
from engine.bpmn.job_headers import seconds
from engine.handlers import BpmnError, JobContext, MissingVariableError, declaring, handler, registry
from engine.handlers.backoff import Backoff

PROJECT = Path(__file__).resolve().parents[2]
JOB = JobContext(
    key=7, type="t", attempt=1, instance_key=1, process_id="p", element_id="check", headers={}, details=None
)


@pytest.fixture(autouse=True)
def _registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(declaring, "declared", {})


def found(job_type: str) -> handlers.Handler:
    return declaring.declared[job_type]


def test_a_handler_gets_the_variables_that_its_parameters_name_and_its_job() -> None:
    @handler("greet")
    def greet(name: str, job: JobContext, greeting: str = "Hello") -> dict[str, Any]:
        return {"text": f"{greeting} {name}", "key": job.idempotency_key}

    assert handlers.call(found("greet"), {"name": "alice", "other": 1}, JOB) == {"text": "Hello alice", "key": "7"}
    assert found("greet").fetch == ["name", "greeting"]


def test_a_missing_variable_names_itself_the_element_and_the_way_out() -> None:
    @handler("greet")
    def greet(name: str) -> None: ...

    with pytest.raises(MissingVariableError, match=r"variable 'name' for the job type 'greet' at 'check'.*map it"):
        handlers.call(found("greet"), {}, JOB)


@pytest.mark.parametrize(("given", "expected"), [(5, Decimal(5)), (Decimal("1.50"), Decimal("1.50"))])
def test_a_number_comes_as_the_annotated_type(given: Any, expected: Decimal) -> None:
    @handler("pay")
    def pay(total: Decimal) -> dict[str, Any]:
        return {"total": total, "type": type(total)}

    assert handlers.call(found("pay"), {"total": given}, JOB) == {"total": expected, "type": Decimal}


def test_a_whole_number_out_of_feel_fits_an_integer_and_a_fraction_does_not() -> None:
    @handler("count")
    def count(parcels: int) -> int:
        return parcels

    assert handlers.call(found("count"), {"parcels": Decimal("3.0")}, JOB) == 3
    with pytest.raises(MissingVariableError, match="'parcels'"):
        handlers.call(found("count"), {"parcels": Decimal("3.5")}, JOB)


def test_a_handler_with_keyword_variables_gets_all() -> None:
    @handler("echo")
    def echo(**variables: Any) -> dict[str, Any]:
        return variables

    assert found("echo").fetch is None
    assert handlers.call(found("echo"), {"a": 1, "b": 2}, JOB) == {"a": 1, "b": 2}


def test_two_functions_for_one_job_type_are_refused() -> None:
    @handler("twice")
    def first() -> None: ...

    with pytest.raises(ValueError, match="one handler for the job type 'twice'"):

        @handler("twice")
        def second() -> None: ...


def test_packages_are_found_and_a_broken_one_costs_only_itself(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for name, text in {
        "good": "from engine.handlers import handler\n@handler('good-one', title='Good')\ndef good(x: str): 'Does good.'\n",
        "broken": "import there_is_no_such_module\n",
    }.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "handlers.py").write_text(text)
    settings.PROCESSES_DIR = tmp_path
    registry._discovered.clear()
    try:
        known = handlers.by_type()
    finally:
        registry._discovered.clear()
    assert known["good-one"].description == "Does good."
    assert [parameter.type_name for parameter in known["good-one"].parameters] == ["str"]
    assert "The process package 'broken' cannot be imported: ModuleNotFoundError" in caplog.text


def test_an_error_carries_its_code_message_and_variables() -> None:
    error = BpmnError("DECLINED", "no cover", {"reason": "x"})
    assert (error.code, error.message, error.variables) == ("DECLINED", "no cover", {"reason": "x"})


def test_waits_grow_by_the_coefficient_up_to_the_cap() -> None:
    backoff = Backoff(first=1, coefficient=3, cap=20, jitter=0)
    assert [backoff.wait(failures) for failures in (1, 2, 3, 4, 1000)] == [1, 3, 9, 20, 20]


def test_jitter_shortens_a_wait_by_its_share_at_most() -> None:
    waits = {Backoff(first=10, coefficient=1, cap=10, jitter=0.5).wait(1) for _ in range(50)}
    assert len(waits) > 1
    assert all(5 <= wait <= 10 for wait in waits)


def test_the_waits_of_the_diagram_replace_the_handlers_and_the_last_repeats() -> None:
    assert [Backoff().wait(failures, fixed=[1.0, 60.0]) for failures in (1, 2, 3)] == [1.0, 60.0, 60.0]


@pytest.mark.parametrize(
    ("text", "expected"), [("PT5S", 5), ("PT0.5S", 0.5), ("P1DT2H3M4S", 93_784), ("P2W", 1_209_600), (7, 7)]
)
def test_durations_are_iso_8601_or_seconds(text: str | float, expected: float) -> None:
    assert seconds(text) == expected


@pytest.mark.parametrize("text", ["", "P", "PT", "5S", "P1Y", "PT-5S", -1])
def test_other_texts_are_no_durations(text: str | float) -> None:
    with pytest.raises(ValueError, match="Expected"):
        seconds(text)


def test_handlers_are_declared_and_called_where_django_is_not_configured() -> None:
    program = (
        "from engine import handlers\n"
        "@handlers.handler('greet')\n"
        "def greet(name: str, job: handlers.JobContext): return {'text': f'Hello {name}'}\n"
        "from engine.handlers.declaring import declared\n"
        "job = handlers.JobContext(1, 'greet', 1, 1, 'p', 'e', {})\n"
        "print(handlers.call(declared['greet'], {'name': 'alice'}, job))\n"
        "from django.conf import settings\n"
        "assert not settings.configured\n"
    )
    environ = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=PROJECT, env=environ, capture_output=True, text=True, check=False
    )
    assert (ran.stdout, ran.returncode) == ("{'text': 'Hello alice'}\n", 0), ran.stderr
