"""A diagram run by SpiffWorkflow: its parser and its task tree decide what follows, our FEEL evaluates the expressions.

SpiffWorkflow hands texts of a file to `eval` by some paths, so only diagrams of this repository and of the conformance suite come here.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lxml import etree
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState

from engine import feel, scripts

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
ZEEBE = "{http://camunda.org/schema/zeebe/1.0}"
NOW = datetime(2030, 1, 1, 9, tzinfo=UTC)
STOPPED = "(stopped)"
_BY_HAND = ("serviceTask", "userTask", "sendTask", "businessRuleTask")
"""What waits for somebody is a manual task to SpiffWorkflow."""
_AT_ONCE = ("task", "manualTask")
"""What waits for nobody here is a script that does nothing there."""
_STEPS = 500
_BODIES = ("StandardLoopTask", "ParallelMultiInstanceTask", "SequentialMultiInstanceTask")


class CannotReadError(Exception):
    """SpiffWorkflow's parser does not take the diagram."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Ids of the elements that completed, and of the work that is still offered, both sorted; STOPPED after an error."""

    completed: tuple[str, ...]
    waiting: tuple[str, ...]

    @classmethod
    def of(cls, completed: Iterable[str], waiting: Iterable[str]) -> Outcome:
        return cls(tuple(sorted(completed)), tuple(sorted(waiting)))


class _Feel(PythonScriptEngine):
    """FEEL for expressions that begin with `=`, and Python scripts in the sandbox."""

    def __init__(self) -> None:
        super().__init__()
        self.environment.evaluate = self._evaluate

    def validate(self, expression: str) -> None:
        """What cannot be read is found when it runs."""

    def evaluate(self, task: Any, expression: str, external_context: Mapping[str, Any] | None = None) -> Any:
        return self._evaluate(expression, task.data, external_context)

    def execute(self, task: Any, script: str, external_context: Mapping[str, Any] | None = None) -> bool:
        if script.startswith("="):
            expression, _, name = script.rpartition(" -> ")
            task.data[name] = self._evaluate(expression, task.data)
        elif script != "pass":
            visible = {name: value for name, value in task.data.items() if name != "data_objects"}
            task.data.update(scripts.run(script, visible, now=NOW, seed=1).variables)
        return True

    def _evaluate(
        self, expression: str, context: Mapping[str, Any], external_context: Mapping[str, Any] | None = None
    ) -> Any:
        text = str(expression).strip()
        try:
            value = feel.compile(text.removeprefix("=")).evaluate({**(external_context or {}), **context}, now=NOW)
        except feel.FeelSyntaxError:
            value = None
        if value is None and not text.startswith("="):
            return text  # the ISO 8601 text of a timer
        return feel.to_json(value)


def run(
    source: str, process_id: str, variables: Mapping[str, Any], work: Sequence[tuple[str, Mapping[str, Any]]]
) -> Outcome:
    """Start the process and do this work in this order: the ids of tasks, with what each brings. Raises CannotReadError."""
    try:
        parser = BpmnParser()
        parser.add_bpmn_xml(_readable(source))
        workflow = BpmnWorkflow(
            parser.get_spec(process_id), parser.get_subprocess_specs(process_id), script_engine=_Feel()
        )
    except Exception as error:  # its parsers raise whatever they meet
        raise CannotReadError(f"{type(error).__name__}: {error}") from error
    workflow.task_tree.data.update(deepcopy(dict(variables)))
    stopped = []
    steps = itertools.count()

    def enough(_task: Any) -> None:
        if next(steps) > _STEPS:
            raise RuntimeError("it goes round for ever")

    try:
        workflow.do_engine_steps(did_complete_task=enough)
        for element_id, brought in work:
            task = next(each for each in _offered(workflow) if each.task_spec.bpmn_id == element_id)
            task.data.update(deepcopy(dict(brought)))
            task.run()
            workflow.do_engine_steps(did_complete_task=enough)
    except Exception:
        stopped.append(STOPPED)
    done = (
        task.task_spec.bpmn_id
        for task in workflow.get_tasks(state=TaskState.COMPLETED)
        if task.task_spec.bpmn_id and type(task.task_spec).__name__ not in _BODIES
    )
    return Outcome.of([*done, *stopped], [each.task_spec.bpmn_id for each in _offered(workflow)])


def _offered(workflow: Any) -> list[Any]:
    found: list[Any] = workflow.get_tasks(state=TaskState.READY, manual=True)
    return found


def _readable(source: str) -> etree._Element:
    """The diagram with our scripts in the standard's own element, and without what only an engine's own handlers could do."""
    root = etree.fromstring(source.encode())
    for script in root.iter(f"{ZEEBE}script"):
        task = next(script.iterancestors(f"{BPMN}scriptTask"))
        text = f"{script.get('expression')} -> {script.get('resultVariable')}"
        etree.SubElement(task, f"{BPMN}script").text = text
    etree.strip_elements(root, f"{BPMN}extensionElements")
    for tag in _AT_ONCE:
        for task in root.iter(f"{BPMN}{tag}"):
            task.tag = f"{BPMN}scriptTask"
            etree.SubElement(task, f"{BPMN}script").text = "pass"
    for tag in _BY_HAND:
        for task in root.iter(f"{BPMN}{tag}"):
            task.tag = f"{BPMN}manualTask"
    return root
