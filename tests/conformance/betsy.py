"""betsy, the test system for BPMN engines of the University of Bamberg, read as its repository lays it out.

Its processes are below `pebl-builder/src/main/resources/files/bpmn`; what each has to do is said by the Java that builds the tests, in
`pebl-builder/src/main/java/configuration/bpmn`, by chains of calls such as `new BPMNTestCaseBuilder().inputA().assertTask1()`. Both are
read here. A folder with a `cases.json` holds the same, translated already.

betsy leaves scripts and conditions to the engine under test: a script task says `SCRIPT_task1`, and each engine's adapter makes a script of
it. Ours makes Python that does nothing where only the trace counts, and FEEL of the conditions.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from lxml import etree

from tests.conformance.suites import BETSY

JAVA = Path("pebl-builder/src/main/java/configuration/bpmn")
FILES = Path("pebl-builder/src/main/resources/files/bpmn")
GROUPS = {
    "Activity": "activities",
    "Basic": "basics",
    "Data": "data",
    "Error": "errors",
    "Event": "events",
    "Gateway": "gateways",
    "Pattern": "cfpatterns",
}
"""The folder of the process that `build...Process` is about."""
EXPECTED = {
    **{f"assertTask{number}": f"SCRIPT_task{number}" for number in range(1, 6)},
    "assertDataCorrect": "DATA_correct",
    "assertErrorThrownErrorEvent": "ERROR_thrownErrorEvent",
    "assertExecutionParallel": "EXECUTION_parallel",
    "assertGenericError": "ERROR",
    "assertIncrement": "INCREMENT_correct",
    "assertMarkerExists": "MARKER_exists",
    "assertRuntimeException": "ERROR_runtime",
}
"""What a call demands of the trace."""
CONSTRAINTS = "bpmn_constraints"
"""The group of the diagrams that a deployment has to reject."""

TOKENS = {
    "CREATE_MARKER_FILE": "MARKER_exists",
    "INCREMENT_INTEGER_VARIABLE_AND_LOG": "INCREMENT_correct",
    "LOG_DATA": "DATA_correct",
}
SCRIPTS = {
    "INCREMENT_INTEGER_VARIABLE": "integerVariable = integerVariable + 1",
    "INCREMENT_INTEGER_VARIABLE_AND_LOG": "integerVariable = integerVariable + 1",
    "SET_STRING_DATA": 'data = "String"',
    "THROW_ERROR": 'bpmn_error("ERR_CODE")',
}
WAITS = re.compile(r"WAIT_TEN_SECONDS|CREATE_TIMESTAMP_LOG_\d")
"""Tasks that take their time: a service task stands in for them, so that the test says when it ends."""
CONDITIONS = (
    "activationCondition",
    "completionCondition",
    "condition",
    "conditionExpression",
    "loopCardinality",
    "loopCondition",
)
BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
ZEEBE = "{http://camunda.org/schema/zeebe/1.0}"

_COMMENT = re.compile(r'("(?:\\.|[^"\\])*")|//[^\n]*|/\*.*?\*/', re.DOTALL)
_BUILT = re.compile(r'BPMNProcessBuilder\s*\.\s*build(\w+)Process\s*\(((?:"(?:\\.|[^"\\])*"|[^";])*);')
_NAME = re.compile(r'\s*"([^"]+)"')
_FEATURE = re.compile(r'new\s+Feature\(\s*\w+\s*,\s*"([^"]+)"')
_CASE = re.compile(r"new\s+BPMNTestCaseBuilder\(\s*\)((?:\s*\.\s*\w+\(\s*-?\w*\s*\))*)")
_CALL = re.compile(r"\.\s*(\w+)\(\s*(-?\w*)\s*\)")
_CONTAINS = re.compile(r'test\.contains\(\s*"(\w+)"\s*\)')


@dataclass(frozen=True)
class Diagram:
    """A process file as Stepwell runs it, and the token that each of its tasks leaves in the trace, by the task's id."""

    content: bytes
    tokens: dict[str, str]


def read(folder: Path = BETSY) -> list[dict[str, Any]]:
    """Every test: `group`, `name`, `file`, `process`, `tokens`, `cases`; of the constraints only the first three.

    Raises ValueError where betsy says something that this reader does not know.
    """
    if (folder / "cases.json").is_file():
        found: list[dict[str, Any]] = json.loads((folder / "cases.json").read_text("utf-8"))
        return found
    if not (folder / FILES).is_dir():
        return []
    return [*_executable(folder), *_constraints(folder)]


def content(test: dict[str, Any], folder: Path = BETSY) -> bytes:
    """The process file of a test, as Stepwell runs it."""
    file = folder / test["file"]
    return file.read_bytes() if (folder / "cases.json").is_file() else translated(file).content


def _executable(folder: Path) -> Iterator[dict[str, Any]]:
    for source in sorted((folder / JAVA).glob("*Processes.java")):
        text = _COMMENT.sub(lambda found: found[1] or "", source.read_text("utf-8"))
        for group, arguments in _BUILT.findall(text):
            if group not in GROUPS:
                continue  # the constraints: their files say it all
            named = (_FEATURE.search if group in ("Data", "Pattern") else _NAME.match)(arguments)
            if named is None:
                raise ValueError(f"Expected the name of a process in {source}: {arguments[:200]}")
            file = FILES / GROUPS[group] / f"{named[1]}.bpmn"
            yield {
                "group": GROUPS[group],
                "name": named[1],
                "file": str(file),
                "process": named[1],
                "tokens": translated(folder / file).tokens,
                "cases": [_case(number, calls) for number, calls in enumerate(_CASE.findall(arguments), 1)],
            }


def _constraints(folder: Path) -> Iterator[dict[str, Any]]:
    for file in sorted((folder / FILES / CONSTRAINTS).rglob("*.bpmn")):
        yield {"group": CONSTRAINTS, "name": file.stem, "file": str(file.relative_to(folder))}


def _case(number: int, calls: str) -> dict[str, Any]:
    case: dict[str, Any] = {
        "n": number,
        "test": None,
        "integerVariable": 0,
        "parallel": False,
        "delay_ms": 0,
        "expected": [],
    }
    for name, argument in _CALL.findall(calls):
        if name in EXPECTED:
            case["expected"].append(EXPECTED[name])
        elif name.startswith("input"):
            case["test"] = name.removeprefix("input").lower()
        elif name == "setIntegerVariable":
            case["integerVariable"] = int(argument)
        elif name == "optionDelay":
            case["delay_ms"] = int(argument)
        elif name == "useParallelProcess":
            case["parallel"] = True
        else:
            raise ValueError(f"Expected a call of betsy's BPMNTestCaseBuilder, found {name}. Teach it to {__file__}.")
    return case


@cache
def translated(file: Path) -> Diagram:
    """Make Python of the scripts and FEEL of the conditions."""
    root = etree.parse(file).getroot()
    tokens = {}
    for task in list(root.iter(f"{BPMN}scriptTask")):
        token = _translate(task)
        if token is not None:
            tokens[task.get("id", "")] = token
    for condition in root.iter(*(BPMN + name for name in CONDITIONS)):
        if condition.text and condition.text.strip():
            condition.text = "=" + _CONTAINS.sub(r'contains(test, "\1")', condition.text.strip())
    return Diagram(etree.tostring(root, encoding="UTF-8", xml_declaration=True), tokens)


def _translate(task: Any) -> str | None:
    """Give a script task what Stepwell runs; returns its token in the trace."""
    script = task.find(f"{BPMN}script")
    if script is None:
        return None
    word = (script.text or "").strip()
    if WAITS.fullmatch(word):
        task.tag = f"{BPMN}serviceTask"
        task.remove(script)
        extensions = etree.Element(f"{BPMN}extensionElements")
        etree.SubElement(extensions, f"{ZEEBE}taskDefinition", type="wait")
        task.insert(len(task.findall(f"{BPMN}documentation")), extensions)
        return None
    task.set("scriptFormat", "python")
    only_traced = word == "CREATE_LOG_FILE" or word.startswith("SCRIPT_") or word in TOKENS
    script.text = SCRIPTS.get(word, "pass" if only_traced else word)  # what is unknown here fails where it runs
    return word if word.startswith("SCRIPT_") else TOKENS.get(word)
