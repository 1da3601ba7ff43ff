"""The files of a deployment are read here: what each defines, and what is wrong with it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine import bpmn, dmn, exact_json
from engine.bpmn.model import Definitions, Problem, Severity
from engine.definitions import form_fields
from engine.errors import InvalidArgument
from engine.models import DefinitionKind

Imported = Callable[[str], tuple[int, dmn.Model] | None]
"""Finds the newest deployed DMN file with a namespace: its key and its model, or None."""

MAX_RESOURCES = 200
MAX_RESOURCE = 10 * 1024 * 1024
"""A file may have so many bytes; a larger one is refused."""
Problems = dict[str, tuple[Problem, ...]]


@dataclass(frozen=True, slots=True)
class ResourceFile:
    """A resource file is to be deployed. What it is follows from the end of its name: .bpmn (or .xml), .dmn, .form (or .json)."""

    name: str
    content: bytes

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


@dataclass(slots=True)
class ParsedFiles:
    """The files of a bundle have been read."""

    processes: dict[str, Definitions] = field(default_factory=dict)
    decisions: dict[str, dmn.Model] = field(default_factory=dict)
    """The models by file name; those that others import come first."""
    imports: dict[str, tuple[str | int, ...]] = field(default_factory=dict)
    """Says for each DMN file what it imports: the name of a file of the bundle, or the key of a deployed one."""
    forms: dict[str, dict[str, Any]] = field(default_factory=dict)
    problems: Problems = field(default_factory=dict)

    @property
    def rejected(self) -> bool:
        return any(problem.severity is Severity.ERROR for found in self.problems.values() for problem in found)


def parse(resources: Sequence[ResourceFile], *, imported: Imported) -> ParsedFiles:
    """Read the files of a bundle and gather their problems. `imported` finds the DMN files that the bundle imports without bringing
    them."""
    if not 1 <= len(resources) <= MAX_RESOURCES:
        raise InvalidArgument(f"Expected 1 to {MAX_RESOURCES} files to deploy, found {len(resources)}.")
    parsed = ParsedFiles()
    seen: dict[tuple[DefinitionKind, str], str] = {}
    for resource in resources:
        found = list(_read(resource, parsed))
        if resource.name in parsed.problems:
            found.append(_error("resource_name_twice", f"Expected each file once, found '{resource.name}' twice."))
        for kind, definition_id in _ids(resource.name, parsed):
            other = seen.setdefault((kind, definition_id), resource.name)
            if other != resource.name:
                found.append(
                    _error("id_twice", f"Expected the id '{definition_id}' once in a deployment; '{other}' has it too.")
                )
        parsed.problems[resource.name] = tuple(found)
    _link(parsed, imported)
    return parsed


def _read(resource: ResourceFile, parsed: ParsedFiles) -> Iterable[Problem]:
    name = resource.name
    if not name or len(name) > 500 or "\x00" in name:
        return [_error("resource_name", "Expected a file name of 1 to 500 characters.")]
    if len(resource.content) > MAX_RESOURCE:
        return [_error("resource_size", f"Expected at most {MAX_RESOURCE} bytes, found {len(resource.content)}.")]
    ending = name.lower().rpartition(".")[2]
    reader = _READERS.get(ending)
    if reader is None:
        return [_error("resource_kind", f"Expected a file name that ends in .bpmn, .dmn or .form, found '{name}'.")]
    return reader(resource, parsed)


def _read_bpmn(resource: ResourceFile, parsed: ParsedFiles) -> Iterable[Problem]:
    definitions = bpmn.parse(resource.content, resource_name=resource.name)
    parsed.processes[resource.name] = definitions
    executable = any(model.is_executable for model in definitions.processes.values())
    if definitions.errors or executable:
        return definitions.problems
    return [
        *definitions.problems,
        _error("no_executable_process", 'Expected at least one process with isExecutable="true".'),
    ]


def _read_dmn(resource: ResourceFile, parsed: ParsedFiles) -> Iterable[Problem]:
    model = dmn.parse(resource.content)
    parsed.decisions[resource.name] = model
    return []


def _link(parsed: ParsedFiles, imported: Imported) -> None:
    """Give each DMN file what it imports, from the bundle first, and note what is wrong with it then."""
    names = {model.definitions.namespace: name for name, model in reversed(parsed.decisions.items())}
    waiting = {name: model.definitions for name, model in parsed.decisions.items()}
    linked: dict[str, dmn.Model] = {}
    while waiting:
        free = [name for name, each in waiting.items() if not _bundled(each, names) & (waiting.keys() - {name})]
        if not free:
            for name in waiting:
                message = "Expected imports without a circle; this file and one that it imports need each other."
                parsed.problems[name] = (*parsed.problems[name], _error("dmn_import_circle", message))
                linked[name] = parsed.decisions[name]
            break
        for name in free:
            found = waiting.pop(name)
            models: list[dmn.Model] = []
            sources: list[str | int] = []
            for namespace in dict.fromkeys(found.imported_namespaces):
                if namespace == found.namespace:
                    continue
                if namespace in names:
                    sources.append(names[namespace])
                    models.append(linked[names[namespace]])
                elif (deployed := imported(namespace)) is not None:
                    sources.append(deployed[0])
                    models.append(deployed[1])
            linked[name] = dmn.Model(found, models)
            parsed.imports[name] = tuple(sources)
            parsed.problems[name] = (*parsed.problems[name], *map(_dmn_problem, linked[name].problems))
    parsed.decisions = linked


def _bundled(found: dmn.Definitions, names: Mapping[str, str]) -> set[str]:
    return {names[namespace] for namespace in found.imported_namespaces if namespace in names}


def _dmn_problem(found: dmn.Problem) -> Problem:
    return Problem(
        found.code, found.message, element_id=found.element_id, element_name=found.element_name, line=found.line
    )


def _read_form(resource: ResourceFile, parsed: ParsedFiles) -> Iterable[Problem]:
    try:
        schema = exact_json.checked(exact_json.decode(resource.content), what="the form")
    except InvalidArgument as error:
        return [_error("form_json", error.detail)]
    if not isinstance(schema, dict) or not isinstance(schema.get("components"), list):
        return [_error("form_schema", "Expected a form-js schema: an object with a list of components.")]
    if not isinstance(schema.get("id"), str) or not schema["id"]:
        return [_error("form_id", "Expected an id in the form, by which diagrams name it.")]
    parsed.forms[resource.name] = schema
    return form_fields.problems(schema)


_READERS: Mapping[str, Callable[[ResourceFile, ParsedFiles], Iterable[Problem]]] = {
    "bpmn": _read_bpmn,
    "xml": _read_bpmn,
    "dmn": _read_dmn,
    "form": _read_form,
    "json": _read_form,
}


def _ids(resource_name: str, parsed: ParsedFiles) -> Iterable[tuple[DefinitionKind, str]]:
    if resource_name in parsed.processes:
        for model in parsed.processes[resource_name].processes.values():
            if model.is_executable:
                yield DefinitionKind.PROCESS, model.id
    elif resource_name in parsed.decisions:
        file = parsed.decisions[resource_name]
        yield DefinitionKind.DECISION_REQUIREMENTS, file.definitions.id or resource_name
        for decision in file.decisions:
            yield DefinitionKind.DECISION, decision.id
    elif resource_name in parsed.forms:
        yield DefinitionKind.FORM, parsed.forms[resource_name]["id"]


def _error(code: str, message: str) -> Problem:
    return Problem(code=code, message=message, severity=Severity.ERROR)
