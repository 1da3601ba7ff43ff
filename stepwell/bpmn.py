"""This module reads what a BPMN 2.0 diagram means and what is wrong with it, for tools and checks that do not run it.

    definitions = bpmn.parse(Path("order.bpmn").read_bytes())
    for problem in definitions.problems:
        print(problem.severity, problem.code, problem.element_id, problem.line, problem.message)
    definitions.processes["order"].nodes["check"]

`parse` takes bytes and never raises for their content: a file that is no XML, or larger than FileLimits allow, is a Problem too. A
deployment refuses a file with a problem of Severity.ERROR.
"""

from engine.bpmn import FileLimits, parse
from engine.bpmn.model import Definitions, Problem, ProcessModel, Severity

__all__ = ["Definitions", "FileLimits", "Problem", "ProcessModel", "Severity", "parse"]
