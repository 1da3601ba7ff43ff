"""This immutable model says what a diagram means, the same for every dialect that it may have been written in.

Made by `engine.bpmn.parse`, read by `engine.runtime`. Terms are those of BPMN 2.0 (OMG formal/2011-01-03); element types are
the words of the Camunda 8 REST API. Every expression is compiled when the file is parsed, so a broken one is a deployment problem.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from engine.bpmn.expressions import Expression


class ElementType(StrEnum):
    """An element type is that of a flow node, of a process, or of the body around the instances of a multi-instance activity."""

    PROCESS = "PROCESS"
    SUB_PROCESS = "SUB_PROCESS"
    EVENT_SUB_PROCESS = "EVENT_SUB_PROCESS"
    TRANSACTION = "TRANSACTION"
    AD_HOC_SUB_PROCESS = "AD_HOC_SUB_PROCESS"
    CALL_ACTIVITY = "CALL_ACTIVITY"
    TASK = "TASK"
    USER_TASK = "USER_TASK"
    MANUAL_TASK = "MANUAL_TASK"
    SERVICE_TASK = "SERVICE_TASK"
    SCRIPT_TASK = "SCRIPT_TASK"
    BUSINESS_RULE_TASK = "BUSINESS_RULE_TASK"
    SEND_TASK = "SEND_TASK"
    RECEIVE_TASK = "RECEIVE_TASK"
    START_EVENT = "START_EVENT"
    INTERMEDIATE_CATCH_EVENT = "INTERMEDIATE_CATCH_EVENT"
    INTERMEDIATE_THROW_EVENT = "INTERMEDIATE_THROW_EVENT"
    BOUNDARY_EVENT = "BOUNDARY_EVENT"
    END_EVENT = "END_EVENT"
    EXCLUSIVE_GATEWAY = "EXCLUSIVE_GATEWAY"
    INCLUSIVE_GATEWAY = "INCLUSIVE_GATEWAY"
    PARALLEL_GATEWAY = "PARALLEL_GATEWAY"
    EVENT_BASED_GATEWAY = "EVENT_BASED_GATEWAY"
    COMPLEX_GATEWAY = "COMPLEX_GATEWAY"
    MULTI_INSTANCE_BODY = "MULTI_INSTANCE_BODY"


SCOPE_TYPES = frozenset(
    {
        ElementType.PROCESS,
        ElementType.SUB_PROCESS,
        ElementType.EVENT_SUB_PROCESS,
        ElementType.TRANSACTION,
        ElementType.AD_HOC_SUB_PROCESS,
    }
)


class Binding(StrEnum):
    """The binding says which version of a called process, decision or form is meant (Camunda's bindingType)."""

    LATEST = "latest"
    DEPLOYMENT = "deployment"
    VERSION_TAG = "versionTag"
    VERSION = "version"


# --- references ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Message:
    """This is a `bpmn:message`. `name` may be an expression; for start events it must be a literal (or evaluate without variables)."""

    id: str
    name: Expression
    correlation_key: Expression | None = None


@dataclass(frozen=True, slots=True)
class Signal:
    id: str
    name: Expression


# --- event definitions (10.4.5) ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MessageEvent:
    """A message event waits for the message where it catches; where it throws it publishes it, unless the element has a job (then the
    job sends it). Throwing: publishes it, unless the element has a job (then the job sends it)."""

    message: Message
    operation: str | None = None


@dataclass(frozen=True, slots=True)
class SignalEvent:
    signal: Signal


class TimerKind(StrEnum):
    DATE = "timeDate"
    DURATION = "timeDuration"
    CYCLE = "timeCycle"


@dataclass(frozen=True, slots=True)
class TimerEvent:
    """A timer event waits for a time: `expression` gives an ISO 8601 text (or a FEEL date or duration); a cycle may also be a cron text."""

    kind: TimerKind
    expression: Expression


@dataclass(frozen=True, slots=True)
class ErrorEvent:
    """An error event catches or throws an error: `code` None catches every error; on an end event it is never None. `code_variable` and
    `message_variable` receive them."""

    code: Expression | None
    code_variable: str | None = None
    message_variable: str | None = None


@dataclass(frozen=True, slots=True)
class EscalationEvent:
    code: Expression | None
    code_variable: str | None = None


@dataclass(frozen=True, slots=True)
class CompensationEvent:
    """A compensation event throws compensation for `activity`; None: for all completed activities of the scope. Without
    `wait_for_completion` the token goes on at once."""

    activity: str | None = None
    wait_for_completion: bool = True


@dataclass(frozen=True, slots=True)
class ConditionalEvent:
    condition: Expression


@dataclass(frozen=True, slots=True)
class LinkEvent:
    name: str


@dataclass(frozen=True, slots=True)
class CancelEvent:
    pass


@dataclass(frozen=True, slots=True)
class TerminateEvent:
    pass


EventDefinition = (
    MessageEvent
    | SignalEvent
    | TimerEvent
    | ErrorEvent
    | EscalationEvent
    | CompensationEvent
    | ConditionalEvent
    | LinkEvent
    | CancelEvent
    | TerminateEvent
)


# --- what an activity does -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class VariableMapping:
    """A variable mapping is one input or output mapping: `target` (a variable, or a dotted path into one) becomes the value of `source`."""

    source: Expression
    target: str


@dataclass(frozen=True, slots=True)
class JobDefinition:
    """A job definition describes work for a job worker. None means: the handler's own setting, else the installation's default."""

    type: Expression
    retries: Expression | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    priority: Expression | None = None
    backoff: Expression | None = None
    """The first waiting time between attempts, an ISO 8601 duration; or a comma-separated list of them, one an attempt."""
    timeout: Expression | None = None


@dataclass(frozen=True, slots=True)
class FormReference:
    """A form is named here: `form_id` names a deployed form-js form; `external_reference` is a key that only the user's own front end
    understands."""

    form_id: str | None = None
    external_reference: Expression | None = None
    binding: Binding = Binding.LATEST
    version_tag: str | None = None
    schema: str | None = None
    """The form-js form itself, in JSON, where it stands in the diagram (zeebe:userTaskForm)."""


@dataclass(frozen=True, slots=True)
class UserTaskDefinition:
    """A user task is assigned by zeebe:assignmentDefinition, camunda: attributes, potentialOwner, or the lane's name as candidate group."""

    assignee: Expression | None = None
    candidate_users: Expression | None = None
    candidate_groups: Expression | None = None
    due_date: Expression | None = None
    follow_up_date: Expression | None = None
    priority: Expression | None = None
    form: FormReference | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ScriptDefinition:
    """A script has either an `expression` (FEEL and JUEL, run inside the step) or a `source` (Python, run by the shell in a sandbox)."""

    expression: Expression | None = None
    source: str | None = None
    result_variable: str | None = None
    line: int = 0


@dataclass(frozen=True, slots=True)
class CalledDecision:
    decision_id: Expression
    result_variable: str
    binding: Binding = Binding.LATEST
    version_tag: str | None = None
    version: int | None = None
    result_mapping: str | None = None
    """Camunda 7's mapDecisionResult: singleEntry, singleResult, collectEntries or resultList; None keeps the result as it is."""


@dataclass(frozen=True, slots=True)
class CalledElement:
    """A call activity calls this target. A global task of the same file is called as a process of that one task."""

    process_id: Expression
    binding: Binding = Binding.LATEST
    version_tag: str | None = None
    version: int | None = None
    propagate_all_parent_variables: bool = True
    propagate_all_child_variables: bool = True
    business_id: Expression | None = None
    inputs: tuple[VariableMapping, ...] = ()
    """Camunda 7's `in`: each is evaluated in the caller, and set in the called instance."""
    outputs: tuple[VariableMapping, ...] = ()
    """Camunda 7's `out`: each is evaluated over the called instance's variables, and set in the caller."""


@dataclass(frozen=True, slots=True)
class Listener:
    """An execution listener (`start`, `end`) or task listener (`creating`, `assigning`, `completing`, ...) is a job that must end first."""

    event: str
    job: JobDefinition


# --- markers -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StandardLoop:
    condition: Expression | None = None
    test_before: bool = False
    maximum: Expression | None = None


class MultiInstanceBehavior(StrEnum):
    """A completed instance throws its event (10.2.8) never, if it is the first one, each time, or by complex definitions."""

    ALL = "All"
    ONE = "One"
    NONE = "None"
    COMPLEX = "Complex"


@dataclass(frozen=True, slots=True)
class ComplexBehavior:
    condition: Expression
    event: EventDefinition


@dataclass(frozen=True, slots=True)
class MultiInstance:
    """Exactly one of `cardinality` and `collection` is set."""

    sequential: bool = False
    cardinality: Expression | None = None
    collection: Expression | None = None
    element_variable: str | None = None
    output_collection: str | None = None
    output_element: Expression | None = None
    completion_condition: Expression | None = None
    behavior: MultiInstanceBehavior = MultiInstanceBehavior.ALL
    one_behavior_event: EventDefinition | None = None
    none_behavior_event: EventDefinition | None = None
    complex_behaviors: tuple[ComplexBehavior, ...] = ()


@dataclass(frozen=True, slots=True)
class AdHoc:
    """These inner activities start by themselves: those of `active_elements` if set, else all without incoming flow."""

    sequential: bool = False
    completion_condition: Expression | None = None
    cancel_remaining_instances: bool = True
    active_elements: Expression | None = None


# --- data (10.3) ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DataItem:
    """A data object, data store, property, data input or data output is a variable of the scope that declares it."""

    id: str
    name: str
    is_collection: bool = False
    initial: Expression | None = None


@dataclass(frozen=True, slots=True)
class DataAssociation:
    """A data association copies `source` to `target` (variable names), through `transformation` or `assignments` where it has them."""

    source: str | None
    target: str | None
    transformation: Expression | None = None
    assignments: tuple[VariableMapping, ...] = ()


# --- the graph -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SequenceFlow:
    id: str
    source: str
    target: str
    name: str = ""
    condition: Expression | None = None
    line: int = 0


@dataclass(frozen=True, slots=True)
class FlowNode:
    """A flow node is one node of the diagram, or the process itself (the root scope). Only the fields of its own type are set."""

    id: str
    type: ElementType
    name: str = ""
    line: int = 0
    scope: str | None = None
    """The id of the enclosing scope; None only for the process."""
    incoming: tuple[SequenceFlow, ...] = ()
    outgoing: tuple[SequenceFlow, ...] = ()
    default_flow: str | None = None
    properties: Mapping[str, str] = field(default_factory=dict)

    # variables
    inputs: tuple[VariableMapping, ...] = ()
    outputs: tuple[VariableMapping, ...] = ()
    data_items: tuple[DataItem, ...] = ()
    """Data objects, stores and properties declared in a scope; properties, data inputs and outputs declared by an activity or event."""
    data_inputs: tuple[DataAssociation, ...] = ()
    data_outputs: tuple[DataAssociation, ...] = ()

    # events
    events: tuple[EventDefinition, ...] = ()
    parallel_multiple: bool = False
    interrupting: bool = True
    """The cancelActivity of a boundary event, or isInterrupting of an event sub-process's start event."""
    attached_to: str | None = None

    # activities
    boundary_events: tuple[str, ...] = ()
    loop: StandardLoop | MultiInstance | None = None
    is_for_compensation: bool = False
    compensation_handler: str | None = None
    """The activity that a compensation boundary event of this one is associated with."""
    start_quantity: int = 1
    completion_quantity: int = 1
    job: JobDefinition | None = None
    user_task: UserTaskDefinition | None = None
    script: ScriptDefinition | None = None
    decision: CalledDecision | None = None
    call: CalledElement | None = None
    message: Message | None = None
    """The message that a receive task waits for, or that a send task without a job publishes."""
    listeners: tuple[Listener, ...] = ()
    form: FormReference | None = None
    """The start form, on a none start event."""

    # gateways
    instantiate: bool = False
    """True for a receive task or event-based gateway without incoming flow that starts instances."""
    parallel_event_gateway: bool = False
    activation_condition: Expression | None = None

    # scopes
    children: tuple[str, ...] = ()
    """The ids of the flow nodes directly inside, in document order, boundary events and event sub-processes included."""
    start_events: tuple[str, ...] = ()
    event_sub_processes: tuple[str, ...] = ()
    ad_hoc: AdHoc | None = None


@dataclass(frozen=True, slots=True)
class CorrelationKey:
    """A `bpmn:correlationKey` says where its properties are found, in their order (8.3.2)."""

    id: str
    name: str
    properties: tuple[str, ...]
    payload: Mapping[str, tuple[Expression, ...]]
    """An expression over the message's payload for each property, by message id. Messages that lack one are left out."""
    bindings: tuple[Expression, ...] | None = None
    """An expression over the data of the process for each property, where it has a correlation subscription for the key."""


@dataclass(frozen=True, slots=True)
class MessageTarget:
    """A message flow leads to this place: a process of the file, and a node of it unless the flow ends at the pool."""

    process_id: str
    element_id: str | None = None


@dataclass(frozen=True, slots=True)
class ProcessModel:
    """A process model is one process of a file. `nodes` holds every node of every nesting level by id, the process itself under its own
    id."""

    id: str
    name: str
    version_tag: str | None
    is_executable: bool
    nodes: Mapping[str, FlowNode]
    flows: Mapping[str, SequenceFlow]
    message_flows: Mapping[str, MessageTarget] = field(default_factory=dict)
    """The receiver of the message of each throwing node of this process that has a message flow, by node id."""
    message_flow_ends: frozenset[str] = frozenset()
    """The ids of the nodes of this process that message flows lead to."""
    correlation_keys: Mapping[str, CorrelationKey] = field(default_factory=dict)
    """The first key of the file for which the message has all properties, by message id."""
    lanes: Mapping[str, str] = field(default_factory=dict)
    """The name of the innermost lane, by flow node id."""
    documentation: str = ""
    paths: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)
    """The runtime keeps here what it has worked out about the graph, by scope and gateway; it follows from the rest, and is made when
    first needed."""

    @property
    def root(self) -> FlowNode:
        return self.nodes[self.id]


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem is a reason why a file cannot be deployed (error) or may surprise (warning). `code` is stable and listed in
    docs/problems.md."""

    code: str
    message: str
    severity: Severity = Severity.ERROR
    element_id: str | None = None
    element_name: str | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Definitions:
    """Definitions are a parsed file. With an error among `problems`, `processes` may be incomplete and must not be run."""

    id: str
    target_namespace: str
    processes: Mapping[str, ProcessModel]
    problems: tuple[Problem, ...] = ()

    @property
    def errors(self) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.problems if problem.severity is Severity.ERROR)
