"""The OpenAPI document's schemas are made of the same types and tables that read requests and write answers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from drf_spectacular.utils import OpenApiParameter

from engine.queries.search import MAX_FROM, MAX_LIMIT, OPERATORS, Field, Kind, PageInfo, Table
from engine.queries.search.view import View

_types: dict[str, type[Any]] = {}
_tables: dict[str, tuple[Table, type[Any]]] = {}
_REF = "#/components/schemas/"
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    required=False,
    description="A request with the same key and content is carried out once; a repetition gets the first answer.",
)


def request(*, body: type[Any] | None, search: tuple[Table, type[Any]] | None, upload: bool) -> dict[str, Any] | None:
    """Return what `extend_schema` takes as request."""
    if upload:
        files = {"type": "array", "items": {"type": "string", "format": "binary"}}
        content = {"type": "object", "properties": {"resources": files}, "required": ["resources"]}
        return {"multipart/form-data": content}
    if search is not None:
        table, item = search
        _tables.setdefault(f"{table.name}:{item.__name__}", search)
        return {"application/json": {"$ref": f"{_REF}{table.name}SearchQuery"}}
    return None if body is None else {"application/json": _reference(body)}


def responses(
    *, search: tuple[Table, type[Any]] | None, answer: Any, status: int, empty: int | None, text: str | None
) -> dict[Any, Any]:
    """Return what `extend_schema` takes as responses."""
    found: dict[Any, Any] = {}
    if text is not None:
        found[(status, text)] = {"type": "string"}
    elif search is not None:
        found[(status, "application/json")] = {"$ref": _REF + _result_name(search[1])}
    elif answer is not None:
        found[(status, "application/json")] = _reference(answer)
    else:
        found[status] = None
    if empty is not None:
        found[empty] = None
    found[("default", "application/problem+json")] = {"$ref": f"{_REF}ProblemDetail"}
    return found


def filter_of(table: str) -> dict[str, str]:
    """The schema of the filter that the search of `table` takes, for a body that takes the same one."""
    return {"$ref": f"{_REF}{table}Filter"}


def add_components(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Add the schemas of all types; drf-spectacular calls this hook after its own work."""
    components = result.setdefault("components", {}).setdefault("schemas", {})
    items: dict[str, type[Any]] = {item.__name__: item for _, item in _tables.values()}
    shared: dict[str, type[Any]] = {PageInfo.__name__: PageInfo}
    types = list({**_types, **items, **shared}.values())
    _, found = msgspec.json.schema_components(types, ref_template=_REF + "{name}")
    components.update(_renamed(found))
    components.update(_SHARED)
    for table, item in _tables.values():
        for answer in (each for each in types if issubclass(each, item)):
            _name_words(components[_name(answer.__name__)]["properties"], table)
        components[f"{table.name}Filter"] = _filter(table)
        components[f"{table.name}SearchQuery"] = _search_query(table)
        components[_result_name(item)] = {
            "type": "object",
            "properties": {
                "items": {"type": "array", "items": {"$ref": _REF + _name(item.__name__)}},
                "page": {"$ref": _REF + _name(PageInfo.__name__)},
            },
            "required": ["items", "page"],
        }
    result["components"]["schemas"] = dict(sorted(components.items()))
    return result


def _reference(target: Any) -> dict[str, Any]:
    """Return the reference to a type, or to a list of one."""
    if isinstance(target, type) and issubclass(target, msgspec.Struct):
        _types.setdefault(target.__name__, target)
        return {"$ref": _REF + _name(target.__name__)}
    if isinstance(target, list):
        return {"type": "array", "items": _reference(target[0])}
    if isinstance(target, Mapping):  # an object with one list
        return {
            "type": "object",
            "properties": {name: _reference(value) for name, value in target.items()},
            "required": list(target),
        }
    return {"type": "object", "additionalProperties": {}}


def _name(name: str) -> str:
    return re.sub("View$", "Result", name)


def _result_name(item: type[Any]) -> str:
    return re.sub("(View|Summary)$", "", item.__name__) + "SearchResult"


def _renamed(found: Mapping[str, Any]) -> dict[str, Any]:
    text = re.sub(r'("#/components/schemas/\w+?)View"', r'\1Result"', json.dumps(found))
    named = {_name(name): value for name, value in json.loads(text).items()}
    answers = {_name(answer.__name__) for answer in _descendants(View)}
    for name, schema in named.items():
        schema.pop("title", None)
        properties = schema.get("properties", {})
        for one in properties.values():
            one.pop("default", None)
        if name in answers:  # all that it names is there
            schema["required"] = list(properties)
    return named


def _descendants(kind: type[Any]) -> Iterator[type[Any]]:
    for child in kind.__subclasses__():
        yield child
        yield from _descendants(child)


def _name_words(properties: dict[str, Any], table: Table) -> None:
    """Where a table stores the very words that a filter takes, an answer has one of these as well."""
    for name, field in table.fields.items():
        if (
            properties.get(name) == {"type": "string"}
            and field.words
            and all(word == kept for word, kept in field.words.items())
        ):
            properties[name]["enum"] = list(field.words)


_VALUES: Mapping[Kind, dict[str, Any]] = {
    Kind.KEY: {"type": "string", "pattern": "^[0-9]{1,19}$"},
    Kind.TEXT: {"type": "string"},
    Kind.TEXTS: {"type": "string"},
    Kind.NUMBER: {"type": "integer", "format": "int32"},
    Kind.TIME: {"type": "string", "format": "date-time"},
    Kind.BOOLEAN: {"type": "boolean"},
}


def _property(kind: Kind, value: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of a filter's property: a value alone, or an object of operators."""
    operators: dict[str, Any] = {}
    for name in OPERATORS[kind]:
        if name == "$exists":
            operators[name] = {"type": "boolean"}
        elif name in ("$in", "$notIn"):
            operators[name] = {"type": "array", "items": dict(value)}
        else:
            operators[name] = {"type": "string"} if name == "$like" else dict(value)
    return {"anyOf": [dict(value), {"type": "object", "properties": operators, "additionalProperties": False}]}


_SHARED: dict[str, Any] = {
    **{f"{kind.name.capitalize()}FilterProperty": _property(kind, value) for kind, value in _VALUES.items()},
    "SortOrder": {"type": "string", "enum": ["ASC", "DESC"]},
    "SearchQueryPage": {
        "type": "object",
        "description": "One of from, after and before.",
        "properties": {
            "limit": {"type": "integer", "minimum": 0, "maximum": MAX_LIMIT},
            "from": {"type": "integer", "minimum": 0, "maximum": MAX_FROM},
            "after": {"type": "string"},
            "before": {"type": "string"},
        },
        "additionalProperties": False,
    },
    "ProblemDetail": {
        "type": "object",
        "properties": {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "instance": {"type": "string"},
            "problems": {"type": "array", "items": {"$ref": f"{_REF}ProblemResult"}},
            "errors": {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}},
        },
        "required": ["type", "title", "status", "detail", "instance"],
    },
}


def _filter(table: Table) -> dict[str, Any]:
    properties = {name: _of_field(field) for name, field in table.fields.items()}
    for name, special in table.specials.items():
        given = dict(special.schema)
        words = given.pop("x-words", None)
        if words is not None:
            properties[name] = _property(Kind.TEXT, {"type": "string", "enum": words})
        else:
            properties[name] = given or {"$ref": f"{_REF}TextFilterProperty"}
    properties["tenantId"] = {"$ref": f"{_REF}TextFilterProperty"}
    alternatives = {"type": "array", "items": {"type": "object", "properties": dict(properties)}}
    return {
        "type": "object",
        "properties": {**properties, "$or": alternatives},
        "additionalProperties": False,
    }


def _of_field(field: Field) -> dict[str, Any]:
    if field.words is not None:
        return _property(Kind.TEXT, {"type": "string", "enum": list(field.words)})
    return {"$ref": f"{_REF}{field.kind.name.capitalize()}FilterProperty"}


def _search_query(table: Table) -> dict[str, Any]:
    sortable = [name for name, field in table.fields.items() if field.sortable]
    sort = {
        "type": "object",
        "properties": {"field": {"type": "string", "enum": sortable}, "order": {"$ref": f"{_REF}SortOrder"}},
        "required": ["field"],
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "properties": {
            "filter": {"$ref": f"{_REF}{table.name}Filter"},
            "sort": {"type": "array", "items": sort},
            "page": {"$ref": f"{_REF}SearchQueryPage"},
        },
        "additionalProperties": False,
    }
