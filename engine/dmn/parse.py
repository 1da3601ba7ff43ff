"""DMN XML in, `Definitions` out. Reads DMN 1.1 to 1.5: elements are found by local name, types by their name without prefix.

A file that cannot be used as it is still parses: what is wrong stands in `Definitions.problems`, with element and line.
Sources: DMN 1.5 (OMG formal/2024-01-01), XSD chapter; 1.1's `typeRef` as a child element is read too.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator as Iteration
from typing import Any, TypeVar

from lxml import etree

from engine import feel
from engine.dmn.instance_types import feel_types
from engine.dmn.model import (
    Aggregation,
    BoxedContext,
    BoxedExpression,
    BoxedList,
    BusinessKnowledgeModel,
    Conditional,
    ContextEntry,
    Decision,
    DecisionService,
    DecisionTable,
    Definitions,
    Element,
    Filter,
    FunctionDefinition,
    FunctionKind,
    HitPolicy,
    InputClause,
    InputData,
    Invocation,
    ItemDefinition,
    Iterator,
    IteratorKind,
    LiteralExpression,
    OutputClause,
    Problem,
    Reference,
    Relation,
    Rule,
)

Node = Any
"""An lxml element; its stubs do not know that comments are filtered out."""

MAX_BYTES = 10 * 1024 * 1024
MAX_DEPTH = 100
"""Boxed expressions nested deeper than this are refused: nobody reads them, and the stack is not endless."""

Choice = TypeVar("Choice", HitPolicy, Aggregation, FunctionKind)


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
    if _tag(root) != "definitions":
        return _unreadable(f"Expected a root element 'definitions', got '{_tag(root)}'", line=root.sourceline)
    return _Reader(root).read()


def _unreadable(message: str, *, line: int | None = None) -> Definitions:
    return Definitions(id="", name="", namespace="", problems=(Problem("dmn_unreadable", message, line=line),))


class _Reader:
    """Reads one file; collects its problems on the way."""

    def __init__(self, root: Node) -> None:
        self.root = root
        self.namespace: str = root.get("namespace") or ""
        self.problems: list[Problem] = []
        self.types: dict[str, feel.types.Type] = {}
        self.names = frozenset(
            _normal(name)
            for node in root.iter()
            if isinstance(node.tag, str) and (name := node.get("name")) is not None
        )

    def read(self) -> Definitions:
        items = {item.name: item for node in _children(self.root, "itemDefinition") for item in [self.item(node)]}
        self.types = feel_types(items)
        imports = {
            _normal(node.get("name") or ""): node.get("namespace") or "" for node in _children(self.root, "import")
        }
        elements: dict[str, Element] = {}
        readers: dict[str, Callable[[Node], Element]] = {
            "inputData": self.input_data,
            "decision": self.decision,
            "businessKnowledgeModel": self.knowledge,
            "decisionService": self.service,
        }
        for node in self.root:
            reader = readers.get(_tag(node))
            if reader is None:
                continue
            element = reader(node)
            if element.id in elements:
                self.problem("dmn_duplicate_id", f"Expected each id once, '{element.id}' stands here again", node)
            elements[element.id] = element
        definitions = Definitions(
            id=self.root.get("id") or "",
            name=self.root.get("name") or "",
            namespace=self.namespace,
            items=items,
            elements=elements,
            imports=imports,
            problems=(),
        )
        self.check_references(definitions)
        return Definitions(
            id=definitions.id,
            name=definitions.name,
            namespace=definitions.namespace,
            items=items,
            elements=elements,
            imports=imports,
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
        )

    def knowledge(self, node: Node) -> BusinessKnowledgeModel:
        logic = _child(node, "encapsulatedLogic")
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
            for requirement in _children(node, tag)
            for target in targets
            for reference in self.references(requirement, target)
        )

    def references(self, node: Node, tag: str) -> tuple[Reference, ...]:
        found = []
        for child in _children(node, tag):
            namespace, hash_sign, identifier = (child.get("href") or "").rpartition("#")
            if not hash_sign or not identifier:
                self.problem("dmn_bad_reference", f"Expected '#id' or 'namespace#id', got '{child.get('href')}'", child)
                continue
            found.append(Reference(namespace or self.namespace, identifier))
        return tuple(found)

    def check_references(self, definitions: Definitions) -> None:
        """Local references must exist, information requirements must not run in a circle (6.2.1)."""
        local: dict[str, list[str]] = {}
        for element in definitions.elements.values():
            wanted: tuple[Reference, ...] = ()
            if isinstance(element, Decision):
                wanted = element.information + element.knowledge
            elif isinstance(element, BusinessKnowledgeModel):
                wanted = element.knowledge
            elif isinstance(element, DecisionService):
                wanted = (
                    element.output_decisions
                    + element.encapsulated_decisions
                    + element.input_decisions
                    + element.input_data
                )
            local[element.id] = [reference.id for reference in wanted if reference.namespace == self.namespace]
            for reference in wanted:
                if reference.namespace == self.namespace and reference.id not in definitions.elements:
                    message = (
                        f"Expected '{element.name}' to require an element of this file, there is no '{reference.id}'"
                    )
                    self.problems.append(Problem("dmn_unknown_reference", message, element.id, element.name))
                elif reference.namespace not in (self.namespace, *definitions.imports.values()):
                    message = f"Expected an import of '{reference.namespace}', which '{element.name}' requires"
                    self.problems.append(Problem("dmn_missing_import", message, element.id, element.name))
        # A recursive business knowledge model is allowed, a circle of decisions is not.
        decisions = {element.id: element for element in definitions.decisions}
        for circle in _circles({name: [target for target in local[name] if target in decisions] for name in decisions}):
            element = decisions[circle]
            message = f"Expected decisions to depend on each other without a circle, '{element.name}' depends on itself"
            self.problems.append(Problem("dmn_circle", message, element.id, element.name))

    # --- types

    def item(self, node: Node) -> ItemDefinition:
        function = _child(node, "functionItem")
        return ItemDefinition(
            name=_normal(node.get("name") or ""),
            type_ref=self.type_of(node),
            is_collection=(node.get("isCollection") or "").strip() in ("true", "1"),
            components=tuple(self.item(child) for child in _children(node, "itemComponent")),
            allowed_values=self.unary_tests(_child(node, "allowedValues")),
            type_constraint=self.unary_tests(_child(node, "typeConstraint")),
            is_function=function is not None,
        )

    def type_of(self, node: Node) -> str | None:
        """The typeRef, an attribute since 1.2 and a child before: without the prefix that names FEEL or this file."""
        child = _child(node, "typeRef")
        written = node.get("typeRef") if child is None else child.text
        if written is None:
            return None
        prefix, colon, name = written.strip().rpartition(":")
        if colon and prefix not in (node.nsmap or {}):
            name = written.strip()
        return _normal(name) or None

    def variable_type(self, node: Node) -> str | None:
        variable = _child(node, "variable")
        return None if variable is None else self.type_of(variable)

    # --- boxed expressions

    def first_boxed(self, node: Node, depth: int = 0) -> BoxedExpression | None:
        for child in node:
            if _tag(child) in _BOXED:
                return self.boxed(child, depth)
        return None

    def boxed(self, node: Node, depth: int) -> BoxedExpression:
        if depth > MAX_DEPTH:
            self.problem("dmn_too_deep", f"Expected boxed expressions nested at most {MAX_DEPTH} deep", node)
            return self.null(None)
        read: Any = getattr(self, _BOXED[_tag(node)])
        boxed: BoxedExpression = read(node, depth + 1)
        return boxed

    def within(self, node: Node, tag: str, depth: int) -> BoxedExpression:
        """The boxed expression in the child `tag`, as conditional, filter and iterators hold theirs."""
        child = _child(node, tag)
        boxed = None if child is None else self.first_boxed(child, depth)
        if boxed is None:
            self.problem("dmn_missing_expression", f"Expected an expression in '{tag}' of '{_tag(node)}'", node)
            return self.null(None)
        return boxed

    def literal(self, node: Node, _: int) -> LiteralExpression:
        language = node.get("expressionLanguage")
        if language and "feel" not in language.lower():
            self.problem("dmn_language", f"Expected FEEL, got an expression in '{language}'", node)
        if _child(node, "importedValues") is not None:
            self.problem("dmn_imported_values", "Expected a FEEL text; imported values are not supported", node)
        source = self.text(node)
        return LiteralExpression(self.compile(source or "null", node), source, self.type_of(node))

    def null(self, type_ref: str | None) -> LiteralExpression:
        return LiteralExpression(feel.compile("null"), "null", type_ref)

    def context(self, node: Node, depth: int) -> BoxedContext:
        entries = []
        for entry in _children(node, "contextEntry"):
            variable = _child(entry, "variable")
            value = self.first_boxed(entry, depth)
            if value is None:
                self.problem("dmn_missing_expression", "Expected an expression in the context entry", entry)
                value = self.null(None)
            if variable is None:
                entries.append(ContextEntry(None, value))
            else:
                entries.append(ContextEntry(_normal(variable.get("name") or ""), value, self.type_of(variable)))
        return BoxedContext(tuple(entries), self.type_of(node))

    def boxed_list(self, node: Node, depth: int) -> BoxedList:
        items = tuple(self.boxed(child, depth) for child in node if _tag(child) in _BOXED)
        return BoxedList(items, self.type_of(node))

    def relation(self, node: Node, depth: int) -> Relation:
        columns = list(_children(node, "column"))
        rows = []
        for row in _children(node, "row"):
            cells = tuple(self.boxed(child, depth) for child in row if _tag(child) in _BOXED)
            if len(cells) != len(columns):
                self.problem("dmn_relation_row", f"Expected {len(columns)} cells in the row, got {len(cells)}", row)
            rows.append(cells)
        return Relation(
            columns=tuple(_normal(column.get("name") or "") for column in columns),
            column_types=tuple(self.type_of(column) for column in columns),
            rows=tuple(rows),
            type_ref=self.type_of(node),
        )

    def invocation(self, node: Node, depth: int) -> Invocation:
        bindings = []
        for binding in _children(node, "binding"):
            parameter = _child(binding, "parameter")
            value = self.first_boxed(binding, depth)
            if parameter is None:
                self.problem("dmn_binding", "Expected a parameter in the binding", binding)
                continue
            bindings.append((_normal(parameter.get("name") or ""), value or self.null(None)))
        function = self.first_boxed(node, depth)
        if function is None:
            self.problem("dmn_missing_expression", "Expected the function that is invoked", node)
        return Invocation(function or self.null(None), tuple(bindings), self.type_of(node))

    def function(self, node: Node, depth: int) -> FunctionDefinition:
        parameters = tuple(
            (_normal(parameter.get("name") or ""), self.type_of(parameter))
            for parameter in _children(node, "formalParameter")
        )
        kind = self.choice(FunctionKind, node.get("kind") or "FEEL", node)
        body = self.first_boxed(node, depth)
        return FunctionDefinition(parameters, body, kind, self.type_of(node))

    def conditional(self, node: Node, depth: int) -> Conditional:
        return Conditional(
            condition=self.within(node, "if", depth),
            then=self.within(node, "then", depth),
            otherwise=self.within(node, "else", depth),
            type_ref=self.type_of(node),
        )

    def boxed_filter(self, node: Node, depth: int) -> Filter:
        return Filter(self.within(node, "in", depth), self.within(node, "match", depth), self.type_of(node))

    def iterator(self, node: Node, depth: int) -> Iterator:
        kind = IteratorKind(_tag(node))
        return Iterator(
            kind=kind,
            variable=_normal(node.get("iteratorVariable") or ""),
            collection=self.within(node, "in", depth),
            body=self.within(node, "return" if kind is IteratorKind.FOR else "satisfies", depth),
            type_ref=self.type_of(node),
        )

    # --- decision tables

    def table(self, node: Node, _: int) -> DecisionTable:
        inputs = tuple(self.input_clause(child) for child in _children(node, "input"))
        outputs = tuple(self.output_clause(child) for child in _children(node, "output"))
        if not outputs:
            self.problem("dmn_table_outputs", "Expected at least one output in the decision table", node)
        if len(outputs) > 1 and len({output.name for output in outputs if output.name}) != len(outputs):
            self.problem("dmn_output_names", "Expected each of several outputs to have a name of its own", node)
        aggregation = node.get("aggregation")
        return DecisionTable(
            inputs=inputs,
            outputs=outputs,
            rules=tuple(self.rule(child, len(inputs), len(outputs)) for child in _children(node, "rule")),
            hit_policy=self.choice(HitPolicy, node.get("hitPolicy") or "UNIQUE", node),
            aggregation=self.choice(Aggregation, aggregation, node) if aggregation else None,
            type_ref=self.type_of(node),
        )

    def input_clause(self, node: Node) -> InputClause:
        expression = _child(node, "inputExpression")
        source = "" if expression is None else self.text(expression)
        if not source:
            self.problem("dmn_input_expression", "Expected an expression in the input column", node)
        return InputClause(
            id=node.get("id") or "",
            label=node.get("label") or source,
            expression=self.compile(source or "null", node if expression is None else expression),
            source=source,
            type_ref=None if expression is None else self.type_of(expression),
            allowed_values=self.unary_tests(_child(node, "inputValues")),
        )

    def output_clause(self, node: Node) -> OutputClause:
        allowed = _child(node, "outputValues")
        values = "" if allowed is None else self.text(allowed)
        default = _child(node, "defaultOutputEntry")
        return OutputClause(
            id=node.get("id") or "",
            name=_normal(node.get("name") or ""),
            label=node.get("label") or node.get("name") or "",
            type_ref=self.type_of(node),
            allowed_values=self.unary_tests(allowed),
            values=self.compile(f"[{values}]", allowed) if values else None,
            default=self.compile(self.text(default), default) if default is not None and self.text(default) else None,
        )

    def rule(self, node: Node, inputs: int, outputs: int) -> Rule:
        tests = tuple(self.input_entry(child) for child in _children(node, "inputEntry"))
        results = tuple(
            self.compile(text, child) if (text := self.text(child)) and text != "-" else None
            for child in _children(node, "outputEntry")
        )
        if len(tests) != inputs or len(results) != outputs:
            message = (
                f"Expected {inputs} input and {outputs} output entries in the rule, got {len(tests)} and {len(results)}"
            )
            self.problem("dmn_rule_width", message, node)
        return Rule(node.get("id") or "", tests, results)

    def input_entry(self, node: Node) -> feel.Expression | None:
        return None if self.text(node) in ("", "-") else self.unary_tests(node)

    # --- pieces

    def unary_tests(self, node: Node | None) -> feel.Expression | None:
        source = "" if node is None else self.text(node)
        if not source:
            return None
        try:
            return feel.compile_unary_tests(source)
        except feel.FeelError as error:
            self.problem("dmn_expression", f"Expected FEEL tests in '{_excerpt(source)}': {error}", node)
            return None

    def compile(self, source: str, node: Node) -> feel.Expression:
        try:
            return feel.compile(source, names=self.names, types=self.types or None)
        except feel.FeelError as error:
            self.problem("dmn_expression", f"Expected a FEEL expression in '{_excerpt(source)}': {error}", node)
            return feel.compile("null")

    def text(self, node: Node) -> str:
        child = _child(node, "text")
        return "" if child is None else "".join(child.itertext()).strip()

    def choice(self, options: type[Choice], written: str, node: Node) -> Choice:
        try:
            return options(written)
        except ValueError:
            expected = ", ".join(option.value for option in options)
            self.problem("dmn_unknown_value", f"Expected one of {expected}, got '{written}'", node)
            return next(iter(options))

    def id_of(self, node: Node) -> str:
        return node.get("id") or self.name_of(node)

    def name_of(self, node: Node) -> str:
        return _normal(node.get("name") or node.get("id") or "")

    def problem(self, code: str, message: str, node: Node) -> None:
        """Note a problem of the nearest element around `node` that has a name."""
        owner = node
        while owner is not None and not (owner.get("id") and owner.get("name")):
            owner = owner.getparent()
        owner_id = None if owner is None else owner.get("id")
        owner_name = None if owner is None else owner.get("name")
        self.problems.append(Problem(code, message, owner_id, owner_name, node.sourceline))


_BOXED = {
    "literalExpression": "literal",
    "context": "context",
    "list": "boxed_list",
    "relation": "relation",
    "invocation": "invocation",
    "functionDefinition": "function",
    "conditional": "conditional",
    "filter": "boxed_filter",
    "for": "iterator",
    "some": "iterator",
    "every": "iterator",
    "decisionTable": "table",
}


def _tag(node: Node) -> str:
    return etree.QName(node).localname if isinstance(node.tag, str) else ""


def _children(node: Node, tag: str) -> Iteration[Node]:
    return (child for child in node if _tag(child) == tag)


def _child(node: Node, tag: str) -> Node | None:
    return next(_children(node, tag), None)


def _normal(name: str) -> str:
    """A FEEL name: white space inside it counts as one space (10.3.1.4)."""
    return " ".join(name.split())


def _excerpt(source: str) -> str:
    return source if len(source) <= 60 else source[:59] + "…"


def _circles(graph: dict[str, list[str]]) -> list[str]:
    """The nodes that can reach themselves, found without recursion by taking away what depends on nothing left."""
    left = {name: set(targets) for name, targets in graph.items()}
    while free := [name for name, targets in left.items() if not targets & left.keys()]:
        for name in free:
            del left[name]
    return [name for name in left if _reaches(graph, name, name)]


def _reaches(graph: dict[str, list[str]], start: str, goal: str) -> bool:
    seen: set[str] = set()
    stack = list(graph[start])
    while stack:
        name = stack.pop()
        if name == goal:
            return True
        if name not in seen:
            seen.add(name)
            stack.extend(graph[name])
    return False
