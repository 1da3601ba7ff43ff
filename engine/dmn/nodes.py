"""All parts of a DMN file are read with these pieces: nodes, texts, types, FEEL, and the problems found on the way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

from lxml import etree

from engine import feel
from engine.dmn.model import Aggregation, FunctionKind, HitPolicy, Problem
from engine.feel.parsing.names import KEYWORDS

Node = Any
"""An lxml element; its stubs do not know that comments are filtered out."""

Choice = TypeVar("Choice", HitPolicy, Aggregation, FunctionKind)


def tag_of(node: Node) -> str:
    return etree.QName(node).localname if isinstance(node.tag, str) else ""


def children_of(node: Node, tag: str) -> Iterator[Node]:
    return (child for child in node if tag_of(child) == tag)


def child_of(node: Node, tag: str) -> Node | None:
    return next(children_of(node, tag), None)


def normal_name(name: str) -> str:
    """Return the name as FEEL has it: white space inside it counts as one space (10.3.1.4)."""
    return " ".join(name.split())


def _excerpt(source: str) -> str:
    return source if len(source) <= 60 else source[:59] + "…"


class NodeReader:
    """A node reader holds the names and types that one file declares, and collects its problems."""

    def __init__(self, root: Node) -> None:
        self.root = root
        self.namespace: str = root.get("namespace") or ""
        self.problems: list[Problem] = []
        self.types: dict[str, feel.types.Type] = {}
        self.names = frozenset(
            name
            for node in root.iter()
            if isinstance(node.tag, str)
            and (name := normal_name(node.get("name") or ""))
            and (not name.isidentifier() or name in KEYWORDS)
        )
        """The names that FEEL cannot read without knowing them."""
        self._declared = frozenset(
            normal_name(node.get(attribute) or "")
            for node in root.iter()
            if isinstance(node.tag, str)
            for attribute in ("name", "iteratorVariable")
        )
        self._imports_names = any(tag_of(node) == "import" and not node.get("name") for node in root)

    def unary_tests(self, node: Node | None) -> feel.Expression | None:
        source = "" if node is None else self.text(node)
        if not source:
            return None
        try:
            tests = feel.compile_unary_tests(source, names=self.names, types=self.types or None)
        except feel.FeelError as error:
            self.problem("dmn_expression", f"Expected FEEL tests in '{_excerpt(source)}': {error}", node)
            return feel.compile_unary_tests("not(-)")
        if node is not None:
            self._check_functions(tests, node)
        return tests

    def compile(self, source: str, node: Node) -> feel.Expression:
        try:
            compiled = feel.compile(source, names=self.names, types=self.types or None)
        except feel.FeelError as error:
            self.problem("dmn_expression", f"Expected a FEEL expression in '{_excerpt(source)}': {error}", node)
            return feel.compile("null")
        self._check_functions(compiled, node)
        return compiled

    def _check_functions(self, compiled: feel.Expression, node: Node) -> None:
        """Report calls of functions that are neither built in nor named anywhere in the file; an import without a name may bring any."""
        for name, position in compiled.unknown_functions.items():
            if name not in self._declared and not self._imports_names:
                about = feel.about_unknown(name, known=self._declared)
                self.problem("dmn_function", f"{about} ({position}, in '{_excerpt(compiled.source)}')", node)

    def text(self, node: Node) -> str:
        child = child_of(node, "text")
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
        return normal_name(node.get("name") or node.get("id") or "")

    def problem(self, code: str, message: str, node: Node) -> None:
        """Note a problem of the nearest element around `node` that has a name."""
        owner = node
        while owner is not None and not (owner.get("id") and owner.get("name")):
            owner = owner.getparent()
        owner_id = None if owner is None else owner.get("id")
        owner_name = None if owner is None else owner.get("name")
        self.problems.append(Problem(code, message, owner_id, owner_name, node.sourceline))

    def type_of(self, node: Node) -> str | None:
        """Return the typeRef, an attribute since 1.2 and a child before, without the prefix that names FEEL or this file."""
        child = child_of(node, "typeRef")
        return self.type_named(node.get("typeRef") if child is None else child.text, node)

    def type_named(self, written: str | None, node: Node) -> str | None:
        if written is None:
            return None
        prefix, colon, name = written.strip().rpartition(":")
        if colon and prefix not in (node.nsmap or {}):
            name = written.strip()
        return normal_name(name) or None
