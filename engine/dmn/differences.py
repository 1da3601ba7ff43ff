"""Two versions of a DMN file differ, and each difference is a sentence with both values: rules, columns, hit policies, expressions,
what a decision requires."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lxml import etree

from engine import feel
from engine.differences import NO_WORDS, Comparison, Difference, Kind, Vocabulary, Words
from engine.dmn import model
from engine.dmn.model import Definitions, Element
from engine.dmn.parse import read_definitions

_TYPE = Words("type")


def _requires(noun: str) -> Words:
    return Words(noun, item=lambda reference: f"{noun} '{reference.id}'")


VOCABULARY = Vocabulary(
    fields={
        model.ItemDefinition: {
            "name": NO_WORDS,  # a type is known by it
            "type_ref": _TYPE,
            "is_collection": Words("being a list", yes="is a list", no="is no list"),
            "components": Words("component", item=lambda each: f"component '{each.name}'"),
            "allowed_values": Words("allowed values", plural=True),
            "type_constraint": Words("constraint"),
            "is_function": Words("being a function", yes="is a function", no="is no function"),
            "output_type": Words("type of the result"),
        },
        model.LiteralExpression: {
            "expression": NO_WORDS,  # compiled from the source
            "source": Words("expression"),
            "type_ref": Words("type of the expression"),
        },
        model.ContextEntry: {
            "name": NO_WORDS,  # an entry is known by it
            "value": Words("value"),
            "type_ref": _TYPE,
        },
        model.BoxedContext: {
            "entries": Words(
                "entry", item=lambda each: f"entry '{each.name}'" if each.name else "result entry", ordered=True
            ),
            "type_ref": Words("type of the context"),
        },
        model.BoxedList: {"items": Words("item"), "type_ref": Words("type of the list")},
        model.Relation: {
            "columns": Words("column"),
            "column_types": Words("type of column"),
            "rows": Words("row"),
            "type_ref": Words("type of the relation"),
        },
        model.Invocation: {
            "function": Words("called function"),
            "bindings": Words("binding", item=lambda each: f"binding of '{each[0]}'"),
            "type_ref": Words("type of the invocation"),
        },
        model.FunctionDefinition: {
            "parameters": Words("parameter"),
            "body": Words("body of the function"),
            "kind": Words("kind of function"),
            "type_ref": Words("type of the function"),
        },
        model.Conditional: {
            "condition": Words("condition"),
            "then": Words("value if the condition holds"),
            "otherwise": Words("value if the condition does not hold"),
            "type_ref": Words("type of the conditional"),
        },
        model.Filter: {
            "collection": Words("filtered list"),
            "match": Words("condition of the filter"),
            "type_ref": Words("type of the filter"),
        },
        model.Iterator: {
            "kind": Words("kind of loop"),
            "variable": Words("loop variable"),
            "collection": Words("list that is gone through"),
            "body": Words("value of each round"),
            "type_ref": Words("type of the loop"),
        },
        model.InputClause: {
            "id": NO_WORDS,  # a column is known by it
            "label": Words("label"),
            "expression": NO_WORDS,  # compiled from the source
            "source": Words("expression"),
            "type_ref": _TYPE,
            "allowed_values": Words("allowed values", plural=True),
        },
        model.OutputClause: {
            "id": NO_WORDS,  # a column is known by it
            "name": Words("name"),
            "label": Words("label"),
            "type_ref": _TYPE,
            "allowed_values": Words("allowed values", plural=True),
            "values": NO_WORDS,  # the same text as the allowed values
            "default": Words("default"),
        },
        model.Rule: {
            "id": NO_WORDS,  # a rule is known by it
            "input_entries": Words("condition", missing="-"),
            "output_entries": Words("result", missing="-"),
        },
        model.DecisionTable: {
            "inputs": Words("input", item=lambda each: f"input '{each.label}'", key=lambda each: each.id, ordered=True),
            "outputs": Words(
                "output",
                item=lambda each: f"output '{each.label or each.name}'",
                key=lambda each: each.id,
                ordered=True,
            ),
            "rules": Words("rule", key=lambda each: each.id, ordered=True),
            "hit_policy": Words("hit policy"),
            "aggregation": Words("aggregation"),
            "type_ref": Words("type of the table"),
        },
        model.Reference: {"namespace": Words("namespace"), "id": Words("id")},
        model.InputData: {"id": NO_WORDS, "name": Words("name"), "type_ref": _TYPE},
        model.Decision: {
            "id": NO_WORDS,  # an element is known by it
            "name": Words("name"),
            "type_ref": _TYPE,
            "logic": Words("logic"),
            "information": _requires("required element"),
            "knowledge": _requires("required knowledge"),
            "version_tag": Words("version tag"),
        },
        model.BusinessKnowledgeModel: {
            "id": NO_WORDS,
            "name": Words("name"),
            "type_ref": _TYPE,
            "logic": Words("logic"),
            "knowledge": _requires("required knowledge"),
        },
        model.DecisionService: {
            "id": NO_WORDS,
            "name": Words("name"),
            "type_ref": _TYPE,
            "output_decisions": _requires("output decision"),
            "encapsulated_decisions": _requires("encapsulated decision"),
            "input_decisions": _requires("input decision"),
            "input_data": _requires("input data"),
        },
        model.Problem: dict.fromkeys(("code", "message", "element_id", "element_name", "line"), NO_WORDS),
        model.Definitions: {
            "id": Words("id"),
            "name": Words("name"),
            "namespace": Words("namespace"),
            "items": NO_WORDS,  # types and elements are compared by themselves
            "elements": NO_WORDS,
            "imports": Words("import"),
            "unnamed_imports": Words("import without a name"),
            "problems": NO_WORDS,
        },
    },
    nouns={
        model.InputData: "input data",
        model.Decision: "decision",
        model.BusinessKnowledgeModel: "business knowledge model",
        model.DecisionService: "decision service",
        model.ItemDefinition: "type",
        model.LiteralExpression: "expression",
        model.BoxedContext: "context",
        model.BoxedList: "list",
        model.Relation: "relation",
        model.Invocation: "invocation",
        model.FunctionDefinition: "function",
        model.Conditional: "conditional",
        model.Filter: "filter",
        model.Iterator: "loop",
        model.DecisionTable: "table",
    },
    texts={feel.Expression: lambda expression: expression.source, model.Reference: lambda reference: reference.id},
)


class UnreadableFileError(ValueError):
    """A file cannot be compared, as it is no DMN file at all; the text says why."""


def between(before: bytes, after: bytes) -> tuple[Difference, ...]:
    """Return what is different in the newer file. Raises UnreadableFileError."""
    old, new = _read(before, "older"), _read(after, "newer")
    comparison = Comparison(VOCABULARY)
    found = [
        *_whole(old.elements, new.elements, Kind.REMOVED),
        *_whole(old.items, new.items, Kind.REMOVED),
        *_whole(new.elements, old.elements, Kind.ADDED),
        *_whole(new.items, old.items, Kind.ADDED),
        *_changed(comparison, new.id, old, new, "The file"),
    ]
    for key, element in new.elements.items():
        if key in old.elements:
            found += _element(comparison, key, old.elements[key], element)
    for name, item in new.items.items():
        if name in old.items:
            found += _changed(comparison, name, old.items[name], item, f"The type {name}")
    return tuple(found) or _in_the_file_only(before, after, new)


def _read(xml: bytes, which: str) -> Definitions:
    found = read_definitions(xml)
    unreadable = next((each for each in found.problems if each.code == "dmn_unreadable"), None)
    if unreadable is not None:
        place = f" (line {unreadable.line})" if unreadable.line else ""
        raise UnreadableFileError(f"Expected a DMN file as the {which} version: {unreadable.message}{place}.")
    return found


def _whole(
    there: Mapping[str, Element] | Mapping[str, model.ItemDefinition],
    other: Mapping[str, Element] | Mapping[str, model.ItemDefinition],
    kind: Kind,
) -> Iterator[Difference]:
    for key, element in there.items():
        if key not in other:
            noun = VOCABULARY.nouns[type(element)]
            before, after = (noun, None) if kind is Kind.REMOVED else (None, noun)
            name = element.name or key
            yield Difference(key, element.name, kind, "", before, after, f"The {noun} {name} was {kind.value}.")


def _element(comparison: Comparison, key: str, before: Element, after: Element) -> Iterator[Difference]:
    noun = VOCABULARY.nouns[type(after)]
    if type(before) is not type(after):
        was = VOCABULARY.nouns[type(before)]
        sentence = f"{after.name or key} is a {noun}, not a {was}."
        yield Difference(key, after.name, Kind.CHANGED, "type", was, noun, sentence)
        return
    yield from _changed(comparison, key, before, after, after.name or f"The {noun} {key}")


def _changed(
    comparison: Comparison,
    key: str,
    before: Element | model.ItemDefinition | Definitions,
    after: Element | model.ItemDefinition | Definitions,
    subject: str,
) -> Iterator[Difference]:
    for change in comparison.changes(before, after):
        yield comparison.difference(change, element_id=key, element_name=after.name, subject=subject)


def _in_the_file_only(before: bytes, after: bytes, new: Definitions) -> tuple[Difference, ...]:
    """Say that the files differ where the model does not: in descriptions, the picture, or a text that cannot be read."""
    if _canonical(before) == _canonical(after):
        return ()
    sentence = "No decision is different; something else in the file is, such as a description, the picture or a text that is no FEEL."
    return (Difference(new.id, new.name, Kind.LAYOUT, "file", None, None, sentence),)


def _canonical(xml: bytes) -> bytes:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_blank_text=True
    )
    return etree.tostring(etree.fromstring(xml, parser), method="c14n")
