"""DMN XML is parsed into `Definitions`. Reads DMN 1.1 to 1.5: elements are found by local name, types by their name without prefix.

A file that cannot be used as it is still parses: what is wrong stands in `Definitions.problems`, with element and line.
Sources: DMN 1.5 (OMG formal/2024-01-01), XSD chapter; 1.1's `typeRef` as a child element is read too.
"""

from __future__ import annotations

from collections.abc import Callable

from lxml import etree

from engine.dmn.instance_types import feel_types
from engine.dmn.model import (
    BusinessKnowledgeModel,
    Decision,
    DecisionService,
    Definitions,
    Element,
    InputData,
    ItemDefinition,
    Problem,
    Reference,
)
from engine.dmn.nodes import Node, child_of, children_of, normal_name, tag_of
from engine.dmn.parse_boxed import BoxedReader

MAX_BYTES = 10 * 1024 * 1024


def read_definitions(xml: bytes | str) -> Definitions:
    """Parse one file. Never raises for its content."""
    data = xml.encode() if isinstance(xml, str) else xml
    if len(data) > MAX_BYTES:
        return _unreadable(f"Expected a DMN file of at most {MAX_BYTES} bytes, got {len(data)}")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True
    )
    try:
        root: Node = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        return _unreadable(f"Expected well-formed XML: {error.msg}", line=error.lineno)
    if root.getroottree().docinfo.doctype:
        return _unreadable("Expected a DMN file without a document type declaration")
    if tag_of(root) != "definitions":
        return _unreadable(f"Expected a root element 'definitions', got '{tag_of(root)}'", line=root.sourceline)
    return _Reader(root).read()


def _unreadable(message: str, *, line: int | None = None) -> Definitions:
    return Definitions(id="", name="", namespace="", problems=(Problem("dmn_unreadable", message, line=line),))


class _Reader(BoxedReader):
    """This reader reads one file: its types and its requirement graph."""

    def read(self) -> Definitions:
        items = {item.name: item for node in children_of(self.root, "itemDefinition") for item in [self.item(node)]}
        self.types = feel_types(items)
        imports = [
            (normal_name(node.get("name") or ""), node.get("namespace") or "")
            for node in children_of(self.root, "import")
            if "DMN" in (node.get("importType") or "DMN").upper()
        ]
        elements: dict[str, Element] = {}
        readers: dict[str, Callable[[Node], Element]] = {
            "inputData": self.input_data,
            "decision": self.decision,
            "businessKnowledgeModel": self.knowledge,
            "decisionService": self.service,
        }
        for node in self.root:
            reader = readers.get(tag_of(node))
            if reader is None:
                continue
            element = reader(node)
            if element.id in elements:
                self.problem("dmn_duplicate_id", f"Expected each id once, '{element.id}' stands here again", node)
            elements[element.id] = element
        return Definitions(
            id=self.root.get("id") or "",
            name=self.root.get("name") or "",
            namespace=self.namespace,
            items=items,
            elements=elements,
            imports={name: namespace for name, namespace in imports if name},
            unnamed_imports=tuple(namespace for name, namespace in imports if not name),
            problems=tuple(self.problems),
        )

    # --- the requirement graph

    def input_data(self, node: Node) -> InputData:
        return InputData(id=self.id_of(node), name=self.name_of(node), type_ref=self.variable_type(node))

    def decision(self, node: Node) -> Decision:
        return Decision(
            id=self.id_of(node),
            name=self.name_of(node),
            type_ref=self.variable_type(node),
            logic=self.first_boxed(node),
            information=self.requirements(node, "informationRequirement", ("requiredDecision", "requiredInput")),
            knowledge=self.requirements(node, "knowledgeRequirement", ("requiredKnowledge",)),
            version_tag=_version_tag(node),
        )

    def knowledge(self, node: Node) -> BusinessKnowledgeModel:
        logic = child_of(node, "encapsulatedLogic")
        return BusinessKnowledgeModel(
            id=self.id_of(node),
            name=self.name_of(node),
            type_ref=self.variable_type(node),
            logic=None if logic is None else self.function(logic, 0),
            knowledge=self.requirements(node, "knowledgeRequirement", ("requiredKnowledge",)),
        )

    def service(self, node: Node) -> DecisionService:
        return DecisionService(
            id=self.id_of(node),
            name=self.name_of(node),
            type_ref=self.variable_type(node),
            output_decisions=self.references(node, "outputDecision"),
            encapsulated_decisions=self.references(node, "encapsulatedDecision"),
            input_decisions=self.references(node, "inputDecision"),
            input_data=self.references(node, "inputData"),
        )

    def requirements(self, node: Node, tag: str, targets: tuple[str, ...]) -> tuple[Reference, ...]:
        return tuple(
            reference
            for requirement in children_of(node, tag)
            for target in targets
            for reference in self.references(requirement, target)
        )

    def references(self, node: Node, tag: str) -> tuple[Reference, ...]:
        found = []
        for child in children_of(node, tag):
            namespace, hash_sign, identifier = (child.get("href") or "").rpartition("#")
            if not hash_sign or not identifier:
                self.problem("dmn_bad_reference", f"Expected '#id' or 'namespace#id', got '{child.get('href')}'", child)
                continue
            found.append(Reference(namespace or self.namespace, identifier))
        return tuple(found)

    # --- types

    def item(self, node: Node) -> ItemDefinition:
        function = child_of(node, "functionItem")
        return ItemDefinition(
            name=normal_name(node.get("name") or ""),
            type_ref=self.type_of(node),
            is_collection=(node.get("isCollection") or "").strip() in ("true", "1"),
            components=tuple(self.item(child) for child in children_of(node, "itemComponent")),
            allowed_values=self.unary_tests(child_of(node, "allowedValues")),
            type_constraint=self.unary_tests(child_of(node, "typeConstraint")),
            is_function=function is not None,
            output_type=None if function is None else self.type_named(function.get("outputTypeRef"), function),
        )

    def variable_type(self, node: Node) -> str | None:
        variable = child_of(node, "variable")
        return None if variable is None else self.type_of(variable)


def _version_tag(node: Node) -> str:
    """Return Camunda 8's `zeebe:versionTag` in the extension elements, or Camunda 7's attribute of this name."""
    extensions = child_of(node, "extensionElements")
    tag = None if extensions is None else child_of(extensions, "versionTag")
    attribute = next((value for name, value in node.attrib.items() if name.endswith("}versionTag")), "")
    return str((tag.get("value") if tag is not None else attribute) or "")
