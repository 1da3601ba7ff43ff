"""The events of the standard (10.4, 10.2.5, 13.4): every place that one may stand at, with every definition that is allowed there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.bpmn.model import (
    CancelEvent,
    CompensationEvent,
    ConditionalEvent,
    ElementType,
    ErrorEvent,
    EscalationEvent,
    FlowNode,
    LinkEvent,
    MessageEvent,
    ProcessModel,
    SignalEvent,
    TerminateEvent,
    TimerEvent,
    TimerKind,
)
from engine.runtime import instantiation
from engine.runtime.elements import catchers, compensation, events, throwing
from tests.core.support.row import Family, Match, Row, any_element, element, only

START = ElementType.START_EVENT
BOUNDARY = ElementType.BOUNDARY_EVENT
CATCH = ElementType.INTERMEDIATE_CATCH_EVENT
THROW = ElementType.INTERMEDIATE_THROW_EVENT
END = ElementType.END_EVENT
EVENT_SUB_PROCESS = ElementType.EVENT_SUB_PROCESS


def _timer(kind: TimerKind, *, cron: bool = False) -> Match:
    def where(node: FlowNode, _model: ProcessModel) -> bool:
        return any(
            isinstance(event, TimerEvent)
            and event.kind is kind
            and (kind is not TimerKind.CYCLE or event.expression.source.startswith("R") is not cron)
            for event in node.events[:1]
        ) and only(node, TimerEvent)

    return where


def _one(kind: type[Any]) -> Match:
    return lambda node, model: only(node, kind)


def _multiple(node: FlowNode, _model: ProcessModel) -> bool:
    return len(node.events) > 1 and not node.parallel_multiple


def _parallel_multiple(node: FlowNode, _model: ProcessModel) -> bool:
    return len(node.events) > 1 and node.parallel_multiple


def _both(*matches: Match) -> Match:
    return lambda node, model: all(match(node, model) for match in matches)


def _in(*types: ElementType) -> Match:
    return lambda node, model: node.scope is not None and model.nodes[node.scope].type in types


def _interrupting(wanted: bool) -> Match:
    return lambda node, model: node.interrupting is wanted


MESSAGE = ("message", _one(MessageEvent), events.subscribe_message)
SIGNAL = ("signal", _one(SignalEvent), events.subscribe)
DATE = ("timer, date", _timer(TimerKind.DATE), events.open_timer)
DURATION = ("timer, duration", _timer(TimerKind.DURATION), events.open_timer)
CYCLE = ("timer, cycle", _timer(TimerKind.CYCLE), events.open_timer)
CRON = ("timer, cron", _timer(TimerKind.CYCLE, cron=True), events.open_timer)
CONDITIONAL = ("conditional", _one(ConditionalEvent), events.check_conditions)
ERROR = ("error", _one(ErrorEvent), catchers.throw_error)
ESCALATION = ("escalation", _one(EscalationEvent), catchers.escalate)
MULTIPLE = ("multiple", _multiple, events.subscribe)
PARALLEL_MULTIPLE = ("parallel multiple", _parallel_multiple, events.subscribe)
Kind = tuple[str, Match, Callable[..., Any]]

_RULES: dict[str, tuple[str, ...]] = {
    "message": ("message-missing", "message-operation-missing"),
    "signal": ("signal-missing",),
    "timer": ("timer-missing", "timer-ambiguous", "timer-invalid"),
    "conditional": ("condition-missing", "condition-informal", "condition-filter"),
    "parallel multiple": ("parallel-multiple",),
}


def _rules(kind: str) -> tuple[str, ...]:
    return _RULES.get(kind.split(",")[0], ())


def _starts() -> tuple[Row, ...]:
    top = _in(ElementType.PROCESS)
    none: Match = lambda node, model: not node.events  # noqa: E731 - one of a row of matches
    kinds = (MESSAGE, SIGNAL, DATE, CYCLE, CRON, CONDITIONAL, MULTIPLE, PARALLEL_MULTIPLE)
    return (
        element(
            "start event: none", START, _both(top, none), by=(instantiation.begin,), rules=("start-event-missing",)
        ),
        *(
            element(f"start event: {name}", START, _both(top, match), rules=_rules(name))
            for name, match, _function in kinds
        ),
        any_element(
            "start event: several in one process",
            lambda node, model: (
                node.type is START and node.id in model.root.start_events and len(model.root.start_events) > 1
            ),
            by=(instantiation.begin,),
        ),
    )


def _event_sub_process_starts() -> tuple[Row, ...]:
    inside = _in(EVENT_SUB_PROCESS)
    rows = []
    for name, match, function in (
        MESSAGE,
        SIGNAL,
        DATE,
        DURATION,
        CYCLE,
        CONDITIONAL,
        ERROR,
        ESCALATION,
        MULTIPLE,
        PARALLEL_MULTIPLE,
    ):
        for interrupting in (True, False) if name != "error" else (True,):
            how = "interrupting" if interrupting else "non-interrupting"
            where = _both(inside, match, _interrupting(interrupting))
            rules = ("start-non-interrupting",) if name == "error" else ()
            rows.append(element(f"event sub-process: {name}, {how}", START, where, by=(function,), rules=rules))
    rows.append(
        element(
            "event sub-process: compensation",
            START,
            _both(inside, _one(CompensationEvent)),
            by=(compensation.throw,),
            rules=("compensation-event-sub-process",),
        )
    )
    for place, type_ in (
        ("a process", ElementType.PROCESS),
        ("a sub-process", ElementType.SUB_PROCESS),
        ("a transaction", ElementType.TRANSACTION),
        ("an event sub-process", EVENT_SUB_PROCESS),
    ):
        rows.append(element(f"event sub-process: in {place}", EVENT_SUB_PROCESS, _in(type_)))
    rows.append(
        element(
            "event sub-process: non-interrupting, again and again",
            START,
            _both(inside, _interrupting(False)),
            by=(events.fire,),
            times=2,
        )
    )
    return tuple(rows)


def _catches() -> tuple[Row, ...]:
    kinds: tuple[Kind, ...] = (
        MESSAGE,
        SIGNAL,
        DATE,
        DURATION,
        CYCLE,
        CONDITIONAL,
        ("link", _one(LinkEvent), throwing.link_target),
        MULTIPLE,
        PARALLEL_MULTIPLE,
    )
    links = ("link-target", "link-source", "link-name-missing", "link-multiple", "link-flow")
    return tuple(
        element(
            f"intermediate catch event: {name}",
            CATCH,
            match,
            by=(function,),
            rules=links if name == "link" else _rules(name),
        )
        for name, match, function in kinds
    )


def _throws() -> tuple[Row, ...]:
    return tuple(
        element(f"intermediate throw event: {name}", THROW, match, by=by)
        for name, match, by in (
            ("none", lambda node, model: not node.events, ()),
            ("message", _one(MessageEvent), (throwing.publish,)),
            ("message, by a job", lambda node, model: only(node, MessageEvent) and node.job is not None, ()),
            ("signal", _one(SignalEvent), (events.broadcast,)),
            ("escalation", _one(EscalationEvent), (catchers.escalate,)),
            ("compensation", _one(CompensationEvent), (compensation.throw,)),
            ("link", _one(LinkEvent), (throwing.link_target,)),
            ("multiple", _multiple, ()),
        )
    )


def _boundaries() -> tuple[Row, ...]:
    rows = []
    for name, match, function in (
        MESSAGE,
        SIGNAL,
        DATE,
        DURATION,
        CYCLE,
        ERROR,
        ESCALATION,
        CONDITIONAL,
        MULTIPLE,
        PARALLEL_MULTIPLE,
    ):
        for interrupting in (True, False) if name != "error" else (True,):
            how = "interrupting" if interrupting else "non-interrupting"
            rules = ("boundary-non-interrupting",) if name == "error" else _rules(name)
            where = _both(match, _interrupting(interrupting))
            rows.append(element(f"boundary event: {name}, {how}", BOUNDARY, where, by=(function,), rules=rules))
    rows.append(
        any_element(  # no token ever comes to the boundary event itself: its activity's handler runs
            "boundary event: compensation",
            lambda node, model: (
                node.is_for_compensation
                and any(other.compensation_handler == node.id for other in model.nodes.values())
            ),
            by=(compensation.record, compensation.throw),
            rules=(
                "compensation-handler-missing",
                "compensation-handler-loose",
                "compensation-boundary-flow",
                "compensation-multiple",
                "compensation-scope",
            ),
        )
    )
    rows.append(
        element(
            "boundary event: cancel",
            BOUNDARY,
            _one(CancelEvent),
            by=(compensation.cancelled,),
            rules=("cancel-outside-transaction",),
        )
    )
    for name, match, function in (MESSAGE, SIGNAL, CYCLE, ESCALATION, CONDITIONAL):
        where = _both(match, _interrupting(False))
        rows.append(element(f"boundary event: {name}, again and again", BOUNDARY, where, by=(function,), times=2))
    return tuple(rows)


def _ends() -> tuple[Row, ...]:
    return tuple(
        element(f"end event: {name}", END, match, by=by, rules=rules)
        for name, match, by, rules in (
            ("none", lambda node, model: not node.events, (), ("end-event-missing",)),
            ("message", _one(MessageEvent), (throwing.publish,), ()),
            ("signal", _one(SignalEvent), (events.broadcast,), ()),
            ("error", _one(ErrorEvent), (catchers.throw_error,), ("error-missing", "error-code-missing")),
            (
                "escalation",
                _one(EscalationEvent),
                (catchers.escalate,),
                ("escalation-missing", "escalation-code-missing"),
            ),
            ("cancel", _one(CancelEvent), (compensation.cancel_transaction,), ("cancel-outside-transaction",)),
            (
                "compensation",
                _one(CompensationEvent),
                (compensation.throw,),
                ("compensation-activity", "compensation-not-visible"),
            ),
            ("terminate", _one(TerminateEvent), (throwing.throw,), ()),
            ("multiple", _multiple, (), ()),
        )
    )


FAMILIES = (
    Family("Start events of a process", _starts(), rules=("start-event-incoming", "event-definition-kind")),
    Family(
        "Event sub-processes and their start events",
        _event_sub_process_starts(),
        rules=(
            "event-sub-process-flow",
            "event-sub-process-kind",
            "event-sub-process-start",
            "event-sub-process-trigger",
            "event-sub-process-loop",
            "boundary-event-sub-process",
        ),
    ),
    Family("Intermediate catch events", _catches(), rules=("event-definition-missing", "event-definition-kind")),
    Family("Intermediate throw events", _throws(), rules=("event-definition-kind",)),
    Family(
        "Boundary events",
        _boundaries(),
        rules=("boundary-event-incoming", "boundary-scope", "event-definition-missing", "event-definition-kind"),
    ),
    Family("End events", _ends(), rules=("end-event-outgoing", "event-definition-kind")),
)
