"""What a step costs: element transitions a second, loops by their round, parallel instances by their number, large diagrams,
and the state as JSON.

    .venv/bin/python bench/core.py [--full] [--report docs/benchmarks-core.md]

`--full` really runs a million rounds and 100,000 instances, which takes some minutes. Times are of this process on one core
(its processor time, so that other programs on the machine count less), each the best of three where a run is short: everything
that disturbs a run only makes it slower. SpiffWorkflow runs the same chain of tasks in the same run.
"""

from __future__ import annotations

import argparse
import gc
import os
import platform
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from time import process_time
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from engine import exact_json
from engine.bpmn import parse
from engine.bpmn.model import ProcessModel
from engine.runtime import State, Step, StepLimits, step
from engine.runtime.effects import OpenJob, RaiseIncident
from engine.runtime.history import ElementActivated, ElementCompleted
from engine.runtime.inputs import IncidentResolved, JobCompleted, Started

NOW = datetime(2030, 1, 1, tzinfo=UTC)
FIRST_KEY = 2**24
NAMESPACES = (
    'xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" targetNamespace="urn:bench" id="bench"'
)
JOB = '<extensionElements><zeebe:taskDefinition type="work" /></extensionElements>'
START = '<startEvent id="start" />'
END = '<endEvent id="end" />'
Rows = list[Sequence[str]]


@dataclass(frozen=True)
class Section:
    title: str
    head: Sequence[str]
    rows: Rows
    note: str = ""


# --- diagrams


def model(body: str) -> ProcessModel:
    definitions = parse(file(body))
    assert not definitions.errors, definitions.errors
    return definitions.processes["p"]


def file(body: str) -> bytes:
    return f'<definitions {NAMESPACES}><process id="p" isExecutable="true">{body}</process></definitions>'.encode()


def flow(source: str, target: str, condition: str = "") -> str:
    inner = f'<conditionExpression xsi:type="tFormalExpression">{condition}</conditionExpression>' if condition else ""
    return f'<sequenceFlow id="{source}_{target}" sourceRef="{source}" targetRef="{target}">{inner}</sequenceFlow>'


def chain(length: int) -> str:
    """A start event, tasks that nobody works on, an end event: `length` elements."""
    names = ["start", *(f"t{index}" for index in range(length - 2)), "end"]
    tasks = "".join(f'<task id="{name}" />' for name in names[1:-1])
    return START + tasks + END + "".join(flow(source, target) for source, target in pairwise(names))


def joins(length: int) -> str:
    """Inclusive splits and joins, each around two tasks, one behind the other: about `length` elements."""
    parts, last = [START], "start"
    for number in range(length // 4):
        split, join, left, right = (f"{name}{number}" for name in ("s", "j", "l", "r"))
        parts.append(f'<inclusiveGateway id="{split}" /><inclusiveGateway id="{join}" />')
        parts.append(f'<task id="{left}" /><task id="{right}" />')
        parts += [flow(last, split), flow(split, left), flow(split, right), flow(left, join), flow(right, join)]
        last = join
    return "".join(parts) + END + flow(last, "end")


def looped(work: str) -> str:
    """A task between two exclusive gateways, again and again."""
    gateways = '<exclusiveGateway id="again" /><exclusiveGateway id="done" default="done_again" />'
    flows = flow("start", "again") + flow("again", "work") + flow("work", "done") + flow("done", "again")
    return START + gateways + work + END + flows + flow("done", "end", "=i &lt; 0")


LOOP_OF_JOBS = looped(f'<serviceTask id="work">{JOB}</serviceTask>')
LOOP_WITHOUT_WAIT = looped('<task id="work" />')


def fan(count: int, *, results: bool) -> str:
    """A parallel multi-instance task with a job for each instance; with a result of each, or without."""
    if results:
        extension = (
            f'<extensionElements><zeebe:loopCharacteristics inputCollection="=for i in 1..{count} return i" '
            'inputElement="item" outputCollection="results" outputElement="=item" /></extensionElements>'
        )
    else:
        extension = f'<loopCardinality xsi:type="tFormalExpression">={count}</loopCardinality>'
    loop = f"<multiInstanceLoopCharacteristics>{extension}</multiInstanceLoopCharacteristics>"
    return (
        START + f'<serviceTask id="work">{JOB}{loop}</serviceTask>' + END + flow("start", "work") + flow("work", "end")
    )


# --- measuring


def best(call: Callable[[], float], *, most: bool = False) -> float:
    """The least of three, or the most where more is better."""
    figures = []
    for _ in range(3):
        gc.collect()
        figures.append(call())
    return max(figures) if most else min(figures)


def seconds(call: Callable[[], Any]) -> float:
    begin = process_time()
    call()
    return process_time() - begin


def started(process: ProcessModel, **variables: Any) -> Step:
    return step(process, State.new(FIRST_KEY), [Started(variables)], now=NOW, limits=StepLimits(steps=10_000_000))


def jobs_of(done: Step) -> list[int]:
    return [effect.key for effect in done.effects if type(effect) is OpenJob]


def dumped(state: State) -> bytes:
    return exact_json.encode(state.to_json())


def loaded(text: bytes) -> State:
    return State.from_json(exact_json.decode(text))


def transitions_a_second(process: ProcessModel, *, at_least: float = 0.3) -> float:
    """Elements entered or left, a second."""
    count, spent = 0, 0.0
    while spent < at_least:
        begin = process_time()
        done = started(process)
        spent += process_time() - begin
        assert done.state.ended is not None
        count += sum(type(fact) in (ElementActivated, ElementCompleted) for fact in done.history)
    return count / spent


@dataclass
class JobLoop:
    """An instance of the loop with a job in each round."""

    process: ProcessModel
    done: Step
    rounds: int = 0

    @classmethod
    def begun(cls) -> JobLoop:
        process = model(LOOP_OF_JOBS)
        return cls(process, started(process, i=1))

    def run(self, rounds: int, *, stored: bool = False) -> float:
        """Microseconds a round; `stored`: the state goes through JSON text before each step, as it does in a database."""
        begin = process_time()
        for _ in range(rounds):
            state = loaded(dumped(self.done.state)) if stored else self.done.state
            self.rounds += 1
            job = jobs_of(self.done)[0]
            self.done = step(self.process, state, [JobCompleted(job, {"i": self.rounds})], now=NOW)
        return (process_time() - begin) / rounds * 1e6


def fan_out(count: int, *, results: bool) -> tuple[float, float, State]:
    """Microseconds an instance to start them all and to complete them one by one; and the state with all of them open."""
    process = model(fan(count, results=results))
    begin = process_time()
    done = started(process)
    start = process_time() - begin
    state = loaded(dumped(done.state))
    jobs = jobs_of(done)
    assert len(jobs) == count
    begin = process_time()
    for job in jobs:
        done = step(process, done.state, [JobCompleted(job)], now=NOW)
    complete = process_time() - begin
    assert done.state.ended is not None
    return start / count * 1e6, complete / count * 1e6, state


# --- sections


def rates() -> Section:
    rows: Rows = []
    for name, body, elements in (
        ("chain of tasks", chain(20), 20),
        ("chain of tasks", chain(2_000), 2_000),
        ("inclusive splits and joins", joins(20), 22),
        ("inclusive splits and joins", joins(2_000), 2_002),
    ):
        content = file(body)
        parsed = best(lambda content=content: seconds(lambda: parse(content)))  # type: ignore[misc]
        process = model(body)
        rate = best(lambda process=process: transitions_a_second(process), most=True)  # type: ignore[misc]
        rows.append((f"Stepwell, {name}", f"{elements:,}", f"{parsed * 1000:,.1f}", f"{rate:,.0f}"))
    for length in (20, 100):  # its parser recurses from element to element; 500 are too many for it
        rate = best(lambda length=length: spiff(length), most=True)  # type: ignore[misc]
        rows.append(("SpiffWorkflow, chain of tasks", f"{length:,}", "", f"{rate:,.0f}"))
    return Section(
        "Size of the diagram",
        ("", "elements", "parsed in ms", "transitions/s"),
        rows,
        "A transition is an element entered or left; flows taken and variables written are not counted.",
    )


def spiff(length: int) -> float:
    """The same chain on SpiffWorkflow: two transitions an element."""
    from lxml import etree
    from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
    from SpiffWorkflow.bpmn.workflow import BpmnWorkflow

    parser: Any = BpmnParser()
    parser.add_bpmn_xml(etree.parse(BytesIO(file(chain(length)))))
    spec = parser.get_spec("p")
    begin = process_time()
    workflow: Any = BpmnWorkflow(spec)
    workflow.run_all(halt_on_manual=False)
    assert workflow.is_completed()
    return 2 * length / (process_time() - begin)


def long_loop(rounds: int) -> Section:
    loop, rows = JobLoop.begun(), Rows()
    loop.run(100)
    for mark in [mark for mark in (1, 1_000, 10_000, 100_000, 1_000_000) if mark <= rounds]:
        loop.run(max(1, mark - 1 - loop.rounds))
        plain = best(lambda: loop.run(500))
        stored = best(lambda: loop.run(500, stored=True))
        size = len(dumped(loop.done.state))
        rows.append((f"{mark:,}", f"{plain:.1f}", f"{stored:.1f}", f"{size:,}"))
    return Section(
        "A loop with a job in each round",
        ("round", "us a round", "us a round, state through JSON", "bytes of state"),
        rows,
        "Three elements a round. The state grows by the digits of its counter.",
    )


def endless_loop(rounds: int) -> Section:
    """It runs into the limit of steps again and again, and is let go on."""
    process, rows, before = model(LOOP_WITHOUT_WAIT), Rows(), 0
    done = step(process, State.new(FIRST_KEY), [Started({"i": 1})], now=NOW)
    marks = [mark for mark in (1, 10, 30, rounds // 16_667) if mark <= max(1, rounds // 16_667)]
    for mark in sorted(set(marks)):
        figures: list[float] = []
        while before < mark or len(figures) < 2:
            incident = next(effect.key for effect in done.effects if type(effect) is RaiseIncident)
            begin = process_time()
            done = step(process, done.state, [IncidentResolved(incident)], now=NOW)
            spent = process_time() - begin
            before += 1
            taken = sum(type(fact) is ElementCompleted and fact.element_id == "work" for fact in done.history)
            if before >= mark:
                figures.append(spent / taken * 1e6)
        rows.append((f"{before * 16_667:,}", f"{min(figures):.1f}", f"{len(dumped(done.state)):,}"))
    return Section(
        "A loop that never waits, stopped by the limit of 100,000 moves and let go on",
        ("round, about", "us a round", "bytes of state"),
        rows,
    )


def multi_instance(counts: Sequence[int]) -> Section:
    rows: Rows = []
    for results in (False, True):
        for count in counts:
            gc.collect()
            start, complete, state = fan_out(count, results=results)
            text = dumped(state)
            dump = best(lambda state=state: seconds(lambda: dumped(state)))  # type: ignore[misc]
            load = best(lambda text=text: seconds(lambda: loaded(text)))  # type: ignore[misc]
            each = 1e6 / count
            rows.append(
                (
                    f"{count:,}{' with results' if results else ''}",
                    f"{start:.1f}",
                    f"{complete:.1f}",
                    f"{len(text) / count:.0f}",
                    f"{dump * each:.2f}",
                    f"{load * each:.2f}",
                )
            )
    return Section(
        "Parallel multi-instance, a job for each instance",
        (
            "instances",
            "us to start one",
            "us to complete one",
            "bytes of state each",
            "us to dump each",
            "us to load each",
        ),
        rows,
    )


def tables(sections: Sequence[Section]) -> str:
    parts = []
    for section in sections:
        lines = [f"## {section.title}", "", "| " + " | ".join(section.head) + " |"]
        lines.append("| " + " | ".join(["---", *("---:" for _ in section.head[1:])]) + " |")
        lines += ["| " + " | ".join(row) + " |" for row in section.rows]
        parts.append("\n".join(lines + (["", section.note] if section.note else [])))
    return "\n\n".join(parts)


def machine() -> str:
    names = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines()
        if line.startswith("model name")
    ]
    load = os.getloadavg()[0]
    return (
        f"{names[0] if names else platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, "
        f"{platform.system()}; load average at the end {load:.1f}."
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true", help="a million rounds, 100,000 instances")
    parser.add_argument("--report", type=Path, help="write the tables into this file as well")
    arguments = parser.parse_args()
    rounds = 1_000_000 if arguments.full else 10_000
    sections = []
    for measure in (
        rates,
        lambda: long_loop(rounds),
        lambda: endless_loop(rounds if arguments.full else 50_000),
        lambda: multi_instance((1_000, 10_000, 100_000) if arguments.full else (100, 1_000, 10_000)),
    ):
        sections.append(measure())
        print(tables(sections[-1:]) + "\n", flush=True)
    if arguments.report:
        full = " --full" if arguments.full else ""
        command = f"`.venv/bin/python bench/core.py{full} --report docs/benchmarks-core.md`"
        head = f"# What the core costs\n\nMade by {command}. {machine()}\n\n"
        text = " ".join((__doc__ or "").split("\n\n")[-1].split())
        arguments.report.write_text(f"{head}{text}\n\n{tables(sections)}\n", "utf-8")


if __name__ == "__main__":
    main()
