"""Boxed expressions are read out of XML (DMN 1.5, 10.2 and 7.3.3)."""

from __future__ import annotations

from typing import Any

from engine import feel
from engine.dmn.model import (
    BoxedContext,
    BoxedExpression,
    BoxedList,
    Conditional,
    ContextEntry,
    Filter,
    FunctionDefinition,
    FunctionKind,
    Invocation,
    Iterator,
    IteratorKind,
    LiteralExpression,
    Relation,
)
from engine.dmn.nodes import Node, child_of, children_of, normal_name, tag_of
from engine.dmn.parse_tables import TableReader

MAX_DEPTH = 100
"""Boxed expressions may lie this many levels deep in each other; deeper ones are refused: nobody reads them, and the stack is not
endless."""


class BoxedReader(TableReader):
    def first_boxed(self, node: Node, depth: int = 0) -> BoxedExpression | None:
        for child in node:
            if tag_of(child) in _BOXED:
                return self.boxed(child, depth)
        return None

    def boxed(self, node: Node, depth: int) -> BoxedExpression:
        if depth > MAX_DEPTH:
            self.problem("dmn_too_deep", f"Expected boxed expressions nested at most {MAX_DEPTH} deep", node)
            return self.null(None)
        read: Any = getattr(self, _BOXED[tag_of(node)])
        boxed: BoxedExpression = read(node, depth + 1)
        return boxed

    def within(self, node: Node, tag: str, depth: int) -> BoxedExpression:
        """Return the boxed expression in the child `tag`, as conditional, filter and iterators hold theirs."""
        child = child_of(node, tag)
        boxed = None if child is None else self.first_boxed(child, depth)
        if boxed is None:
            self.problem("dmn_missing_expression", f"Expected an expression in '{tag}' of '{tag_of(node)}'", node)
            return self.null(None)
        return boxed

    def literal(self, node: Node, _: int) -> LiteralExpression:
        language = node.get("expressionLanguage")
        if language and "feel" not in language.lower():
            self.problem("dmn_language", f"Expected FEEL, got an expression in '{language}'", node)
        if child_of(node, "importedValues") is not None:
            self.problem("dmn_imported_values", "Expected a FEEL text; imported values are not supported", node)
        source = self.text(node)
        return LiteralExpression(self.compile(source or "null", node), source, self.type_of(node))

    def null(self, type_ref: str | None) -> LiteralExpression:
        return LiteralExpression(feel.compile("null"), "null", type_ref)

    def context(self, node: Node, depth: int) -> BoxedContext:
        entries = []
        for entry in children_of(node, "contextEntry"):
            variable = child_of(entry, "variable")
            value = self.first_boxed(entry, depth)
            if value is None:
                self.problem("dmn_missing_expression", "Expected an expression in the context entry", entry)
                value = self.null(None)
            if variable is None:
                entries.append(ContextEntry(None, value))
            else:
                entries.append(ContextEntry(normal_name(variable.get("name") or ""), value, self.type_of(variable)))
        return BoxedContext(tuple(entries), self.type_of(node))

    def boxed_list(self, node: Node, depth: int) -> BoxedList:
        items = tuple(self.boxed(child, depth) for child in node if tag_of(child) in _BOXED)
        return BoxedList(items, self.type_of(node))

    def relation(self, node: Node, depth: int) -> Relation:
        columns = list(children_of(node, "column"))
        rows = []
        for row in children_of(node, "row"):
            cells = tuple(self.boxed(child, depth) for child in row if tag_of(child) in _BOXED)
            if len(cells) != len(columns):
                self.problem("dmn_relation_row", f"Expected {len(columns)} cells in the row, got {len(cells)}", row)
            rows.append(cells)
        return Relation(
            columns=tuple(normal_name(column.get("name") or "") for column in columns),
            column_types=tuple(self.type_of(column) for column in columns),
            rows=tuple(rows),
            type_ref=self.type_of(node),
        )

    def invocation(self, node: Node, depth: int) -> Invocation:
        bindings = []
        for binding in children_of(node, "binding"):
            parameter = child_of(binding, "parameter")
            value = self.first_boxed(binding, depth)
            if parameter is None:
                self.problem("dmn_binding", "Expected a parameter in the binding", binding)
                continue
            bindings.append((normal_name(parameter.get("name") or ""), value or self.null(None)))
        function = self.first_boxed(node, depth)
        if function is None:
            self.problem("dmn_missing_expression", "Expected the function that is invoked", node)
        return Invocation(function or self.null(None), tuple(bindings), self.type_of(node))

    def function(self, node: Node, depth: int) -> FunctionDefinition:
        parameters = tuple(
            (normal_name(parameter.get("name") or ""), self.type_of(parameter))
            for parameter in children_of(node, "formalParameter")
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
        kind = IteratorKind(tag_of(node))
        return Iterator(
            kind=kind,
            variable=normal_name(node.get("iteratorVariable") or ""),
            collection=self.within(node, "in", depth),
            body=self.within(node, "return" if kind is IteratorKind.FOR else "satisfies", depth),
            type_ref=self.type_of(node),
        )


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
