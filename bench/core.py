"""What a step costs: element transitions a second, loops by their round, parallel instances by their number, large diagrams.

    .venv/bin/python bench/core.py [--rounds 20000] [--spiff]

`--spiff` runs the same chain of tasks on SpiffWorkflow, in the same run. Each rate is the best of three, since everything that
disturbs a run only makes it slower.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from engine.bpmn import parse
from engine.bpmn.model import ProcessModel
from engine.runtime import Limits, State, step
from engine.runtime.effects import OpenJob
from engine.runtime.history import ElementActivated, ElementCompleted
from engine.runtime.inputs import JobCompleted, Started

NOW = datetime(2030, 1, 1, tzinfo=UTC)
NAMESPACES = (
    'xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" targetNamespace="urn:bench" id="bench"'
)
JOB = '<extensionElements><zeebe:taskDefinition type="work" /></extensionElements>'


def model(body: str) -> ProcessModel:
    definitions = parse(_file(body))
    assert not definitions.errors, definitions.errors
    return definitions.processes["p"]


def _file(body: str) -> bytes:
    return f'<definitions {NAMESPACES}><process id="p" isExecutable="true">{body}</process></definitions>'.encode()


def chain(length: int) -> str:
    """A start event, tasks that nobody works on, an end event."""
    parts = ['<startEvent id="start" />']
    names = ["start", *(f"t{index}" for index in range(length)), "end"]
    parts += [f'<task id="{name}" />' for name in names[1:-1]]
    parts.append('<endEvent id="end" />')
    parts += [
        f'<sequenceFlow id="f{index}" sourceRef="{source}" targetRef="{target}" />'
        for index, (source, target) in enumerate(pairwise(names))
    ]
    return "".join(parts)


LOOP = (
    f'<startEvent id="start" /><exclusiveGateway id="again" /><serviceTask id="work">{JOB}</serviceTask>'
    '<exclusiveGateway id="done" default="back" /><endEvent id="end" />'
    '<sequenceFlow id="f1" sourceRef="start" targetRef="again" /><sequenceFlow id="f2" sourceRef="again" targetRef="work" />'
    '<sequenceFlow id="f3" sourceRef="work" targetRef="done" /><sequenceFlow id="back" sourceRef="done" targetRef="again" />'
    '<sequenceFlow id="out" sourceRef="done" targetRef="end"><conditionExpression xsi:type="tFormalExpression">=i &lt; 0'
    "</conditionExpression></sequenceFlow>"
)


def fan(count: int) -> str:
    return (
        f'<startEvent id="start" /><serviceTask id="work">{JOB}<multiInstanceLoopCharacteristics><loopCardinality '
        f'xsi:type="tFormalExpression">={count}</loopCardinality></multiInstanceLoopCharacteristics></serviceTask>'
        '<endEvent id="end" /><sequenceFlow id="f1" sourceRef="start" targetRef="work" />'
        '<sequenceFlow id="f2" sourceRef="work" targetRef="end" />'
    )


def best(call: Callable[[], float]) -> float:
    figures = []
    for _ in range(3):
        gc.collect()
        figures.append(call())
    return max(figures)


def transitions_a_second(process: ProcessModel) -> float:
    """Elements entered or left, a second."""
    count, spent = 0, 0.0
    while spent < 0.5:
        begin = time.perf_counter()
        done = step(process, State.new(2**24), [Started()], now=NOW)
        spent += time.perf_counter() - begin
        assert done.state.ended is not None
        count += sum(type(fact) in (ElementActivated, ElementCompleted) for fact in done.history)
    return count / spent


def loop(rounds: int) -> None:
    """Microseconds a round, and the size of the state, in each window of the loop."""
    process = model(LOOP)
    done = step(process, State.new(2**24), [Started({"i": 1})], now=NOW)
    windows = sorted({1_000, rounds // 10, rounds // 2, rounds})
    at = 0
    for end in windows:
        begin, first = time.perf_counter(), at
        while at < end:
            job = next(effect.key for effect in done.effects if type(effect) is OpenJob)
            done = step(process, done.state, [JobCompleted(job, {"i": at})], now=NOW)
            at += 1
        cost = (time.perf_counter() - begin) / (end - first) * 1e6
        print(f"  rounds {first + 1:>9,} to {end:>9,}: {cost:6.1f} us a round, state {_size(done.state):,} bytes")


def _size(state: State) -> int:
    return len(json.dumps(state.to_json(), separators=(",", ":"), default=str))


def fan_out(count: int) -> None:
    """Microseconds an instance of a parallel multi-instance task with a job each, from the start to the end."""
    process = model(fan(count))
    begin = time.perf_counter()
    done = step(process, State.new(2**24), [Started()], now=NOW, limits=Limits(steps=10 * count))
    for job in [effect.key for effect in done.effects if type(effect) is OpenJob]:
        done = step(process, done.state, [JobCompleted(job)], now=NOW)
    assert done.state.ended is not None
    print(f"  {count:>7,} instances: {(time.perf_counter() - begin) / count * 1e6:6.1f} us each")


def large_diagram() -> None:
    for length in (20, 2_000):
        body = chain(length - 2)
        begin = time.perf_counter()
        process = model(body)
        parsed = time.perf_counter() - begin
        rate = best(lambda process=process: transitions_a_second(process))  # type: ignore[misc]
        print(f"  {length:>5,} elements: parsed in {parsed:6.3f} s, {rate:>9,.0f} transitions/s")


def spiff(length: int) -> float:
    """The same chain on SpiffWorkflow: transitions a second, two an element."""
    from lxml import etree
    from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
    from SpiffWorkflow.bpmn.workflow import BpmnWorkflow

    parser: Any = BpmnParser()
    parser.add_bpmn_xml(etree.parse(BytesIO(_file(chain(length)))))
    spec = parser.get_spec("p")
    begin = time.perf_counter()
    workflow: Any = BpmnWorkflow(spec)
    workflow.run_all()
    for waiting in list(workflow.get_tasks()):
        if waiting.task_spec.manual and waiting.state:
            workflow.run_all(halt_on_manual=False)
            break
    assert workflow.is_completed()
    return 2 * (length + 3) / (time.perf_counter() - begin)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20_000, help="of the loop; 1000000 takes minutes")
    parser.add_argument("--spiff", action="store_true")
    arguments = parser.parse_args()
    print("Size of the diagram")
    large_diagram()
    print("A loop with a job in each round")
    loop(arguments.rounds)
    print("Parallel multi-instance")
    for count in (100, 1_000, 10_000):
        fan_out(count)
    if arguments.spiff:
        print(f"SpiffWorkflow, a chain of 100 tasks: {best(lambda: spiff(100)):,.0f} transitions/s")


if __name__ == "__main__":
    main()
