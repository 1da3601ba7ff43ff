"""Tasks, their markers, and sub-processes (10.2, 13.2)."""

from __future__ import annotations

from collections.abc import Callable

from engine.bpmn.expressions import Language
from engine.bpmn.model import (
    Binding,
    CalledElement,
    ElementType,
    FlowNode,
    MultiInstance,
    MultiInstanceBehavior,
    ScriptDefinition,
    StandardLoop,
)
from engine.runtime import history, processors
from engine.runtime.elements import activities, compensation, jobs, multi_instance, subprocesses
from tests.core.support.row import Family, Match, Row, Run, any_element, element

BODY = (multi_instance.begin,)
_SCOPES = (ElementType.SUB_PROCESS, ElementType.TRANSACTION, ElementType.AD_HOC_SUB_PROCESS)


def _script(language: Language) -> Match:
    def where(node: FlowNode, _model: object) -> bool:
        script = node.script or ScriptDefinition()
        if language is Language.PYTHON:
            return script.source is not None
        return script.expression is not None and script.expression.language is language

    return where


def _global(type_: ElementType) -> Match:
    return lambda node, model: node.type is type_ and node.scope == model.id and node.id == f"{model.id}.task"


TASKS = Family(
    "Tasks",
    (
        element("task: abstract", ElementType.TASK),
        element(
            "task: user",
            ElementType.USER_TASK,
            rules=(
                "resource-role",
                "resource-binding",
                "resource-several",
                "resource-parameters",
                "form-missing",
                "form-data",
            ),
        ),
        element("task: manual", ElementType.MANUAL_TASK),
        element(
            "task: service",
            ElementType.SERVICE_TASK,
            rules=("job-type-missing", "job-header-invalid", "java-code", "error-mapping"),
        ),
        element(
            "task: script, FEEL",
            ElementType.SCRIPT_TASK,
            _script(Language.FEEL),
            rules=("script-missing", "script-language", "script-syntax", "script-resource", "script-hook"),
        ),
        element("task: script, JUEL", ElementType.SCRIPT_TASK, _script(Language.JUEL), rules=("script-language",)),
        element(
            "task: script, Python",
            ElementType.SCRIPT_TASK,
            _script(Language.PYTHON),
            rules=("script-syntax", "script-unsupported"),
        ),
        element(
            "task: business rule, by a decision",
            ElementType.BUSINESS_RULE_TASK,
            lambda node, model: node.decision is not None,
            by=(activities.evaluate_decision,),
            rules=("decision-missing", "decision-incomplete"),
        ),
        element(
            "task: business rule, by a job",
            ElementType.BUSINESS_RULE_TASK,
            lambda node, model: node.job is not None,
            by=(jobs.open_job,),
        ),
        element(
            "task: send, by a message",
            ElementType.SEND_TASK,
            lambda node, model: node.message is not None and node.job is None,
            rules=("message-missing", "message-data-count", "message-data-item"),
        ),
        element("task: send, by a job", ElementType.SEND_TASK, lambda node, model: node.job is not None),
        element(
            "task: receive",
            ElementType.RECEIVE_TASK,
            rules=("message-missing", "receive-by-id", "message-data-count", "message-data-item"),
        ),
        element(
            "task: receive, instantiating",
            ElementType.RECEIVE_TASK,
            lambda node, model: node.instantiate,
            rules=("instantiate-incoming", "instantiate-scope"),
        ),
        *(
            any_element(f"global task: {name}", _global(type_), by=(processors.PROCESSORS[type_],))
            for name, type_ in (
                ("abstract", ElementType.TASK),
                ("user", ElementType.USER_TASK),
                ("manual", ElementType.MANUAL_TASK),
                ("script", ElementType.SCRIPT_TASK),
                ("business rule", ElementType.BUSINESS_RULE_TASK),
            )
        ),
    ),
)


def _loop(name: str, where: Callable[[StandardLoop], bool], *, rules: tuple[str, ...] = ()) -> Row:
    return any_element(
        f"standard loop: {name}",
        lambda node, model: isinstance(node.loop, StandardLoop) and where(node.loop),
        by=BODY,
        rules=rules,
    )


def _multi(
    name: str,
    where: Callable[[MultiInstance], bool],
    *,
    type_: ElementType | None = None,
    by: tuple[Callable[..., object], ...] = BODY,
    rules: tuple[str, ...] = (),
) -> Row:
    return any_element(
        f"multi-instance: {name}",
        lambda node, model: isinstance(node.loop, MultiInstance) and where(node.loop) and type_ in (None, node.type),
        by=by,
        rules=rules,
    )


def _collection(how: str, *, sequential: bool) -> Row:
    return _multi(
        f"{how}, over a collection", lambda loop: loop.sequential is sequential and loop.collection is not None
    )


def _cardinality(how: str, *, sequential: bool) -> Row:
    return _multi(
        f"{how}, by a cardinality", lambda loop: loop.sequential is sequential and loop.cardinality is not None
    )


def _behavior(behavior: MultiInstanceBehavior, rules: tuple[str, ...]) -> Row:
    return _multi(f"behaviour {behavior.value.lower()}", lambda loop: loop.behavior is behavior, rules=rules)


def _compensated(name: str, where: Match) -> Row:
    """What is undone is named by the fact: the activity whose handler was started."""

    def shown(run: Run) -> bool:
        undone = {fact.element_id for fact in run.facts if isinstance(fact, history.Compensated)}
        return any(where(run.model.nodes[each], run.model) for each in undone)

    return Row(name, (compensation.throw,), shown, ("compensation-flow",))


MARKERS = Family(
    "Markers and quantities",
    (
        _loop("tested after each round", lambda loop: not loop.test_before and loop.condition is not None),
        _loop("tested before each round", lambda loop: loop.test_before),
        _loop("with a maximum", lambda loop: loop.maximum is not None, rules=("loop-maximum",)),
        _collection("parallel", sequential=False),
        _cardinality("parallel", sequential=False),
        _collection("sequential", sequential=True),
        _cardinality("sequential", sequential=True),
        _multi("completion condition", lambda loop: loop.completion_condition is not None),
        _multi(
            "output collection",
            lambda loop: loop.output_collection is not None,
            rules=(
                "multi-instance-data",
                "multi-instance-item",
                "multi-instance-item-unused",
                "multi-instance-task-data",
            ),
        ),
        _behavior(MultiInstanceBehavior.ALL, ()),
        _behavior(MultiInstanceBehavior.ONE, ("multi-instance-event", "multi-instance-event-unused")),
        _behavior(MultiInstanceBehavior.NONE, ("multi-instance-event",)),
        _behavior(MultiInstanceBehavior.COMPLEX, ("complex-behavior-incomplete",)),
        _multi("of a sub-process", lambda loop: True, type_=ElementType.SUB_PROCESS),
        _multi("of a call activity", lambda loop: True, type_=ElementType.CALL_ACTIVITY),
        _compensated("compensation: of a task", lambda node, model: node.type not in _SCOPES and node.loop is None),
        _compensated(
            "compensation: of each instance of a multi-instance activity", lambda node, model: node.loop is not None
        ),
        _compensated(
            "compensation: of a sub-process, what is in it", lambda node, model: node.type is ElementType.SUB_PROCESS
        ),
        any_element(
            "startQuantity",
            lambda node, model: node.start_quantity > 1,
            by=(processors.arrive,),
            rules=("quantity-invalid",),
        ),
        any_element(
            "completionQuantity",
            lambda node, model: node.completion_quantity > 1,
            by=(processors.run,),
            rules=("quantity-invalid",),
        ),
    ),
    rules=("loop-twice", "loop-condition-missing", "multi-instance-incomplete"),
)


def _ad_hoc(name: str, where: Match) -> Row:
    return element(
        f"ad-hoc sub-process: {name}",
        ElementType.AD_HOC_SUB_PROCESS,
        where,
        by=(subprocesses.activity_in_ad_hoc_completed,),
    )


def _cancelled(run: Run) -> bool:
    ended = {fact.element_id for fact in run.facts if isinstance(fact, history.ElementTerminated)}
    undone = any(isinstance(fact, history.Compensated) for fact in run.facts)
    return undone and any(run.model.nodes[each].type is ElementType.TRANSACTION for each in ended)


def _calls(name: str, where: Callable[[CalledElement], bool]) -> Row:
    return element(
        f"call activity: {name}",
        ElementType.CALL_ACTIVITY,
        lambda node, model: node.call is not None and where(node.call),
        by=(activities.returned,),
        rules=("binding-unknown",) if "binding" in name else (),
    )


def _call_fact(name: str, kind: type[history.ErrorThrown] | type[history.Escalated]) -> Row:
    """An error or escalation that comes up from a called instance is thrown again by the call activity."""

    def shown(run: Run) -> bool:
        return any(
            isinstance(fact, kind)
            and fact.caught_by is not None
            and run.model.nodes[fact.element_id].type is ElementType.CALL_ACTIVITY
            for fact in run.facts
        )

    return Row(f"call activity: {name}", (activities.call,), shown)


SUB_PROCESSES = Family(
    "Sub-processes and call activities",
    (
        element("sub-process: embedded", ElementType.SUB_PROCESS, lambda node, model: bool(node.start_events)),
        element(
            "sub-process: without a start event", ElementType.SUB_PROCESS, lambda node, model: not node.start_events
        ),
        element("transaction: completed", ElementType.TRANSACTION),
        Row("transaction: cancelled", (compensation.cancel_transaction,), _cancelled, ("cancel-outside-transaction",)),
        _ad_hoc("parallel", lambda node, model: node.ad_hoc is not None and not node.ad_hoc.sequential),
        _ad_hoc("sequential", lambda node, model: node.ad_hoc is not None and node.ad_hoc.sequential),
        _ad_hoc(
            "completion condition, the rest is cancelled",
            lambda node, model: (
                node.ad_hoc is not None
                and node.ad_hoc.completion_condition is not None
                and node.ad_hoc.cancel_remaining_instances
            ),
        ),
        _ad_hoc(
            "completion condition, the rest goes on",
            lambda node, model: node.ad_hoc is not None and not node.ad_hoc.cancel_remaining_instances,
        ),
        _ad_hoc(
            "chosen elements", lambda node, model: node.ad_hoc is not None and node.ad_hoc.active_elements is not None
        ),
        _calls("binding latest", lambda call: call.binding is Binding.LATEST),
        _calls("binding deployment", lambda call: call.binding is Binding.DEPLOYMENT),
        _calls("binding version tag", lambda call: call.binding is Binding.VERSION_TAG),
        _calls("mappings of its own", lambda call: bool(call.inputs) and bool(call.outputs)),
        _call_fact("an error passes up", history.ErrorThrown),
        _call_fact("an escalation passes up", history.Escalated),
    ),
    rules=(
        "sub-process-start-trigger",
        "transaction-method",
        "ad-hoc-empty",
        "ad-hoc-event",
        "choreography-in-process",
        "called-element-missing",
        "called-element-kind",
        "called-process-start",
        "call-data",
    ),
)

FAMILIES = (TASKS, MARKERS, SUB_PROCESSES)
