"""Every rule that a file may break: its stable code, what it demands, and the clause that it comes from.

Clauses are of OMG formal/2011-01-03. `docs/problems.md` is generated from this table.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.bpmn.model import Severity


@dataclass(frozen=True, slots=True)
class Rule:
    """`execution`: the rule binds only what is run, so that in a process that is not executable a breach is a warning."""

    demand: str
    clause: str = ""
    severity: Severity = Severity.ERROR
    execution: bool = False


def _warning(demand: str, clause: str = "") -> Rule:
    return Rule(demand, clause, severity=Severity.WARNING)


def _run(demand: str, clause: str = "") -> Rule:
    return Rule(demand, clause, execution=True)


FILE_RULES = {
    "file-too-large": Rule("A file is at most 10 MB large."),
    "too-many-elements": Rule("A file holds at most 10,000 flow nodes."),
    "xml-too-deep": Rule("Elements are not nested without bound."),
    "xml-malformed": Rule("A file is well-formed XML."),
    "xml-encoding": Rule(
        "A file is in UTF-8 (or in another of the common encodings, which it then declares) without broken bytes."
    ),
    "xml-document-type": Rule("A file has no document type, hence no entities."),
    "not-bpmn": Rule("The root element is bpmn:definitions of BPMN 2.0.", "15.3"),
    "schema": _warning("A file follows the XML schema of BPMN 2.0.", "15.3"),
    "duplicate-id": Rule("An id is used once in a file.", "8.2.1"),
}

EXPRESSION_RULES = {
    "expression-syntax": _run("An expression can be read in its language."),
    "expression-language": _run("An expression is in FEEL, JUEL or Python.", "8.3.6"),
    "expression-read-as-feel": _warning(
        "An expression in a file that names XPath begins with '=', so that it is meant as FEEL."
    ),
    "timer-missing": _run(
        "A timer event has exactly one of timeDate, timeDuration and timeCycle, and a text in it.", "10.4.5"
    ),
    "timer-invalid": _run("A timer's text is an ISO 8601 date, duration or repetition, or a cron text.", "10.4.5"),
}

EXTENSION_RULES = {
    "extension-unknown": _warning("An extension of a known dialect is one that has an effect here."),
    "binding-unknown": _run("A binding is latest, deployment, versionTag or version, with its tag or version."),
    "mapping-incomplete": _run("A mapping of variables has a source and a target."),
    "mapping-local": _warning("A mapping does not say local='true', which has no effect here."),
    "listener-incomplete": _run("A listener has a job type and an event."),
    "java-code": _run("A task does not name Java classes, beans or another engine's built-in tasks."),
    "script-resource": _run("A script stands in the diagram."),
    "script-hook": _run("A script runs in a script task."),
    "retries-unsupported": _run("failedJobRetryTimeCycle is a fixed text such as R3/PT10M."),
    "business-key-inherited": _warning("A business key is set by a mapping."),
    "form-data": _warning("A form is drawn and linked, not generated from fields in the diagram."),
}

EXECUTION_RULES = {
    "job-type-missing": _run("A service task names the job type of its work.", "10.2.3"),
    "decision-missing": _run("A business rule task names a decision or a job type.", "10.2.3"),
    "decision-incomplete": _run("A called decision has an id and a result variable."),
    "script-missing": _run("A script task has a script.", "10.2.3"),
    "script-language": _run("A script is in FEEL, JUEL or Python, and says so.", "10.2.3"),
    "message-missing": _run("A message event, send task or receive task names its message.", "10.4.5"),
    "signal-missing": _run("A signal event names its signal.", "10.4.5"),
    "called-element-missing": _run("A call activity names what it calls.", "10.2.6"),
    "loop-condition-missing": _run("A loop has a condition or a maximum.", "10.2.8"),
    "multi-instance-incomplete": _run(
        "A multi-instance activity has a collection or a cardinality, and not both.", "10.2.8"
    ),
    "complex-behavior-incomplete": _run("A complex behaviour has a condition and an event.", "10.2.8"),
    "quantity-invalid": Rule("startQuantity and completionQuantity are whole numbers from 1.", "10.2"),
    "data-association-sources": _run("A data association with several sources says how they are joined.", "10.3.1"),
    "assignment-incomplete": _run("An assignment has a from and a to.", "10.3.1"),
    "message-flow-fork": _run("One element throws to one other element of the file.", "9.3"),
}

RULES: dict[str, Rule] = FILE_RULES | EXPRESSION_RULES | EXTENSION_RULES | EXECUTION_RULES
