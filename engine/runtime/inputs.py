"""An input is something that happens to a process instance. The journal keeps each one, in order; replaying them gives the same
state.

Keys are 64-bit integers. `variables` are JSON values with exact numbers (None, bool, int, Decimal, str, list, dict).
An input that names something which is no longer open (a job already completed, a cancelled user task) changes nothing and is
recorded as `InputIgnored`: late and duplicate answers are normal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.runtime.keys import Key, OuterKey

Variables = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Started:
    """The instance starts: its first input. `start_event` None means the none start event; `before` starts at other elements
    instead.
    """

    variables: Variables = field(default_factory=dict)
    start_event: str | None = None
    before: tuple[str, ...] = ()
    correlation_key: str = ""
    """The correlation key of the message that started it."""
    business_id: str | None = None
    called: bool = False
    """True when a call activity started it: errors and escalations that nothing here catches go up to the caller."""


@dataclass(frozen=True, slots=True)
class JobCompleted:
    """A job was completed. `result` is a task listener's, in Camunda's words: `denied`, `deniedReason`, `corrections`. Where it is
    empty, the variables of a task listener are its result: what a handler returns.
    """

    job: Key
    variables: Variables = field(default_factory=dict)
    result: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class JobFailed:
    """The job has no attempts left; an incident is raised. Attempts that will be repeated are no input: the job row keeps them."""

    job: Key
    message: str
    stack_trace: str = ""
    variables: Variables = field(default_factory=dict)
    """They are written into the element, and nowhere else."""


@dataclass(frozen=True, slots=True)
class JobErrorThrown:
    job: Key
    code: str
    message: str = ""
    variables: Variables = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class UserTaskCompleted:
    user_task: Key
    variables: Variables = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class UserTaskChanged:
    """Somebody assigns or updates an open user task. `event` is `assigning` or `updating`, `action`
    Camunda's word for what was asked; `values` by the names of `effects.OpenUserTask`, times as ISO 8601 texts."""

    user_task: Key
    event: str
    action: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class UserTaskErrorThrown:
    user_task: Key
    code: str
    message: str = ""
    variables: Variables = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TimerFired:
    timer: Key


@dataclass(frozen=True, slots=True)
class MessageArrived:
    """A message was correlated to an open subscription of this instance."""

    subscription: Key
    name: str
    variables: Variables = field(default_factory=dict)
    message: OuterKey | None = None


@dataclass(frozen=True, slots=True)
class SignalArrived:
    subscription: Key
    name: str
    variables: Variables = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ScriptCompleted:
    """A script has run. `variables` are those that it assigned or changed; `result` is the value of its last expression."""

    script: Key
    variables: Variables = field(default_factory=dict)
    result: Any = None


@dataclass(frozen=True, slots=True)
class ScriptFailed:
    script: Key
    message: str
    stack_trace: str = ""


@dataclass(frozen=True, slots=True)
class ScriptErrorThrown:
    script: Key
    code: str
    message: str = ""


@dataclass(frozen=True, slots=True)
class DecisionEvaluated:
    decision: Key
    result: Any


@dataclass(frozen=True, slots=True)
class DecisionFailed:
    decision: Key
    message: str


@dataclass(frozen=True, slots=True)
class ChildStarted:
    """The shell found the definition and created the instance `instance` for the call activity that asked for `child`."""

    child: Key
    instance: OuterKey


@dataclass(frozen=True, slots=True)
class ChildNotStarted:
    """No definition was found for the call; raises an incident."""

    child: Key
    message: str


@dataclass(frozen=True, slots=True)
class ChildCompleted:
    child: Key
    variables: Variables = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ChildTerminated:
    """The child was cancelled by someone else than its parent."""

    child: Key


@dataclass(frozen=True, slots=True)
class ChildErrorThrown:
    child: Key
    code: str
    message: str = ""
    variables: Variables = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ChildEscalated:
    """An escalation that nothing inside the child caught. The child may go on."""

    child: Key
    code: str
    variables: Variables = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class IncidentResolved:
    """An incident was resolved: what failed is tried again, with the variables as they are now."""

    incident: Key


@dataclass(frozen=True, slots=True)
class VariablesSet:
    """An operator sets variables. `local` writes into exactly this scope, else each name goes to the nearest scope that declares
    it.
    """

    scope: Key
    variables: Variables
    local: bool = False


@dataclass(frozen=True, slots=True)
class Cancelled:
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ActivateInstruction:
    element_id: str
    ancestor_scope: Key | None = None
    variables: Variables = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TerminateInstruction:
    element_instance: Key


@dataclass(frozen=True, slots=True)
class Modified:
    """An operator modifies the instance, as in Camunda: activate, terminate; a move is both."""

    activate: tuple[ActivateInstruction, ...] = ()
    terminate: tuple[TerminateInstruction, ...] = ()


@dataclass(frozen=True, slots=True)
class AdHocActivated:
    """An operator activates elements of an ad-hoc sub-process, as in Camunda: `scope` is its element instance. Each element begins
    with its variables, in the order given where the ordering is sequential.
    """

    scope: Key
    elements: tuple[ActivateInstruction, ...]
    cancel_remaining: bool = False


@dataclass(frozen=True, slots=True)
class Migrated:
    """The instance is migrated: the model given to this step is the target; `mapping` renames every active element id, source to
    target.
    """

    mapping: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Restored:
    """The instance goes back to a point of a journal: what is active ends, and what was active at that point is active again, under
    new keys.

    `state` is the one after the entry `sequence` of the instance `source`, as JSON; `effects` are those that were open then, as
    JSON. An instance whose first input this is begins where the other one was.
    """

    source: OuterKey
    sequence: int
    state: Variables
    effects: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Suspended:
    """An operator suspends the instance: from here on inputs wait. For the journal; the state does not change."""


@dataclass(frozen=True, slots=True)
class Resumed:
    """An operator resumes the instance. For the journal; the state does not change."""


@dataclass(frozen=True, slots=True)
class TimerRescheduled:
    """An operator reschedules a timer: it is due at another time, in ISO 8601. For the journal; the state does not change."""

    timer: Key
    due_at: str


@dataclass(frozen=True, slots=True)
class KeysGranted:
    """The instance gets a further block of keys, since it is about to use up its own (see `state.KEYS_PER_BLOCK`)."""

    first: OuterKey


Input = (
    Started
    | JobCompleted
    | JobFailed
    | JobErrorThrown
    | UserTaskCompleted
    | UserTaskChanged
    | UserTaskErrorThrown
    | TimerFired
    | MessageArrived
    | SignalArrived
    | ScriptCompleted
    | ScriptFailed
    | ScriptErrorThrown
    | DecisionEvaluated
    | DecisionFailed
    | ChildStarted
    | ChildNotStarted
    | ChildCompleted
    | ChildTerminated
    | ChildErrorThrown
    | ChildEscalated
    | IncidentResolved
    | VariablesSet
    | Cancelled
    | Modified
    | AdHocActivated
    | Migrated
    | Restored
    | Suspended
    | Resumed
    | TimerRescheduled
    | KeysGranted
)
