"""The references of a file and its imports must lead somewhere, and its decisions must not wait for each other in a circle (6.2.1): this
is checked here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from engine.dmn.linking import located
from engine.dmn.model import BusinessKnowledgeModel, Decision, DecisionService, Definitions, Element, Problem, Reference


def problems_of(definitions: Definitions, models: Mapping[str, Definitions]) -> tuple[Problem, ...]:
    """Return what is wrong with the file and with what it imports; `models` are all that are at hand, by namespace."""
    found: list[Problem] = []
    reachable = _reachable(definitions, models)
    for model in reachable:
        found += model.problems
        found += _missing_imports(model, models)
        for element in model.elements.values():
            found += _unknown_references(element, model, models)
    return (*found, *_circles(reachable, models, definitions.namespace))


def needed(element: Element) -> tuple[Reference, ...]:
    """Return the references to what the value of an element is worked out from."""
    if isinstance(element, Decision):
        return element.information + element.knowledge
    if isinstance(element, BusinessKnowledgeModel):
        return element.knowledge
    if isinstance(element, DecisionService):
        return element.output_decisions + element.encapsulated_decisions + element.input_decisions + element.input_data
    return ()


def _reachable(definitions: Definitions, models: Mapping[str, Definitions]) -> list[Definitions]:
    found = {definitions.namespace: definitions}
    waiting = [definitions]
    while waiting:
        for namespace in waiting.pop().imported_namespaces:
            imported = models.get(namespace)
            if imported is not None and namespace not in found:
                found[namespace] = imported
                waiting.append(imported)
    return list(found.values())


def _missing_imports(model: Definitions, models: Mapping[str, Definitions]) -> Iterable[Problem]:
    for name, namespace in (*model.imports.items(), *(("", each) for each in model.unnamed_imports)):
        if namespace not in models:
            called = f", imported as '{name}'" if name else ", imported without a name"
            yield Problem("dmn_missing_import", f"Expected the file with namespace '{namespace}'{called}")


def _unknown_references(element: Element, model: Definitions, models: Mapping[str, Definitions]) -> Iterable[Problem]:
    for reference in needed(element):
        if reference.namespace not in (model.namespace, *model.imported_namespaces):
            message = f"Expected an import of '{reference.namespace}', which '{element.name}' requires"
            yield Problem("dmn_missing_import", message, element.id, element.name)
        elif reference.namespace in models and located(reference, models, model.namespace) is None:
            where = "this file" if reference.namespace == model.namespace else f"'{reference.namespace}'"
            message = f"Expected '{element.name}' to require an element of {where}, there is no '{reference.id}'"
            yield Problem("dmn_unknown_reference", message, element.id, element.name)


def _circles(reachable: Iterable[Definitions], models: Mapping[str, Definitions], root: str) -> Iterable[Problem]:
    """Find decisions that wait for each other in a circle. A business knowledge model may call itself, a decision cannot wait for
    itself."""
    graph = {
        Reference(model.namespace, decision.id): [located(each, models, root) or each for each in decision.information]
        for model in reachable
        for decision in model.decisions
    }
    names = {Reference(model.namespace, each.id): each.name for model in reachable for each in model.decisions}
    left = {node: {target for target in targets if target in graph} for node, targets in graph.items()}
    waiting: dict[Reference, list[Reference]] = {}
    for node, targets in left.items():
        for target in targets:
            waiting.setdefault(target, []).append(node)
    free = [node for node, targets in left.items() if not targets]
    while free:
        done = free.pop()
        del left[done]
        for node in waiting.get(done, ()):
            left[node].discard(done)
            if not left[node]:
                free.append(node)
    for node in left:
        if _reaches(left, node):
            message = f"Expected decisions to depend on each other without a circle, '{names[node]}' depends on itself"
            yield Problem("dmn_circle", message, node.id, names[node])


def _reaches(graph: Mapping[Reference, Iterable[Reference]], goal: Reference) -> bool:
    seen: set[Reference] = set()
    stack = list(graph[goal])
    while stack:
        node = stack.pop()
        if node == goal:
            return True
        if node not in seen:
            seen.add(node)
            stack.extend(graph[node])
    return False
