"""The table holds every rule that a file may break: its stable code, what it demands, and the clause that it comes from.

Clauses and tables are those of OMG formal/2011-01-03. `docs/problems.md` is written from this table.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.bpmn.model import Severity


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule has a stable code. `always` makes its breach an error even in a process that is not executable, where a breach of any other
    rule is a warning. `tolerated`: in a file that was written for an engine its breach is a warning, for those engines run such files, and
    they run here."""

    demand: str
    clause: str = ""
    severity: Severity = Severity.ERROR
    always: bool = False
    tolerated: bool = False


def _warning(demand: str, clause: str = "") -> Rule:
    return Rule(demand, clause, severity=Severity.WARNING)


def _always(demand: str, clause: str = "") -> Rule:
    return Rule(demand, clause, always=True)


def _tolerated(demand: str, clause: str = "") -> Rule:
    return Rule(demand, clause, tolerated=True)


FILE_RULES = {
    "file-too-large": _always("A file is at most 10 MB large."),
    "too-many-elements": _always("A file holds at most 10,000 flow nodes."),
    "xml-too-deep": _always("Elements are not nested without bound: sub-processes at most 50 levels deep."),
    "xml-malformed": _always("A file is well-formed XML."),
    "namespace-invalid": _warning("A namespace is a URI, without a blank in it.", "15.3"),
    "xml-encoding": _always("A file is in UTF-8 (or declares another of the common encodings), without broken bytes."),
    "xml-document-type": _always("A file has no document type, hence no entities."),
    "not-bpmn": _always("The root element is bpmn:definitions of BPMN 2.0.", "15.3"),
    "schema": _warning("A file follows the XML schema of BPMN 2.0.", "15.3"),
    "value-invalid": Rule("An attribute has one of the values that the schema allows.", "15.3"),
    "element-misplaced": Rule("An element stands where the schema allows it; elsewhere it would be ignored.", "15.3"),
    "element-abstract": Rule("An element is written by its own name, which says what it is.", "15.3"),
    "annotation-misplaced": _warning("Texts and artifacts stand where the schema allows them.", "15.3"),
    "duplicate-id": _always("An id is used once in a file.", "8.2.1"),
    "id-missing": _always("Processes and flow nodes have an id.", "8.2.1"),
    "flow-id-missing": _warning("A sequence flow has an id; one without is known by its ends.", "8.2.1"),
    "process-missing": _always("A file holds a process."),
    "process-empty": Rule("An executable process holds a flow node.", "10"),
    "process-public": _warning("A public process, which shows what others see, is not executable.", "table 10.1"),
    "executable-unsaid": _warning(
        "A process says whether it is executable; one that says nothing is taken as executable, unless it is empty.",
        "10.1",
    ),
}

REFERENCE_RULES = {
    "reference-dangling": Rule("What is referred to is in the file.", "8.2"),
    "reference-kind": Rule("What is referred to is of the kind that is expected there.", "8.2"),
    "reference-imported": Rule(
        "What is needed to run stands in the file itself; imported files are not read.", "8.1.2"
    ),
    "import-unread": _warning("A file does not lean on another diagram; imported diagrams are not read.", "8.1.2"),
    "extension-required": Rule("A file asks for no extension that must be understood.", "8.2.3"),
    "reference-missing": Rule("A reference without which the element means nothing is there.", "8.2"),
}

EXPRESSION_RULES = {
    "expression-syntax": Rule("An expression can be read in its language.", "8.3.6"),
    "expression-function": Rule("An expression in FEEL calls functions that exist.", "8.3.6"),
    "expression-language": Rule("An expression is in FEEL, JUEL or Python.", "8.3.6"),
    "expression-read-as-feel": _warning(
        "In a file whose language is XPath, an expression says by '=' that it is FEEL.", "8.3.6"
    ),
    "expression-empty": Rule("An expression that is there says something.", "8.3.6"),
    "timer-missing": Rule(
        "A timer event has one of timeDate, timeDuration and timeCycle, with a text in it.", "table 10.101"
    ),
    "timer-ambiguous": Rule(
        "A timer event has no more than one of timeDate, timeDuration and timeCycle.", "table 10.101"
    ),
    "timer-invalid": Rule(
        "A timer's text is an ISO 8601 date, duration or repetition, or a cron text.", "table 10.101"
    ),
}

FLOW_RULES = {
    "flow-crosses-scope": Rule("A sequence flow connects nodes of one process or sub-process.", "8.3.13"),
    "flow-not-listed": _tolerated(
        "Where a node lists its incoming or outgoing flows, it lists each of them.", "8.3.13"
    ),
    "flow-list-wrong": _tolerated("A flow that a node lists as incoming or outgoing does enter or leave it.", "8.3.13"),
    "start-event-incoming": Rule("No sequence flow enters a start event.", "10.4.2"),
    "end-event-outgoing": Rule("No sequence flow leaves an end event.", "10.4.3"),
    "boundary-event-incoming": Rule("No sequence flow enters a boundary event.", "10.4.4"),
    "event-sub-process-flow": Rule("No sequence flow enters or leaves an event sub-process.", "10.2.5"),
    "compensation-flow": Rule("No sequence flow enters or leaves a compensation activity.", "10.6.1"),
    "condition-not-allowed": _warning(
        "A flow out of a parallel or event-based gateway or a start event has no condition; one that it has is ignored.",
        "8.3.13, 10.4.2",
    ),
    "condition-expected": _warning(
        "Where a gateway decides, each flow but the default has a condition.", "10.5.2, 10.5.3"
    ),
    "flow-immediate": Rule(
        "In an executable process, nothing happens between the ends of a sequence flow: isImmediate is not false.",
        "table 8.60",
    ),
    "condition-empty": Rule("A condition is not empty.", "8.3.13"),
    "condition-alone": _tolerated("A conditional flow out of an activity is not its only one.", "8.3.13"),
    "default-with-condition": _warning(
        "A default flow has no condition; one that it has is never evaluated.", "table 10.3"
    ),
    "default-not-allowed": Rule(
        "Activities and exclusive, inclusive and complex gateways alone have default flows.", "8.3.13"
    ),
    "default-not-outgoing": Rule("The default flow leaves the node whose default it is.", "8.3.13"),
    "start-event-missing": Rule(
        "A level with an end event has a start event, or a node that starts instances.", "10.4.3"
    ),
    "end-event-missing": _tolerated("A level with a start event has an end event.", "10.4.2"),
    "incoming-missing": _tolerated(
        "Intermediate events have an incoming flow; on a level with a start event, every other node has one.",
        "10.4.2, 10.4.4",
    ),
    "outgoing-missing": _tolerated(
        "Intermediate events have an outgoing flow; on a level with an end event, every other node has one.",
        "10.4.3, 10.4.4",
    ),
}

ACTIVITY_RULES = {
    "loop-twice": Rule("An activity has at most one loop marker.", "10.2.8"),
    "loop-maximum": Rule("loopMaximum is 1 or more.", "table 10.28"),
    "loop-condition-missing": Rule("A loop has a condition or a maximum.", "table 10.28"),
    "multi-instance-incomplete": Rule(
        "A multi-instance activity has a collection or a cardinality, and not both.", "table 10.29"
    ),
    "multi-instance-event": Rule("Behaviours One, None and Complex say which event they throw.", "table 10.29"),
    "multi-instance-event-unused": _warning("A thrown event belongs to the behaviour that is set.", "table 10.29"),
    "multi-instance-data": Rule(
        "The data that a multi-instance activity loops over is its own, or visible, and a collection.", "table 10.29"
    ),
    "multi-instance-task-data": Rule(
        "In plain BPMN, a multi-instance task loops over a data input of its own, and collects into a data output of its own.",
        "table 10.29",
    ),
    "multi-instance-item-unused": _warning(
        "An item of a multi-instance activity belongs to a collection that it loops over or collects into.",
        "table 10.29",
    ),
    "multi-instance-item": Rule("An item of a multi-instance activity is the scalar of its collection.", "table 10.29"),
    "complex-behavior-incomplete": Rule("A complex behaviour has a condition and an event.", "table 10.30"),
    "quantity-invalid": Rule("startQuantity and completionQuantity are whole numbers from 1.", "table 10.3"),
    "instantiate-incoming": Rule("A node that starts instances has no incoming flow.", "10.2.3, 10.5.6"),
    "instantiate-scope": Rule("A node that starts instances lies directly in the process.", "10.2.3, 10.5.6"),
    "resource-role": Rule("A resource role has a resource, with bindings, or an expression.", "table 10.5"),
    "resource-several": Rule("A user task has one performer, who is its assignee.", "10.2.4"),
    "resource-parameters": _warning("Who works on a task does not depend on parameters of a resource.", "10.2.4"),
    "resource-binding": Rule(
        "A resource parameter binding gives a parameter of its resource a value; each that is required has one.",
        "tables 8.57, 10.7",
    ),
    "called-element-missing": Rule("A call activity names what it calls.", "10.2.6"),
    "called-element-own-id": _warning("A call activity and what it calls have different ids.", "8.2.1"),
    "called-element-kind": _tolerated("A call activity calls a process or a global task.", "10.2.6"),
    "called-process-start": Rule("A process that is called has a none start event, or no start event.", "10.4.2"),
    "event-sub-process-kind": Rule("Only a plain sub-process is an event sub-process.", "10.2.5"),
    "event-sub-process-start": Rule("An event sub-process has exactly one start event.", "10.2.5"),
    "event-sub-process-trigger": Rule("The start event of an event sub-process has an event definition.", "10.4.2"),
    "event-sub-process-loop": Rule("An event sub-process has no loop marker.", "10.2.5"),
    "transaction-method": _warning("A transaction is undone by compensation, whatever its method says.", "table 10.22"),
    "sub-process-start-trigger": Rule("The start event of a sub-process has no event definition.", "10.4.2"),
    "ad-hoc-empty": Rule("An ad-hoc sub-process holds an activity.", "10.2.5"),
    "ad-hoc-event": Rule("An ad-hoc sub-process holds no start or end event.", "10.2.5"),
    "choreography-in-process": Rule("A choreography activity lies in a choreography.", "10.2.5"),
    "compensation-event-sub-process": _warning(
        "An event sub-process is not marked as for compensation; its start event says what starts it.", "10.6.1"
    ),
    "compensation-scope": Rule("A compensation activity lies in the scope of its boundary event.", "10.6.1"),
    "compensation-handler-loose": _warning(
        "A compensation activity belongs to a compensation boundary event.", "10.6.1"
    ),
}

GATEWAY_RULES = {
    "join-starved": _warning(
        "A parallel join can get all of its flows: what comes to it was forked, not chosen, before it.", "13.3.1"
    ),
    "gateway-unconnected": Rule("A gateway has sequence flows.", "10.5.1"),
    "gateway-single-flow": _tolerated("A gateway has several incoming or several outgoing flows.", "10.5.1"),
    "gateway-direction": _tolerated("gatewayDirection agrees with the numbers of flows.", "table 10.51"),
    "event-gateway-single": Rule("An event-based gateway has two or more outgoing flows.", "10.5.6"),
    "event-gateway-parallel": Rule("Only an event-based gateway that starts instances is parallel.", "table 10.57"),
    "event-gateway-parallel-target": Rule(
        "A parallel gateway that starts instances waits for messages alone.", "10.5.6"
    ),
    "event-gateway-target": Rule(
        "An event-based gateway leads to receive tasks and to catching message, signal, timer and conditional events.",
        "10.5.6",
    ),
    "event-gateway-target-incoming": _tolerated(
        "What follows an event-based gateway has no other incoming flow.", "10.5.6"
    ),
    "event-gateway-target-boundary": Rule(
        "A receive task behind an event-based gateway has no boundary event.", "10.5.6"
    ),
    "event-gateway-mixed": Rule("Message events and receive tasks do not follow one event-based gateway.", "10.5.6"),
}

EVENT_RULES = {
    "catcher-twice": _warning("Of the events on one activity or scope, one alone catches a thing.", "10.4.4"),
    "start-message-twice": _warning("One start event of a process waits for a message.", "10.4.2"),
    "error-never-thrown": _warning("What catches an error is where one is thrown.", "10.4.4"),
    "event-definition-kind": Rule("An event has the event definitions that its place allows.", "tables 10.84 to 10.90"),
    "event-definition-missing": Rule("A catching intermediate or boundary event has an event definition.", "10.4.4"),
    "parallel-multiple": _warning("An event that is parallel multiple has several event definitions.", "table 10.81"),
    "boundary-non-interrupting": Rule(
        "Error, cancel and compensation boundary events are not non-interrupting.", "table 10.90"
    ),
    "start-non-interrupting": Rule("Error and compensation start events are not non-interrupting.", "table 10.86"),
    "boundary-scope": Rule("A boundary event lies in the scope of its activity.", "10.4.4"),
    "boundary-event-sub-process": Rule("No boundary event is attached to an event sub-process.", "10.2.5"),
    "cancel-outside-transaction": Rule("Cancel events end a transaction or are attached to one.", "10.4.3, 10.4.4"),
    "compensation-boundary-flow": Rule("No sequence flow leaves a compensation boundary event.", "10.4.4"),
    "compensation-handler-missing": Rule(
        "A compensation boundary event is associated with one compensation activity.", "10.6.1"
    ),
    "compensation-multiple": Rule("A compensation boundary event has no other event definition.", "10.6.1"),
    "compensation-activity": Rule("A catching compensation event names no activity.", "table 10.91"),
    "compensation-not-visible": Rule("A compensation that names an activity names one of its own scope.", "10.6.2"),
    "condition-missing": Rule("A conditional event has a condition.", "table 10.92"),
    "condition-informal": Rule("The condition of a conditional event is a formal expression.", "8.3.6, table 10.92"),
    "message-missing": Rule("A message event, send task or receive task names its message.", "table 10.98"),
    "message-unnamed": _warning("A message event whose job sends its message names the message.", "table 10.98"),
    "receive-by-id": _warning(
        "A receive task names its message; in a file for Camunda 7 or its relatives, one without waits for a message called like itself.",
        "10.2.3",
    ),
    "message-operation-missing": Rule(
        "A message that an item definition describes says by its events' operations, a message flow or a key how it travels.",
        "table 10.98",
    ),
    "signal-missing": Rule("A signal event names its signal.", "table 10.100"),
    "error-missing": Rule("An end event that throws an error names it.", "table 10.94"),
    "error-code-missing": Rule("An error that is thrown has an errorCode.", "table 8.42"),
    "escalation-missing": Rule("An event that throws an escalation names it.", "table 10.95"),
    "escalation-code-missing": Rule("An escalation that is thrown has an escalationCode.", "table 8.43"),
    "link-name-missing": Rule("A link event has a name.", "table 10.97"),
    "link-by-reference": _warning("Both ends of a link have its name.", "table 10.97"),
    "link-multiple": Rule("A link event has no other event definition.", "10.4.5"),
    "link-target": Rule("A throwing link has one catching link of its name in its own scope.", "10.4.5"),
    "link-source": _tolerated("A catching link has a throwing link of its name in its own scope.", "10.4.5"),
    "link-flow": Rule("No sequence flow leaves a throwing link or enters a catching one.", "10.4.5"),
}

DATA_RULES = {
    "io-set-missing": _tolerated("An ioSpecification has an inputSet and an outputSet.", "table 10.57"),
    "io-set-incomplete": _tolerated("A data input or output is in a set.", "tables 10.58, 10.59"),
    "io-set-subset": _tolerated(
        "Optional and while-executing data of a set are data of the set.", "tables 10.60, 10.61"
    ),
    "io-set-foreign": Rule("A set holds data of its own specification.", "tables 10.60, 10.61"),
    "io-set-one-sided": _tolerated("An input set and an output set name each other.", "tables 10.60, 10.61"),
    "io-sub-process": _tolerated("A sub-process has no data inputs and outputs of its own.", "10.3.1"),
    "data-reference-item": _tolerated("A data object reference has the item definition of its data object.", "10.3.1"),
    "data-object-state": _warning("A state is that of a data object reference, not of the data object.", "10.3.1"),
    "data-association-item": _tolerated(
        "A data association connects data of one item definition, or says how one is made into the other.", "10.3.1"
    ),
    "data-object-missing": _tolerated("A data object reference refers to a data object.", "table 10.51"),
    "data-association-end": Rule(
        "Associations lead into the data inputs and out of the data outputs of their element.", "10.3.1"
    ),
    "data-association-sources": Rule(
        "A data association with several sources says how they are joined.", "table 10.64"
    ),
    "assignment-incomplete": Rule("An assignment has a from and a to.", "table 10.65"),
    "collection-contradiction": _tolerated(
        "isCollection of a data element agrees with its item definition.", "table 8.47"
    ),
    "message-data-count": _tolerated(
        "A service, send or receive task has one data input or output for its message.", "10.2.3"
    ),
    "message-data-item": _tolerated("The data of a service, send or receive task is that of its message.", "10.2.3"),
    "event-data-count": _tolerated(
        "An event has one data input or output for each definition that carries data.", "10.4.1"
    ),
    "event-data-item": _tolerated("The data of an event is that of what it throws or catches.", "10.4.1"),
    "io-binding": _tolerated(
        "An ioBinding binds data of its element to messages of the same item definition.", "table 10.47"
    ),
    "io-binding-missing": _tolerated(
        "What supports an interface binds its data to each operation of it.", "10.2.6, table 10.47"
    ),
    "call-data": _tolerated("The data inputs and outputs of a call activity are those of what it calls.", "10.2.6"),
}

COLLABORATION_RULES = {
    "message-flow-same-pool": _tolerated("A message flow connects two pools.", "9.3"),
    "message-flow-source": _tolerated(
        "A message flow leaves a pool, an activity, or an event that throws a message.", "7.6.2, 10.4.3"
    ),
    "message-flow-target": _tolerated(
        "A message flow enters a pool, an activity, or an event that catches a message.", "7.6.2, 10.4.2"
    ),
    "message-flow-fork": Rule("An element of one process throws to one element of the file.", "9.3"),
    "participant-multiplicity": _tolerated(
        "A multiplicity has 0 <= minimum <= maximum and a maximum of 1 or more.", "table 9.4"
    ),
    "global-conversation": _tolerated("A global conversation holds no conversations and no choreography.", "9.5.4"),
    "conversation-link": _tolerated("A conversation link connects a conversation with who takes part in it.", "9.5.6"),
    "choreography-not-run": Rule("A file that is to be run holds no choreography.", "11"),
    "correlation-key-empty": Rule("A correlation key has a property.", "table 8.31"),
    "correlation-retrieval": Rule("A correlation property says where messages hold it.", "table 8.32"),
    "correlation-path": Rule("Paths of a correlation are not empty.", "tables 8.33, 8.35"),
    "correlation-subscription": Rule("A correlation subscription binds the properties of its key.", "table 8.34"),
}

EXTENSION_RULES = {
    "extension-unknown": _warning("An extension of a known dialect is one that has an effect here."),
    "binding-unknown": Rule("A binding is latest, deployment, versionTag or version, with its tag or version."),
    "mapping-incomplete": Rule("A mapping of variables has a target, and one of outputs a source."),
    "mapping-source-missing": _warning("A mapping has a source; an input without one sets null, as in Camunda 8."),
    "mapping-local": _warning("A mapping does not say local='true', which has no effect here."),
    "listener-incomplete": Rule("A listener has a job type and an event."),
    "java-code": Rule("A task does not name Java classes, beans or another engine's built-in tasks."),
    "script-resource": Rule("A script stands in the diagram."),
    "script-hook": Rule("A script runs in a script task."),
    "error-mapping": Rule("A handler throws a BPMN error itself; errors are not mapped by expressions in the diagram."),
    "retries-unsupported": Rule("failedJobRetryTimeCycle is a fixed text such as R3/PT10M."),
    "business-key-inherited": _warning("A business key is set by a mapping."),
    "form-missing": Rule("A form that a key names in the diagram is there."),
    "condition-filter": _warning(
        "A conditional event does not narrow down the changes that it looks at; each change is looked at."
    ),
    "script-syntax": Rule("A Python script can be read.", "10.2.3"),
    "script-unsupported": Rule("A Python script holds to what its sandbox knows: no `del`, `yield`, inheritance, ..."),
    "form-data": _warning("A form is drawn and linked, not generated from fields in the diagram."),
    "job-type-missing": Rule("A service task names the job type of its work.", "10.2.3"),
    "job-header-invalid": Rule(
        "A task header that begins with stepwell: is one that is known, with a value that it can have."
    ),
    "decision-missing": Rule("A business rule task names a decision or a job type.", "10.2.3"),
    "decision-incomplete": Rule("A called decision has an id and a result variable."),
    "script-missing": Rule("A script task has a script.", "10.2.3"),
    "script-language": Rule("A script is in FEEL, JUEL or Python, and says so.", "10.2.3"),
}

GROUPS: dict[str, dict[str, Rule]] = {
    "The file": FILE_RULES,
    "References": REFERENCE_RULES,
    "Expressions and timers": EXPRESSION_RULES,
    "Sequence flows, starts and ends": FLOW_RULES,
    "Activities": ACTIVITY_RULES,
    "Gateways": GATEWAY_RULES,
    "Events": EVENT_RULES,
    "Data": DATA_RULES,
    "Collaboration and correlation": COLLABORATION_RULES,
    "Extensions and what is needed to run": EXTENSION_RULES,
}

RULES: dict[str, Rule] = {code: rule for group in GROUPS.values() for code, rule in group.items()}
