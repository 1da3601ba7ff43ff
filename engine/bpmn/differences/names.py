"""The elements of two versions have names, by which a sentence speaks of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.bpmn.differences.words import type_in_words
from engine.bpmn.model import FlowNode, SequenceFlow


@dataclass(frozen=True, slots=True)
class Names:
    """Names are what the elements are called, by id; what only the old version has is found as well."""

    nodes: Mapping[str, FlowNode]
    flows: Mapping[str, SequenceFlow]
    shared: frozenset[str]
    """These names are those of several elements, so that the id is said with them."""

    def of(self, element_id: str) -> str:
        """Return the name within a sentence: `Approve`, `Approve (Task_2)` or `the user task Task_2`."""
        node, flow = self.nodes.get(element_id), self.flows.get(element_id)
        name = self.plain(element_id)
        if name and flow is None:
            return f"{name} ({element_id})" if name in self.shared else name
        if name:
            return f"the flow '{name}'" if name not in self.shared else f"the flow '{name}' ({element_id})"
        if node is not None:
            return f"the {type_in_words(node.type)} {element_id}"
        if flow is not None:
            return f"the flow from {self.of(flow.source)} ({element_id})"
        return f"'{element_id}'"

    def subject(self, element_id: str) -> str:
        """Return the name where a sentence begins with it."""
        name = self.of(element_id)
        return f"T{name[1:]}" if name.startswith("the ") else name

    def plain(self, element_id: str) -> str:
        element = self.nodes.get(element_id) or self.flows.get(element_id)
        return " ".join(element.name.split()) if element is not None else ""
