"""What a handler's annotations say of its variables holds, both ways; what cannot hold is refused when it is declared."""

from __future__ import annotations

import asyncio
import enum
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple, TypedDict

import msgspec
import pytest

from engine import exact_json, handlers, instances
from engine.handlers import BpmnError, Handler, JobContext, MissingVariableError, declaring, handler, registry
from engine.jobs import running
from engine.models import Job, JobAttempt, ProcessInstance
from engine.testing import Engine
from tests.engine.worlds import ALICE, WORK, deploy

if TYPE_CHECKING:
    from fractions import Fraction

pydantic = pytest.importorskip("pydantic")
JOB = JobContext(key=7, type="t", attempt=1, instance_key=1, process_id="p", element_id="check", headers={})


class Color(enum.Enum):
    RED = "red"


class Level(enum.IntEnum):
    HIGH = 3


@dataclass
class Line:
    price: Decimal
    count: int = 1
    due: date | None = None


@dataclass
class Order:
    id: uuid.UUID
    lines: list[Line] = field(default_factory=list)
    parent: Order | None = None


class Point(NamedTuple):
    x: int
    y: int


class Address(TypedDict):
    city: str
    since: date


class Customer(msgspec.Struct, rename="camel"):
    full_name: str
    credit_limit: Decimal


class Model(pydantic.BaseModel):  # type: ignore[name-defined]
    first_name: str = pydantic.Field(alias="firstName")
    born: date
    count: int


class Unknown:
    """Nobody knows how JSON becomes this."""


class Duck:
    """It has the two methods by which models of pydantic are known."""

    def __init__(self, value: Any) -> None:
        self.value = value

    @classmethod
    def model_validate(cls, value: Any) -> Duck:
        return cls(value)

    def model_dump(self, *, by_alias: bool) -> dict[str, Any]:
        return {"duck": self.value, "by_alias": by_alias}


ID = uuid.UUID("75f1b1b9-0824-4415-b5e8-2aab6790e90f")
MODEL = Model(firstName="Ada", born=date(1815, 12, 10), count=3)
SHOWN: list[tuple[Any, Any, Any]] = [  # annotation, JSON, value
    (date | None, "2026-03-01", date(2026, 3, 1)),
    (date | None, None, None),
    (datetime, "2026-03-01T10:00:00Z", datetime(2026, 3, 1, 10, tzinfo=UTC)),
    (timedelta, "P10D", timedelta(days=10)),
    (list[Decimal], [1, Decimal("2.50")], [Decimal(1), Decimal("2.50")]),
    (dict[str, date], {"a": "2026-03-01"}, {"a": date(2026, 3, 1)}),
    (dict[int, str], {"1": "x"}, {1: "x"}),
    (Line, {"price": Decimal("2.50"), "count": 2, "due": None}, Line(Decimal("2.50"), 2)),
    (
        Order,
        {"id": str(ID), "lines": [{"price": Decimal("1.5"), "count": 1, "due": "2026-03-01"}], "parent": None},
        Order(ID, [Line(Decimal("1.5"), due=date(2026, 3, 1))]),
    ),
    (Color, "red", Color.RED),
    (Level, 3, Level.HIGH),
    (Literal["a", "b"], "a", "a"),
    (Point, [1, 2], Point(1, 2)),
    (Address, {"city": "Bern", "since": "2020-01-01"}, {"city": "Bern", "since": date(2020, 1, 1)}),
    (Customer, {"fullName": "Ada", "creditLimit": Decimal("9.90")}, Customer("Ada", Decimal("9.90"))),
    (list[Customer] | None, [{"fullName": "Ada", "creditLimit": 1}], [Customer("Ada", Decimal(1))]),
    (set[int], [1], {1}),
    (tuple[int, ...], [1, 2], (1, 2)),
    (bytes, "YQ==", b"a"),
    (uuid.UUID, str(ID), ID),
    (Annotated[int, msgspec.Meta(ge=1)], 5, 5),
    (Mapping[str, int], {"a": 1}, {"a": 1}),
    (dict[str, object], {"a": [1, "x"]}, {"a": [1, "x"]}),
    (Model, {"firstName": "Ada", "born": "1815-12-10", "count": 3}, MODEL),
    (list[Model], [{"firstName": "Ada", "born": "1815-12-10", "count": 3}], [MODEL]),
    (Model | None, {"firstName": "Ada", "born": "1815-12-10", "count": 3}, MODEL),
    (Any, {"a": Decimal("1.0")}, {"a": Decimal("1.0")}),
]
IDS = [str(number) for number, _ in enumerate(SHOWN)]


@pytest.fixture(autouse=True)
def _registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(declaring, "declared", {})
    monkeypatch.setattr(registry, "by_type", lambda: declaring.declared)


def taking(annotation: Any, returned: Callable[[Any], Any] = lambda value: {"value": value}) -> Handler:
    def work(value: Any) -> Any:
        return returned(value)

    work.__annotations__["value"] = annotation
    handler("test-work")(work)
    return declaring.declared["test-work"]


@pytest.mark.parametrize(("annotation", "given", "value"), SHOWN, ids=IDS)
def test_a_value_comes_as_its_annotation_says_and_becomes_the_same_json_again(
    annotation: Any, given: Any, value: Any
) -> None:
    found = taking(annotation)
    [converted] = handlers.call(found, {"value": given}, JOB).values()
    assert (converted, type(converted)) == (value, type(value))
    back = handlers.result_of("test-work", {"value": converted})
    assert exact_json.checked_variables(back) == {"value": given}


def test_whole_decimals_out_of_feel_fit_integers_wherever_they_stand() -> None:
    lines = handlers.call(taking(list[Line]), {"value": [{"price": Decimal("1.5"), "count": Decimal("3.0")}]}, JOB)
    assert lines == {"value": [Line(Decimal("1.5"), 3)]}
    with pytest.raises(MissingVariableError, match=r"list\[int\] in the variable 'value'.*Expected `int`"):
        handlers.call(taking(list[int]), {"value": [Decimal("3.5")]}, JOB)


def test_a_value_of_another_type_names_variable_type_and_place() -> None:
    with pytest.raises(MissingVariableError, match=r"type list\[Line\] in the variable 'value'.*\$\[0\]\.price"):
        handlers.call(taking(list[Line]), {"value": [{"price": "much"}]}, JOB)
    with pytest.raises(MissingVariableError, match="type Model in the variable 'value'"):
        handlers.call(taking(Model), {"value": {"firstName": "Ada"}}, JOB)


def test_null_gives_the_default_where_the_annotation_knows_no_null() -> None:
    @handler("test-work")
    def work(count: int = 7, name: str | None = "x", free=9) -> dict[str, Any]:  # type: ignore[no-untyped-def]
        return {"count": count, "name": name, "free": free}

    found = declaring.declared["test-work"]
    nothing = {"count": None, "name": None, "free": None}
    assert handlers.call(found, nothing, JOB) == {"count": 7, "name": None, "free": 9}


def test_a_parameter_may_have_the_job_or_none() -> None:
    @handler("test-work")
    def work(job: JobContext | None = None) -> dict[str, Any]:
        return {"key": job.key if job else None}

    assert handlers.call(declaring.declared["test-work"], {}, JOB) == {"key": 7}


@pytest.mark.parametrize(
    ("annotation", "named"),
    [
        (Unknown, "Unknown"),
        (list[Unknown], r"list\[Unknown\]"),
        (dict[str, Unknown | None], r"dict\[str, Unknown | None\]"),
        (Line | Customer, "Line | Customer"),
        (str | date, r"str \| date"),
        (complex, "complex"),
        (Callable[[], None], "Callable"),
        (list[JobContext], r"list\[JobContext\]"),
    ],
)
def test_a_type_to_which_nothing_can_be_converted_is_refused_naming_parameter_and_type(
    annotation: Any, named: str
) -> None:
    with pytest.raises(ValueError, match=rf"parameter 'value' of handler .*work.* found .*{named}"):
        taking(annotation)
    assert declaring.declared == {}


def test_an_annotation_that_is_there_for_the_type_checker_only_is_refused_with_the_reason() -> None:
    def work(share: Fraction) -> None: ...

    with pytest.raises(ValueError, match=r"'share' of handler .*work.*'Fraction' is not defined.*TYPE_CHECKING"):
        handler("test-work")(work)


def test_a_result_that_cannot_become_json_is_refused_too() -> None:
    def work() -> dict[str, Unknown]:
        return {}

    with pytest.raises(ValueError, match=r"work to return what can be written as JSON, found dict\[str, Unknown\]"):
        handler("test-work")(work)


@pytest.mark.parametrize(
    ("returned", "variables"),
    [
        (Line(Decimal("1.50"), due=date(2026, 3, 1)), {"price": Decimal("1.50"), "count": 1, "due": "2026-03-01"}),
        (Customer("Ada", Decimal(1)), {"fullName": "Ada", "creditLimit": Decimal(1)}),
        (MODEL, {"firstName": "Ada", "born": "1815-12-10", "count": 3}),
        (Duck(date(2026, 3, 1)), {"duck": "2026-03-01", "by_alias": True}),
        ({Color.RED: {Level.HIGH, 4}}, {"red": [3, 4]}),
        ({"a": [Line(Decimal(1)), (Color.RED, ID)]}, {"a": [{"price": 1, "count": 1, "due": None}, ["red", str(ID)]]}),
        (None, None),
    ],
)
def test_a_result_becomes_variables(returned: Any, variables: Any) -> None:
    assert handlers.result_of("t", returned) == variables


@pytest.mark.parametrize("returned", [7, [1], Point(1, 2), "text", Unknown(), date(2026, 1, 1)])
def test_a_result_that_is_no_object_is_refused(returned: Any) -> None:
    with pytest.raises(TypeError, match="of 't' to return an object of variables or nothing"):
        handlers.result_of("t", returned)


def test_the_variables_of_an_error_and_the_details_of_a_heartbeat_are_json() -> None:
    assert BpmnError("E", variables={"at": date(2026, 3, 1), "line": Line(Decimal(1))}).variables == {
        "at": "2026-03-01",
        "line": {"price": Decimal(1), "count": 1, "due": None},
    }
    sent: list[Any] = []
    JobContext(1, "t", 1, 1, "p", "e", {}, send_heartbeat=sent.append).heartbeat({"color": Color.RED})
    assert sent == [{"color": "red"}]


def test_types_are_named_as_people_write_them() -> None:
    def work(a: list[Decimal], b: date | None, c: Line, d: Any) -> None: ...

    handler("test-work")(work)
    names = [each.type_name for each in declaring.declared["test-work"].parameters]
    assert names == ["list[Decimal]", "date | None", "Line", "any"]


# --- run by a worker, and by the kit -----------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_worker_runs_an_async_handler_with_typed_variables_both_ways() -> None:
    said: list[Any] = []

    @handler("test-work", backoff=0)
    async def work(line: Line, job: JobContext) -> Line:
        await asyncio.sleep(0)
        said.append(job.details)
        if job.attempt == 1:
            job.heartbeat({"at": line.due})
            raise RuntimeError("once more")
        return Line(line.price * 2, due=line.due and line.due + timedelta(days=1))

    deploy(WORK)
    line = {"price": Decimal("1.50"), "due": "2026-03-01"}
    instances.start("work", variables={"line": line}, by=ALICE)
    running.run("stepwell")
    row = ProcessInstance.objects.get()
    assert row.status == "COMPLETED"
    assert said == [None, {"at": "2026-03-01"}]
    assert row.result == {"line": line, "price": Decimal("3.00"), "count": 1, "due": "2026-03-02"}


@pytest.mark.django_db
def test_an_async_handler_that_takes_too_long_is_ended() -> None:
    ended: list[str] = []

    @handler("test-work", timeout=0.2)
    async def work() -> None:
        try:
            await asyncio.sleep(20)
        finally:
            ended.append("tidied up")

    deploy(WORK)
    instances.start("work", by=ALICE)
    Job.objects.update(retries=1)
    begun = time.monotonic()
    running.run("stepwell")
    assert time.monotonic() - begun < 10
    assert ended == ["tidied up"]
    assert "HandlerTimeoutError" in JobAttempt.objects.get().message


def test_an_async_handler_is_not_transactional() -> None:
    async def work() -> None: ...

    with pytest.raises(ValueError, match=r"plain function as the transactional handler of 'test-work'"):
        handler("test-work", transactional=True)(work)


@pytest.fixture
def kit() -> Engine:
    engine = Engine()
    engine.deploy(WORK)
    return engine


def test_the_testing_kit_converts_as_a_worker_does(kit: Engine) -> None:
    @handler("test-work")
    async def work(line: Line) -> Line:
        return Line(line.price * 2)

    kit.on_job("test-work", declaring.declared["test-work"])
    instance = kit.start("work", {"line": {"price": Decimal("1.50")}})
    assert (instance.variables["price"], instance.variables["count"]) == (Decimal("3.00"), 1)


def test_the_testing_kit_writes_what_a_plain_function_returns_as_json(kit: Engine) -> None:
    kit.on_job("test-work", lambda _: {"due": date(2026, 3, 1), "color": Color.RED})
    instance = kit.start("work")
    assert (instance.variables["due"], instance.variables["color"]) == ("2026-03-01", "red")


def test_an_async_test_may_use_the_kit(kit: Engine) -> None:
    @handler("test-work")
    async def work() -> dict[str, Any]:
        return {"done": True}

    async def test() -> bool:
        kit.on_job("test-work", declaring.declared["test-work"])
        return bool(kit.start("work").variables["done"])

    assert asyncio.run(test())
