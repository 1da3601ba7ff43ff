"""An effect is something that a process instance asks of the world. The shell carries each one out as a row, in the transaction of
the step.

`key` is the effect's own key, unique for ever, taken from the instance's counter; what answers it (an input) names it again.
`element_instance` is the key of the element instance that asks; `element_id` its id in the diagram.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from engine.bpmn.model import Binding
from engine.runtime.keys import Key, OuterKey

Variables = Mapping[str, Any]


class JobKind(StrEnum):
    """The kinds of jobs, in Camunda's words."""

    BPMN_ELEMENT = "BPMN_ELEMENT"
    EXECUTION_LISTENER = "EXECUTION_LISTENER"
    TASK_LISTENER = "TASK_LISTENER"
    AD_HOC_SUB_PROCESS = "AD_HOC_SUB_PROCESS"


@dataclass(frozen=True, slots=True)
class OpenJob:
    """Open a job. With None for retries, priority, backoff or timeout, the default of the handler or the installation counts. Times
    in seconds.
    """

    key: Key
    element_instance: Key
    element_id: str
    type: str
    retries: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    priority: int | None = None
    backoff: tuple[float, ...] = ()
    timeout: float | None = None
    kind: JobKind = JobKind.BPMN_ELEMENT
    listener_event: str | None = None
    user_task: Mapping[str, Any] = field(default_factory=dict)
    """What a task listener is told: the `key` of the user task, the `action` that it is about, and the `values` that the task has
    or would have.
    """


@dataclass(frozen=True, slots=True)
class WithdrawJob:
    key: Key


@dataclass(frozen=True, slots=True)
class OpenUserTask:
    key: Key
    element_instance: Key
    element_id: str
    name: str
    assignee: str | None = None
    candidate_users: tuple[str, ...] = ()
    candidate_groups: tuple[str, ...] = ()
    due_date: datetime | None = None
    follow_up_date: datetime | None = None
    priority: int = 50
    form_id: str | None = None
    form_binding: Binding = Binding.LATEST
    form_version_tag: str | None = None
    external_form_reference: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


class UserTaskState(StrEnum):
    """The states of a user task that its listeners cause while it is open, in Camunda's words."""

    CREATED = "CREATED"  # open: a person moves it on
    ASSIGNING = "ASSIGNING"  # the answer of its listeners moves it back to CREATED
    UPDATING = "UPDATING"  # the same
    COMPLETING = "COMPLETING"  # the same: to COMPLETED, or back to CREATED
    COMPLETED = "COMPLETED"  # the end


@dataclass(frozen=True, slots=True)
class ChangeUserTask:
    """Change an open user task: its state while listeners run and after them, and the `values` that change, by the names of
    OpenUserTask.
    """

    key: Key
    element_instance: Key
    element_id: str
    state: UserTaskState
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WithdrawUserTask:
    key: Key


@dataclass(frozen=True, slots=True)
class OpenTimer:
    """Open a timer that is due at `due_at`, in aware UTC. A repeating timer is opened anew by the step that handles its firing;
    `catches_up` says that its next time may have passed by then: other timers that are due later have to wait for that."""

    key: Key
    element_instance: Key
    element_id: str
    due_at: datetime
    catches_up: bool = False


@dataclass(frozen=True, slots=True)
class WithdrawTimer:
    key: Key


@dataclass(frozen=True, slots=True)
class OpenMessageSubscription:
    """Wait for a message. `correlation_key` is a text; the empty one correlates with messages published without a key. Where a
    message flow leads to it (`flow_end`) and one side alone knows the key, that is enough as long as nobody else waits there.
    """

    key: Key
    element_instance: Key
    element_id: str
    message_name: str
    correlation_key: str
    interrupting: bool = True
    """False when it stays open after a message, until withdrawn."""
    flow_end: bool = False


@dataclass(frozen=True, slots=True)
class WithdrawMessageSubscription:
    key: Key


@dataclass(frozen=True, slots=True)
class OpenSignalSubscription:
    key: Key
    element_instance: Key
    element_id: str
    signal_name: str
    interrupting: bool = True


@dataclass(frozen=True, slots=True)
class WithdrawSignalSubscription:
    key: Key


@dataclass(frozen=True, slots=True)
class StartChild:
    """Start an instance of another definition; the shell answers with ChildStarted or ChildNotStarted in the same transaction."""

    key: Key
    element_instance: Key
    element_id: str
    process_id: str
    binding: Binding
    version_tag: str | None
    version: int | None
    variables: Variables
    business_id: str | None = None


MAX_CALL_DEPTH = 100
"""Call activities within each other, at most. One more raises an incident: a process that calls itself without an end would fill
the database, or the memory of a test.
"""


def too_deep(call: StartChild, *, depth: int) -> str | None:
    """Return why a call of an instance with so many callers above it is not carried out; None where it is."""
    if depth < MAX_CALL_DEPTH:
        return None
    return (
        f"Expected at most {MAX_CALL_DEPTH} call activities within each other at '{call.element_id}', which calls "
        f"'{call.process_id}'. End the calls by a condition before it."
    )


@dataclass(frozen=True, slots=True)
class CancelChild:
    key: Key
    instance: OuterKey | None


@dataclass(frozen=True, slots=True)
class RunScript:
    """Run a Python script in the sandbox, outside the transaction. `variables` are those visible at the script task."""

    key: Key
    element_instance: Key
    element_id: str
    source: str
    variables: Variables
    line: int = 0


@dataclass(frozen=True, slots=True)
class WithdrawScript:
    key: Key


@dataclass(frozen=True, slots=True)
class EvaluateDecision:
    """Evaluate a decision over `variables`; the shell answers in the same transaction, so that the journal has the result."""

    key: Key
    element_instance: Key
    element_id: str
    decision_id: str
    binding: Binding
    version_tag: str | None
    version: int | None
    variables: Variables


@dataclass(frozen=True, slots=True)
class PublishMessage:
    """Publish a message. `target_process` and `target_element` are the end of a message flow of the diagram: the message starts or
    reaches an instance of that process of the same file there, and nobody else.
    """

    key: Key
    element_instance: Key
    element_id: str
    name: str
    correlation_key: str
    variables: Variables
    target_process: str | None = None
    target_element: str | None = None


@dataclass(frozen=True, slots=True)
class BroadcastSignal:
    key: Key
    element_instance: Key
    element_id: str
    name: str
    variables: Variables


class IncidentType(StrEnum):
    """The types of incidents: Camunda's errorType where it has one."""

    JOB_NO_RETRIES = "JOB_NO_RETRIES"
    UNHANDLED_ERROR_EVENT = "UNHANDLED_ERROR_EVENT"
    CONDITION_ERROR = "CONDITION_ERROR"
    EXTRACT_VALUE_ERROR = "EXTRACT_VALUE_ERROR"
    IO_MAPPING_ERROR = "IO_MAPPING_ERROR"
    CALLED_ELEMENT_ERROR = "CALLED_ELEMENT_ERROR"
    CALLED_DECISION_ERROR = "CALLED_DECISION_ERROR"
    DECISION_EVALUATION_ERROR = "DECISION_EVALUATION_ERROR"
    FORM_NOT_FOUND = "FORM_NOT_FOUND"
    SCRIPT_ERROR = "SCRIPT_ERROR"
    STEP_LIMIT_EXCEEDED = "STEP_LIMIT_EXCEEDED"
    MESSAGE_SIZE_EXCEEDED = "MESSAGE_SIZE_EXCEEDED"
    AD_HOC_SUB_PROCESS_NO_RETRIES = "AD_HOC_SUB_PROCESS_NO_RETRIES"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class RaiseIncident:
    key: Key
    element_instance: Key
    element_id: str
    type: IncidentType
    message: str
    stack_trace: str = ""
    job: Key | None = None


@dataclass(frozen=True, slots=True)
class CloseIncident:
    """Close an incident that was resolved, or whose element was terminated."""

    key: Key


@dataclass(frozen=True, slots=True)
class EscalateToParent:
    code: str
    variables: Variables


class Outcome(StrEnum):
    """An outcome says how an instance ended. COMPLETED: the last token is gone. TERMINATED: it was cancelled, also by its parent.
    ERROR: nothing in it caught an error.
    """

    COMPLETED = "COMPLETED"
    TERMINATED = "TERMINATED"
    ERROR = "ERROR"


@dataclass(frozen=True, slots=True)
class EndInstance:
    """End the instance: its last effect. `variables` are those of the root scope."""

    outcome: Outcome
    variables: Variables
    error_code: str | None = None
    error_message: str = ""


Opening = (
    OpenJob
    | OpenUserTask
    | OpenTimer
    | OpenMessageSubscription
    | OpenSignalSubscription
    | StartChild
    | RunScript
    | EvaluateDecision
    | RaiseIncident
)
"""Effects that stay open until an input answers them or an effect closes them; going back to a point of a journal opens them again."""
Closing = (
    WithdrawJob
    | WithdrawUserTask
    | WithdrawTimer
    | WithdrawMessageSubscription
    | WithdrawSignalSubscription
    | CancelChild
    | WithdrawScript
    | CloseIncident
)
"""Effects that close the open effect with the same key."""
Passing = ChangeUserTask | PublishMessage | BroadcastSignal | EscalateToParent | EndInstance
"""Effects that are over when they are carried out."""
Effect = Opening | Closing | Passing
