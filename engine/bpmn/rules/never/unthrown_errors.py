"""An error event that waits for what nothing throws never happens; it is found here, where it is certain (BPMN 2.0, 10.4.5).

Whoever does a job may throw any error, and so may a script and what is called: where one of these is, nothing is said.
"""

from __future__ import annotations

from lxml import etree

from engine.bpmn.document import (
    SUB_PROCESS_TAGS,
    THROW_EVENT_TAGS,
    descendants,
    enclosing,
    event_definitions,
    flag,
    name_of,
)
from engine.bpmn.problems import label
from engine.bpmn.rules.context import Context, is_event_sub_process

_SILENT = frozenset({"task", "manualTask", "receiveTask", *SUB_PROCESS_TAGS})
"""These activities throw nothing themselves."""
_WORKING = (
    "userTask", "serviceTask", "scriptTask", "businessRuleTask", "sendTask", "callActivity",
    "complexBehaviorDefinition",
)  # fmt: skip
_WORK = ("listener", "taskdefinition", "connector")
"""An extension whose name ends in one of these has work done, whatever it stands at."""


def check(context: Context) -> None:
    """Report error events that never happen."""
    for activity, events in context.attached.items():
        if name_of(activity) in _SILENT:
            _check(context, activity, [event for event in events if _is_run(event)])
    for start in context.document.tagged("startEvent"):
        scope = start.getparent()
        around = None if scope is None or not is_event_sub_process(scope) else scope.getparent()
        if around is not None and _is_run(start):
            _check(context, around, [start])


def _is_run(event: etree._Element) -> bool:
    process = enclosing(event, "process")
    return process is not None and flag(process, "isExecutable", default=True)


def _check(context: Context, around: etree._Element, events: list[etree._Element]) -> None:
    caught = [(event, code) for event in events for code in _codes(context, event)]
    if not caught:
        return
    thrown = _thrown(context, around)
    if thrown is None:
        return
    for event, code in caught:
        if not thrown or (code and code not in thrown and not _is_expression(code)):
            what = f"the error {code!r}" if code else "errors"
            context.problem(
                "error-never-thrown",
                f"{label(event)} catches {what}, but nothing in {label(around)} throws it; it never happens",
                event,
            )


def _codes(context: Context, event: etree._Element) -> list[str]:
    """Return the codes of the errors that an event catches or throws; an empty one stands for every error."""
    references = [
        context.document.find_tagged(definition.get("errorRef"), "error")
        for definition in event_definitions(context.document, event)
        if name_of(definition) == "errorEventDefinition"
    ]
    return ["" if error is None else error.get("errorCode", "").strip() for error in references]


def _thrown(context: Context, around: etree._Element) -> set[str] | None:
    """Return the codes of all errors that are thrown within; None where it cannot be known."""
    if next(descendants(around, *_WORKING), None) is not None or any(_is_work(found) for found in around.iter()):
        return None
    codes: set[str] = set()
    for event in descendants(around, *sorted(THROW_EVENT_TAGS)):
        codes.update(_codes(context, event))
    return None if "" in codes or any(map(_is_expression, codes)) else codes


def _is_work(element: etree._Element) -> bool:
    """Say whether an extension has work done, or a multi-instance activity throws an event of its own."""
    if element.get("oneBehaviorEventRef") or element.get("noneBehaviorEventRef"):
        return True
    tag = element.tag if isinstance(element.tag, str) else ""
    return not name_of(element) and tag.lower().rstrip("s").endswith(_WORK)


def _is_expression(code: str) -> bool:
    return code.startswith("=") or "${" in code or "#{" in code
