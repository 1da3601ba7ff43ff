"""A reference leads into the file that it names, or through that file's imports without a name (DMN 1.5, 6.3.3)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from engine.dmn.model import Definitions, Element, Reference


def files_from(namespace: str, models: Mapping[str, Definitions]) -> Iterator[Definitions]:
    """Return the file of this namespace, then those that it imports without a name, and theirs, each once: what stands in an earlier one
    hides what stands in a later one."""
    waiting, seen = [namespace], set()
    while waiting:
        each = waiting.pop()
        if each in seen or each not in models:
            continue
        seen.add(each)
        yield models[each]
        waiting.extend(reversed(models[each].unnamed_imports))


def located(reference: Reference, models: Mapping[str, Definitions], root: str) -> Reference | None:
    """Return the reference by the file that really holds the element; None when there is none.

    What the file `root` imports without a name becomes part of it: where two of these have elements of one name, all mean that of
    the earlier file.
    """
    found = next((file for file in files_from(reference.namespace, models) if reference.id in file.elements), None)
    if found is None:
        return None
    name = found.elements[reference.id].name
    merged = list(files_from(root, models))
    if found in merged:
        for file in merged:
            same = file.ids_of(name)
            if same:
                return Reference(file.namespace, reference.id if reference.id in same else same[0])
    return Reference(found.namespace, reference.id)


def named(
    name: str, namespace: str, models: Mapping[str, Definitions], *, admits: Callable[[Element], bool]
) -> Reference | None:
    """Return the element with this id, or else this name, of the file or of what it imports without a name."""
    wanted = " ".join(name.split())
    for file in files_from(namespace, models):
        if name in file.elements and admits(file.elements[name]):
            return Reference(file.namespace, name)
        for identifier, element in file.elements.items():
            if element.name == wanted and admits(element):
                return Reference(file.namespace, identifier)
    return None
