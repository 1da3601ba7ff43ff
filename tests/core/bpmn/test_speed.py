"""A large file costs time in proportion to its size."""

from __future__ import annotations

import time
from itertools import pairwise

from tests.core.bpmn.diagrams import accepted, flow, process
from tests.machine import slowness


def large(count: int) -> bytes:
    names = ["start", *(f"t{number}" for number in range(count)), "end"]
    tasks = "".join(
        f'<bpmn:serviceTask id="t{number}"><bpmn:incoming>{before}_t{number}</bpmn:incoming><bpmn:extensionElements>'
        f'<zeebe:taskDefinition type="job"/><zeebe:ioMapping><zeebe:input source="=amount * {number}" target="x"/></zeebe:ioMapping>'
        "</bpmn:extensionElements></bpmn:serviceTask>"
        for number, before in zip(range(count), names, strict=False)
    )
    return process(
        '<bpmn:startEvent id="start"/>'
        + tasks
        + '<bpmn:endEvent id="end"/>'
        + "".join(flow(a, b) for a, b in pairwise(names))
    )


def seconds(count: int) -> float:
    """Of the processor, so that what else the machine does at the time does not count."""
    xml = large(count)
    started = time.process_time()
    accepted(xml)
    return time.process_time() - started


def test_two_thousand_elements_are_parsed_within_a_second() -> None:
    accepted(large(1))
    assert min(seconds(2_000) for _ in range(3)) < 1.0 * slowness()


def test_thousands_of_compensated_activities_are_judged_without_comparing_all_with_all() -> None:
    count = 3_000
    body = "".join(
        f'<bpmn:task id="t{n}"/><bpmn:boundaryEvent id="b{n}" attachedToRef="t{n}"><bpmn:compensateEventDefinition/></bpmn:boundaryEvent>'
        f'<bpmn:task id="h{n}" isForCompensation="true"/><bpmn:association id="a{n}" sourceRef="b{n}" targetRef="h{n}"/>'
        for n in range(count)
    )
    started = time.process_time()
    process_model = accepted(process(body)).processes["p"]
    assert process_model.nodes["t7"].compensation_handler == "h7"
    assert time.process_time() - started < 5.0 * slowness()
