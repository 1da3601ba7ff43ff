"""Variables are read here. Values are JSON texts, as in Camunda's API: a text "a" comes as "\\"a\\""."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q

from engine import exact_json
from engine.actors import Actor
from engine.errors import InvalidArgument, NotFound
from engine.journal import projection
from engine.models import ElementInstance, Variable
from engine.postgres import keys
from engine.queries.instances import elements
from engine.queries.search import (
    Field,
    Found,
    Kind,
    SearchRequest,
    Special,
    Table,
    conditions_of,
    search,
    search_in_memory,
)
from engine.queries.search.view import DEFAULT_TENANT, View, key_text
from engine.queries.search.visibility import of_instances, require_instance, roots_of


class VariableView(View, frozen=True, kw_only=True):
    name: str
    value: str
    tenant_id: str
    variable_key: str
    scope_key: str
    process_instance_key: str
    root_process_instance_key: str | None
    updated_at: datetime


class VariableFoundView(VariableView, frozen=True, kw_only=True):
    """A variable was found; in searches a value longer than 250 characters is cut, unless `truncateValues=false` is asked for."""

    is_truncated: bool


TABLE = Table(
    name="Variable",
    fields={
        "name": Field("name"),
        "value": Field("text"),
        "scopeKey": Field("scope_key", Kind.KEY),
        "processInstanceKey": Field("instance_key", Kind.KEY),
    },
    sort=(("name", "ASC"),),
)


def find(request: SearchRequest, *, by: Actor, truncate: bool = True) -> Found[VariableFoundView]:
    """Find variables. The answer is exact at once when the filter names one process instance or scope, else a moment late."""
    wanted = TABLE.filter(request.filter)

    def views(rows: Sequence[Variable]) -> Iterable[VariableFoundView]:
        return _found_views(rows, truncate=truncate)

    scope_key = wanted.only("scope_key")
    instance_key = wanted.only("instance_key") or (
        scope_key >> keys.BITS_PER_BLOCK << keys.BITS_PER_BLOCK if scope_key is not None else None
    )
    if instance_key is not None and wanted.in_memory:
        known = elements.overlay(instance_key)
        if known is not None:
            require_instance(instance_key, by=by)
            return search_in_memory(TABLE, known.variables.values(), request, wanted, view=views)
    rows = Variable.objects.filter(of_instances(by, "instance_key"))
    return search(TABLE, rows, request, view=views, parsed=wanted)


def find_in_scopes(
    request: SearchRequest, scope_key: int, *, instance_key: int, truncate: bool = True
) -> Found[VariableFoundView]:
    """Find the variables that an element instance sees: its own, and those of the scopes around it that it does not hide."""
    wanted = TABLE.filter(request.filter)
    seen = visible_from(scope_key, instance_key=instance_key)

    def views(rows: Sequence[Variable]) -> Iterable[VariableFoundView]:
        return _found_views(rows, truncate=truncate)

    return search_in_memory(TABLE, seen, request, wanted, view=views)


def visible_from(scope_key: int, *, instance_key: int) -> list[Variable]:
    """Return the nearest variable of each name, from the scope outwards."""
    known = elements.overlay(instance_key)
    found: dict[str, Variable] = {}
    scope: int | None = scope_key
    while scope is not None:
        if known is not None:
            here = [row for (owner, _), row in known.variables.items() if owner == scope]
            element = known.elements.get(scope)
        else:
            here = list(Variable.objects.filter(scope_key=scope))
            element = ElementInstance.objects.filter(key=scope).first()
        for row in here:
            found.setdefault(row.name, row)
        scope = element.scope_key if element is not None else None
    return list(found.values())


def get(key: int, *, by: Actor) -> VariableView:
    """Return a variable. Raises NotFound."""
    row = Variable.objects.filter(of_instances(by, "instance_key"), key=key).first()
    if row is None:
        raise NotFound(f"Expected a variable with the key {key}, found none that '{by.username}' may read.")
    known = elements.overlay(row.instance_key)
    newest = known.variables[row.scope_key, row.name] if known is not None else row
    return VariableView(**_common(newest, roots_of([row.instance_key])), value=exact_json.encode_text(newest.value))


def with_values(given: Any, *, instance_path: str, scope_path: str | None = None) -> Q:
    """Read the filter `variables` of other nouns: `[{"name": "x", "value": "1"}]`, values as JSON texts, all must match."""
    if not isinstance(given, list) or len(given) > 20:
        raise InvalidArgument("Expected a list of at most 20 objects with name and value as variables.")
    result = Q()
    for one in given:
        if not isinstance(one, dict) or not isinstance(one.get("name"), str) or set(one) - {"name", "value"}:
            raise InvalidArgument("Expected objects with a name and a value as variables.")
        rows = Variable.objects.filter(name=one["name"])
        rows = (
            rows.filter(scope_key=OuterRef(scope_path))
            if scope_path is not None
            else rows.filter(instance_key=OuterRef(instance_path))
        )
        for condition in conditions_of("value", TABLE.fields["value"], one.get("value", {})):
            rows = rows.filter(condition.q())
        result &= Q(Exists(rows))
    return result


def special(*, instance_path: str, scope_path: str | None = None) -> Special:
    return Special(
        lambda value: with_values(value, instance_path=instance_path, scope_path=scope_path),
        {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"name": {"type": "string"}, "value": {}},
                "required": ["name", "value"],
            },
        },
    )


def _key_of(row: Variable) -> int:
    """Return the key of a variable; of one that the tables do not have yet a provisional key, which names it until they do."""
    if row.key is not None:
        return row.key
    digest = hashlib.blake2b(f"{row.scope_key} {row.name}".encode(), digest_size=8).digest()
    return 2**62 | int.from_bytes(digest, "big") >> 2


def _common(row: Variable, roots: Mapping[int, int]) -> dict[str, Any]:
    return {
        "name": row.name,
        "tenant_id": DEFAULT_TENANT,
        "variable_key": str(_key_of(row)),
        "scope_key": str(row.scope_key),
        "process_instance_key": str(row.instance_key),
        "root_process_instance_key": key_text(roots.get(row.instance_key)),
        "updated_at": row.updated_at,
    }


def _found_views(rows: Sequence[Variable], *, truncate: bool) -> Iterable[VariableFoundView]:
    roots = roots_of(row.instance_key for row in rows)
    for row in rows:
        long = truncate and len(row.text) >= projection.TEXT_LENGTH
        value = row.text if long else exact_json.encode_text(row.value)
        yield VariableFoundView(**_common(row, roots), value=value, is_truncated=long)
