"""A process or sub-process in the making, and the event definitions that its nodes may have."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from hypothesis import strategies as st

from tests.core.bpmn.diagrams import flow
from tests.core.runtime.nodes import node, timer

MESSAGES = ("m1", "m2")
SIGNALS = ("s1", "s2")
ERRORS = ("e1", "e2")
ESCALATIONS = ("x1", "x2")
VARIABLES = ("a", "b", "c")

ROOTS = "".join(
    [
        *(
            f'<bpmn:message id="{each}" name="{each}"><bpmn:extensionElements>'
            '<zeebe:subscription correlationKey="=&quot;k&quot;"/></bpmn:extensionElements></bpmn:message>'
            for each in MESSAGES
        ),
        *(f'<bpmn:signal id="{each}" name="{each}"/>' for each in SIGNALS),
        *(f'<bpmn:error id="{each}" errorCode="{each}"/>' for each in ERRORS),
        *(f'<bpmn:escalation id="{each}" escalationCode="{each}"/>' for each in ESCALATIONS),
    ]
)
COMPENSATION = "<bpmn:compensateEventDefinition/>"
NO_WAIT = '<bpmn:compensateEventDefinition waitForCompletion="false"/>'


def message_event(name: str) -> str:
    return f'<bpmn:messageEventDefinition messageRef="{name}"/>'


def signal_event(name: str) -> str:
    return f'<bpmn:signalEventDefinition signalRef="{name}"/>'


def error_event(name: str) -> str:
    return f'<bpmn:errorEventDefinition errorRef="{name}"/>'


def escalation_event(name: str) -> str:
    return f'<bpmn:escalationEventDefinition escalationRef="{name}"/>'


def conditional_event(condition: str) -> str:
    return (
        f'<bpmn:conditionalEventDefinition><bpmn:condition xsi:type="bpmn:tFormalExpression">={condition}</bpmn:condition>'
        "</bpmn:conditionalEventDefinition>"
    )


def link_event(name: str) -> str:
    return f'<bpmn:linkEventDefinition name="{name}"/>'


MAIL = message_event("m2")
WAITS = [
    timer("timeDuration", "PT1M"),
    message_event("m1"),
    signal_event("s1"),
    conditional_event("a &gt; 2"),
]


@dataclass
class Scope:
    """`ids` counts over the whole file."""

    ids: list[int]
    parts: list[str] = field(default_factory=list)
    caught: tuple[str, ...] = ()
    """Error codes that something around catches."""
    may_call: bool = True
    reacting: bool = False
    """What runs here was set off by an event: it throws none of its own, or it would set itself off for ever."""
    crowded: bool = False
    """Several tokens may be on one flow: no block may stand here that gives fewer tokens than it takes, as an inclusive join does."""

    def new(self, kind: str) -> str:
        self.ids[0] += 1
        return f"{kind}{self.ids[0]}"

    def add(self, tag: str, kind: str, inner: str = "", attributes: str = "") -> str:
        identifier = self.new(kind)
        self.parts.append(node(tag, identifier, inner, attributes))
        return identifier

    def flow(self, source: str, target: str, condition: str | None = None) -> None:
        self.parts.append(flow(source, target, condition))

    def inner(self, *, caught: tuple[str, ...] | None = None) -> Scope:
        return replace(self, parts=[], caught=self.caught if caught is None else caught, crowded=False)

    def xml(self) -> str:
        return "".join(self.parts)


def a_condition(draw: st.DrawFn) -> str:
    return f"={draw(st.sampled_from(VARIABLES))} &gt; {draw(st.integers(0, 2))}"
