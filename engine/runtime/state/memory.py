"""The memory of an element instance is what it remembers between two steps: one dataclass for each family of elements.

A memory is written as the fields that were set on it, in the order in which they were set: its `__dict__` is the stored JSON. A
field that is not set reads as its default, which belongs to the class; `del` takes a field out again. So reading and writing a state
converts nothing, however many elements are in it, and a state is written byte for byte as it was read. Hence the two rules: a field
is named as it is stored, and its values are JSON values.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NotRequired, TypedDict

from engine.bpmn.model import ElementType

Json = dict[str, Any]


@dataclass(init=False, eq=False)
class Memory:
    """The memory of an element instance of any kind."""

    start: int = 0
    """How many of its execution listeners at its start are done."""
    end: int = 0
    """How many of its execution listeners at its end are done."""
    mapped: bool = False
    """Its outputs are mapped: where a condition after it fails and is tried again, they are not mapped again."""
    completing: bool = False
    """It has drained and is about to complete: said twice before it has, it is done once."""
    got: dict[str, list[Any]] | None = None
    """Of each parallel multiple event that it waits for, by the event's id: the indexes of the definitions that have occurred, and the
    variables that they brought."""
    undoes_for: int | None = None
    """Set on a handler of compensation: the key of the element instance that threw the compensation."""
    undoing: bool = False
    """It was begun only to undo what is in it: no listeners, no mappings, no flows."""

    @property
    def sends_no_token(self) -> bool:
        """Return whether no flow is taken when it ends, so that nobody waits for a token of it."""
        return self.undoes_for is not None

    @property
    def is_leaving(self) -> bool:
        """Return whether it waits for no event any more, since it is being undone, cancelled or ended."""
        return self.undoing

    def listeners_done(self, event: str) -> int:
        """Return how many execution listeners of the event (`start` or `end`) are done."""
        return self.start if event == "start" else self.end

    def count_listener(self, event: str) -> None:
        """Count one more execution listener of the event as done."""
        if event == "start":
            self.start += 1
        else:
            self.end += 1


class Record(TypedDict):
    """A record is what a completed activity left behind, by which it can be compensated."""

    n: str
    """The id of the activity."""
    h: str | None
    """The id of its compensation handler; None for a sub-process, which is undone by what is in it."""
    v: Json
    """The variables that it held."""
    r: list[Record]
    """The records of what completed inside it."""
    p: NotRequired[bool]
    """True for a sub-process that had not completed when its transaction was cancelled."""


@dataclass(init=False, eq=False)
class CompensationMemory(Memory):
    """The memory of scopes and throw events for compensation: what can be undone, and what is being undone."""

    records: list[Record] | None = None
    """What completed in it and can be undone, in the order of completion."""
    undo: list[Record] | None = None
    """What it still has to undo, the next one last. Set for as long as the compensation runs, empty while the last handler does."""
    cancelling: bool = False
    """True in a cancelled transaction that undoes what completed in it, to leave by its cancel event after that."""
    stays: bool = False
    """True in a second instance of a throw event that does not wait: it stays for the compensation while the first one goes on."""

    @property
    def sends_no_token(self) -> bool:
        return self.stays or self.undoes_for is not None

    @property
    def is_leaving(self) -> bool:
        return self.cancelling or self.undoing

    def take_records(self) -> list[Record]:
        """Take out all records."""
        records = self.records or []
        if self.records is not None:
            del self.records
        return records

    def take_undo(self) -> list[Record]:
        """Take out what is still to be undone; no compensation runs after that."""
        undo = self.undo or []
        if self.undo is not None:
            del self.undo
        return undo


@dataclass(init=False, eq=False)
class ThrowMemory(CompensationMemory):
    """The memory of an intermediate throw event or an end event."""

    thrown: int | None = None
    """How many of its definitions it has thrown, in the order of throwing."""


class Placement(TypedDict):
    """A placement is a token that is put into a scope by hand, or a scope that is opened in it for others."""

    n: str
    """The id of the element to enter, or of the scope to open."""
    v: NotRequired[Json]
    """The variables that the scope around it gets with it."""
    i: NotRequired[list[Placement]]
    """Of a scope that is opened: what is put into that."""


@dataclass(init=False, eq=False)
class ScopeMemory(CompensationMemory):
    """The memory of a process or sub-process of any kind: what moves and waits in it."""

    joins: dict[str, dict[str, int]] | None = None
    """The tokens that wait in it: by the id of the gateway (or activity with a start quantity), how many came over which flow."""
    complex: dict[str, list[str]] | None = None
    """Complex gateways that have started and wait for their reset: from which flows each took a token then (13.3.5)."""
    interrupted: bool = False
    """An interrupting event sub-process has begun in it: no other one begins any more."""
    bare: bool = False
    """It is to begin without its start event, since an operator has activated an element in it. In states of older versions only."""
    placed: list[Placement] | None = None
    """What is put into it when it begins, instead of a token at its start event. Gone when it has begun."""

    @property
    def gateways(self) -> tuple[str, ...]:
        """Return the ids of the gateways at which tokens wait, or which wait for their reset."""
        return (*(self.joins or ()), *(self.complex or ()))

    def tokens_at(self, gateway: str) -> dict[str, int]:
        """Return how many tokens wait at a gateway, by flow."""
        return {} if self.joins is None else self.joins.get(gateway, {})

    def put_token(self, gateway: str, flow: str) -> dict[str, int]:
        """Let one more token wait at a gateway. Returns those that wait there."""
        if self.joins is None:
            self.joins = {}
        waiting = self.joins.setdefault(gateway, {})
        waiting[flow] = waiting.get(flow, 0) + 1
        return waiting

    def forget_tokens(self) -> None:
        """Take away all tokens that wait, and all resets that are waited for."""
        if self.joins is not None:
            del self.joins
        if self.complex is not None:
            del self.complex


@dataclass(init=False, eq=False)
class ProcessMemory(ScopeMemory):
    """The memory of the process itself."""

    begin: list[Any] | None = None
    """How it is to begin: the id of the start event that occurred or None, the ids of the elements before which it begins, and the
    correlation key of the message that started it. Gone when it has begun."""
    correlation_key: str = ""
    """The correlation key of the message that started it, for what else a parallel event-based gateway at its start waits for."""
    conversations: dict[str, str] | None = None
    """The value of each correlation key, by its id, that the first message sent or received gave to the conversation (8.3.2)."""
    ending: list[Any] | None = None
    """How it ends once the last words in it are spoken: the outcome, the variables, the code of the error or None, and a message."""

    @property
    def is_leaving(self) -> bool:
        return self.ending is not None or super().is_leaving


@dataclass(init=False, eq=False)
class EventSubProcessMemory(ScopeMemory):
    """The memory of an event sub-process, besides that of a scope."""

    entered_by: str | None = None
    """The id of the start event by which it is to begin. Gone when it has begun."""
    given: Json | None = None
    """The variables that this event brought. Gone when it has begun."""


@dataclass(init=False, eq=False)
class AdHocMemory(ScopeMemory):
    """The memory of an ad-hoc sub-process, besides that of a scope."""

    todo: list[list[Any]] | None = None
    """Of a sequential one: what begins after what is running, each the id of an element and the variables that it is given."""
    enough: bool = False
    """Its completion condition has been true: what is in it may end, and nothing else begins."""


@dataclass(init=False, eq=False)
class BodyMemory(Memory):
    """The memory of the body of a multi-instance activity or a standard loop: its counters."""

    made: int = 0
    """Instances or rounds that were begun."""
    done: int = 0
    """Instances or rounds that have completed or were ended by an operator."""
    seen: int | None = None
    """Completed instances for which the behaviour's event has been thrown, where one is due. None in states of older versions."""
    active: int = 0
    """Instances or rounds that are running."""
    total: int = 0
    """All instances that there are to be; 0 for a standard loop, which does not know."""
    out: list[Any] | None = None
    """The output collection, null where an instance has not completed. Gone when it has been written."""
    items: list[Any] | None = None
    """Of a sequential one its input collection."""
    stop: bool = False
    """The completion condition is true, or an own boundary event interrupts: the other instances are ended. Gone when they are."""
    finished: bool = False
    """It is about to complete: an instance that is counted after that changes nothing."""


class TaskChange(TypedDict):
    """A task change is a change of a user task about which its listeners are being asked."""

    key: int
    """The key of the user task."""
    event: str
    """The event of the listeners: creating, assigning, updating, completing, canceling."""
    done: int
    """How many of them are done."""
    action: str
    """Camunda's word for what was asked."""
    values: Json
    """The values that the task would have, by the names of `effects.OpenUserTask`, times as ISO 8601 texts."""
    open: NotRequired[bool]
    """True once the task is offered to people."""
    variables: NotRequired[Json]
    """What a completion brings."""


@dataclass(init=False, eq=False)
class UserTaskMemory(Memory):
    """The memory of a user task: what it needs for its task listeners."""

    task: TaskChange | None = None
    """The change that listeners are being asked about. While it is there nothing else happens to the task."""
    last_words: int | None = None
    """The key of the open user task, where it has listeners of its cancellation: they are asked when its element is ended."""
    speaking: int | None = None
    """The key of the user task that was cancelled: its element is left, and only its listeners are still being asked."""

    @property
    def has_last_words(self) -> bool:
        """Return whether it must not simply be removed: its listeners of a cancellation are to be asked, or are being asked."""
        return self.last_words is not None or self.speaking is not None

    @property
    def sends_no_token(self) -> bool:
        return self.speaking is not None or self.undoes_for is not None

    @property
    def is_leaving(self) -> bool:
        return self.speaking is not None or self.undoing


@dataclass(init=False, eq=False)
class ComplexGatewayMemory(Memory):
    """The memory of a complex gateway."""

    reset: bool = False
    """It is the second phase of the gateway, its reset, not its start (13.3.5)."""


FAMILIES: dict[ElementType, type[Memory]] = dict.fromkeys(ElementType, Memory) | {
    ElementType.PROCESS: ProcessMemory,
    ElementType.SUB_PROCESS: ScopeMemory,
    ElementType.TRANSACTION: ScopeMemory,
    ElementType.EVENT_SUB_PROCESS: EventSubProcessMemory,
    ElementType.AD_HOC_SUB_PROCESS: AdHocMemory,
    ElementType.MULTI_INSTANCE_BODY: BodyMemory,
    ElementType.USER_TASK: UserTaskMemory,
    ElementType.INTERMEDIATE_THROW_EVENT: ThrowMemory,
    ElementType.END_EVENT: ThrowMemory,
    ElementType.COMPLEX_GATEWAY: ComplexGatewayMemory,
}
"""The family of memory of each element type. An element type keeps its memory's fields, since old states have them."""
